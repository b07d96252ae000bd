// Scenes to look at: snapshots that put the window into each of its states. On the dev server only.
import type { Levels } from "../ipc/bindings.gen";
import { SILENCE } from "../state/levels";
import {
  account,
  call,
  cello,
  echoes,
  expired,
  gone,
  good,
  long,
  noPip,
  now,
  offline,
  speechAssets,
  refused,
  resumed,
  savedReply,
  settings,
  silent,
  taken,
  talk,
  tokyo,
  turn,
  unplugged,
  unsaid,
  unsaved,
  weather,
} from "./material";
import type { Scene } from "./scene";
import { TOOL_SCENES } from "./scenes-tools";

export const SCENES: Record<string, Scene> = {
  "first-run": { snapshot: {} },
  "first-run-key": { snapshot: {}, press: "#intro-step-key" },
  "first-run-key-expired": {
    snapshot: {
      key: "keyring",
      account: { ...account, check: { slot: "gemini", verdict: { is: "failed", error: expired } } },
    },
    press: "#intro-step-key",
  },
  "first-run-sound": { snapshot: { key: "keyring" }, press: "#intro-step-sound" },
  "first-run-camera": { snapshot: { key: "keyring" }, press: "#intro-step-camera" },
  ready: { snapshot: { settings, key: "keyring" } },
  "ready-without-key": { snapshot: { settings: { ...settings, voice: null } } },
  connecting: { snapshot: { ...talk, phase: "connecting", conversation: null } },
  listening: {
    snapshot: {
      ...talk,
      phase: "listening",
      camera: { state: "on", name: "Logitech C920", width: 1280, height: 720, sent: 12 },
      tools: [weather],
      turns: [...tokyo, turn("you", "Then let’s go there first, and book a table some", { ended: false })],
    },
    levels: { you: 0.62, youPeak: 0.8, youDb: -18, gemini: 0.02, geminiPeak: 0.02, geminiDb: -70 },
    camera: true,
  },
  first: { snapshot: { ...talk, phase: "listening" }, levels: { you: 0.3, youPeak: 0.4, youDb: -38 } },
  "by-key": {
    snapshot: { ...talk, phase: "listening", conversation: { ...talk.conversation!, pushToTalk: true }, turns: [] },
    levels: { you: 0.3, youPeak: 0.4, youDb: -38 },
  },
  "by-key-taken": {
    snapshot: {
      ...talk,
      phase: "listening",
      conversation: { ...talk.conversation!, pushToTalk: true },
      notices: [taken],
      turns: tokyo,
    },
  },
  "by-key-held": {
    snapshot: {
      ...talk,
      phase: "listening",
      held: true,
      conversation: { ...talk.conversation!, pushToTalk: true },
      turns: tokyo,
    },
    levels: { you: 0.5, youPeak: 0.7, youDb: -24 },
  },
  "mic-silent": {
    snapshot: {
      ...talk,
      phase: "listening",
      figures: { replyMs: 640, savedMs: 83_000, closesAt: now + 552_000 },
      notices: [silent, echoes],
      turns: cello.slice(0, 2),
    },
  },
  speaking: {
    snapshot: { ...talk, phase: "speaking", turns: cello },
    levels: { you: 0.06, youPeak: 0.1, youDb: -48, gemini: 0.82, geminiPeak: 0.9, geminiDb: -9 },
  },
  interrupted: {
    snapshot: {
      ...talk,
      phase: "listening",
      turns: [...tokyo.slice(0, 2), turn("you", "Sorry, before the jacket", { ended: false })],
    },
    levels: { you: 0.5, youPeak: 0.7, youDb: -22 },
  },
  thinking: { snapshot: { ...talk, phase: "thinking", turns: cello.slice(0, 3) } },
  muted: { snapshot: { ...talk, phase: "muted", muted: true, turns: cello.slice(0, 2) } },
  ...TOOL_SCENES,
  practice: {
    snapshot: {
      ...talk,
      key: "missing",
      phase: "speaking",
      conversation: { ...talk.conversation!, partner: "practice" },
      figures: { replyMs: 210, savedMs: null, closesAt: null },
      turns: [
        turn("you", "What time is it?", { typed: true }),
        turn("gemini", "I am your practice partner. I heard you for two seconds and now I play it back", {
          ended: false,
        }),
      ],
    },
    levels: { you: 0.05, youPeak: 0.1, youDb: -50, gemini: 0.6, geminiPeak: 0.7, geminiDb: -16 },
    later: { voice: "Puck", instructions: "Talk like a pirate." },
  },
  trouble: {
    snapshot: {
      ...talk,
      phase: "listening",
      notices: [unplugged, refused],
      turns: cello.slice(0, 2),
      conversation: { ...talk.conversation!, microphone: null },
    },
    press: ".notice:last-child summary",
  },
  reconnecting: {
    snapshot: {
      ...talk,
      phase: "reconnecting",
      connection: { attempt: 2, retryAt: now + 9000, keptMs: 4200, reason: "The connection broke: no reason given" },
      turns: [...cello.slice(0, 3), turn("you", "And on a trumpet", { ended: false })],
    },
    levels: { you: 0.5, youPeak: 0.7, youDb: -24 },
  },
  dialling: {
    snapshot: {
      ...talk,
      phase: "reconnecting",
      connection: { attempt: 1, retryAt: null, keptMs: 0, reason: "The connection broke: no reason given" },
      camera: { state: "on", name: "Logitech C920", width: 1280, height: 720, sent: 12 },
    },
    camera: true,
  },
  resumed: { snapshot: { ...talk, phase: "listening", notices: [resumed], turns: cello.slice(0, 2) } },
  offer: { snapshot: { settings, key: "keyring" } },
  "offer-no-assets": {
    snapshot: {
      settings: { ...settings, voice: null },
      key: "missing",
      speechAssets: {
        ...speechAssets,
        voice: "missing",
        hearing: "missing",
        recogniser: "missing",
        missingBytes: 45_724_341,
      },
    },
  },
  "offer-running": {
    snapshot: {
      settings: { ...settings, speakerChecked: true },
      key: "keyring",
      speakerCheck: { is: "running", done: 0.4 },
    },
  },
  "offer-good": { snapshot: { settings: { ...settings, speakerChecked: true }, key: "keyring", speakerCheck: good } },
  "first-run-meter": {
    snapshot: { key: "keyring", microphoneTest: { is: "running", microphone: "Yeti Nano" } },
    levels: { you: 0.6, youPeak: 0.7, youDb: -24 },
    press: "#intro-step-sound",
  },
  "meter-running": {
    snapshot: { settings, microphoneTest: { is: "running", microphone: "Yeti Nano" } },
    levels: { you: 0.95, youPeak: 1, youDb: -3 },
    press: "#open-settings",
    press2: '[href="#group-devices"]',
  },
  "meter-failed": {
    snapshot: { settings, microphoneTest: { is: "failed", error: unplugged } },
    press: "#open-settings",
    press2: '[href="#group-devices"]',
  },
  "applies-model": {
    snapshot: { ...talk, phase: "listening", turns: cello.slice(0, 2) },
    later: { model: "gemini-3.8-live-extended-thinking", endpoint: "practice" },
  },
  "check-good": {
    snapshot: { settings, key: "keyring", speakerCheck: good },
    press: "#open-settings",
    press2: '[href="#group-devices"]',
  },
  "check-half": {
    snapshot: {
      settings: { ...settings, volume: 65 },
      key: "keyring",
      speakerCheck: { ...good, verdict: "halfDuplex", suppressionDb: 9.4 },
    },
    press: "#open-settings",
    press2: '[href="#group-devices"]',
  },
  "check-none": {
    snapshot: { settings, speakerCheck: { ...good, verdict: "noEcho", delayMs: null, suppressionDb: null } },
    press: "#open-settings",
    press2: '[href="#group-devices"]',
  },
  "check-long": {
    snapshot: {
      settings,
      speakerCheck: {
        ...good,
        verdict: "nothing",
        microphone: long,
        speaker: long,
        delayMs: null,
        suppressionDb: null,
      },
    },
    press: "#open-settings",
    press2: '[href="#group-devices"]',
  },
  "check-failed": {
    snapshot: { settings, speakerCheck: { is: "failed", error: unplugged } },
    press: "#open-settings",
    press2: '[href="#group-devices"]',
  },
  "check-running": {
    snapshot: { settings, speakerCheck: { is: "running", done: 0.6 } },
    press: "#open-settings",
    press2: '[href="#group-devices"]',
  },
  "check-busy": {
    snapshot: { ...talk, phase: "listening", turns: cello.slice(0, 2) },
    press: "#open-settings",
    press2: '[href="#group-devices"]',
  },
  "turns-by-key": {
    snapshot: { settings: { ...settings, pushToTalk: true, talkKey: "Control+Alt+Space", silenceMs: 1200 } },
    press: "#open-settings",
    press2: '[href="#group-speech"]',
  },
  saved: {
    snapshot: {
      ...talk,
      phase: "listening",
      spoken: [{ turn: tokyo[1]!.id, ms: 12_000 }],
      notices: [savedReply],
      turns: tokyo.slice(0, 2),
    },
  },
  "turn-menu": {
    snapshot: {
      ...talk,
      phase: "listening",
      spoken: [{ turn: tokyo[1]!.id, ms: 12_000 }],
      turns: tokyo.slice(0, 2),
    },
    press: '.turn.gemini [data-testid="turn-menu"]',
  },
  "not-saved": {
    snapshot: {
      ...talk,
      phase: "ended",
      spoken: [{ turn: cello[1]!.id, ms: 12_000 }],
      notices: [unsaved],
      turns: cello.slice(0, 2),
    },
  },
  ended: {
    snapshot: {
      ...talk,
      phase: "ended",
      conversation: { ...talk.conversation!, endedAt: now },
      turns: cello.slice(0, 3),
      tools: [weather],
    },
  },
  models: { snapshot: { settings, key: "keyring" }, press: "#choose-model" },
  "models-retired": {
    snapshot: { settings: { ...settings, model: "gemini-2.0-flash-live-001" }, key: "keyring" },
    press: "#open-settings",
    press2: "#settings-model",
  },
  voices: {
    snapshot: { settings: { ...settings, favouriteVoices: ["Aoede", "Kore"] }, key: "keyring" },
    press: "#choose-voice",
  },
  "voices-practice": {
    snapshot: {
      settings,
      voiceSample: { is: "playing", voice: "Puck", source: "imitation" },
    },
    press: "#choose-voice",
  },
  "voices-failed": {
    snapshot: {
      settings,
      key: "keyring",
      voiceSample: { is: "failed", voice: "Charon", error: unsaid },
    },
    press: "#open-settings",
    press2: "#settings-voice",
  },
  "voices-busy": {
    snapshot: { ...talk, phase: "listening", turns: cello.slice(0, 2) },
    press: "#choose-voice",
  },
  settings: {
    snapshot: { ...talk, phase: "listening", turns: cello.slice(0, 2) },
    later: {
      model: "gemini-3.8-live-extended-thinking",
      instructions: "I’m learning Japanese. Correct me gently, in one sentence, then go on. Use metric units.",
    },
    press: "#open-settings",
  },
  replies: {
    snapshot: { ...talk, phase: "listening", turns: cello.slice(0, 2) },
    press: "#open-settings",
    press2: '[href="#group-responses"]',
  },
  turns: {
    snapshot: {
      ...talk,
      phase: "listening",
      settings: { ...settings, model: "gemini-2.5-flash-native-audio-latest", silenceMs: 1200 },
    },
    later: { bargeIn: false, proactive: true },
    press: "#open-settings",
    press2: '[href="#group-speech"]',
  },
  retired: {
    snapshot: {
      ...talk,
      phase: "ended",
      settings: { ...settings, model: "gemini-2.0-flash-live-001" },
      notices: [gone],
      conversation: { ...talk.conversation!, startedAt: null, endedAt: now },
    },
  },
  "other-model": { snapshot: { settings: { ...settings, model: "gemini-9-live" } }, press: "#open-settings" },
  "key-works": {
    snapshot: {
      settings,
      key: "keyring",
      account: { ...account, check: { slot: "gemini", verdict: { is: "works" } } },
    },
    press: "#open-settings",
    press2: '[href="#group-key"]',
  },
  "key-checking": {
    snapshot: {
      settings,
      key: "keyring",
      account: { ...account, check: { slot: "gemini", verdict: { is: "checking" } } },
    },
    press: "#open-settings",
    press2: '[href="#group-key"]',
  },
  "key-expired": {
    snapshot: {
      settings,
      key: "keyring",
      account: { ...account, check: { slot: "gemini", verdict: { is: "failed", error: expired } } },
    },
    press: "#open-settings",
    press2: '[href="#group-key"]',
  },
  "key-offline": {
    snapshot: {
      settings,
      key: "keyring",
      account: { ...account, check: { slot: "gemini", verdict: { is: "failed", error: offline } } },
    },
    press: "#open-settings",
    press2: '[href="#group-key"]',
  },
  vertex: {
    snapshot: {
      settings: { ...settings, endpoint: "vertex", vertexProject: "my-project" },
      key: "keyring",
      account: { ...account, check: { slot: "vertex", verdict: { is: "works" } } },
    },
    press: "#open-settings",
    press2: '[href="#group-key"]',
  },
  server: {
    snapshot: {
      settings: { ...settings, endpoint: "wss://live.example/", proxy: "socks5://proxy.example:1080" },
      account: { ...account, server: "keyring", proxy: "keyring" },
    },
    press: "#open-settings",
    press2: '[href="#group-key"]',
  },
  assets: {
    snapshot: {
      settings,
      speechAssets: { ...speechAssets, hearing: "missing", recogniser: "missing", missingBytes: 32_166_155 },
    },
    press: ".log .link",
  },
  fetching: {
    snapshot: {
      settings,
      speechAssets: {
        ...speechAssets,
        voice: "missing",
        hearing: "missing",
        recogniser: "missing",
        missingBytes: 45_724_341,
        fetch: { is: "running", what: "hearing", done: 12_900_000, total: 32_166_155 },
      },
    },
    press: "#open-settings",
    press2: '[href="#group-practice"]',
  },
  "fetch-failed": {
    snapshot: {
      settings,
      speechAssets: {
        ...speechAssets,
        voice: "missing",
        missingBytes: 13_558_186,
        fetch: { is: "failed", error: noPip },
      },
    },
    press: "#open-settings",
    press2: '[href="#group-practice"]',
  },
  mind: {
    snapshot: {
      settings: {
        ...settings,
        endpoint: "practice",
        thinkUrl: "https://models.a-rather-long-name.example:8443/v1",
        thinkModel: "llama-3.2-11b-vision-instruct",
      },
      speechAssets,
      account: { ...account, think: "keyring" },
    },
    press: "#open-settings",
    press2: '[href="#group-practice"]',
  },
  "mind-talk": {
    snapshot: {
      ...talk,
      phase: "listening",
      settings: {
        ...settings,
        endpoint: "practice",
        thinkUrl: "https://models.a-rather-long-name.example:8443/v1",
        thinkModel: "llama-3.2-11b-vision-instruct",
      },
      speechAssets,
      turns: cello.slice(0, 2),
      conversation: { ...talk.conversation!, partner: "practice" },
    },
  },
  "no-assets": {
    snapshot: {
      settings,
      key: "missing",
      speechAssets: {
        ...speechAssets,
        voice: "missing",
        hearing: "missing",
        recogniser: "missing",
        missingBytes: 45_724_341,
      },
    },
  },
  key: { snapshot: { settings }, press: '.stage-words [data-testid="add-key"]' },
  long: {
    snapshot: {
      ...talk,
      phase: "speaking",
      settings: { ...settings, model: `models-of-tomorrow-${long}`, voice: long },
      notices: [
        {
          ...unplugged,
          text: { id: "microphone-lost", args: { device: long } },
          hints: ["chooseMicrophone", "chooseSpeaker", "chooseCamera", "chooseModel", "openSettings"],
        },
      ],
      turns: [
        turn("you", long),
        turn("gemini", `${long} ${long}. `.repeat(4), {
          ended: false,
          sources: [{ title: long, uri: `https://${long}.example/` }],
          queries: [long],
        }),
      ],
      tools: [call(long, { long }, { result: long })],
    },
  },
};

export const levelsOf = (scene: Scene): Levels => ({ ...SILENCE, ...scene.levels });
