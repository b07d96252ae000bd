// Written by `cargo xtask bindings` from src-tauri/src/contract.rs. Do not edit.
export type UiEnvelope = { 
/**
 * Grows by one per event of this process; a gap or a step back is a fault of ours.
 */
seq: number, 
/**
 * What happened.
 */
event: UiEvent, };
export type UiEvent = { "type": "snapshot", 
/**
 * Everything that the window shows.
 */
snapshot: Snapshot, } | { "type": "caughtUp", 
/**
 * Everything that the window shows; rows that are not in it stay as they are.
 */
snapshot: Snapshot, } | { "type": "phase", 
/**
 * The phase from now on.
 */
phase: Phase, } | { "type": "conversation", 
/**
 * Absent before the first Start.
 */
conversation: ConversationInfo | null, } | { "type": "turnStarted", 
/**
 * The new turn, usually still without text.
 */
turn: Turn, } | { "type": "turnText", 
/**
 * The turn's `id`.
 */
id: number, 
/**
 * What to append.
 */
delta: string, } | { "type": "turnReset", 
/**
 * The turn's `id`.
 */
id: number, } | { "type": "turnEnded", 
/**
 * The turn's `id`.
 */
id: number, 
/**
 * For an interrupted reply: how many characters (UTF-16 units) were really heard.
 */
heardTo: number | null, } | { "type": "turnSources", 
/**
 * The turn's `id`.
 */
id: number, 
/**
 * The pages it rests on.
 */
sources: Array<Source>, 
/**
 * Search queries that the reply rests on, to be shown as suggestions.
 */
queries: Array<string>, } | { "type": "spoken", 
/**
 * Which reply that is; absent while there is none.
 */
spoken: Spoken | null, } | { "type": "tool", 
/**
 * The whole row.
 */
call: ToolCall, } | { "type": "levels", 
/**
 * Of microphone and speaker.
 */
levels: Levels, } | { "type": "camera", 
/**
 * Its state from now on.
 */
camera: CameraState, } | { "type": "muted", 
/**
 * True when nothing of the microphone is sent.
 */
muted: boolean, } | { "type": "held", 
/**
 * True while it is held.
 */
held: boolean, } | { "type": "connection", 
/**
 * How it stands.
 */
connection: Reconnect | null, } | { "type": "figures", 
/**
 * All of them.
 */
figures: Figures, } | { "type": "notice", 
/**
 * What, why and the way out.
 */
notice: UiError, } | { "type": "noticeGone", 
/**
 * Whose notice to take away.
 */
code: ErrorCode, } | { "type": "settings", 
/**
 * All of them.
 */
settings: Settings, } | { "type": "key", 
/**
 * Whether there is one and where it is kept; never the key.
 */
key: KeyState, } | { "type": "account", 
/**
 * All of it.
 */
account: Account, } | { "type": "deviceList" } | { "type": "speakerCheck", 
/**
 * How it stands.
 */
check: SpeakerCheck, } | { "type": "parts", 
/**
 * All of them.
 */
parts: Parts, };
export type Snapshot = { 
/**
 * See [`Phase`].
 */
phase: Phase, 
/**
 * The running or the last conversation.
 */
conversation: ConversationInfo | null, 
/**
 * The transcript so far.
 */
turns: Array<Turn>, 
/**
 * True when the oldest turns or tool calls are not among them any more: there is a bound to what is kept.
 */
earlier: boolean, 
/**
 * The reply whose sound can be saved.
 */
spoken: Spoken | null, 
/**
 * The tool calls so far, oldest first.
 */
tools: Array<ToolCall>, 
/**
 * See [`CameraState`].
 */
camera: CameraState, 
/**
 * True when nothing of the microphone is sent.
 */
muted: boolean, 
/**
 * True while the key of push to talk is held.
 */
held: boolean, 
/**
 * See [`Reconnect`]; absent while connected.
 */
connection: Reconnect | null, 
/**
 * See [`Figures`].
 */
figures: Figures, 
/**
 * What is wrong now.
 */
notices: Array<UiError>, 
/**
 * The saved settings.
 */
settings: Settings, 
/**
 * Whether there is a key for the Gemini API and where it is kept.
 */
key: KeyState, 
/**
 * See [`Account`].
 */
account: Account, 
/**
 * See [`Parts`].
 */
parts: Parts, 
/**
 * See [`SpeakerCheck`].
 */
speakerCheck: SpeakerCheck, };
export type Phase = "ready" | "connecting" | "listening" | "reconnecting" | "thinking" | "speaking" | "muted" | "ended";
export type ConversationInfo = { 
/**
 * When the session was ready, in milliseconds since 1970; absent while connecting.
 */
startedAt: number | null, 
/**
 * When it ended.
 */
endedAt: number | null, 
/**
 * Whom one talks with.
 */
partner: Partner, 
/**
 * The model's id as sent.
 */
model: string, 
/**
 * The voice's name as sent.
 */
voice: string, 
/**
 * You are heard while a key is held, and not otherwise.
 */
pushToTalk: boolean, 
/**
 * The microphone's friendly name.
 */
microphone: string | null, 
/**
 * The speaker's friendly name.
 */
speaker: string | null, };
export type Partner = "gemini" | "rehearsal" | "custom";
export type Speaker = "you" | "gemini";
export type Turn = { 
/**
 * Unique in this conversation.
 */
id: number, 
/**
 * Who speaks.
 */
speaker: Speaker, 
/**
 * When it began, in milliseconds since 1970.
 */
at: number, 
/**
 * The text so far.
 */
text: string, 
/**
 * Whether it was typed.
 */
typed: boolean, 
/**
 * Whether it is final.
 */
ended: boolean, 
/**
 * For an interrupted reply: how many characters (UTF-16 units) were really heard.
 */
heardTo: number | null, 
/**
 * The reply's sources.
 */
sources: Array<Source>, 
/**
 * The reply's search queries.
 */
queries: Array<string>, };
export type Source = { 
/**
 * The page's title, or its host.
 */
title: string, 
/**
 * Its address; `https:` or `http:` only.
 */
uri: string, };
export type Spoken = { 
/**
 * The `id` of its turn.
 */
turn: number, 
/**
 * Its length in ms.
 */
ms: number, };
export type SpeakerCheck = { "is": "idle" } | { "is": "running", 
/**
 * How much is done, 0 to 1; absent until it sounds.
 */
done: number | null, } | { "is": "done", 
/**
 * The microphone's friendly name.
 */
microphone: string, 
/**
 * The speaker's friendly name.
 */
speaker: string, 
/**
 * What came of it.
 */
verdict: SpeakerVerdict, 
/**
 * From the speaker to the microphone, in ms, when it was heard.
 */
delayMs: number | null, 
/**
 * What is taken off the echo, in dB, when it was heard.
 */
suppressionDb: number | null, } | { "is": "failed", 
/**
 * Why.
 */
error: UiError, };
export type SpeakerVerdict = "good" | "halfDuplex" | "noEcho" | "nothing";
export type ToolCall = { 
/**
 * The call's id on the wire.
 */
id: string, 
/**
 * The function's name.
 */
name: string, 
/**
 * The arguments as compact JSON, for the row.
 */
args: string, 
/**
 * Its state.
 */
state: ToolState, 
/**
 * When it was called, in milliseconds since 1970.
 */
at: number, 
/**
 * How long it ran; absent while it runs.
 */
elapsedMs: number | null, 
/**
 * The response or the error as it was sent: formatted JSON or a sentence.
 */
result: string | null, };
export type ToolState = "running" | "done" | "failed" | "cancelled";
export type Levels = { 
/**
 * Microphone level, 0 to 1, linear in dB from -60 dBFS to 0.
 */
you: number, 
/**
 * Microphone peak, 0 to 1 from -48 dBFS.
 */
youPeak: number, 
/**
 * Speaker level, on the same scale.
 */
gemini: number, 
/**
 * Speaker peak.
 */
geminiPeak: number, 
/**
 * Microphone level in whole dBFS (RMS), at least -60, as a number.
 */
youDb: number, 
/**
 * Speaker level in whole dBFS (RMS).
 */
geminiDb: number, };
export type CameraState = { "state": "off" } | { "state": "starting" } | { "state": "on", 
/**
 * The camera's name.
 */
name: string, 
/**
 * Width of a captured picture in pixels.
 */
width: number, 
/**
 * Height of a captured picture in pixels.
 */
height: number, 
/**
 * Pictures sent in this conversation.
 */
sent: number, };
export type Figures = { 
/**
 * From the end of your turn to the first sound of the reply, in ms, of the last turn.
 */
replyMs: number | null, 
/**
 * How much silence was skipped, in ms; absent when silence is sent.
 */
savedMs: number | null, 
/**
 * When the server will close this connection, in milliseconds since 1970, if it announced that.
 */
closesAt: number | null, };
export type Reconnect = { 
/**
 * The number of the attempt, from 1.
 */
attempt: number, 
/**
 * When it starts, in milliseconds since 1970; absent while it is in progress.
 */
retryAt: number | null, 
/**
 * How much of your speech is kept, in ms.
 */
keptMs: number, 
/**
 * The reason, in the server's or the system's words.
 */
reason: string, };
export type UiError = { 
/**
 * What kind, one for each text and icon.
 */
code: ErrorCode, 
/**
 * How bad.
 */
severity: Severity, 
/**
 * The thing and what happened to it; the sentence's attribute `explanation` says what to do.
 */
text: Text, 
/**
 * What buttons can do about it, the best first.
 */
hints: Array<Hint>, 
/**
 * The other side's own words: close code and reason, the system's error.
 */
detail: string | null, 
/**
 * The model that [`Hint::UseModel`] means.
 */
suggestion?: ModelSuggestion, };
export type Text = { 
/**
 * Its name in the catalogue.
 */
id: string, 
/**
 * Its variables. They may be another side's words.
 */
args: { [key in string]: string }, };
export type ModelSuggestion = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its name for people.
 */
