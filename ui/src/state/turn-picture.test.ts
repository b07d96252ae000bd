import { describe, expect, it } from "vitest";
import { isRightToLeft, swings, wrapped } from "./turn-picture";

/** Each letter is 1 wide. */
const measure = (text: string) => text.length;

describe("the words of a picture", () => {
  it("are broken between words, and keep the paragraphs", () => {
    expect(wrapped("one two three four", 9, 9, measure)).toEqual(["one two", "three", "four"]);
    expect(wrapped("one, two! three\nfour", 9, 9, measure)).toEqual(["one, two!", "three", "four"]);
    expect(wrapped("he said “no” (to me)", 12, 9, measure)).toEqual(["he said “no”", "(to me)"]);
    expect(wrapped("", 9, 9, measure)).toEqual([""]);
  });

  it("are broken within a word that is too long, and never within a letter", () => {
    expect(wrapped("abcdefghijkl", 5, 9, measure)).toEqual(["abcde", "fghij", "kl"]);
    const family = "👩‍👩‍👧";
    expect(wrapped(family.repeat(3), 3, 9, measure)).toEqual([family, family, family]);
  });

  it("are broken where a language without spaces allows it", () => {
    const lines = wrapped("今日は東京の天気がとても良いです。", 6, 9, measure);
    expect(lines.join("")).toBe("今日は東京の天気がとても良いです。");
    expect(lines.every((line) => line.length <= 6)).toBe(true);
  });

  it("end with an ellipsis when there are too many", () => {
    expect(wrapped("one two three four five", 5, 2, measure)).toEqual(["one", "two…"]);
    expect(wrapped("a\n".repeat(1000), 5, 2, measure)).toEqual(["a", "a…"]);
    const long = wrapped("word ".repeat(100_000), 500, 40, measure);
    expect([long.length, long.at(-1)!.length <= 500, long.at(-1)!.endsWith("…")]).toEqual([40, true, true]);
  });

  it("begin at the side of their script", () => {
    expect(["שלום", "  123 مرحبا", "hello שלום", "123", ""].map(isRightToLeft)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("the sound of a picture", () => {
  it("swings as far as it is loud, and is at rest at the pegs", () => {
    const shape = [...Array<number>(120).fill(0), ...Array<number>(120).fill(100)];
    const far = swings(shape, 80);
    expect(far).toHaveLength(80);
    expect(far.slice(0, 40).every((swing) => swing === 0)).toBe(true);
    expect(far.slice(45, 70).every((swing) => swing === 1)).toBe(true);
    expect(far.at(-1)).toBeLessThan(0.2);
  });

  it("is straight in silence, and has as many places however short it is", () => {
    expect(swings([1, 0, 1], 4)).toEqual([0, 0, 0, 0]);
    expect(swings([], 3)).toEqual([0, 0, 0]);
    expect(swings([255], 5)).toHaveLength(5);
  });
});
