// The catalogue as its tests see it: each message with the arguments that it takes. Node alone reads it so.
import { FluentResource } from "@fluent/bundle";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../../locales/en");

/** The files that the window reads. */
export const FILES = ["window.ftl", "stage.ftl", "deck.ftl", "panel.ftl", "notices.ftl", "settings.ftl", "pickers.ftl"];

/** Files whose sentences the backend names: it compares them with its own code. */
export const BACKEND_FILES = ["errors.ftl", "limits.ftl"];
/** What the command line alone prints. */
export const OTHER_FILES = ["cli.ftl"];

export interface Message {
  file: string;
  id: string;
  /** Names of the arguments, each once. */
  args: string[];
}

/** Reads the messages of all files, in their order; an id that stands twice comes twice. */
export function messages(): Message[] {
  return FILES.flatMap((file) => {
    const { body } = new FluentResource(readFileSync(join(FOLDER, file), "utf8"));
    return body.map(({ id, value }) => ({ file, id, args: [...new Set(argumentsOf(value))] }));
  });
}

/** How many messages a file seems to have, by its lines: the parser leaves out what it cannot read. */
export function countLines(file: string): number {
  return readFileSync(join(FOLDER, file), "utf8").match(/^[a-zA-Z][\w-]* *=/gm)?.length ?? 0;
}

/** Names of all files in the folder. */
export function allFiles(): string[] {
  return readdirSync(FOLDER).filter((name) => name.endsWith(".ftl"));
}

/** Variables anywhere in a pattern of Fluent's syntax tree. */
function argumentsOf(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(argumentsOf);
  if ("type" in node && node.type === "var" && "name" in node) return [String(node.name)];
  return Object.values(node).flatMap(argumentsOf);
}

/** The TypeScript that gives each message's id the names of its arguments. */
export function asTypes(all: Message[]): string {
  const rows = all.map(({ id, args }) => {
    const name = /^[a-z]\w*$/.test(id) ? id : `"${id}"`;
    return `  ${name}: ${args.map((arg) => `"${arg}"`).join(" | ") || "never"};\n`;
  });
  const head = "// Written by `npm run messages` from locales/en: each message and the arguments that it takes.\n";
  return `${head}export interface Messages {\n${rows.join("")}}\n`;
}
