import { describe, expect, it } from "vitest";
import type { Phase, ToolCall, Turn } from "../ipc/bindings.gen";
import { INITIAL } from "./state";
import { announcement, asText, caption, cut, entries } from "./transcript";

const turn = (id: number, text: string, more: Partial<Turn> = {}): Turn => ({ id, speaker: "gemini", at: id * 10, text, typed: false, ended: true, heardTo: null, sources: [], queries: [], ...more });
const call = (id: string, at: number): ToolCall => ({ id, name: "get_weather", args: '{"city":"Tokyo"}', state: "done", at, elapsedMs: 300, result: null });

describe("rows", () => {
  it("put each call before the first turn that began after it", () => {
    const rows = entries([turn(1, "a"), turn(2, "b")], [call("early", 5), call("between", 15), call("late", 99)]);
    expect(rows.map(({ key }) => key)).toEqual(["call early", "turn 1", "call between", "turn 2", "call late"]);
  });
});

describe("a cut", () => {
  it("is none without a mark", () => expect(cut(turn(1, "all of it"))).toBeNull());
  it("parts what was heard from what was not", () => expect(cut(turn(1, "one two three", { heardTo: 7 }))).toEqual({ heard: "one two", unheard: " three", words: 1 }));
  it("counts a half-heard word", () => expect(cut(turn(1, "one two three", { heardTo: 9 }))?.words).toBe(1));
  it("never parts one character", () => expect(cut(turn(1, "a😀b", { heardTo: 2 }))).toMatchObject({ heard: "a", unheard: "😀b" }));
  it("takes a mark beyond the text for its end", () => expect(cut(turn(1, "one", { heardTo: 99 }))).toEqual({ heard: "one", unheard: "", words: 0 }));
});

describe("captions", () => {
  const during = (phase: Phase, turns: Turn[]) => caption({ ...INITIAL, phase, turns });

  it("show the open turn, the last sentence in front", () => {
    expect(during("speaking", [turn(1, "First. Second, still gro", { ended: false })])).toMatchObject({ earlier: "First.", current: "Second, still gro" });
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
  it("show the end of an endless sentence from a word on", () => {
    const words = during("speaking", [turn(1, "word ".repeat(90), { ended: false })])?.current ?? "";
    expect(words.length).toBeLessThan(190);
    expect(words.startsWith("…word ")).toBe(true);
  });
});

describe("an announcement", () => {
  it("says who and what was heard", () => expect(announcement(turn(1, "one two three", { heardTo: 7 }), "Gemini")).toBe("Gemini: one two Interrupted."));
  it("is silent about what was typed", () => expect(announcement(turn(1, "hello", { typed: true }), "You")).toBe(""));
});

it("the copied transcript names speakers, calls, the cut and the sources", () => {
  const turns = [turn(1, "Weather?", { speaker: "you" }), turn(2, "Nineteen and clear", { heardTo: 8, sources: [{ title: "Sky", uri: "https://sky.example/" }] }), turn(3, " ")];
  const text = asText(turns, [call("c", 15)], ({ speaker }) => (speaker === "you" ? "You" : "Gemini"));
  expect(text.replace(/^(You|Gemini), .*$/gm, "$1")).toBe(
    "You\nWeather?\n\n[get_weather Tokyo: done, 0.3 s]\n\nGemini\nNineteen [interrupted here, not heard: and clear]\n1. Sky https://sky.example/",
  );
});
