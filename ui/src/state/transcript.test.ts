import { describe, expect, it } from "vitest";
import type { Phase, ToolCall, Turn } from "../ipc/bindings.gen";
import { CallEntry, TurnEntry } from "./log.svelte";
import { announcement, asText, caption, cut, LONG, part } from "./transcript";
import { turnOf, unasked } from "../dev/material";

const turn = (id: number, text: string, more: Partial<Turn> = {}): Turn =>
  turnOf(id, "gemini", text, { at: id * 10, ...more });
const call = (id: string, at: number): ToolCall => ({
  ...unasked,
  id,
  name: "get_weather",
  args: '{"city":"Tokyo"}',
  state: "done",
  at,
  elapsedMs: 300,
  result: null,
});

describe("a cut", () => {
  it("is none without a mark", () => expect(cut(turn(1, "all of it"))).toBeNull());
  it("parts what was heard from what was not", () =>
    expect(cut(turn(1, "one two three", { heardTo: 7 }))).toEqual({ heard: "one two", unheard: " three", words: 1 }));
  it("counts a half-heard word", () => expect(cut(turn(1, "one two three", { heardTo: 9 }))?.words).toBe(1));
  it("never parts one character", () =>
    expect(cut(turn(1, "a😀b", { heardTo: 2 }))).toMatchObject({ heard: "a", unheard: "😀b" }));
  it("takes a mark beyond the text for its end", () =>
    expect(cut(turn(1, "one", { heardTo: 99 }))).toEqual({ heard: "one", unheard: "", words: 0 }));
});

describe("captions", () => {
  const during = (phase: Phase, turns: Turn[]) => caption(phase, turns.toReversed());

  it("show the open turn, the last sentence in front", () => {
    expect(during("speaking", [turn(1, "First. Second, still gro", { ended: false })])).toMatchObject({
      earlier: "First.",
      current: "Second, still gro",
    });
  });
  it("stay on a written reply while it is still heard", () => {
    const done = [turn(1, "All written.")];
    expect(during("speaking", done)?.current).toBe("All written.");
    expect(during("listening", done)).toBeNull();
  });
  it("are none of what was typed, and none after the end", () => {
    expect(during("thinking", [turn(1, "typed", { speaker: "you", typed: true })])).toBeNull();
    expect(during("ended", [turn(1, "open", { ended: false })])).toBeNull();
  });
  it("split no number, and end sentences of scripts without spaces", () => {
    expect(during("speaking", [turn(1, "It is 19.5 degrees. And", { ended: false })])).toMatchObject({
      earlier: "It is 19.5 degrees.",
      current: "And",
    });
    expect(during("speaking", [turn(1, "はい。晴れ", { ended: false })])).toMatchObject({
      earlier: "はい。",
      current: "晴れ",
    });
  });
  it("look at the end of a long turn alone, and show no sentence that lost its beginning", () => {
    expect(during("speaking", [turn(1, `${"x".repeat(250_000)} tail. New`, { ended: false })])).toMatchObject({
      earlier: "",
      current: "New",
    });
  });
  it("show the end of an endless sentence from a word on", () => {
    const words = during("speaking", [turn(1, "word ".repeat(90), { ended: false })])?.current ?? "";
    expect(words.length).toBeLessThan(190);
    expect(words.startsWith("…word ")).toBe(true);
  });
});

describe("an announcement", () => {
  it("says who and what was heard", () =>
    expect(announcement(turn(1, "one two three", { heardTo: 7 }), "Gemini")).toBe("Gemini: one two Interrupted."));
  it("is silent about what was typed", () => expect(announcement(turn(1, "hello", { typed: true }), "You")).toBe(""));
});

it("an announcement of a very long turn is its beginning", () => {
  expect(announcement(turn(1, "word ".repeat(50_000)), "Gemini").length).toBeLessThan(LONG + 20);
});

it("words that were not heard are counted in part when there are very many", () => {
  expect(cut(turn(1, "word ".repeat(40_000), { heardTo: 0 }))?.words).toBe(40_000);
});

describe("a very long text", () => {
  it("is laid out from its beginning, and while it grows at its end, in whole words and characters", () => {
    const text = "word ".repeat(10_000);
    expect(part(text, false)).toMatch(/^word .* word…$/);
    expect(part(text, true)).toMatch(/^…word .*word $/);
    const faces = "😀".repeat(10_000);
    for (const grows of [false, true]) {
      const shown = part(`a${faces}`, grows);
      expect(shown.length).toBeLessThanOrEqual(LONG + 1);
      expect(shown).not.toMatch(/[\ud800-\udfff]/u);
    }
  });
  it("that is not so long is laid out whole", () => expect(part("a".repeat(LONG), true)).toBe("a".repeat(LONG)));
});

it("the copied transcript names speakers, calls, the cut and the sources, and says that its beginning is gone", () => {
  const rows = [
    new TurnEntry(turn(1, "Weather?", { speaker: "you" })),
    new CallEntry(call("c", 15)),
    new TurnEntry(
      turn(2, "Nineteen and clear", { heardTo: 8, sources: [{ title: "Sky", uri: "https://sky.example/" }] }),
    ),
    new TurnEntry(turn(3, " ")),
  ];
  const copied = (earlier: boolean) =>
    asText(rows, earlier, ({ speaker }) => (speaker === "you" ? "You" : "Gemini")).replace(
      /^(You|Gemini), .*$/gm,
      "$1",
    );
  const text =
    "You\nWeather?\n\n[get_weather Tokyo: Done, 0.3 s]\n\nGemini\n" +
    "Nineteen [interrupted here, not heard: and clear]\n1. Sky https://sky.example/";
  expect(copied(false)).toBe(text);
  expect(copied(true)).toBe(`[Earlier messages are no longer kept.]\n\n${text}`);
});
