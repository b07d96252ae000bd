// What the scenes are made of: settings, turns, calls and errors.
import type {
  Account,
  SpeechAssets,
  Settings,
  Snapshot,
  SpeakerCheck,
  Toolbox,
  ToolCall,
  ToolChoice,
  ToolServer,
  Turn,
  UiError,
} from "../ipc/bindings.gen";
import { NO_SETTINGS } from "../state/state";

export const now = Date.now();
export const ago = (seconds: number) => now - seconds * 1000;
export const settings: Settings = { ...NO_SETTINGS, model: "gemini-3.8-live", voice: "Kore" };

/** A finished turn. */
export const turnOf = (id: number, speaker: Turn["speaker"], text: string, more: Partial<Turn> = {}): Turn => ({
  id,
  speaker,
  at: id,
  text,
  typed: false,
  ended: true,
  heardTo: null,
  sources: [],
  queries: [],
  ...more,
});
let id = 0;
export function turn(speaker: Turn["speaker"], text: string, more: Partial<Turn> = {}): Turn {
  id += 1;
  return turnOf(id, speaker, text, { at: ago(150 - id * 10), ...more });
}
/** What a call has that nobody asks about. */
export const unasked = { number: 0, runningSince: null, eachTime: false, question: null };
let number = 0;
export function call(name: string, args: unknown, more: Partial<ToolCall>): ToolCall {
  number += 1;
  return {
    ...unasked,
    number,
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
  "Nineteen degrees and clear, with a light wind from the bay. It cools down to eleven after dark, " +
  "so the grey jacket you’re holding would be";
const cutReply = `${heard} just right for the evening. For the rain on Thursday…`;

export const talk: Partial<Snapshot> = {
  settings,
  applied: settings,
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
    "At five, and the last entry is half an hour earlier. The garden is at its best: the maples have just turned.",
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
export const asking = call(
  "create_event",
  { title: "Dinner at Nodaiwa", when: "Sun 29 Nov, 19:30–21:30", calendar: "Home" },
  { at: ago(8), state: "asking", elapsedMs: null },
);
export const asksEachTime = call(
  "open_url",
  { url: "https://www.nezu-muse.or.jp/en/guide/" },
  { at: ago(5), state: "asking", elapsedMs: null, eachTime: true },
);
export const cello: Turn[] = [
  turn("you", "Why does the same note sound different on a cello and on a guitar?"),
  turn(
    "gemini",
    "Mostly because of how it starts and what rings along with it. A bow feeds the string, a finger lets go once.",
  ),
  turn("you", "And what rings along with it?"),
  turn("gemini", "A string has no single note. It moves as a whole, in halves and in thirds, all at the same time", {
    ended: false,
  }),
];

export const unplugged: UiError = {
  code: "microphoneLost",
  severity: "danger",
  text: { id: "microphone-lost", args: { device: "Yeti Nano" } },
  hints: ["chooseMicrophone"],
  detail: "pulseaudio: StreamInvalidated",
};
export const taken: UiError = {
  code: "talkKey",
  severity: "warn",
  text: { id: "talk-key", args: {} },
  hints: ["openSettings"],
  detail: "HotKey already registered",
};
export const silent: UiError = {
  code: "microphoneSilent",
  severity: "danger",
  text: { id: "microphone-silent", args: { device: "Yeti Nano" } },
  hints: ["chooseMicrophone"],
  detail: null,
};
export const echoes: UiError = {
  code: "echoRemains",
  severity: "warn",
  text: { id: "echo-remains", args: { device: "Studio Display Speakers" } },
  hints: ["chooseSpeaker"],
  detail: null,
};
export const refused: UiError = {
  code: "keyRefused",
  severity: "warn",
  text: { id: "key-expired", args: {} },
  hints: ["enterKey", "getKey", "practice"],
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
  text: { id: "key-expired", args: {} },
  hints: ["getKey", "enterKey", "practice"],
  detail: "the server refused the connection (HTTP 400): API key expired. Please renew the API key.",
};
export const offline: UiError = {
  code: "network",
  severity: "warn",
  text: { id: "key-unchecked-offline", args: {} },
  hints: ["checkKey"],
  detail: "generativelanguage.googleapis.com could not be reached: failed to lookup address information",
};
export const gone: UiError = {
  code: "model",
  severity: "danger",
  text: { id: "model-retired", args: { model: "Gemini 2.0 Flash Live" } },
  hints: ["useModel", "chooseModel"],
  detail: "Closed with 1008: “models/gemini-2.0-flash-live-001 is not found for API version v1beta”",
  suggestion: { id: "gemini-3.8-live", label: "Gemini 3.8 Live" },
};

export const resumed: UiError = {
  code: "resumed",
  severity: "info",
  text: { id: "resumed-with-speech", args: { speech: "4.2 s" } },
  hints: [],
  detail: null,
};

export const savedReply: UiError = {
  code: "saved",
  severity: "info",
  text: { id: "saved", args: { file: "vivavoce-2026-11-23-104205.flac", folder: "Music/Replies" } },
  hints: ["showInFolder"],
  detail: null,
};
export const unsaved: UiError = {
  code: "notSaved",
  severity: "danger",
  text: { id: "not-saved", args: { file: "vivavoce-2026-11-23-104205.wav" } },
  hints: [],
  detail: "cannot write /media/stick/vivavoce-2026-11-23-104205.wav: No space left on device (os error 28)",
};

export const unsaid: UiError = {
  code: "noAnswer",
  severity: "warn",
  text: { id: "voice-sample-silent", args: {} },
  hints: [],
  detail: null,
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

const tool = (name: string, description: string, more: Partial<ToolChoice> = {}): ToolChoice => ({
  name,
  description,
  source: "builtIn",
  onAtFirst: false,
  asks: "first",
  ...more,
});
export const builtIn = [
  tool("get_current_time", "Tells the current date, time of day and weekday.", { onAtFirst: true, asks: "no" }),
  tool("get_weather", "Tells the weather at a place: now, today and the next two days.", {
    onAtFirst: true,
    asks: "no",
  }),
  tool("set_timer", "Sets a timer. You are told when it is over, and tell the user then.", { asks: "no" }),
  tool("remember", "Keeps a note for later conversations."),
  tool("recall", "Tells what you were asked to remember in earlier conversations."),
  tool("open_url", "Opens a web page in the user's browser.", { asks: "eachTime" }),
];
const path = "~/.config/vivavoce/tools.toml";
export const toolbox: Toolbox = {
  tools: [
    ...builtIn,
    tool("order_state", "Tells where an order is.", { source: "own", onAtFirst: true }),
    tool("opening_hours", "Tells when the shop is open.", { source: "own", onAtFirst: true, asks: "no" }),
  ],
  file: { path, exists: true, error: null },
  own: [
    {
      name: "order_state",
      description: "Tells where an order is.",
      arguments: [{ name: "order", description: "The order’s number, such as A-7.", kind: "text", required: true }],
      way: { is: "program", program: "order-state", args: ["--json"] },
    },
    {
      name: "opening_hours",
      description: "Tells when the shop is open.",
      arguments: [],
      way: { is: "answer", text: '{"from":"9:00","to":"18:00"}' },
    },
  ],
  servers: [],
  serversFile: { path: "~/.config/vivavoce/mcp.json", exists: false, error: null },
  programs: [],
  import: null,
  waits: false,
  notes: [
    { id: 1, at: ago(90_000), text: "Ann is allergic to nuts." },
    { id: 2, at: ago(4_000), text: "The spare key is in the blue drawer under the stairs." },
  ],
};
const serverTool = (name: string, description: string, more: Partial<ToolChoice> = {}) =>
  tool(name, description, { source: "server", onAtFirst: true, ...more });
const server = (name: string, more: Partial<ToolServer> = {}): ToolServer => ({
  name,
  key: name,
  title: null,
  state: "running",
  reason: null,
  onAtFirst: true,
  tools: [],
  leftOut: [],
  ...more,
});
const serversPath = "~/.config/vivavoce/mcp.json";
export const servers: ToolServer[] = [
  server("files", {
    title: "secure-filesystem-server 0.2.0",
    tools: [
      serverTool("files__read_text_file", "Reads a file as text, in a folder that was allowed.", { asks: "no" }),
      serverTool("files__write_file", "Creates a file, or replaces it."),
      serverTool("files__list_directory", "Lists the files and folders in a folder.", { asks: "no" }),
    ],
  }),
  server("time", {
    title: "mcp-time 1.27.0",
    tools: [serverTool("time__get_current_time", "Tells the time in a time zone.")],
    leftOut: [{ name: "convert time", reason: "its schema refers to itself" }],
  }),
  server("shop", { state: "starting" }),
  server("mail", { state: "failed", reason: "it ended with exit status: 1: KeyError: 'MAIL_TOKEN'" }),
  server("calendar", { state: "restarting", reason: "it ended with signal: 9 (SIGKILL)" }),
  server("web", { state: "off", onAtFirst: false }),
];
export const serverToolbox: Toolbox = {
  ...toolbox,
  servers,
  serversFile: { path: serversPath, exists: true, error: null },
  programs: ["Claude Desktop", "Cursor"],
};
export const brokenServers: Toolbox = {
  ...toolbox,
  serversFile: {
    path: serversPath,
    exists: true,
    error: {
      code: "file",
      severity: "danger",
      text: { id: "mcp-file", args: { file: serversPath } },
      hints: [],
      detail: "line 4: expected `,` or `}`",
    },
  },
};
export const brokenToolbox: Toolbox = {
  ...toolbox,
  tools: builtIn,
  file: {
    path,
    exists: true,
    error: {
      code: "file",
      severity: "danger",
      text: { id: "tools-file", args: { file: path } },
      hints: [],
      detail:
        'line 12: unknown field "comand", expected one of name, description, arguments, command, http, answer, ask',
    },
  },
  notes: [],
};

export const speechAssets: SpeechAssets = {
  voice: "ready",
  hearing: "ready",
  recogniser: "ready",
  missingBytes: 0,
  fetch: { is: "idle" },
};
export const noPip: UiError = {
  code: "speechAssets",
  severity: "warn",
  text: { id: "speech-models-package", args: {} },
  hints: [],
  detail: "pip did not fetch hibari-tts: there is no pip on this machine (Python's installer of packages)",
};
