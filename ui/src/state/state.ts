// The window's state as a pure function of events: no DOM, no clock, no IPC. Turns and calls are not in it but in
// log.svelte.ts, because they grow, and this object is copied for every event.
import { said } from "../i18n";
import { NO_TOOLBOX } from "./toolbox";
import type { ConversationInfo, ErrorCode, Phase, Settings, Snapshot, UiError, UiEvent } from "../ipc/bindings.gen";

/** The backend's snapshot without its rows, and what the window remembers beside it. */
export interface State extends Omit<Snapshot, "turns" | "tools" | "earlier"> {
  /** False until the first snapshot came. */
  known: boolean;
}

export const NO_SETTINGS: Settings = {
  endpoint: null,
  vertexProject: null,
  vertexLocation: null,
  proxy: null,
  thinkUrl: null,
  thinkModel: null,
  recogniser: null,
  localModelOffered: null,
  model: null,
  voice: null,
  favouriteVoices: null,
  instructions: null,
  thinkingLevel: null,
  thinkingBudget: null,
  googleSearch: null,
  translateTo: null,
  affective: null,
  proactive: null,
  pushToTalk: null,
  talkKey: null,
  saveSilence: null,
  bargeIn: null,
  startSensitivity: null,
  endSensitivity: null,
  silenceMs: null,
  turnCoverage: null,
  mediaResolution: null,
  temperature: null,
  compression: null,
  microphone: null,
  speaker: null,
  volume: null,
  speakerChecked: null,
  camera: null,
  cameraOn: null,
  theme: null,
  statistics: null,
  introduced: null,
  toolRules: null,
  toolSwitches: null,
};

export const INITIAL: State = {
  known: false,
  phase: "ready",
  conversation: null,
  spoken: [],
  camera: { state: "off" },
  muted: false,
  held: false,
  connection: null,
  figures: { replyMs: null, savedMs: null, closesAt: null },
  notices: [],
  settings: NO_SETTINGS,
  applied: null,
  key: "missing",
  account: { vertex: "missing", server: "missing", think: "missing", proxy: "missing", check: null },
  speechAssets: { voice: "unknown", hearing: "unknown", recogniser: "unknown", missingBytes: 0, fetch: { is: "idle" } },
  toolbox: NO_TOOLBOX,
  localModels: { search: "notYet", servers: [], proposed: null },
  speakerCheck: { is: "idle" },
  voiceSample: { is: "idle" },
  microphoneTest: { is: "idle" },
};

/** A conversation is being opened or is open. */
export function isRunning(phase: Phase): boolean {
  return phase !== "ready" && phase !== "ended";
}

/** Returns whether push to talk is on in the running conversation. */
export function isByKey(state: State): boolean {
  return isRunning(state.phase) && state.conversation?.pushToTalk === true;
}

/** Returns whether a conversation is open, so that messages and speech are sent. */
export function isOpen(phase: Phase): boolean {
  return isRunning(phase) && phase !== "connecting";
}

/** Returns the state after an event. Levels are not part of it: they change 20 times a second, and only the visualizer
    and the meters read them. */
export function reduce(state: State, event: UiEvent): State {
  switch (event.type) {
    case "snapshot":
    case "caughtUp":
      return fromSnapshot(event.snapshot);
    case "phase":
      return { ...state, phase: event.phase };
    case "conversation":
      return { ...(isNew(event.conversation) ? cleared(state) : state), conversation: event.conversation };
    case "spoken":
      return { ...state, spoken: event.spoken };
    case "connection":
      return { ...state, connection: event.connection };
    case "camera":
      return { ...state, camera: event.camera };
    case "muted":
      return { ...state, muted: event.muted };
    case "held":
      return { ...state, held: event.held };
    case "figures":
      return { ...state, figures: event.figures };
    case "notice":
      return { ...state, notices: withNotice(state.notices, event.notice) };
    case "noticeGone":
      return { ...state, notices: withoutNotice(state.notices, event.code) };
    case "settings":
      return { ...state, settings: wholeSettings(event.settings) };
    case "applied":
      return { ...state, applied: wholeSettings(event.settings) };
    case "key":
      return { ...state, key: event.key };
    case "account":
      return { ...state, account: event.account };
    case "localModels":
      return { ...state, localModels: event.localModels };
    case "toolbox":
      return { ...state, toolbox: event.toolbox };
    case "speechAssets":
      return { ...state, speechAssets: event.speechAssets };
    case "speakerCheck":
      return { ...state, speakerCheck: event.check };
    case "microphoneTest":
      return { ...state, microphoneTest: event.test };
    case "voiceSample":
      return { ...state, voiceSample: event.sample };
    // The log has these, two meters show those, and the session asks for the choices again.
    case "turnStarted":
    case "turnText":
    case "turnLanguage":
    case "turnReset":
    case "turnEnded":
    case "turnSources":
    case "tool":
    case "levels":
    case "deviceList":
      return state;
    // An unknown event, for example after an update, changes nothing.
    default:
      event satisfies never;
      return state;
  }
}

/** Unset fields are left out on the wire; here they are null. */
export function wholeSettings(settings: Partial<Settings>): Settings {
  return { ...NO_SETTINGS, ...settings };
}

function fromSnapshot({ turns: _turns, tools: _tools, earlier: _earlier, ...snapshot }: Snapshot): State {
  const settings = wholeSettings(snapshot.settings);
  const applied = snapshot.applied ? wholeSettings(snapshot.applied) : null;
  return { ...INITIAL, ...snapshot, notices: distinct(snapshot.notices), settings, applied, known: true };
}

function cleared(state: State): State {
  return { ...state, spoken: [], figures: INITIAL.figures };
}

/** Returns whether a conversation has neither begun nor ended. Turn ids start again with each conversation, so the rows
    of the last one are cleared then. */
export function isNew(conversation: ConversationInfo | null): boolean {
  return conversation !== null && conversation.startedAt == null && conversation.endedAt == null;
}

/** Removes notices that are shown already. Two of one code are kept when their messages differ. */
function distinct(notices: UiError[]): UiError[] {
  return notices.filter(
    ({ code, text }, index) =>
      notices.findIndex((other) => other.code === code && said(other.text) === said(text)) === index,
  );
}

function withNotice(notices: UiError[], notice: UiError): UiError[] {
  const at = notices.findIndex((known) => known.code === notice.code);
  return at < 0 ? [...notices, notice] : distinct(notices.with(at, notice));
}

function withoutNotice(notices: UiError[], code: ErrorCode): UiError[] {
  return notices.filter((known) => known.code !== code);
}
