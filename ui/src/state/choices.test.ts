import { describe, expect, it } from "vitest";
import { isolated } from "../i18n";
import { deviceName, deviceSelection, voiceLabel, voiceWords } from "./choices";

const voices = [
  { name: "Kore", tone: "Firm" },
  { name: "Puck", tone: "Upbeat" },
];
const microphones = [
  { id: "pulseaudio:yeti", name: "Yeti Nano", isDefault: false },
  { id: "pulseaudio:app_mic", name: "AppMic", isDefault: true },
];

describe("voices", () => {
  it("stand with their tone, the first when none is chosen, and one that is in no list with its name", () =>
    expect([voiceLabel(voices, "Puck"), voiceLabel(voices, null), voiceLabel(voices, "Zoe")]).toEqual([
      "Puck – Upbeat",
      "Kore – Firm",
      "Zoe",
    ]));
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
