// What holds of the catalogue and of whoever reads it. Types see to it that each message exists and gets its arguments.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { explanation, isolated, list, said, t } from ".";
import { allFiles, asTypes, BACKEND_FILES, countLines, FILES, messages, OTHER_FILES } from "./catalogue";
import { idsIn, literalsIn, ours } from "./sources";

const all = messages();
const SOURCES = join(import.meta.dirname, "..");
const read = (name: string) => readFileSync(join(SOURCES, name), "utf8");

describe("the catalogue", () => {
  it("has the types that are written down", async () => {
    await expect(asTypes(all)).toMatchFileSnapshot("messages.gen.ts");
  });

  it("names each message once, in kebab case", () => {
    const ids = all.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    // Ends of ids that are names of the contract stay as these are.
    expect(ids.filter((id) => !/^[a-z][a-z0-9]*(-[a-zA-Z0-9]+)*$/.test(id))).toEqual([]);
  });

  it.each(FILES)("%s is understood whole", (file) => {
    expect(all.filter((message) => message.file === file)).toHaveLength(countLines(file));
  });

  it("has no file of the window that is not read", () => {
    expect(allFiles().sort()).toEqual([...FILES, ...BACKEND_FILES, ...OTHER_FILES].sort());
    const index = read("i18n/index.ts");
    expect([...FILES, ...BACKEND_FILES].filter((file) => !index.includes(`locales/en/${file}?raw`))).toEqual([]);
  });

  it("has no message that nobody reads", () => {
    const used = ours().flatMap((name) => idsIn(name, read(name)));
    expect(all.map(({ id }) => id).filter((id) => !used.some((pattern) => pattern.test(id)))).toEqual([]);
  });

  it("names Gemini only where Gemini is meant", () => {
    const naming = FILES.flatMap((file) => {
      const text = readFileSync(join(SOURCES, "../../locales/en", file), "utf8");
      return text.split("\n").filter((line) => line.includes("Gemini") && !line.startsWith("#"));
    });
    const allowed = /^(partner-gemini|place-gemini|place-vertex|practice-note|endpoint-|gemini-key|intro-)/;
    expect(naming.filter((line) => !allowed.test(line))).toEqual([]);
  });
});

describe("a sentence", () => {
  it.each(ours())("of %s comes from the catalogue", (name) => {
    expect(literalsIn(name, read(name))).toEqual([]);
  });

  it("is found wherever it may hide", () => {
    const hidden = `<script lang="ts">const words = "Not sent"; throw new Error("for a bug report");</script>
      <p title="Pause it" class="a b">Start {ok ? "Say it" : \`\${count} words\`}</p>
      <Setting label="Voice" id="settings-voice" />`;
    expect(literalsIn("X.svelte", hidden)).toEqual(["Not sent", "Pause it", "Start", "Say it", "{} words", "Voice"]);
    expect(literalsIn("x.ts", `import a from "a b"; const key = "Escape"; const say = ["Ready", "p-ready"];`)).toEqual([
      "Ready",
    ]);
  });
});

describe("a message", () => {
  const unknown = (id: string, args?: object) => (t as (id: string, args?: object) => string)(id, args);

  it("gets its arguments, in the language's own way of writing numbers", () => {
    expect(t("milliseconds", { ms: 1200 })).toBe("1,200 ms");
    expect(t("turn-unheard", { count: 1 })).toBe("1 word not heard");
    expect(t("place-custom", { host: isolated("a.example") })).toBe("Custom server, \u2068a.example\u2069");
  });

  it("that is missing shows its id, and an argument that is missing its name", () => {
    expect(unknown("no-such-message")).toBe("no-such-message");
    expect(unknown("milliseconds")).toBe("{$ms} ms");
    expect(unknown("milliseconds", { other: 1 })).toBe("{$ms} ms");
  });
});

it("a list reads as in a sentence", () => {
  expect([list([]), list(["a"]), list(["a", "b"]), list(["a", "b", "c"])]).toEqual(["", "a", "a and b", "a, b, and c"]);
});

describe("a sentence that the backend names", () => {
  it("has its variables filled in and says what to do", () => {
    const text = { id: "microphone-lost", args: { device: "Yeti" } };
    expect(said(text)).toBe("Yeti was unplugged or stopped");
    expect(explanation(text)).toMatch(/^Connect it again/);
  });

  it("keeps a foreign name in its place, and shows its id when this window does not know it", () => {
    expect(said({ id: "microphone-lost", args: { device: "ميكروفون" } })).toContain("\u2068ميكروفون\u2069");
    const unknown = { id: "of-a-later-version", args: {} };
    expect([said(unknown), explanation(unknown)]).toEqual(["of-a-later-version", ""]);
  });
});