label: string, };
export type Severity = "danger" | "warn" | "info";
export type ErrorCode = "microphoneMissing" | "microphoneDenied" | "microphoneBusy" | "microphoneFormat" | "microphoneLost" | "microphoneChanged" | "microphoneSilent" | "microphoneClipping" | "microphoneQuiet" | "headsetCall" | "speakerMissing" | "speakerFailed" | "speakerLost" | "speakerChanged" | "echoRemains" | "cameraMissing" | "cameraDenied" | "cameraBusy" | "cameraFormat" | "cameraLost" | "keyMissing" | "keyRefused" | "keyExpired" | "keyLeaked" | "credentials" | "proxy" | "keyringFailed" | "region" | "quota" | "billing" | "model" | "refused" | "protocol" | "tooMuch" | "noAnswer" | "network" | "timedOut" | "closed" | "resumed" | "givenUp" | "reply" | "soundDropped" | "parts" | "replySaved" | "replyNotSaved" | "file" | "talkKey" | "settings" | "internal";
export type Hint = "tryAgain" | "enterKey" | "getKey" | "openBilling" | "rehearse" | "chooseMicrophone" | "chooseSpeaker" | "chooseCamera" | "chooseModel" | "useModel" | "choosePartner" | "chooseProxy" | "checkKey" | "openSettings";
export type KeyState = "missing" | "keyring" | "environment" | "session" | "token";
export type Parts = { 
/**
 * A voice of its own; without it there is a sketched one.
 */
voice: PartState, 
/**
 * A recogniser; without it only typed words are understood.
 */
hearing: PartState, 
/**
 * How large what is missing is, in bytes on disk.
 */
missingBytes: number, 
/**
 * How fetching it goes.
 */
fetch: PartsFetch, };
export type PartState = "unknown" | "ready" | "missing";
export type PartsFetch = { "is": "idle" } | { "is": "running", 
/**
 * What is being transferred.
 */
what: string, 
/**
 * Bytes of this transfer.
 */
done: number, 
/**
 * Bytes of this transfer.
 */
total: number, } | { "is": "failed", 
/**
 * Why, and the way out.
 */
error: UiError, };
export type KeySlot = "gemini" | "vertex" | "server" | "think";
export type Account = { 
/**
 * The key for Vertex AI in express mode.
 */
vertex: KeyState, 
/**
 * The key for a server of one's own.
 */
server: KeyState, 
/**
 * The key for the practice partner's language model.
 */
think: KeyState, 
/**
 * The proxy's name and password.
 */
proxy: KeyState, 
/**
 * The last check.
 */
check: KeyCheck | null, };
export type KeyCheck = { 
/**
 * Of which.
 */
slot: KeySlot, 
/**
 * What came of it.
 */
verdict: Verdict, };
export type Verdict = { "is": "checking" } | { "is": "works" } | { "is": "unknown" } | { "is": "failed", 
/**
 * What is wrong and the way out.
 */
error: UiError, };
export type Settings = { 
/**
 * `gemini`, `rehearsal`, `vertex` (credentials of the system), `vertex-express` (a key), or `ws://` (loopback only) or
 * `wss://` of a server of one's own. Unset: Gemini when there is a key, else rehearsal.
 */
endpoint: string | null, 
/**
 * The project on Vertex AI that pays.
 */
vertexProject: string | null, 
/**
 * Where Vertex AI runs the model: a region, `us`, `eu` or `global`. Unset: `us-central1`.
 */
vertexLocation: string | null, 
/**
 * `none`, or a proxy's address: `http://`, `https://` or `socks5://`. Its name and password are kept in the keyring.
 * Unset: as the environment says.
 */
proxy: string | null, 
/**
 * Where the language model is that the practice partner thinks with: what stands before `/chat/completions`, as
 * `http://127.0.0.1:11434/v1`; `http` on this computer alone. Unset: what is built in.
 */
thinkUrl: string | null, 
/**
 * What that language model is called there.
 */
thinkModel: string | null, 
/**
 * A model's id.
 */
model: string | null, 
/**
 * A voice's name.
 */
voice: string | null, 
/**
 * The system instruction.
 */
instructions: string | null, 
/**
 * How much a model thinks that thinks by level.
 */
thinkingLevel: ThinkingLevel | null, 
/**
 * How much a model thinks that thinks by tokens; 0 is off.
 */
thinkingBudget: number | null, 
/**
 * Let the model search with Google.
 */
googleSearch: boolean | null, 
/**
 * The language to translate into (BCP-47), for a translating model.
 */
translateTo: string | null, 
/**
 * A voice that answers a mood.
 */
affective: boolean | null, 
/**
 * Staying silent when not spoken to.
 */
proactive: boolean | null, 
/**
 * Push to talk: you are heard while a key is held, and turns are not detected. Unset: they are.
 */
pushToTalk: boolean | null, 
/**
 * Keys that are heard while another window has the focus, for push to talk, as `Control+Alt+Space`. Unset: none.
 */
talkKey: string | null, 
/**
 * Long silences are not sent, where the model needs none to notice that you are done. Unset: they are.
 */
saveSilence: boolean | null, 
/**
 * Speech interrupts a reply. Unset: it does.
 */
bargeIn: boolean | null, 
/**
 * How readily speech counts as begun. Unset: as the service has it.
 */
startSensitivity: Sensitivity | null, 
/**
 * How readily speech counts as over. Unset: as the service has it.
 */
endSensitivity: Sensitivity | null, 
/**
 * How long a silence ends a turn, in ms. Unset: as the service thinks.
 */
silenceMs: number | null, 
/**
 * What belongs to a turn, and is paid for. Unset: as the model has it.
 */
turnCoverage: TurnCoverage | null, 
/**
 * How fine pictures are looked at. Unset: as the service has it.
 */
mediaResolution: MediaResolution | null, 
/**
 * How freely words are chosen, 0 to 2. Unset: as the model has it.
 */
temperature: number | null, 
/**
 * A conversation outlasts its context window by forgetting its oldest part. Unset: it does.
 */
compression: boolean | null, 
/**
 * A microphone's id, or a part of its name.
 */
microphone: string | null, 
/**
 * A speaker's id, or a part of its name.
 */
speaker: string | null, 
/**
 * How loud replies are, 0 to 100. Unset: 100.
 */
volume: number | null, 
/**
 * The speakers were checked, or that was declined: it is not offered any more.
 */
speakerChecked: boolean | null, 
/**
 * A camera's id, or a part of its name.
 */
camera: string | null, 
/**
 * Open the camera at Start.
 */
cameraOn: boolean | null, 
/**
 * The window's theme.
 */
theme: Theme | null, 
/**
 * Show meters and figures under the deck.
 */
statistics: boolean | null, 
/**
 * The first steps were done or skipped: they are not shown any more.
 */
introduced: boolean | null, };
export type ThinkingLevel = "minimal" | "low" | "medium" | "high" | "extraHigh";
export type Sensitivity = "low" | "high";
export type TurnCoverage = "activity" | "speechAndPictures" | "everything";
export type MediaResolution = "low" | "medium" | "high";
export type Theme = "system" | "light" | "dark";
export type Choices = { 
/**
 * Every known Live model, the default first; retired ones too, for whoever has one saved.
 */
models: Array<ModelChoice>, 
/**
 * When the service was last asked for the account's models, in milliseconds since 1970; those are among `models`.
 */
modelsAskedAt: number | null, 
/**
 * What holds for an id that is not among them.
 */
unlisted: ModelOptions, 
/**
 * Prebuilt voices, the best known five first.
 */
voices: Array<VoiceChoice>, 
/**
 * Microphones as they are now.
 */
microphones: Array<DeviceChoice>, 
/**
 * Speakers as they are now.
 */
speakers: Array<DeviceChoice>, 
/**
 * Cameras as they are now.
 */
cameras: Array<DeviceChoice>, 
/**
 * The system gives a key away while another window has the focus; see [`super::Settings::talk_key`].
 */
talkKeyFromEverywhere: boolean, };
export type ModelChoice = { 
/**
 * The id as sent, without `models/`.
 */
id: string, 
/**
 * A name for people.
 */
label: string, 
/**
 * A word on its state: "preview", "deprecated", "retired"; empty for a current one.
 */
note: string, 
/**
 * False for a retired one: shown only to whoever has it saved.
 */
offered: boolean, 
/**
 * Served by Vertex AI alone.
 */
vertexOnly: boolean, 
/**
 * Whether the account has it, once that was asked.
 */
served: boolean | null, 
/**
 * What it takes.
 */
options: ModelOptions, };
export type ModelOptions = { 
/**
 * Whether and how it thinks.
 */
thinking: ThinkingRule, 
/**
 * What of the rest can't be chosen, each with the reason in words. Whatever is not named here can be.
 */
limits: Array<OptionLimit>, 
/**
 * What belongs to a turn when nothing is chosen, where known.
 */
turnCoverage: TurnCoverage | null, };
export type ThinkingRule = { "kind": "none", 
/**
 * Why, and which model thinks.
 */
reason: Text, } | { "kind": "level", 
/**
 * As the model knows them, the least first.
 */
levels: Array<ThinkingLevel>, 
/**
 * What it does when nothing is chosen.
 */
default: ThinkingLevel, } | { "kind": "budget" };
export type OptionLimit = { 
/**
 * Which.
 */
option: SetupOption, 
/**
 * Why, in words for the place where it would be chosen.
 */
reason: Text, 
/**
 * True when the model always does it; else it never does.
 */
alwaysOn: boolean, };
export type SetupOption = "voice" | "googleSearch" | "translateTo" | "affective" | "proactive" | "saveSilence";
export type VoiceChoice = { 
/**
 * The name as sent.
 */
name: string, 
/**
 * How it sounds, one word.
 */
tone: string, };
export type DeviceChoice = { 
/**
 * Stable across runs.
 */
id: string, 
/**
 * As the system calls it.
 */
name: string, 
/**
 * True for the system's choice.
 */
isDefault: boolean, };
