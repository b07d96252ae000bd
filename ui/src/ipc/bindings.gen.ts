// Written by `cargo xtask bindings` from src-tauri/src/contract.rs. Do not edit.
export type UiEnvelope = { 
/**
 * Grows by one with each event of this process; a gap or a step back is a bug.
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
 * The new phase.
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
delta: string, } | { "type": "turnLanguage", 
/**
 * The turn's `id`.
 */
id: number, 
/**
 * As BCP-47.
 */
language: string, } | { "type": "turnReset", 
/**
 * The turn's `id`.
 */
id: number, } | { "type": "turnEnded", 
/**
 * The turn's `id`.
 */
id: number, 
/**
 * How many characters (UTF-16 units) of an interrupted reply were played.
 */
heardTo: number | null, } | { "type": "turnSources", 
/**
 * The turn's `id`.
 */
id: number, 
/**
 * The pages that the reply is based on.
 */
sources: Array<Source>, 
/**
 * The search queries, which must be shown as suggestions.
 */
queries: Array<string>, } | { "type": "spoken", 
/**
 * Those turns, the oldest first.
 */
spoken: Array<Spoken>, } | { "type": "tool", 
/**
 * The whole row.
 */
call: ToolCall, } | { "type": "levels", 
/**
 * Of microphone and speaker.
 */
levels: Levels, } | { "type": "camera", 
/**
 * Its new state.
 */
camera: CameraState, } | { "type": "muted", 
/**
 * True while no microphone audio is sent.
 */
muted: boolean, } | { "type": "held", 
/**
 * True while it is held.
 */
held: boolean, } | { "type": "connection", 
/**
 * Its state.
 */
connection: Reconnect | null, } | { "type": "figures", 
/**
 * All of them.
 */
figures: Figures, } | { "type": "notice", 
/**
 * The notice.
 */
notice: UiError, } | { "type": "noticeGone", 
/**
 * Which notice to remove.
 */
code: ErrorCode, } | { "type": "settings", 
/**
 * All of them.
 */
settings: Settings, } | { "type": "applied", 
/**
 * All of them.
 */
settings: Settings, } | { "type": "key", 
/**
 * Whether there is a key and where it is stored; never the key itself.
 */
key: KeyState, } | { "type": "account", 
/**
 * All of it.
 */
account: Account, } | { "type": "deviceList" } | { "type": "speakerCheck", 
/**
 * Its state.
 */
check: SpeakerCheck, } | { "type": "localModels", 
/**
 * All of it.
 */
localModels: LocalModels, } | { "type": "voiceSample", 
/**
 * Its state.
 */
sample: VoiceSample, } | { "type": "microphoneTest", 
/**
 * Its state.
 */
test: MicrophoneTest, } | { "type": "toolbox", 
/**
 * All of it.
 */
toolbox: Toolbox, } | { "type": "speechAssets", 
/**
 * All of them.
 */
speechAssets: SpeechAssets, };
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
 * The transcript.
 */
turns: Array<Turn>, 
/**
 * True if the oldest turns or tool calls were dropped to limit the size.
 */
earlier: boolean, 
/**
 * The turns whose audio can be saved, the oldest first.
 */
spoken: Array<Spoken>, 
/**
 * The tool calls so far, oldest first.
 */
tools: Array<ToolCall>, 
/**
 * See [`CameraState`].
 */
camera: CameraState, 
/**
 * True while no microphone audio is sent.
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
 * The current notices.
 */
notices: Array<UiError>, 
/**
 * The saved settings.
 */
settings: Settings, 
/**
 * The settings that the running or the last conversation uses.
 */
applied: Settings | null, 
/**
 * Whether there is a key for the Gemini API and where it is stored.
 */
key: KeyState, 
/**
 * See [`Account`].
 */
account: Account, 
/**
 * See [`SpeechAssets`].
 */
speechAssets: SpeechAssets, 
/**
 * See [`LocalModels`].
 */
localModels: LocalModels, 
/**
 * See [`Toolbox`].
 */
toolbox: Toolbox, 
/**
 * See [`SpeakerCheck`].
 */
speakerCheck: SpeakerCheck, 
/**
 * See [`VoiceSample`].
 */
voiceSample: VoiceSample, 
/**
 * See [`MicrophoneTest`].
 */
