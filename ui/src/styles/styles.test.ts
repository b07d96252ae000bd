// The look's own rules, as tests: tokens.css holds the colours, and no rule knows left from right.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, ".");
const files = readdirSync(folder).filter((name) => name.endsWith(".css"));
const read = (name: string) => readFileSync(join(folder, name), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");

it("every style is in the index", () => {
  const index = read("index.css");
  expect(files.filter((name) => name !== "index.css" && !index.includes(`"./${name}"`))).toEqual([]);
});

describe.each(files.filter((name) => name !== "tokens.css"))("%s", (name) => {
  it("takes its colours from the tokens", () => {
    expect(read(name).match(/#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(/gi) ?? []).toEqual([]);
  });
  it("reads only tokens that exist", () => {
    const known = new Set(
      [
        ...files
          .map(read)
          .join("\n")
          .matchAll(/(--[\w-]+)\s*:/g),
      ]
        .map((match) => match[1])
        .concat("--value"),
    );
    const used = [...read(name).matchAll(/var\((--[\w-]+)/g)].map((match) => match[1]);
    expect(used.filter((token) => !known.has(token))).toEqual([]);
  });
  it("is the same in both directions of text", () => {
    expect(
      read(name).match(
        /(?:^|[{;\s])(?:left|right|margin-(?:left|right)|padding-(?:left|right)|border-(?:left|right))\s*:/g,
      ) ?? [],
    ).toEqual([]);
  });
});
