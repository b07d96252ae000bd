// What can be chosen in the scenes: models, voices and devices.
import type { Choices, ModelOptions, OptionLimit } from "../ipc/bindings.gen";

const untranslated: OptionLimit = {
  option: "translateTo",
  reason: {
    id: "limit-unsupported-other",
    args: { model: "Gemini 3.8 Live", option: "translate", other: "Gemini 3.5 Live Translate" },
  },
  alwaysOn: false,
};
const plain: ModelOptions = {
  thinking: {
    kind: "none",
    reason: {
      id: "limit-unsupported-other",
      args: { model: "Gemini 3.8 Live", option: "thinking", other: "Gemini 3.8 Live, extended thinking" },
    },
  },
  limits: [
    untranslated,
    {
      option: "affective",
      reason: {
        id: "limit-unsupported-other",
        args: { model: "Gemini 3.8 Live", option: "affective", other: "Gemini 2.5 Flash native audio (latest)" },
      },
      alwaysOn: false,
    },
    {
      option: "proactive",
      reason: { id: "limit-always-on", args: { model: "Gemini 3.8 Live", option: "proactive" } },
      alwaysOn: true,
    },
  ],
  turnCoverage: "speechAndPictures",
};

export const CHOICES: Choices = {
  models: [
    {
      id: "gemini-3.8-live",
      label: "Gemini 3.8 Live",
      note: "",
      offered: true,
      vertexOnly: false,
      served: null,
      options: plain,
    },
    {
      id: "gemini-3.8-live-extended-thinking",
      label: "Gemini 3.8 Live, extended thinking",
      note: "",
      offered: true,
      vertexOnly: false,
      served: null,
      options: { ...plain, thinking: { kind: "level", levels: ["low", "medium", "high"], default: "low" } },
    },
    {
      id: "gemini-3.1-flash-live-preview",
      label: "Gemini 3.1 Flash Live",
      note: "may be gone; use Gemini 3.8 Live",
      offered: true,
      vertexOnly: false,
      served: null,
      options: {
        ...plain,
        thinking: { kind: "level", levels: ["minimal", "low", "medium", "high"], default: "minimal" },
      },
    },
    {
      id: "gemini-2.5-flash-native-audio-latest",
      label: "Gemini 2.5 Flash native audio (latest)",
      note: "deprecated",
      offered: true,
      vertexOnly: false,
      served: null,
      options: { thinking: { kind: "budget" }, limits: [untranslated], turnCoverage: "activity" },
    },
    {
      id: "gemini-2.0-flash-live-001",
      label: "Gemini 2.0 Flash Live",
      note: "retired",
      offered: false,
      vertexOnly: false,
      served: null,
      options: plain,
    },
  ],
  modelsAskedAt: null,
  unlisted: {
    thinking: { kind: "none", reason: { id: "limit-unknown", args: {} } },
    limits: [],
    turnCoverage: null,
  },
  voices: [
    ["Puck", "Upbeat"],
    ["Charon", "Informative"],
    ["Kore", "Firm"],
    ["Fenrir", "Excitable"],
    ["Aoede", "Breezy"],
    ["Zephyr", "Bright"],
    ["Zubenelgenubi", "Casual"],
  ].map(([name = "", tone = ""]) => ({ name, tone })),
  microphones: [
    { id: "pulseaudio:yeti", name: "Yeti Nano", isDefault: true },
    { id: "pulseaudio:built-in", name: "Built-in microphone", isDefault: false },
  ],
  speakers: [{ id: "pulseaudio:studio", name: "Studio Display Speakers", isDefault: true }],
  cameras: [{ id: "/dev/video0", name: "Logitech C920", isDefault: true }],
  talkKeyFromEverywhere: true,
};
