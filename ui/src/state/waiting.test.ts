import { describe, expect, it } from "vitest";
import { CHOICES } from "../dev/choices";
import type { Settings } from "../ipc/bindings.gen";
import { INITIAL, NO_SETTINGS, type State } from "./state";
import { canReconnect, keptWords, reconnectWords, startWords, waiting } from "./waiting";

const applied: Settings = { ...NO_SETTINGS, voice: "Kore" };
const state = (now: Partial<Settings>, more: Partial<State> = {}): State => ({
  ...INITIAL,
  known: true,
  phase: "listening",
  applied,
  settings: { ...applied, ...now },
  ...more,
});

describe("what waits for a new connection", () => {
  const during = (now: Partial<Settings>) => waiting(state(now)).reconnect;
  it("is what the setup carries and was changed", () => {
    expect(during({ voice: "Puck", googleSearch: true })).toEqual(["voice", "Google Search"]);
    expect(reconnectWords(waiting(state({ voice: "Puck", instructions: "Be short." })))).toBe(
      "Applies after reconnecting: voice and instructions.",
    );
  });
  it("is each option that the setup carries", () => {
    const all: Partial<Settings> = {
      thinkingLevel: "high",
      affective: true,
      temperature: 0.2,
      mediaResolution: "high",
      compression: false,
      bargeIn: false,
      startSensitivity: "low",
      silenceMs: 400,
      proactive: true,
      turnCoverage: "everything",
      translateTo: "de",
    };
    expect(during(all)).toHaveLength(Object.keys(all).length);
    expect(during({ bargeIn: true, compression: true, affective: false, proactive: false })).toEqual([]);
  });
  it("is nothing of what applies at once or means the same", () =>
    expect(during({ microphone: "x", theme: "dark", instructions: "", googleSearch: false })).toEqual([]));
  it("is nothing when nothing runs, and before it is known what was begun with", () => {
    expect(waiting(state({ voice: "Puck" }, { phase: "ended" })).reconnect).toEqual([]);
    expect(waiting(state({ voice: "Puck" }, { applied: null })).reconnect).toEqual([]);
  });
  it("can be had once the conversation is open and does not connect anyway", () => {
    const phases = ["ready", "connecting", "listening", "speaking", "muted", "reconnecting", "ended"] as const;
    expect(phases.filter((phase) => canReconnect(state({}, { phase })))).toEqual(["listening", "speaking", "muted"]);
  });
});

describe("what waits for the next start", () => {
  it("is another partner, which is not told what was said to this one", () => {
    const changed = waiting(state({ vertexProject: "p", proxy: "none", thinkModel: "m", voice: "Puck" }));
    expect(changed).toEqual({ reconnect: ["voice"], start: ["the connection", "the proxy", "the language model"] });
    expect(startWords(changed)).toBe("Applies next time you start: the connection, the proxy, and the language model.");
  });
});

describe("what is kept", () => {
  const kept = (now: Partial<Settings>) => keptWords(state(now), CHOICES);
  it("is everything with the same model, also by the name of the default", () => {
    expect(kept({ voice: "Puck" })).toBe("The conversation goes on where it is.");
    expect(kept({ model: "gemini-3.8-live" })).toBe("The conversation goes on where it is.");
  });
  it("is the transcript with another one, where that takes one", () => {
    expect(kept({ model: "gemini-3.8-live-extended-thinking" })).toContain("will know only the transcript");
    expect(kept({ model: "gemini-9-live" })).toBe("\u2068gemini-9-live\u2069 can’t be told what was said before.");
  });
});