microphoneTest: MicrophoneTest, };
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
 * Who answers in a conversation.
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
 * Whether you are heard only while a key is held (push to talk).
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
export type Partner = "gemini" | "practice" | "custom";
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
 * The language (BCP-47) that was recognised in it, where the other side tells.
 */
language?: string, 
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
 * The `id` of the turn.
 */
turn: number, 
/**
 * The length of its audio in ms.
 */
ms: number, };
export type SpeakerCheck = { "is": "idle" } | { "is": "running", 
/**
 * The progress, 0 to 1; absent until the sound plays.
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
 * The result.
 */
verdict: SpeakerVerdict, 
/**
 * The delay from the speaker to the microphone in ms, if the sound was heard.
 */
delayMs: number | null, 
/**
 * How much of the echo is cancelled in dB, if the sound was heard.
 */
suppressionDb: number | null, } | { "is": "failed", 
/**
 * Why.
 */
error: UiError, };
export type SpeakerVerdict = "good" | "halfDuplex" | "noEcho" | "nothing";
export type MicrophoneTest = { "is": "idle" } | { "is": "opening" } | { "is": "running", 
/**
 * Its friendly name.
 */
microphone: string, } | { "is": "failed", 
/**
 * Why.
 */
error: UiError, };
export type VoiceSample = { "is": "idle" } | { "is": "preparing", 
/**
 * The voice's name.
 */
voice: string, 
/**
 * Where its sound comes from.
 */
source: SampleSource, } | { "is": "playing", 
/**
 * The voice's name.
 */
voice: string, 
/**
 * Where its sound comes from.
 */
source: SampleSource, } | { "is": "failed", 
/**
 * The voice's name.
 */
voice: string, 
/**
 * Why.
 */
error: UiError, };
export type SampleSource = "imitation" | "recording";
export type ToolCall = { 
/**
 * Unique in this conversation.
 */
number: number, 
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
 * When it began to run, in milliseconds since 1970; absent when it never did.
 */
runningSince: number | null, 
/**
 * How long it ran; absent until it ends.
 */
elapsedMs: number | null, 
/**
 * The response or the error as it was sent: formatted JSON or a sentence.
 */
result: string | null, 
/**
 * While it asks: leave can be given for this one call alone.
 */
eachTime: boolean, 
/**
 * What it asks the person to type, while it waits for that.
 */
question: string | null, };
export type ToolState = "asking" | "running" | "answering" | "done" | "failed" | "refused" | "cancelled";
export type CallDecision = "once" | "conversation" | "always" | "refuse" | "never";
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
 * Its kind. There is at most one notice of a kind.
 */
code: ErrorCode, 
/**
 * How serious it is.
 */
severity: Severity, 
/**
 * What happened. The sentence's attribute `explanation` says what to do.
 */
text: Text, 
/**
 * What buttons offer, the best first.
 */
hints: Array<Hint>, 
/**
 * The message of the server or the system.
 */
detail: string | null, 
/**
 * The model that [`Hint::UseModel`] means.
 */
suggestion?: ModelSuggestion, };
export type Text = { 
/**
 * Its id in the catalogue.
 */
id: string, 
/**
 * Its variables. They may contain text from servers and devices.
 */
args: { [key in string]: string }, };
export type ModelSuggestion = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its display name.
 */
