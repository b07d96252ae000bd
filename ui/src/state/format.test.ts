import { describe, expect, it } from "vitest";
import { unasked } from "../dev/material";
import {
  argumentWords,
  decibels,
  loudness,
  elapsed,
  pretty,
  remaining,
  toolWords,
  keptWords,
  retryWords,
} from "./format";

describe("elapsed time", () => {
  it.each([
    [0, "00:00"],
    [999, "00:00"],
    [138_000, "02:18"],
    [3_599_999, "59:59"],
    [3_600_000, "1:00:00"],
    [-5, "00:00"],
  ])("%i ms is %s", (ms, words) => expect(elapsed(ms)).toBe(words));
});

describe("what is left of a connection", () => {
  it("counts down to the second that is running", () => expect(remaining(552_000, 0)).toBe("9:12"));
  it("is nothing when nobody said or it is over", () =>
    expect([remaining(null, 0), remaining(5, 5)]).toEqual([null, null]));
});

describe("decibels", () => {
  it.each([
    [-8.6, "−9 dB"],
    [-0.2, "0 dB"],
    [-60, "quiet"],
    [-Infinity, "quiet"],
    [null, "quiet"],
  ])("%s is %s", (db, words) => expect(decibels(db)).toBe(words));
});

describe("a tool call's words", () => {
  const call = { ...unasked, id: "1", name: "f", args: "", at: 1000, elapsedMs: 312, result: null };
  it("count while it runs", () =>
    expect(toolWords({ ...call, state: "running", elapsedMs: null }, 3400)).toBe("Running, 2 s"));
  it("count from when it began, not from when it asked", () =>
    expect(toolWords({ ...call, state: "running", elapsedMs: null, runningSince: 3000 }, 8400)).toBe("Running, 5 s"));
  it("say that the person is waited for", () =>
    expect((["asking", "answering", "refused"] as const).map((state) => toolWords({ ...call, state }, 0))).toEqual([
      "Needs your permission",
      "Needs your answer",
      "Not allowed",
    ]));
  it("tell how long it took", () => expect(toolWords({ ...call, state: "done" }, 0)).toBe("0.3 s"));
  it("tell that it failed", () => expect(toolWords({ ...call, state: "failed" }, 0)).toBe("Failed, 0.3 s"));
  it("tell that it was withdrawn", () => expect(toolWords({ ...call, state: "cancelled" }, 0)).toBe("Cancelled"));
});

describe("arguments", () => {
  it("are their values in a line", () =>
    expect(argumentWords('{"city":"Tokyo","days":2,"at":{"h":9}}')).toBe('Tokyo, 2, {"h":9}'));
  it("stay as they came when they are no object", () =>
    expect([argumentWords("not json"), argumentWords("[1]")]).toEqual(["not json", "[1]"]));
});

it("JSON is laid out and a sentence is left alone", () => {
  expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(pretty("No network.")).toBe("No network.");
});

describe("a lost connection", () => {
  const connection = { attempt: 1, retryAt: 5000, keptMs: 0, reason: "The connection broke: no reason given" };
  it("counts down to the next try in whole seconds, and never below one", () => {
    expect([1000, 4001, 4999].map((now) => retryWords(connection, now))).toEqual([
      "Connection lost. Retrying in 4 s.",
      "Connection lost. Retrying in 1 s.",
      "Connection lost. Retrying in 1 s.",
    ]);
    expect([
      retryWords(connection, 5000),
      retryWords({ ...connection, retryAt: null }, 0),
      retryWords(null, 0),
    ]).toEqual(Array(3).fill("Connection lost. Retrying…"));
  });
  it("says how much of your speech waits for it, once there is some", () => {
    expect(keptWords(4234)).toBe("4.2 s of your speech will be sent when you’re reconnected.");
    expect(keptWords(0)).toContain("Keep talking");
  });
});

it("loudness is a word", () => {
  expect([null, -60, -45, -30, -3].map((db) => loudness(db))).toEqual(["quiet", "quiet", "quiet", "good", "too loud"]);
});
