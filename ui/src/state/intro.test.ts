import { expect, it } from "vitest";
import { NO_CHOICES } from "./choices";
import { nextStep, opensIntro, outcome, STEPS } from "./intro";
import type { UiError, Verdict } from "../ipc/bindings.gen";
import { INITIAL, NO_SETTINGS, type State } from "./state";

const state = (more: Partial<State> = {}): State => ({ ...INITIAL, known: true, ...more });

it("the first steps open once, and never in front of a conversation", () => {
  expect(opensIntro(state())).toBe(true);
  expect(opensIntro(state({ known: false }))).toBe(false);
  expect(opensIntro(state({ phase: "listening" }))).toBe(false);
  expect(opensIntro(state({ settings: { ...NO_SETTINGS, introduced: true } }))).toBe(false);
});

it("a step that was done before says so", () => {
  const devices = { ...NO_CHOICES, microphones: [{ id: "m", name: "Yeti", isDefault: true }] };
  const done = state({ key: "keyring", settings: { ...NO_SETTINGS, speakerChecked: true, cameraOn: true } });
  expect(STEPS.map((step) => outcome(step, done, devices))).toEqual([
    null,
    "Saved in the system’s keyring",
    "Tested with Yeti",
    "On when you start",
  ]);
  expect(STEPS.map((step) => outcome(step, state(), devices))).toEqual([null, null, null, null]);
});

it("a key that was refused is not done", () => {
  const text = { id: "", args: {} };
  const error: UiError = { code: "keyRefused", severity: "danger", text, hints: [], detail: null };
  const verdict: Verdict = { is: "failed", error };
  const refused = state({ key: "keyring", account: { ...INITIAL.account, check: { slot: "gemini", verdict } } });
  expect(outcome("key", refused, NO_CHOICES)).toBeNull();
});

it("the steps end", () => {
  expect(STEPS.map(nextStep)).toEqual(["key", "sound", "camera", null]);
});
