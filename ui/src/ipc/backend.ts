// What the window asks of the backend, as an interface, so that tests and scenes can stand in for it.
// The real one is client.ts.
import type { CallDecision, Choices, KeySlot, OwnTool, Settings, UiEnvelope, UiError } from "./bindings.gen";

/** Every promise rejects with a `UiError` when the backend says no. */
export interface Backend {
  /** From now on `take` gets the events in order; the first is a snapshot. A later call takes the place of this one. */
  subscribe(take: (envelope: UiEnvelope) => void): Promise<void>;
  /** From now on `take` gets preview pictures, `[f64 LE ms][JPEG]`; the next one only after `previewTaken`. */
  preview(take: (message: ArrayBuffer) => void): Promise<void>;
  previewTaken(): Promise<void>;
  start(): Promise<void>;
  end(): Promise<void>;
  setMuted(muted: boolean): Promise<void>;
  /** The key of push to talk; answered by a `held` event. */
  hold(held: boolean): Promise<void>;
  sendText(text: string): Promise<void>;
  /** Asks again what has no answer; a notice that says so goes. */
  askAgain(): Promise<void>;
  /** Goes on in a new session of the service; the transcript stays. */
  startFresh(): Promise<void>;
  /** Decides about a tool call that asks, by its `number`; answered by a `tool` event, and `settings` when it is kept. */
  decideCall(call: number, decision: CallDecision): Promise<void>;
  /** The typed answer that a tool call waits for. */
  answerCall(call: number, text: string): Promise<void>;
  /** Stops a tool call. */
  stopCall(call: number): Promise<void>;
  /** Connects again with the changed settings; answered by an `applied` event and a notice. */
  reconnect(): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  /** The whole object; answered by a `settings` event. */
  changeSettings(settings: Settings): Promise<void>;
  choices(): Promise<Choices>;
  /** Asks the service; `choices` has the answer then. */
  refreshModels(): Promise<void>;
  /** Keeps it and tries it; answered by `key` and `account` events. */
  setKey(slot: KeySlot, key: string): Promise<void>;
  forgetKey(slot: KeySlot): Promise<void>;
  /** Answered by `account` events. */
  checkKey(slot: KeySlot): Promise<void>;
  /** Takes the password out; answered by a `settings` event. */
  setProxy(url: string): Promise<void>;
  /** Looks for language models on this computer; answered by `localModels` events. */
  findLocalModels(): Promise<void>;
  /** Reads the person's own functions again; answered by a `toolbox` event. */
  reloadTools(): Promise<void>;
  /** Opens their file in the system's editor. */
  openToolsFile(): Promise<void>;
  /** Puts a function into the file of the person's own, in the place of one or as a new one; returns why not. */
  saveTool(old: string | null, tool: OwnTool): Promise<UiError | null>;
  /** Removes one; returns why not. */
  deleteTool(name: string): Promise<UiError | null>;
  /** Reads the file of MCP servers again and starts them anew; answered by `toolbox` events. */
  reloadServers(): Promise<void>;
  /** Opens their file in the system's editor. */
  openServersFile(): Promise<void>;
  /** Starts the MCP server of this key again. */
  restartServer(key: string): Promise<void>;
  /** Takes the servers of this program, or of a file that the person chooses. */
  importServers(program: string | null): Promise<void>;
  /** Changes a note, or deletes it; answered by a `toolbox` event. */
  changeNote(id: number, text: string | null): Promise<void>;
  /** Fetches what the practice partner lacks; answered by `speechAssets` events. */
  fetchSpeechAssets(): Promise<void>;
  cancelSpeechAssets(): Promise<void>;
  /** Asks for a file and takes the speech models from it; answered by `speechAssets` events. */
  chooseSpeechAsset(): Promise<void>;
  /** 0 to 100, while a slider moves; the settings keep what it is left at. */
  setVolume(percent: number): Promise<void>;
  /** Answered by `speakerCheck` events. */
  checkSpeaker(): Promise<void>;
  cancelSpeakerCheck(): Promise<void>;
  /** Turns the microphone on; answered by `microphoneTest` and `levels` events. */
  testMicrophone(): Promise<void>;
  stopMicrophoneTest(): Promise<void>;
  /** Answered by `voiceSample` events. */
  playVoiceSample(voice: string): Promise<void>;
  stopVoiceSample(): Promise<void>;
  /** Asks for a place and saves the sound of a turn there; answered by a notice. */
  saveSound(turn: number): Promise<void>;
  /** Asks for a place and saves a picture there, a PNG in base64; `at` is when the turn began. Answered by a notice. */
  savePicture(png: string, at: number): Promise<void>;
  /** How loud a turn is over its length, each 0 to 255; null when its sound is not kept. */
  soundShape(turn: number): Promise<number[] | null>;
  /** Shows the file that was saved last in the system's file manager. */
  showSaved(): Promise<void>;
  /** Opens an https page in the system's browser. */
  open(url: string): Promise<void>;
}
