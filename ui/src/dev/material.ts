// What the scenes are made of: settings, turns, calls and errors.
import type { Account, Parts, Settings, Snapshot, SpeakerCheck, ToolCall, Turn, UiError } from "../ipc/bindings.gen";
import { NO_SETTINGS } from "../state/state";

export const now = Date.now();
export const ago = (seconds: number) => now - seconds * 1000;
export const settings: Settings = { ...NO_SETTINGS, model: "gemini-3.8-live", voice: "Kore" };

let id = 0;
export function turn(speaker: Turn["speaker"], text: string, more: Partial<Turn> = {}): Turn {
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
export function call(name: string, args: unknown, more: Partial<ToolCall>): ToolCall {
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

export const talk: Partial<Snapshot> = {
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

export const tokyo: Turn[] = [
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
export const weather = call(
  "get_weather",
  { city: "Tokyo", day: "today" },
  { at: ago(135), result: '{"city":"Tokyo","celsius":19,"sky":"clear","wind_kmh":11}' },
);
export const cello: Turn[] = [
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

export const unplugged: UiError = {
  code: "microphoneLost",
  severity: "danger",
  message: "Yeti Nano was unplugged",
  explanation: "You can’t be heard. Everything else goes on.",
  hints: ["chooseMicrophone"],
  detail: "pulseaudio: StreamInvalidated",
};
export const taken: UiError = {
  code: "talkKey",
  severity: "warn",
  message: "The talk key does not work from other windows",
  explanation:
    "The system did not give the key to Vivavoce; another program may have it. Choose another one in the settings. Space and the button work as ever.",
  hints: ["openSettings"],
  detail: "HotKey already registered",
};
export const silent: UiError = {
  code: "microphoneSilent",
  severity: "danger",
  message: "Yeti Nano gives no sound at all",
  explanation:
    "It may be switched off or covered, or the system does not let Vivavoce listen: look at its switch and at the system’s privacy settings.",
  hints: ["chooseMicrophone"],
  detail: null,
};
export const echoes: UiError = {
  code: "echoRemains",
  severity: "warn",
  message: "While Studio Display Speakers plays a reply, your microphone pauses",
  explanation:
    "Its echo can’t be cancelled here, and the partner would hear itself. With headphones or a lower volume you can talk over a reply again.",
  hints: ["chooseSpeaker"],
  detail: null,
};
export const refused: UiError = {
  code: "keyRefused",
  severity: "warn",
  message: "Gemini refused the saved key",
  explanation: "It expired. Paste a new one to reconnect, or go on without a key in rehearsal.",
  hints: ["enterKey", "getKey", "rehearse"],
  detail: "Closed with 1007: “API key expired. Please renew the API key.”",
};

export const account: Account = {
  vertex: "missing",
  server: "missing",
  think: "missing",
  proxy: "missing",
  check: null,
};
export const expired: UiError = {
  code: "keyExpired",
  severity: "danger",
  message: "This key has expired",
  explanation: "Its time is over, as was set when it was made. Make a new one and paste it.",
  hints: ["getKey", "enterKey", "rehearse"],
  detail: "the server refused the connection (HTTP 400): API key expired. Please renew the API key.",
};
export const offline: UiError = {
  code: "network",
  severity: "warn",
  message: "The key could not be checked",
  explanation: "This computer seems to be offline. The key is kept and tried at Start.",
  hints: ["checkKey"],
  detail: "generativelanguage.googleapis.com could not be reached: failed to lookup address information",
};
export const gone: UiError = {
  code: "model",
  severity: "danger",
  message: "Gemini 2.0 Flash Live can’t be used for a live conversation",
  explanation: "Google has shut it down.",
  hints: ["useModel", "chooseModel"],
  detail: "Closed with 1008: “models/gemini-2.0-flash-live-001 is not found for API version v1beta”",
  suggestion: { id: "gemini-3.8-live", label: "Gemini 3.8 Live" },
};

export const resumed: UiError = {
  code: "resumed",
  severity: "info",
  message: "The connection is back",
  explanation: "4.2 s of your voice were kept and have been sent. The conversation goes on where it was.",
  hints: [],
  detail: null,
};

export const savedReply: UiError = {
  code: "replySaved",
  severity: "info",
  message: "vivavoce-reply-2026-11-23-104205.flac is saved",
  explanation: "It is in Music/Replies.",
  hints: [],
  detail: null,
};
export const unsaved: UiError = {
  code: "replyNotSaved",
  severity: "danger",
  message: "vivavoce-reply-2026-11-23-104205.wav could not be saved",
  explanation: "Is there room, and may Vivavoce write there? The reply is still here: try another place.",
  hints: [],
  detail: "cannot write /media/stick/vivavoce-reply-2026-11-23-104205.wav: No space left on device (os error 28)",
};

export const good: Extract<SpeakerCheck, { is: "done" }> = {
  is: "done",
  microphone: "Yeti Nano",
  speaker: "Studio Display Speakers",
  verdict: "good",
  delayMs: 92,
  suppressionDb: 34.6,
};
export const long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

export const parts: Parts = { voice: "ready", hearing: "ready", missingBytes: 0, fetch: { is: "idle" } };
export const noPip: UiError = {
  code: "parts",
  severity: "warn",
  message: "The voice could not be fetched",
  explanation:
    "It comes as a Python package, by pip. Set pip up and try again, or choose the package’s file (hibari_tts-0.2.1-py3-none-any.whl) that you got yourself.",
  hints: [],
  detail: "pip did not fetch hibari-tts: there is no pip on this machine (Python's installer of packages)",
};