label: string, };
export type Severity = "danger" | "warn" | "info";
export type ErrorCode = "microphoneMissing" | "microphoneDenied" | "microphoneBusy" | "microphoneFormat" | "microphoneLost" | "microphoneChanged" | "microphoneSilent" | "microphoneClipping" | "microphoneQuiet" | "headsetCall" | "speakerMissing" | "speakerFailed" | "speakerLost" | "speakerChanged" | "echoRemains" | "cameraMissing" | "cameraDenied" | "cameraBusy" | "cameraFormat" | "cameraLost" | "keyMissing" | "keyRefused" | "keyExpired" | "keyLeaked" | "credentials" | "proxy" | "keyringFailed" | "region" | "quota" | "billing" | "model" | "refused" | "protocol" | "limitExceeded" | "noAnswer" | "offTrack" | "network" | "timedOut" | "closed" | "resumed" | "inputAbandoned" | "reply" | "soundDropped" | "speechAssets" | "saved" | "notSaved" | "file" | "timerOver" | "talkKey" | "settings" | "internal";
export type Hint = "askAgain" | "startFresh" | "tryAgain" | "enterKey" | "getKey" | "openBilling" | "practice" | "chooseMicrophone" | "chooseSpeaker" | "chooseCamera" | "chooseModel" | "useModel" | "choosePartner" | "chooseProxy" | "checkKey" | "openSettings" | "showInFolder";
export type KeyState = "missing" | "keyring" | "environment" | "session" | "token";
export type LocalModels = { 
/**
 * Whether it was looked for.
 */
search: LocalSearch, 
/**
 * The servers that answered.
 */
servers: Array<LocalServer>, 
/**
 * The model to propose.
 */
proposed: LocalChoice | null, };
export type LocalSearch = "notYet" | "running" | "done";
export type LocalServer = { 
/**
 * What it is called.
 */
name: Text, 
/**
 * The part before `/chat/completions`, as in [`super::Settings::think_url`].
 */
url: string, 
/**
 * It wants a key before it lists its models.
 */
wantsKey: boolean, 
/**
 * Its models.
 */
models: Array<LocalModel>, };
export type LocalModel = { 
/**
 * Its name, as in [`super::Settings::think_model`].
 */
id: string, 
/**
 * Its size, where the server tells it, and what it can do, where that is known.
 */
facts: Array<Text>, };
export type LocalChoice = { 
/**
 * What its server is called.
 */
server: Text, 
/**
 * See [`LocalServer::url`].
 */
url: string, 
/**
 * See [`LocalModel::id`].
 */
model: string, };
export type Toolbox = { 
/**
 * The functions, those of the app first.
 */
tools: Array<ToolChoice>, 
/**
 * The person's `tools.toml`.
 */
file: ToolsFileState, 
/**
 * The person's own functions, as far as a form can change them.
 */
own: Array<OwnTool>, 
/**
 * The MCP servers, in their file's order.
 */
servers: Array<ToolServer>, 
/**
 * The person's `mcp.json`.
 */
serversFile: ToolsFileState, 
/**
 * Programs whose servers can be taken into it.
 */
programs: Array<string>, 
/**
 * What came of taking some.
 */
import: UiError | null, 
/**
 * The running conversation was told of other functions than there are now.
 */
waits: boolean, 
/**
 * What was remembered, the oldest first.
 */
notes: Array<Note>, };
export type ToolChoice = { 
/**
 * Its name, as the model calls it.
 */
name: string, 
/**
 * What the model is told of it.
 */
description: string, 
/**
 * Where it comes from.
 */
source: ToolSource, 
/**
 * Whether it is offered until it is switched.
 */
onAtFirst: boolean, 
/**
 * Whether it asks before it runs, while the settings have no rule.
 */
asks: ToolAsks, };
export type ToolServer = { 
/**
 * Its name in the file.
 */
name: string, 
/**
 * What its tools' names begin with. `key__*` stands for all of them in the settings.
 */
key: string, 
/**
 * What it calls itself, with its version.
 */
title: string | null, 
/**
 * How it is.
 */
state: ToolServerState, 
/**
 * Why it does not run, in one line; not trusted.
 */
reason: string | null, 
/**
 * Whether it runs until it is switched.
 */
onAtFirst: boolean, 
/**
 * Its tools.
 */
tools: Array<ToolChoice>, 
/**
 * Tools that can't be used.
 */
leftOut: Array<LeftOutTool>, };
export type ToolServerState = "off" | "starting" | "running" | "restarting" | "failed";
export type LeftOutTool = { 
/**
 * Its name; not trusted.
 */
name: string, 
/**
 * Why not.
 */
reason: string, };
export type OwnTool = { 
/**
 * Its name, as the model calls it.
 */
name: string, 
/**
 * When to call it.
 */
description: string, 
/**
 * What it needs to know; absent where the file says more of it than a form can, which then stays.
 */
arguments: Array<OwnArgument> | null, 
/**
 * What happens when it is called.
 */
way: OwnWay, };
export type OwnArgument = { 
/**
 * Its name.
 */
name: string, 
/**
 * What it means; may be empty.
 */
description: string, 
/**
 * What it is.
 */
kind: OwnKind, 
/**
 * Whether the model must give it.
 */
required: boolean, };
export type OwnKind = "text" | "number" | "whole" | "yesNo";
export type OwnWay = { "is": "program", 
/**
 * Its name or its path.
 */
program: string, 
/**
 * What it is started with.
 */
args: Array<string>, } | { "is": "request", 
/**
 * Where.
 */
url: string, 
/**
 * `POST` with the arguments as JSON, instead of `GET` with them as the query.
 */
posts: boolean, } | { "is": "answer", 
/**
 * A text, or JSON.
 */
text: string, } | { "is": "ask", 
/**
 * What the person is asked.
 */
question: string, };
export type ToolSource = "builtIn" | "own" | "server";
export type ToolAsks = "no" | "first" | "eachTime";
export type ToolsFileState = { 
/**
 * Where it is, or would be; absent without a home folder.
 */
path: string | null, 
/**
 * Whether there is one.
 */
exists: boolean, 
/**
 * Why nothing of it is used, with its line or its function.
 */
error: UiError | null, };
export type Note = { 
/**
 * Unique in this run.
 */
id: number, 
/**
 * When it was written, in milliseconds since 1970.
 */
at: number, 
/**
 * Its words.
 */
text: string, };
export type SpeechAssets = { 
/**
 * The natural voice. Without it the partner speaks with the formant voice.
 */
voice: AssetState, 
/**
 * The speech recogniser. Without it the partner understands typed text only.
 */
hearing: AssetState, 
/**
 * The recogniser that was chosen. While it is missing, the English one hears, if that is installed.
 */
recogniser: AssetState, 
/**
 * Size on disk of the missing models, in bytes.
 */
missingBytes: number, 
/**
 * State of the download.
 */
fetch: AssetsFetch, };
export type AssetState = "unknown" | "ready" | "missing";
export type AssetsFetch = { "is": "idle" } | { "is": "running", 
/**
 * What is downloaded.
 */
what: string, 
/**
 * Bytes downloaded so far.
 */
done: number, 
/**
 * Its size in bytes.
 */
total: number, } | { "is": "failed", 
/**
 * Why, and what to do.
 */
error: UiError, };
export type KeySlot = "gemini" | "vertex" | "server" | "think";
export type Account = { 
/**
 * The key for Vertex AI in express mode.
 */
vertex: KeyState, 
/**
 * The key for a custom server.
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
 * The key that was checked.
 */
slot: KeySlot, 
/**
 * The result.
 */
verdict: Verdict, };
export type Verdict = { "is": "checking" } | { "is": "works" } | { "is": "unknown" } | { "is": "failed", 
/**
 * What is wrong, and what to do.
 */
error: UiError, };
export type Settings = { 
/**
 * `gemini`, `practice`, `vertex` (the system's credentials), `vertex-express` (a key), or the address of a custom server:
 * `wss://`, or `ws://` on this computer. Unset: Gemini when there is a key, else practice.
 */
endpoint: string | null, 
/**
 * The Google Cloud project that Vertex AI bills.
 */
vertexProject: string | null, 
/**
 * Where Vertex AI runs the model: a region, `us`, `eu` or `global`. Unset: `us-central1`.
 */
vertexLocation: string | null, 
/**
 * `none`, or a proxy's address: `http://`, `https://` or `socks5://`. Its name and password are stored in the keyring.
 * Unset: the system's proxy.
 */
proxy: string | null, 
/**
 * The base URL of the practice partner's language model, the part before `/chat/completions`, for example
 * `http://127.0.0.1:11434/v1`. `http` only on this computer. Unset: the built-in intents.
 */
thinkUrl: string | null, 
/**
 * The name of that language model.
 */
thinkModel: string | null, 
/**
 * What the practice partner understands speech with. Unset: tiny.
 */
recogniser: Recogniser | null, 
/**
 * A language model that was found on this computer was taken or declined, so none is proposed again.
 */
localModelOffered: boolean | null, 
/**
 * The model's id.
 */
model: string | null, 
/**
 * The voice's name.
 */
voice: string | null, 
/**
 * The names of the favourite voices, which come first in the list.
 */
favouriteVoices: Array<string> | null, 
/**
 * The system instruction.
 */
instructions: string | null, 
/**
 * How much the model thinks, for models with levels.
 */
thinkingLevel: ThinkingLevel | null, 
/**
 * How many tokens the model may think, for models with a budget; 0 turns it off.
 */
thinkingBudget: number | null, 
/**
 * Let the model search with Google.
 */
googleSearch: boolean | null, 
/**
 * The target language (BCP-47) of a translation model.
 */
translateTo: string | null, 
/**
 * Affective dialog: the voice responds to the user's mood.
 */
affective: boolean | null, 
/**
 * Proactive audio: the model stays silent when it is not addressed.
 */
proactive: boolean | null, 
/**
 * Push to talk: you are heard while a key is held, and speech is not detected. Unset: off.
 */
pushToTalk: boolean | null, 
/**
 * The push-to-talk shortcut for when another window has the focus, such as `Control+Alt+Space`. Unset: none.
 */
talkKey: string | null, 
/**
 * Skip long silences, if the model detects the end of speech without them. Unset: off.
 */
saveSilence: boolean | null, 
/**
 * Whether speech interrupts a reply. Unset: yes.
 */
bargeIn: boolean | null, 
/**
 * How easily the start of speech is detected. Unset: the service's default.
 */
startSensitivity: Sensitivity | null, 
/**
 * How easily the end of speech is detected. Unset: the service's default.
 */
endSensitivity: Sensitivity | null, 
/**
 * The silence that ends a turn, in ms. Unset: the service's default.
 */
silenceMs: number | null, 
/**
 * Which input is part of a turn, and is billed. Unset: the model's default.
 */
turnCoverage: TurnCoverage | null, 
/**
 * The resolution at which pictures are read. Unset: the service's default.
 */
mediaResolution: MediaResolution | null, 
/**
 * The sampling temperature, 0 to 2. Unset: the model's default.
 */
temperature: number | null, 
/**
 * Drop the oldest part of a conversation when the context window is full. Unset: yes.
 */
compression: boolean | null, 
/**
 * The microphone's id, or a part of its name.
 */
microphone: string | null, 
/**
 * The speaker's id, or a part of its name.
 */
speaker: string | null, 
/**
 * The volume of replies, 0 to 100. Unset: 100.
 */
volume: number | null, 
/**
 * The speaker check was done or declined, so it is not offered again.
 */
speakerChecked: boolean | null, 
/**
 * The camera's id, or a part of its name.
 */
camera: string | null, 
/**
 * Open the camera when a conversation starts.
 */
cameraOn: boolean | null, 
/**
 * Which functions run without a question and which never, by name; those of an MCP server as `server__*`.
 */
toolRules: { [key in string]: ToolRule } | null, 
/**
 * Which functions are offered, by name, where that is not as at first. Unset: the app's `get_current_time` and
 * `get_weather`, and all of the person's own.
 */
toolSwitches: { [key in string]: boolean } | null, 
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
export type Recogniser = "tiny" | "base";
export type ToolRule = "always" | "ask" | "never";
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
 * How it stands.
 */
state: ModelState, 
/**
 * The model to use instead, for one that may be gone or is.
 */
successor: ModelSuggestion | null, 
/**
 * What it costs, where known.
 */
prices: ModelPrices | null, 
/**
 * What it can do, the most important first.
 */
abilities: Array<Ability>, 
/**
 * How many languages it speaks, where known.
 */
languages: number | null, 
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
export type ModelState = "current" | "preview" | "deprecated" | "mayBeGone" | "untried" | "retired" | "unlisted";
export type ModelPrices = { 
/**
 * Text in.
 */
inText: number | null, 
/**
 * Sound in.
 */
inAudio: number | null, 
/**
 * Pictures in.
 */
inImage: number | null, 
/**
 * Text out.
 */
outText: number | null, 
/**
 * Sound out.
 */
outAudio: number | null, 
/**
 * Some of them are assumed.
 */
estimated: boolean, 
/**
 * When they were read: year and month, such as `2026-11`.
 */
date: string, };
export type Ability = "speech" | "text" | "pictures" | "thinking" | "search" | "tools" | "translation" | "mood" | "proactive";
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
turnCoverage: TurnCoverage | null, 
/**
 * Whether it can be told what was said before, as text.
 */
takesHistory: boolean, };
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
