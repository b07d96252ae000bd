// A backend without a backend, for scenes and tests: it takes every wish, notes it, and says what it is told to say.
import type { Backend } from "../ipc/backend";
import type { Choices, KeySlot, Settings, Snapshot, UiEnvelope, UiEvent } from "../ipc/bindings.gen";
import { NO_CHOICES } from "../state/choices";
import { INITIAL } from "../state/state";

export class FakeBackend implements Backend {
  /** Every wish in its order, as "name argument". */
  readonly wishes: string[] = [];
  /** What the next wish rejects with. */
  refuse: unknown = null;
  subscriptions = 0;
  /** What was acknowledged, in its order. */
  snapshot: Snapshot;
  offered: Choices;
  #seq = 100;
  #take: ((envelope: UiEnvelope) => void) | null = null;
  #picture: ((message: ArrayBuffer) => void) | null = null;

  constructor(snapshot: Partial<Snapshot> = {}, offered: Choices = NO_CHOICES) {
    const { known: _known, startedWith: _startedWith, ...empty } = INITIAL;
    this.snapshot = { ...empty, turns: [], tools: [], earlier: false, ...snapshot };
    this.offered = offered;
  }

  /** Sends an event, `skip` numbers late. */
  say(event: UiEvent, skip = 0): void {
    this.#seq += 1 + skip;
    this.#take?.({ seq: this.#seq, event });
  }

  show(message: ArrayBuffer): void {
    this.#picture?.(message);
  }

  async subscribe(take: (envelope: UiEnvelope) => void): Promise<void> {
    this.subscriptions += 1;
    this.#take = take;
    this.say({ type: "snapshot", snapshot: this.snapshot });
  }


  /** Number of the last envelope. */
  get last(): number {
    return this.#seq;
  }

  async preview(take: (message: ArrayBuffer) => void): Promise<void> {
    this.#picture = take;
  }

  previewTaken = () => this.#wish("previewTaken");
  start = () => this.#wish("start");
  end = () => this.#wish("end");
  setMuted = (muted: boolean) => this.#wish(`setMuted ${muted}`);
  hold = (held: boolean) => this.#wish(`hold ${held}`);
  sendText = (text: string) => this.#wish(`sendText ${text}`);
  setCamera = (on: boolean) => this.#wish(`setCamera ${on}`);
  refreshModels = () => this.#wish("refreshModels");
  setKey = (slot: KeySlot, key: string) => this.#wish(`setKey ${slot} ${key}`);
  forgetKey = (slot: KeySlot) => this.#wish(`forgetKey ${slot}`);
  checkKey = (slot: KeySlot) => this.#wish(`checkKey ${slot}`);
  setProxy = (url: string) => this.#wish(`setProxy ${url}`);
  fetchParts = () => this.#wish("fetchParts");
  cancelParts = () => this.#wish("cancelParts");
  choosePart = () => this.#wish("choosePart");
  setVolume = (percent: number) => this.#wish(`setVolume ${percent}`);
  checkSpeaker = () => this.#wish("checkSpeaker");
  cancelSpeakerCheck = () => this.#wish("cancelSpeakerCheck");
  saveReply = () => this.#wish("saveReply");
  open = (url: string) => this.#wish(`open ${url}`);

  async changeSettings(settings: Settings): Promise<void> {
    const changed = Object.entries(settings).filter(([, value]) => value !== null);
    await this.#wish(`changeSettings ${JSON.stringify(Object.fromEntries(changed))}`);
    this.say({ type: "settings", settings });
  }

  async choices(): Promise<Choices> {
    return this.offered;
  }

  async #wish(wish: string): Promise<void> {
    this.wishes.push(wish);
    const refusal = this.refuse;
    this.refuse = null;
    if (refusal !== null) throw refusal;
  }
}
