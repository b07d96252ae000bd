import { describe, expect, it } from "vitest";
import type { SpeakerCheck } from "../ipc/bindings.gen";
import { checkReason, checkWords, offersCheck } from "./speaker";
import { INITIAL, NO_SETTINGS, type State } from "./state";

type Done = Extract<SpeakerCheck, { is: "done" }>;
const done = (more: Partial<Done>): Done => ({
  is: "done",
  microphone: "Yeti",
  speaker: "Studio",
  verdict: "good",
  delayMs: 92,
  suppressionDb: 34.6,
  ...more,
});
const state = (more: Partial<State>): State => ({ ...INITIAL, known: true, ...more });

describe("a check", () => {
  it("says what was measured, in whole units", () => {
    expect(checkWords(done({}))).toMatchObject({ tone: "ok", figures: "Delay 92 ms · Echo reduced by 35 dB" });
    expect(checkWords(done({ suppressionDb: 60 }))?.figures).toContain("60 dB or more");
    expect(checkWords(done({ verdict: "noEcho", delayMs: null, suppressionDb: null }))?.figures).toBe("");
  });
  it("says what it means, in four ways that name the device", () => {
    const verdicts = ["good", "halfDuplex", "noEcho", "nothing"] as const;
    const words = verdicts.map((verdict) => checkWords(done({ verdict }))!);
    expect(words.map(({ tone }) => tone)).toEqual(["ok", "warn", "ok", "warn"]);
    expect(new Set(words.map(({ explanation }) => explanation)).size).toBe(4);
    expect(words[1]!.explanation).toContain("Studio");
    expect(words[3]!.message).toContain("Yeti");
  });
  it("that is not over has no words", () =>
    expect([checkWords({ is: "idle" }), checkWords({ is: "running", done: 0.5 })]).toEqual([undefined, undefined]));
  it("needs two devices that nobody else has", () => {
    expect(checkReason(state({}))).toBeUndefined();
    expect(checkReason(state({ phase: "listening" }))).toContain("conversation");
    expect(checkReason(state({ settings: { ...NO_SETTINGS, speaker: "none" } }))).toContain("Choose");
  });
});

it("the check is offered before the first conversation until it was done or declined; its result stays", () => {
  const checked = { ...NO_SETTINGS, speakerChecked: true };
  expect(offersCheck(state({}))).toBe(true);
  expect(offersCheck(state({ known: false }))).toBe(false);
  expect(offersCheck(state({ phase: "ended" }))).toBe(false);
  expect(offersCheck(state({ settings: checked }))).toBe(false);
  expect(offersCheck(state({ settings: checked, speakerCheck: done({}) }))).toBe(true);
});
