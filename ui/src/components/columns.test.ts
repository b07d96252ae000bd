import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const WIDEST = 120;

it("no line of a component is wider than the formatter allows", () => {
  const names = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" });
  const wide = names
    .filter((name) => name.endsWith(".svelte"))
    .flatMap((name) => {
      const lines = readFileSync(join(import.meta.dirname, name), "utf8").split("\n");
      return lines.flatMap((line, index) => (line.length > WIDEST ? [`${name}:${index + 1}`] : []));
    });
  expect(wide).toEqual([]);
});
