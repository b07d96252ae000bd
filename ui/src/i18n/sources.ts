// The page's sources as the catalogue's tests see them: which messages they use, and which sentences they contain.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parse as parseSvelte } from "svelte/compiler";
import ts from "typescript";

/** Attributes that a person reads or hears, of elements and of our own components. */
const READ = new RegExp(
  "^(aria-(label|valuetext|description|roledescription|placeholder)|title|placeholder|alt" +
    "|label|hint|reason|missing|words|works|other(Label|Hint)|selectLabel)$",
);

/** Capitalised words that are names of keys to a program. */
const KEYS = new Set(
  `Control Alt Shift Super Ctrl Escape Enter Tab Space Home End ArrowLeft ArrowRight PageUp PageDown ScrollLock
  Backquote Minus Equal BracketLeft BracketRight Backslash Semicolon Quote Comma Period Slash`.split(/\s+/),
);

/** Returns the names of all files that may contain no sentence: components, state, and the way to the backend. */
export function ours(): string[] {
  const folder = join(import.meta.dirname, "..");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => /^(components|state|ipc)\//.test(name) && /\.(svelte|ts)$/.test(name))
    .filter((name) => !/\.(test|gen)\.ts$/.test(name))
    .sort();
}

/** Returns what is text to a person in a component or module, and not looked up. Parts that are computed are `{}`. */
export function literalsIn(name: string, source: string): string[] {
  const found: string[] = [];
  walk(name, source, {
    script: (node, text) => {
      if (isSentence(text) && !isForPrograms(node)) found.push(text);
    },
    markup: (text) => {
      if (/\p{L}/u.test(text)) found.push(text.trim());
    },
  });
  return found;
}

/** Returns a pattern for each literal that may be the id of a message. */
export function idsIn(name: string, source: string): RegExp[] {
  const found: RegExp[] = [];
  walk(name, source, {
    script: (node, text) => {
      const parts = text.split("{}").map((part) => escaped(part));
      if (isLookedUp(node)) found.push(new RegExp(`^${parts.join("[\\w-]+")}$`));
    },
    markup: () => {},
  });
  return found;
}

interface Visitor {
  script: (node: ts.Node, text: string) => void;
  markup: (text: string) => void;
}

function walk(name: string, source: string, visitor: Visitor): void {
  if (!name.endsWith(".svelte")) {
    visitScript(source, visitor);
    return;
  }
  const { fragment, instance, module } = parseSvelte(source, { modern: true });
  for (const script of [module, instance]) {
    const { start, end } = (script?.content ?? { start: 0, end: 0 }) as unknown as { start: number; end: number };
    visitScript(source.slice(start, end), visitor);
  }
  visitMarkup(fragment, source, visitor);
}

interface Node {
  type: string;
  start: number;
  end: number;
  name?: string;
  data?: string;
  value?: unknown;
}
const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

function visitMarkup(value: unknown, source: string, visitor: Visitor): void {
  if (Array.isArray(value)) {
    for (const part of value) visitMarkup(part, source, visitor);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (isNode(value)) {
    if (value.type === "Text") return visitor.markup(value.data ?? "");
    if ((value.type === "Attribute" || value.type === "StyleDirective") && !READ.test(value.name ?? "")) {
      // What is computed may hold sentences whatever it is for; what is written down is for programs.
      const parts = Array.isArray(value.value) ? value.value : [value.value];
      return visitMarkup(
        parts.filter((part) => !isNode(part) || part.type !== "Text"),
        source,
        visitor,
      );
    }
    // From here on it is script: `script` has the tools to tell one string from another.
    if (/(Expression|Literal|Statement|Declaration)$/.test(value.type) && value.type !== "Attribute")
      return visitScript(`(${source.slice(value.start, value.end)})`, visitor);
  }
  for (const [key, part] of Object.entries(value)) if (key !== "loc") visitMarkup(part, source, visitor);
}

function visitScript(source: string, visitor: Visitor): void {
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) visitor.script(node, node.text);
    else if (ts.isTemplateExpression(node))
      visitor.script(node, [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("{}"));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("x.ts", source, ts.ScriptTarget.Latest, true));
}

/** A word that begins as a sentence does, or several words. */
function isSentence(text: string): boolean {
  if (KEYS.has(text)) return false;
  return /^\p{Lu}\p{Ll}+$/u.test(text) || (/\s/.test(text.trim()) && /\p{L}{2}/u.test(text));
}

/** What is imported or searched for in the page, and what an error says to whoever reads a bug report. */
function isForPrograms({ parent }: ts.Node): boolean {
  if (ts.isImportDeclaration(parent) || ts.isLiteralTypeNode(parent)) return true;
  if (ts.isNewExpression(parent)) return parent.expression.getText() === "Error";
  return ts.isCallExpression(parent) && /\.(closest|matches|querySelector(All)?)$/.test(parent.expression.getText());
}

/** Whether this is the id, or one of several, in a call of `t`. */
function isLookedUp(node: ts.Node): boolean {
  for (let { parent } = node; parent !== undefined; node = parent, { parent } = node) {
    // A sentence as the backend would name it: { id, args }.
    if (ts.isPropertyAssignment(parent) && ts.isObjectLiteralExpression(parent.parent)) {
      const names = parent.parent.properties.map((property) => property.name?.getText());
      return parent.name.getText() === "id" && names.includes("args");
    }
    if (ts.isCallExpression(parent)) return parent.expression.getText() === "t" && parent.arguments[0] === node;
  }
  return false;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
