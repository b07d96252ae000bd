// A backend without a backend, for scenes and tests: it takes every request, notes it, and says what it is told to say.
import type { Backend } from "../ipc/backend";
import type { Choices, KeySlot, OwnTool, Settings, Snapshot, UiEnvelope, UiError, UiEvent } from "../ipc/bindings.gen";
import { NO_CHOICES } from "../state/choices";
import { INITIAL } from "../state/state";

export class FakeBackend implements Backend {
  /** Every request in its order, as "name argument". */
  readonly requests: string[] = [];
  /** What the next request rejects with. */
  refuse: unknown = null;
  subscriptions = 0;
  /** What was acknowledged, in its order. */
  snapshot: Snapshot;
  offered: Choices;
  #seq = 100;
  #take: ((envelope: UiEnvelope) => void) | null = null;
  #picture: ((message: ArrayBuffer) => void) | null = null;

  constructor(snapshot: Partial<Snapshot> = {}, offered: Choices = NO_CHOICES) {
    const { known: _known, ...empty } = INITIAL;
    this.snapshot = { ...empty, turns: [], tools: [], earlier: false, ...snapshot };
    this.offered = offered;
  }

  /** Sends an event, `skip` numbers late. */
  emit(event: UiEvent, skip = 0): void {
    this.#seq += 1 + skip;
    this.#take?.({ seq: this.#seq, event });
  }

  sendPicture(message: ArrayBuffer): void {
    this.#picture?.(message);
  }

  async subscribe(take: (envelope: UiEnvelope) => void): Promise<void> {
    this.subscriptions += 1;
    this.#take = take;
    this.emit({ type: "snapshot", snapshot: this.snapshot });
  }

  /** Number of the last envelope. */
  get last(): number {
    return this.#seq;
  }

  async preview(take: (message: ArrayBuffer) => void): Promise<void> {
    this.#picture = take;
  }

  previewTaken = () => this.#request("previewTaken");
  start = () => this.#request("start");
  end = () => this.#request("end");
  setMuted = (muted: boolean) => this.#request(`setMuted ${muted}`);
  hold = (held: boolean) => this.#request(`hold ${held}`);
  sendText = (text: string) => this.#request(`sendText ${text}`);
  askAgain = () => this.#request("askAgain");
  startFresh = () => this.#request("startFresh");
  decideCall = (call: number, decision: string) => this.#request(`decideCall ${call} ${decision}`);
  answerCall = (call: number, text: string) => this.#request(`answerCall ${call} ${text}`);
  stopCall = (call: number) => this.#request(`stopCall ${call}`);
  reconnect = () => this.#request("reconnect");
  setCamera = (on: boolean) => this.#request(`setCamera ${on}`);
  refreshModels = () => this.#request("refreshModels");
  setKey = (slot: KeySlot, key: string) => this.#request(`setKey ${slot} ${key}`);
  forgetKey = (slot: KeySlot) => this.#request(`forgetKey ${slot}`);
  checkKey = (slot: KeySlot) => this.#request(`checkKey ${slot}`);
  setProxy = (url: string) => this.#request(`setProxy ${url}`);
  findLocalModels = () => this.#request("findLocalModels");
  reloadTools = () => this.#request("reloadTools");
  openToolsFile = () => this.#request("openToolsFile");
  /** What the next function can't be saved for. */
  notSaved: UiError | null = null;
  saveTool = async (old: string | null, tool: OwnTool) => {
    await this.#request(`saveTool ${old} ${JSON.stringify(tool)}`);
    return this.notSaved;
  };
  deleteTool = async (name: string) => {
    await this.#request(`deleteTool ${name}`);
    return this.notSaved;
  };
  reloadServers = () => this.#request("reloadServers");
  openServersFile = () => this.#request("openServersFile");
  restartServer = (key: string) => this.#request(`restartServer ${key}`);
  importServers = (program: string | null) => this.#request(`importServers ${program}`);
  changeNote = (id: number, text: string | null) => this.#request(`changeNote ${id} ${text}`);
  fetchSpeechAssets = () => this.#request("fetchSpeechAssets");
  cancelSpeechAssets = () => this.#request("cancelSpeechAssets");
  chooseSpeechAsset = () => this.#request("chooseSpeechAsset");
  setVolume = (percent: number) => this.#request(`setVolume ${percent}`);
  checkSpeaker = () => this.#request("checkSpeaker");
  cancelSpeakerCheck = () => this.#request("cancelSpeakerCheck");
  testMicrophone = () => this.#request("testMicrophone");
  stopMicrophoneTest = () => this.#request("stopMicrophoneTest");
  playVoiceSample = (voice: string) => this.#request(`playVoiceSample ${voice}`);
  stopVoiceSample = () => this.#request("stopVoiceSample");
  saveSound = (turn: number) => this.#request(`saveSound ${turn}`);
  savePicture = (_png: string, at: number) => this.#request(`savePicture ${at}`);
  showSaved = () => this.#request("showSaved");
  open = (url: string) => this.#request(`open ${url}`);

  async changeSettings(settings: Settings): Promise<void> {
    const changed = Object.entries(settings).filter(([, value]) => value !== null);
    await this.#request(`changeSettings ${JSON.stringify(Object.fromEntries(changed))}`);
    this.emit({ type: "settings", settings });
  }

  /** As of two sentences with a pause. */
  async soundShape(turn: number): Promise<number[] | null> {
    if (!this.snapshot.spoken.some((spoken) => spoken.turn === turn)) return null;
    const loud = (at: number) => Math.abs(Math.sin(at / 2.7) * Math.sin(at / 11) * Math.sin(at / 38.2));
    return Array.from({ length: 240 }, (_, at) => Math.round(255 * loud(at)));
  }

  async choices(): Promise<Choices> {
    return this.offered;
  }

  async #request(request: string): Promise<void> {
    this.requests.push(request);
    const refusal = this.refuse;
    this.refuse = null;
    // As Tauri does: what a command rejects with is data, not an Error.
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    if (refusal !== null) throw refusal;
  }
}
