// What can be chosen in the scenes: models, voices and devices.
import type { Choices, ModelChoice, ModelOptions, ModelPrices, OptionLimit } from "../ipc/bindings.gen";
import { modelOf } from "./models";

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
  takesHistory: true,
};

const model = (id: string, label: string, more: Partial<ModelChoice>) =>
  modelOf(id, label, { abilities: ["speech", "pictures", "search", "tools"], options: plain, ...more });
const prices: ModelPrices = {
  inText: 0.75,
  inAudio: 3,
  inImage: 1,
  outText: 4.5,
  outAudio: 12,
  estimated: false,
  date: "2026-11",
};
const successor = { id: "gemini-3.8-live", label: "Gemini 3.8 Live" };

export const CHOICES: Choices = {
  models: [
    model("gemini-3.8-live", "Gemini 3.8 Live", {
      prices,
      languages: 99,
      abilities: ["speech", "pictures", "search", "tools", "proactive"],
    }),
    model("gemini-3.8-live-extended-thinking", "Gemini 3.8 Live, extended thinking", {
      prices,
      languages: 99,
      abilities: ["speech", "pictures", "thinking", "search", "tools", "proactive"],
      options: { ...plain, thinking: { kind: "level", levels: ["low", "medium", "high"], default: "low" } },
    }),
    model("gemini-3.1-flash-live-preview", "Gemini 3.1 Flash Live", {
      state: "mayBeGone",
      successor,
      prices: { ...prices, estimated: true },
      languages: 70,
      abilities: ["speech", "pictures", "thinking", "search", "tools"],
      options: {
        ...plain,
        thinking: { kind: "level", levels: ["minimal", "low", "medium", "high"], default: "minimal" },
      },
    }),
    model("gemini-2.5-flash-native-audio-latest", "Gemini 2.5 Flash native audio (latest)", {
      state: "deprecated",
      successor,
      prices: { ...prices, inText: 0.5, inImage: 3, outText: 2, date: "2026-07" },
      languages: 24,
      abilities: ["speech", "pictures", "thinking", "search", "tools", "mood", "proactive"],
      options: { thinking: { kind: "budget" }, limits: [untranslated], turnCoverage: "activity", takesHistory: true },
    }),
    model("gemini-3.5-live-translate-preview", "Gemini 3.5 Live Translate", {
      state: "preview",
      abilities: ["speech", "translation"],
      served: false,
    }),
    model("gemini-3.5-transcribe-live", "Gemini 3.5 Transcribe Live", {
      prices: { ...prices, inText: null, inAudio: 3.5, inImage: null, outText: 21, outAudio: null },
      abilities: ["text"],
    }),
    model("gemini-2.0-flash-live-001", "Gemini 2.0 Flash Live", { state: "retired", successor, offered: false }),
  ],
  modelsAskedAt: null,
  unlisted: {
    thinking: { kind: "none", reason: { id: "limit-unknown", args: {} } },
    limits: [],
    turnCoverage: null,
    takesHistory: false,
  },
  voices: [
    ["Puck", "Upbeat"],
    ["Charon", "Informative"],
    ["Kore", "Firm"],
    ["Fenrir", "Excitable"],
    ["Aoede", "Breezy"],
    ["Zephyr", "Bright"],
    ["Leda", "Youthful"],
    ["Orus", "Firm"],
    ["Callirrhoe", "Easy-going"],
    ["Autonoe", "Bright"],
    ["Enceladus", "Breathy"],
    ["Iapetus", "Clear"],
    ["Umbriel", "Easy-going"],
    ["Algieba", "Smooth"],
    ["Despina", "Smooth"],
    ["Erinome", "Clear"],
    ["Algenib", "Gravelly"],
    ["Rasalgethi", "Informative"],
    ["Laomedeia", "Upbeat"],
    ["Achernar", "Soft"],
    ["Alnilam", "Firm"],
    ["Schedar", "Even"],
    ["Gacrux", "Mature"],
    ["Pulcherrima", "Forward"],
    ["Achird", "Friendly"],
    ["Zubenelgenubi", "Casual"],
    ["Vindemiatrix", "Gentle"],
    ["Sadachbia", "Lively"],
    ["Sadaltager", "Knowledgeable"],
    ["Sulafat", "Warm"],
  ].map(([name = "", tone = ""]) => ({ name, tone })),
  microphones: [
    { id: "pulseaudio:yeti", name: "Yeti Nano", isDefault: true },
    { id: "pulseaudio:built-in", name: "Built-in microphone", isDefault: false },
  ],
  speakers: [{ id: "pulseaudio:studio", name: "Studio Display Speakers", isDefault: true }],
  cameras: [{ id: "/dev/video0", name: "Logitech C920", isDefault: true }],
  talkKeyFromEverywhere: true,
};
