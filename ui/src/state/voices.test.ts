import { describe, expect, it } from "vitest";
import { NO_SETTINGS, INITIAL, type State } from "./state";
import { matching, sampleNote, sampleOf, sampleReason, sampleWords, toggled, voiceRows } from "./voices";

const voices = [
  { name: "Kore", tone: "Firm" },
  { name: "Puck", tone: "Upbeat" },
  { name: "Orus", tone: "Firm" },
];
const names = (rows: { name: string }[]) => rows.map(({ name }) => name);

describe("voices", () => {
  it("stand in their order, the favourites first, each once", () => {
    expect(names(voiceRows([...voices, voices[0]!], null, ["Orus", "Gone"]))).toEqual(["Orus", "Kore", "Puck"]);
  });
  it("keep a saved one that is in no list", () => {
    expect(voiceRows(voices, "Zoe", []).at(-1)).toEqual({ name: "Zoe", tone: "" });
    expect(names(voiceRows(voices, "Puck", []))).toHaveLength(3);
  });
  it("are found by a part of the name or the tone", () => {
    expect(names(matching(voices, " FIRM "))).toEqual(["Kore", "Orus"]);
    expect(names(matching(voices, "uc"))).toEqual(["Puck"]);
    expect(matching(voices, "")).toHaveLength(3);
  });
  it("are marked as favourites and unmarked", () => {
    expect(toggled([], "Kore")).toEqual(["Kore"]);
    expect(toggled(["Kore", "Puck"], "Kore")).toEqual(["Puck"]);
    expect(toggled(["Kore"], "Kore")).toBeNull();
  });
});

describe("a sample", () => {
  const state = (more: Partial<State>): State => ({ ...INITIAL, known: true, ...more });
  const playing = state({ voiceSample: { is: "playing", voice: "Kore", source: "imitation" } });

  it("is that of its own voice alone, and says what it is", () => {
    expect([sampleOf(playing, "Kore"), sampleOf(playing, "Puck"), sampleOf(INITIAL, "Kore")]).toEqual([
      "playing",
      "idle",
      "idle",
    ]);
    expect(sampleWords(playing)).toBe("Playing Kore, imitated");
    const own = state({ voiceSample: { is: "playing", voice: "Kore", source: "recording" } });
    expect(sampleWords(own)).toBe("Playing Kore");
  });
  it("reports why a sample failed, and what to do", () => {
    const error = {
      code: "noAnswer",
      severity: "warn",
      text: { id: "voice-sample-silent", args: {} },
      hints: [],
      detail: null,
    } as const;
    const failed = state({ voiceSample: { is: "failed", voice: "Kore", error: { ...error, hints: [] } } });
    expect(sampleWords(failed)).toMatch(/^The sample wasn’t recorded\. The model said nothing/);
  });
  it("is an imitation without a key, and is not offered during a conversation", () => {
    expect(sampleNote(state({}))).toContain("imitations");
    expect(sampleNote(state({ key: "keyring" }))).toContain("recorded from the model");
    expect(sampleNote(state({ key: "keyring", settings: { ...NO_SETTINGS, endpoint: "practice" } }))).toContain(
      "imitations",
    );
    expect([sampleReason(state({})), sampleReason(state({ phase: "speaking" }))]).toEqual([
      undefined,
      "Samples aren’t available during a conversation.",
    ]);
  });
});
