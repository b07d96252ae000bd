// Scenes to look at: snapshots that put the window into each of its states. On the dev server only.
import type {
  Account,
  Choices,
  Levels,
  ModelOptions,
  OptionLimit,
  Parts,
  Settings,
  Snapshot,
  SpeakerCheck,
  ToolCall,
  Turn,
  UiError,
} from "../ipc/bindings.gen";
import { SILENCE } from "../state/levels";
import { NO_SETTINGS } from "../state/state";

export interface Scene {
  snapshot: Partial<Snapshot>;
  levels?: Partial<Levels>;
  camera?: boolean;
  /** Settings that are chosen after the start. */
  later?: Partial<Settings>;
  /** What to press once it stands. */
  press?: string;
  /** And what then. */
  press2?: string;
}

const untranslated: OptionLimit = {
  option: "translateTo",
  reason: "Gemini 3.8 Live does not translate by itself; choose Gemini 3.5 Live Translate.",
  alwaysOn: false,
};
const plain: ModelOptions = {
  thinking: { kind: "none", reason: "Gemini 3.8 Live does not think; choose Gemini 3.8 Live, extended thinking." },
  limits: [
    untranslated,
    {
      option: "affective",
      reason: "Gemini 3.8 Live has no voice that answers a mood; choose Gemini 2.5 Flash native audio (latest).",
      alwaysOn: false,
    },
    {
      option: "proactive",
      reason: "Gemini 3.8 Live always decides by itself whether it was spoken to; it can’t be told not to.",
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
    thinking: { kind: "none", reason: "It is not known whether this model thinks, so nothing of it is sent." },
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

const now = Date.now();
const ago = (seconds: number) => now - seconds * 1000;
const settings: Settings = { ...NO_SETTINGS, model: "gemini-3.8-live", voice: "Kore" };

let id = 0;
function turn(speaker: Turn["speaker"], text: string, more: Partial<Turn> = {}): Turn {
  id += 1;
  return {
    id,
    speaker,
    at: ago(150 - id * 10),
    text,
    typed: false,
    ended: true,
    heardTo: null,
    sources: [],
    queries: [],
    ...more,
  };
}
function call(name: string, args: unknown, more: Partial<ToolCall>): ToolCall {
  return {
    id: `call-${name}-${more.at}`,
    name,
    args: JSON.stringify(args),
    state: "done",
    at: ago(100),
    elapsedMs: 312,
    result: null,
    ...more,
  };
}

const heard =
  "Nineteen degrees and clear, with a light wind from the bay. It cools down to eleven after dark, so the grey jacket you’re holding would be";
const cutReply = `${heard} just right for the evening. For the rain on Thursday…`;

const talk: Partial<Snapshot> = {
  settings,
  key: "keyring",
  conversation: {
    startedAt: ago(138),
    endedAt: null,
    partner: "gemini",
    model: "gemini-3.8-live",
    voice: "Kore",
    pushToTalk: false,
    microphone: "Yeti Nano",
    speaker: "Studio Display Speakers",
  },
  figures: { replyMs: 640, savedMs: null, closesAt: now + 552_000 },
};

const tokyo: Turn[] = [
  turn("you", "Good morning. I’m packing for Tokyo, what’s the weather like there today?"),
  turn("gemini", cutReply, { heardTo: heard.length }),
  turn("you", "Sorry, before the jacket: when does the Nezu Museum close on a Sunday?"),
  turn(
    "gemini",
    "At five, and the last entry is half an hour earlier. The garden is at its best this week, the maples have just turned.",
    {
      sources: [
        { title: "Hours and admission", uri: "https://www.nezu-muse.or.jp/en/guide/" },
        { title: "Tokyo autumn leaves forecast, week of 22 November", uri: "https://gotokyo.org/" },
        { title: "nezu-muse.or.jp", uri: "http://nezu-muse.or.jp/" },
      ],
      queries: ["Nezu Museum opening hours Sunday"],
    },
  ),
];
const weather = call(
  "get_weather",
  { city: "Tokyo", day: "today" },
  { at: ago(135), result: '{"city":"Tokyo","celsius":19,"sky":"clear","wind_kmh":11}' },
);
const cello: Turn[] = [
  turn("you", "Why does the same note sound different on a cello and on a guitar?"),
  turn(
    "gemini",
    "Mostly because of how it starts and what rings along with it. A bow keeps feeding the string, a finger lets go once.",
  ),
  turn("you", "And what rings along with it?"),
  turn("gemini", "A string has no single note. It moves as a whole, in halves and in thirds, all at the same time", {
    ended: false,
  }),
];

const unplugged: UiError = {
  code: "microphoneLost",
  severity: "danger",
  message: "Yeti Nano was unplugged",
  explanation: "You can’t be heard. Everything else goes on.",
  hints: ["chooseMicrophone"],
  detail: "pulseaudio: StreamInvalidated",
};
const taken: UiError = {
  code: "talkKey",
  severity: "warn",
  message: "The talk key does not work from other windows",
  explanation:
    "The system did not give the key to Vivavoce; another program may have it. Choose another one in the settings. Space and the button work as ever.",
  hints: ["openSettings"],
  detail: "HotKey already registered",
};
const silent: UiError = {
  code: "microphoneSilent",
  severity: "danger",
  message: "Yeti Nano gives no sound at all",
  explanation:
    "It may be switched off or covered, or the system does not let Vivavoce listen: look at its switch and at the system’s privacy settings.",
  hints: ["chooseMicrophone"],
  detail: null,
};
const echoes: UiError = {
  code: "echoRemains",
  severity: "warn",
  message: "While Studio Display Speakers plays a reply, your microphone pauses",
  explanation:
    "Its echo can’t be cancelled here, and the partner would hear itself. With headphones or a lower volume you can talk over a reply again.",
  hints: ["chooseSpeaker"],
  detail: null,
};
const refused: UiError = {
  code: "keyRefused",
  severity: "warn",
  message: "Gemini refused the saved key",
  explanation: "It expired. Paste a new one to reconnect, or go on without a key in rehearsal.",
  hints: ["enterKey", "getKey", "rehearse"],
  detail: "Closed with 1007: “API key expired. Please renew the API key.”",
};

const account: Account = { vertex: "missing", server: "missing", think: "missing", proxy: "missing", check: null };
const expired: UiError = {
  code: "keyExpired",
  severity: "danger",
  message: "This key has expired",
  explanation: "Its time is over, as was set when it was made. Make a new one and paste it.",
  hints: ["getKey", "enterKey", "rehearse"],
  detail: "the server refused the connection (HTTP 400): API key expired. Please renew the API key.",
};
const offline: UiError = {
  code: "network",
  severity: "warn",
  message: "The key could not be checked",
  explanation: "This computer seems to be offline. The key is kept and tried at Start.",
  hints: ["checkKey"],
  detail: "generativelanguage.googleapis.com could not be reached: failed to lookup address information",
};
const gone: UiError = {
  code: "model",
  severity: "danger",
  message: "Gemini 2.0 Flash Live can’t be used for a live conversation",
  explanation: "Google has shut it down.",
  hints: ["useModel", "chooseModel"],
  detail: "Closed with 1008: “models/gemini-2.0-flash-live-001 is not found for API version v1beta”",
  suggestion: { id: "gemini-3.8-live", label: "Gemini 3.8 Live" },
};

const resumed: UiError = {
  code: "resumed",
  severity: "info",
  message: "The connection is back",
  explanation: "4.2 s of your voice were kept and have been sent. The conversation goes on where it was.",
  hints: [],
  detail: null,
};

const savedReply: UiError = {
  code: "replySaved",
  severity: "info",
  message: "vivavoce-reply-2026-11-23-104205.flac is saved",
  explanation: "It is in Music/Replies.",
  hints: [],
  detail: null,
};
const unsaved: UiError = {
  code: "replyNotSaved",
  severity: "danger",
  message: "vivavoce-reply-2026-11-23-104205.wav could not be saved",
  explanation: "Is there room, and may Vivavoce write there? The reply is still here: try another place.",
  hints: [],
  detail: "cannot write /media/stick/vivavoce-reply-2026-11-23-104205.wav: No space left on device (os error 28)",
};

const good: SpeakerCheck = {
  is: "done",
  microphone: "Yeti Nano",
  speaker: "Studio Display Speakers",
  verdict: "good",
  delayMs: 92,
  suppressionDb: 34.6,
};
const long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

const parts: Parts = { voice: "ready", hearing: "ready", missingBytes: 0, fetch: { is: "idle" } };
const noPip: UiError = {
  code: "parts",
  severity: "warn",
  message: "The voice could not be fetched",
  explanation:
    "It comes as a Python package, by pip. Set pip up and try again, or choose the package’s file (hibari_tts-0.2.1-py3-none-any.whl) that you got yourself.",
  hints: [],
  detail: "pip did not fetch hibari-tts: there is no pip on this machine (Python's installer of packages)",
};

export const SCENES: Record<string, Scene> = {
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
  tools: {
    snapshot: {
      ...talk,
      phase: "thinking",
      turns: [...tokyo.slice(0, 1)],
      tools: [
        call("get_weather", { city: "Tokyo", date: "29 Nov" }, { at: ago(90), result: '{"celsius":19}' }),
        call("search_notes", { text: "eel" }, { at: ago(80), state: "cancelled", elapsedMs: 900 }),
        call(
          "read_file",
          { path: "~/Trips/tokyo.md" },
          { at: ago(70), state: "failed", elapsedMs: 80, result: "Not in a folder that tools may read." },
        ),
        call(
          "find_tables",
          { name: "Nodaiwa", people: 2, date: "29 Nov" },
          { at: ago(2), state: "running", elapsedMs: null },
        ),
      ],
    },
    press: "#tab-tools",
  },
  rehearsal: {
    snapshot: {
      ...talk,
      key: "missing",
      phase: "speaking",
      conversation: { ...talk.conversation!, partner: "rehearsal" },
      figures: { replyMs: 210, savedMs: null, closesAt: null },
      turns: [
        turn("you", "What time is it?", { typed: true }),
        turn("gemini", "I am your rehearsal partner. I heard you for two seconds and now I play it back", {
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
  "offer-no-parts": {
    snapshot: {
      settings: { ...settings, voice: null },
      key: "missing",
      parts: { ...parts, voice: "missing", hearing: "missing", missingBytes: 45_724_341 },
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
      spoken: { turn: tokyo[1]!.id, ms: 12_000 },
      notices: [savedReply],
      turns: tokyo.slice(0, 2),
    },
  },
  "not-saved": {
    snapshot: {
      ...talk,
      phase: "ended",
      spoken: { turn: cello[1]!.id, ms: 12_000 },
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
  parts: {
    snapshot: { settings, parts: { ...parts, hearing: "missing", missingBytes: 32_166_155 } },
    press: ".stage-words p:last-child .link",
  },
  fetching: {
    snapshot: {
      settings,
      parts: {
        ...parts,
        voice: "missing",
        hearing: "missing",
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
      parts: { ...parts, voice: "missing", missingBytes: 13_558_186, fetch: { is: "failed", error: noPip } },
    },
    press: "#open-settings",
    press2: '[href="#group-practice"]',
  },
  mind: {
    snapshot: {
      settings: {
        ...settings,
        endpoint: "rehearsal",
        thinkUrl: "https://models.a-rather-long-name.example:8443/v1",
        thinkModel: "llama-3.2-11b-vision-instruct",
      },
      parts,
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
        endpoint: "rehearsal",
        thinkUrl: "https://models.a-rather-long-name.example:8443/v1",
        thinkModel: "llama-3.2-11b-vision-instruct",
      },
      parts,
      turns: cello.slice(0, 2),
      conversation: { ...talk.conversation!, partner: "rehearsal" },
    },
  },
  "no-parts": {
    snapshot: {
      settings,
      key: "missing",
      parts: { ...parts, voice: "missing", hearing: "missing", missingBytes: 45_724_341 },
    },
  },
  key: { snapshot: { settings }, press: ".stage-words .link" },
  long: {
    snapshot: {
      ...talk,
      phase: "speaking",
      settings: { ...settings, model: `models-of-tomorrow-${long}`, voice: long },
      notices: [
        {
          ...unplugged,
          message: `${long} was unplugged`,
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
