import { expect, it } from "vitest";
import { isolated } from "../i18n";
import type { Settings, SpeechAssets } from "../ipc/bindings.gen";
import {
  canFetch,
  fetchWords,
  megabytes,
  assetRows,
  practiceNote,
  recogniserHint,
  recogniserNamed,
  recogniserSelection,
} from "./assets";
import { NO_SETTINGS } from "./state";

const assets = (patch: Partial<SpeechAssets> = {}): SpeechAssets => ({
  voice: "ready",
  hearing: "ready",
  recogniser: "ready",
  missingBytes: 0,
  fetch: { is: "idle" },
  ...patch,
});

it("can download what is missing", () => {
  expect(
    [assets(), assets({ hearing: "missing" }), assets({ voice: "missing" }), assets({ voice: "unknown" })].map(
      canFetch,
    ),
  ).toEqual([false, true, true, false]);
});

it("offers recognisers as what they are, and says which one hears until a download", () => {
  const chosen: Settings = { ...NO_SETTINGS, recogniser: "base" };
  expect(recogniserSelection(NO_SETTINGS).value).toBe("tiny");
  expect(recogniserSelection(chosen).value).toBe("base");
  expect(recogniserHint(NO_SETTINGS, assets())).toContain("32 MB");
  expect(recogniserHint(chosen, assets())).toContain("slower");
  expect(recogniserHint(chosen, assets({ recogniser: "missing" }))).toContain("Until it is installed");
  expect(recogniserHint(chosen, assets({ recogniser: "missing", hearing: "missing" }))).toContain("slower");
  expect(canFetch(assets({ recogniser: "missing" }))).toBe(true);
  expect([recogniserNamed("base"), recogniserNamed("large")]).toEqual(["base", null]);
});

it("says what the partner hears and speaks with, and what it does without", () => {
  expect(practiceNote(assets(), null)).toBe(
    "You’re talking to an offline practice partner, not Gemini. It understands spoken English.",
  );
  expect(practiceNote(assets({ hearing: "missing" }), null)).toContain(
    "It answers typed messages and repeats what you say.",
  );
  expect(practiceNote(assets({ voice: "missing" }), "models.example")).toContain(
    `uses a basic voice. It uses the language model at ${isolated("models.example")},`,
  );
  expect(assetRows(assets({ hearing: "missing" })).map(({ ready }) => ready)).toEqual([true, false]);
});

it("counts transfers in megabytes", () => {
  expect([0, 1144, 32_166_155].map(megabytes)).toEqual(["0 MB", "1 MB", "32 MB"]);
  expect(fetchWords("", 0, 0)).toBe("Checking what to download…");
  expect(fetchWords("hearing", 12_900_000, 32_166_155)).toBe(`Downloading ${isolated("hearing")}: 12 of 32 MB`);
});
