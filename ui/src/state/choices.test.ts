import { describe, expect, it } from "vitest";
import { isolated } from "../i18n";
import type { ModelChoice } from "../ipc/bindings.gen";
import {
  deviceName,
  deviceSelection,
  modelSelection,
  modelWords,
  NO_OPTIONS,
  voiceSelection,
  voiceWords,
} from "./choices";

const voices = [
  { name: "Kore", tone: "Firm" },
  { name: "Puck", tone: "Upbeat" },
];
const microphones = [
  { id: "pulseaudio:yeti", name: "Yeti Nano", isDefault: false },
  { id: "pulseaudio:app_mic", name: "AppMic", isDefault: true },
];

describe("models", () => {
  const model = (id: string, more: Partial<ModelChoice> = {}): ModelChoice => ({
    id,
    label: `The ${id}`,
    note: "",
    offered: true,
    vertexOnly: false,
    served: null,
    options: NO_OPTIONS,
    ...more,
  });
  const models = [
    model("live"),
    model("old", { note: "deprecated" }),
    model("gone", { note: "retired", offered: false }),
    model("cloud", { vertexOnly: true }),
  ];
  it("stand with their names and state, the first one chosen; not those that are gone or only elsewhere", () => {
    const { options, value } = modelSelection(models, null);
    expect(options.map(({ label }) => label)).toEqual(["The live", "The old (deprecated)"]);
    expect(value).toBe("live");
  });
  it("keep a saved one that is retired, and say so", () =>
    expect(modelSelection(models, "gone").options.at(-1)).toEqual({ value: "gone", label: "The gone (retired)" }));
  it("of Vertex AI are offered on Vertex AI", () =>
    expect(modelSelection(models, null, true).options.map(({ value }) => value)).toContain("cloud"));
  it("keep an unknown saved one", () => {
    expect(modelSelection(models, "new")).toMatchObject({
      value: "new",
      options: [{}, {}, { value: "new", label: "new" }],
    });
    expect([modelWords(models, "live"), modelWords(models, null), modelWords(models, "new")]).toEqual([
      "live",
      "live",
      "Unknown model; Vivavoce will try it",
    ]);
  });
});

describe("voices", () => {
  it("stand with their tone", () =>
    expect(voiceSelection(voices, "Kore")).toMatchObject({
      value: "Kore",
      options: [{ label: "Kore – Firm" }, { label: "Puck – Upbeat" }],
    }));
  it("unset are the first, as the backend takes it", () =>
    expect([voiceSelection(voices, null).value, voiceWords(voices, null)]).toEqual(["Kore", "Kore, firm"]));
  it("keep an unknown saved one", () =>
    expect(voiceSelection(voices, "Zoe").options.at(-1)).toEqual({ value: "Zoe", label: "Zoe" }));
  it("are words beside the string", () =>
    expect([voiceWords(voices, "Kore"), voiceWords(voices, "Zoe")]).toEqual(["Kore, firm", "Zoe"]));
});

describe("devices", () => {
  it("are found by id and by a part of the name in any case", () => {
    expect(deviceSelection(microphones, "pulseaudio:yeti").value).toBe("pulseaudio:yeti");
    expect(deviceSelection(microphones, "appmic").value).toBe("pulseaudio:app_mic");
  });
  it("that are away stay chosen and say so", () =>
    expect(deviceSelection(microphones, "Old one")).toMatchObject({
      value: "Old one",
      options: [{}, {}, {}, { label: `${isolated("Old one")} (not found)` }],
    }));
  it("without a choice are the system's", () => {
    expect(deviceSelection(microphones, null).value).toBe("");
    expect(deviceName(microphones, null)).toBe("AppMic");
    expect(deviceName([], null)).toBe("");
  });
});
