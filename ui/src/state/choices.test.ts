import { describe, expect, it } from "vitest";
import { deviceName, deviceSelection, modelSelection, voiceSelection, voiceWords } from "./choices";

const voices = [{ name: "Kore", tone: "Firm" }, { name: "Puck", tone: "Upbeat" }];
const microphones = [{ id: "pulseaudio:yeti", name: "Yeti Nano", isDefault: false }, { id: "pulseaudio:app_mic", name: "AppMic", isDefault: true }];

describe("models", () => {
  const models = [{ id: "live", note: "" }, { id: "old", note: "deprecated" }];
  it("stand with their note, the first one chosen", () => {
    const { options, value } = modelSelection(models, null);
    expect(options.map(({ label }) => label)).toEqual(["live", "old (deprecated)"]);
    expect(value).toBe("live");
  });
  it("keep an unknown saved one", () => expect(modelSelection(models, "gone")).toMatchObject({ value: "gone", options: [{}, {}, { value: "gone", label: "gone" }] }));
});

describe("voices", () => {
  it("stand with their tone", () => expect(voiceSelection(voices, "Kore")).toMatchObject({ value: "Kore", options: [{ label: "Kore – Firm" }, { label: "Puck – Upbeat" }] }));
  it("unset are the first, as the backend takes it", () => expect([voiceSelection(voices, null).value, voiceWords(voices, null)]).toEqual(["Kore", "Kore, firm"]));
  it("keep an unknown saved one", () => expect(voiceSelection(voices, "Zoe").options.at(-1)).toEqual({ value: "Zoe", label: "Zoe" }));
  it("are words beside the string", () => expect([voiceWords(voices, "Kore"), voiceWords(voices, "Zoe")]).toEqual(["Kore, firm", "Zoe"]));
});

describe("devices", () => {
  it("are found by id and by a part of the name in any case", () => {
    expect(deviceSelection(microphones, "pulseaudio:yeti").value).toBe("pulseaudio:yeti");
    expect(deviceSelection(microphones, "appmic").value).toBe("pulseaudio:app_mic");
  });
  it("that are away stay chosen and say so", () => expect(deviceSelection(microphones, "Old one")).toMatchObject({ value: "Old one", options: [{}, {}, {}, { label: "Old one (not found)" }] }));
  it("without a choice are the system's", () => {
    expect(deviceSelection(microphones, null).value).toBe("");
    expect(deviceName(microphones, null)).toBe("AppMic");
    expect(deviceName([], null)).toBe("");
  });
});
