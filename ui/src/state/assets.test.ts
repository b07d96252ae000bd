import { expect, it } from "vitest";
import type { Parts } from "../ipc/bindings.gen";
import { canFetch, fetchWords, megabytes, partRows, practiceNote } from "./assets";

const parts = (patch: Partial<Parts> = {}): Parts => ({
  voice: "ready",
  hearing: "ready",
  missingBytes: 0,
  fetch: { is: "idle" },
  ...patch,
});

it("can fetch what is missing", () => {
  expect(
    [parts(), parts({ hearing: "missing" }), parts({ voice: "missing" }), parts({ voice: "unknown" })].map(canFetch),
  ).toEqual([false, true, true, false]);
});

it("says what the partner hears and speaks with, and what it does without", () => {
  expect(practiceNote(parts(), null)).toBe(
    "You talk with a rehearsal partner on this computer, not with Gemini. It understands English speech, and has a voice of its own.",
  );
  expect(practiceNote(parts({ hearing: "missing" }), null)).toContain(
    "type to it, or it plays back what you say, and has a voice",
  );
  expect(practiceNote(parts({ voice: "missing" }), "models.example")).toContain(
    "understands English speech, and answers in a sketched voice. It thinks with the language model at models.example,",
  );
  expect(partRows(parts({ hearing: "missing" })).map(({ ready }) => ready)).toEqual([true, false]);
});

it("counts transfers in megabytes", () => {
  expect([0, 1144, 32_166_155].map(megabytes)).toEqual(["0 MB", "1 MB", "32 MB"]);
  expect(fetchWords("", 0, 0)).toBe("Looking for what is missing…");
  expect(fetchWords("hearing", 12_900_000, 32_166_155)).toBe("Fetching hearing: 12 of 32 MB");
});
