import { describe, expect, it } from "vitest";
import { call } from "../dev/material";
import { asJson, askWords, facts, matches, workingWords } from "./calls";

const bare = (text: string | null) => text?.replace(/[\u2068\u2069]/g, "") ?? null;

describe("the phase", () => {
  const running = (name: string, since: number) => call(name, {}, { state: "running", at: since, runningSince: since });

  it("names a function that runs for longer than a moment", () => {
    const calls = [running("get_weather", 1000)];
    expect(workingWords("thinking", calls, 2400)).toBeNull();
    expect(bare(workingWords("thinking", calls, 2500))).toBe("Working: get_weather");
    expect(bare(workingWords("listening", [...calls, running("b", 1000)], 9000))).toBe(
      "Working: get_weather and 1 more",
    );
  });

  it("says what matters more: a reply, the muted microphone, a lost connection", () => {
    for (const phase of ["speaking", "muted", "reconnecting", "ended"] as const)
      expect(workingWords(phase, [running("a", 0)], 9000)).toBeNull();
  });

  it("says nothing of a call that waits for the person", () => {
    const asks = call("a", {}, { state: "asking", at: 0 });
    expect(workingWords("thinking", [asks, { ...running("b", 0), state: "answering" }], 9000)).toBeNull();
  });
});

describe("a question", () => {
  it("names who asks and the function, whole in its row and short elsewhere", () => {
    const asks = call("x".repeat(100), {}, { state: "asking" });
    expect(bare(askWords(asks, "Gemini", false))).toBe(`Allow Gemini to use ${asks.name}?`);
    expect(bare(askWords(asks, "Gemini", true))).toBe(`Allow Gemini to use ${"x".repeat(48)}…?`);
  });

  it("shows the arguments one by one, as text", () => {
    expect(facts('{"to":"<b>me</b>","n":2,"list":[1]}')).toEqual({
      shown: [
        { name: "to", value: "<b>me</b>" },
        { name: "n", value: "2" },
        { name: "list", value: "[1]" },
      ],
      isWhole: true,
    });
    expect(facts("{}")).toEqual({ shown: [], isWhole: true });
  });

  it("says when it does not show all of them", () => {
    const many = facts(JSON.stringify(Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`a${n}`, n]))));
    expect([many.shown.length, many.isWhole]).toEqual([8, false]);
    const long = facts(JSON.stringify({ text: "x".repeat(5000) }));
    expect([long.shown[0]!.value.length, long.isWhole]).toEqual([161, false]);
    expect(facts(`{"cut off": "${"x".repeat(500)}`)).toMatchObject({ isWhole: false });
  });
});

describe("the log", () => {
  const done = call("get_weather", { city: "Tokyo" }, { at: 0, result: '{"celsius":19}', elapsedMs: 300 });
  const failed = call("read_file", {}, { at: 1000, state: "failed", result: "No such file." });

  it("is searched by name, arguments, result and state", () => {
    for (const search of ["", "  ", "WEATHER", "tokyo 19", "celsius"]) expect(matches(done, search)).toBe(true);
    expect(matches(failed, "failed")).toBe(true);
    expect([matches(done, "failed"), matches(done, "tokyo paris")]).toEqual([false, false]);
  });

  it("is copied as JSON, with values and not texts of JSON", () => {
    const { calls } = JSON.parse(asJson([done, failed])) as { calls: Record<string, unknown>[] };
    expect(calls[0]).toEqual({
      name: "get_weather",
      id: done.id,
      state: "done",
      calledAt: "1970-01-01T00:00:00.000Z",
      startedAt: null,
      elapsedMs: 300,
      arguments: { city: "Tokyo" },
      result: { celsius: 19 },
    });
    expect(calls[1]?.["result"]).toBe("No such file.");
  });
});
