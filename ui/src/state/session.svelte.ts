// The window's single source of truth: applies the backend's events to reactive state, and sends requests to it.
// A rejected request becomes a notice. Nothing here touches the DOM.
import type { Backend } from "../ipc/backend";
import type {
  CallDecision,
  Choices,
  ErrorCode,
  KeySlot,
  Levels,
  OwnTool,
  Settings,
  UiEnvelope,
  UiError,
} from "../ipc/bindings.gen";
import { asUiError } from "../ipc/errors";
import { NO_CHOICES } from "./choices";
import { sanitized } from "./sanitize";
import type { Action } from "./hints";
import { LEVEL_EVERY, Throttle, SILENCE, WORDS_EVERY } from "./levels";
import { pageOf } from "./links";
import { Log } from "./log.svelte";
import { follow } from "./sequence";
import { INITIAL, isByKey, isNew, isOpen, isRunning, reduce, type State } from "./state";

/** How often times on the screen are updated, in ms. They change once a second at most. */
const TICK = 250;
/** Least time between two subscriptions after a gap, in ms. */
const RESUBSCRIBE_AFTER = 1000;

export class Session {
  state: State = $state.raw(INITIAL);
  /** What was said and called. */
  readonly log = new Log();
  /** As drawn: at most 20 changes a second. */
  levels: Levels = $state.raw(SILENCE);
  /** As written in words: a few changes a second. */
  readLevels: Levels = $state.raw(SILENCE);
  choices: Choices = $state.raw(NO_CHOICES);
  /** Milliseconds since 1970; runs while a conversation does. */
  now: number = $state(Date.now());
  /** Saves once more what was to be saved last. */
  saveAgain: (() => Promise<boolean>) | null = $state.raw(null);
  readonly running: boolean = $derived(isRunning(this.state.phase));

  readonly #backend: Backend;
  readonly #drawn = new Throttle<Levels>(LEVEL_EVERY, (levels) => (this.levels = levels));
  readonly #read = new Throttle<Levels>(WORDS_EVERY, (levels) => (this.readLevels = levels));
  #last: number | null = null;
  #subscription = 0;
  #subscribedAt = -Infinity;
  #awaitEnd: (() => void)[] = [];
  /** Typed before the conversation is open. */
  #typed: { text: string; settle: (sent: boolean) => void } | null = null;
  #draw: ((message: ArrayBuffer) => Promise<void>) | null = null;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Begins to take events and pictures, and starts the clock; returns what stops the clock. */
  open(): () => void {
    void this.#subscribe();
    void this.#try(this.#backend.preview((message) => void this.#picture(message)));
    void this.refreshChoices();
    const ticking = setInterval(() => {
      if (this.running) this.now = Date.now();
    }, TICK);
    return () => clearInterval(ticking);
  }

  start(): Promise<boolean> {
    return this.#try(this.#backend.start());
  }

  end(): Promise<boolean> {
    return this.#try(this.#backend.end());
  }

  /** Nothing is sent before Start, so there is nothing to mute. */
  async toggleMuted(): Promise<boolean> {
    if (!this.running) return false;
    return this.#try(this.#backend.setMuted(!this.state.muted));
  }

  /** Holds or releases push to talk. Ignored while muted and outside of a conversation. */
  async hold(held: boolean): Promise<boolean> {
    if (!isByKey(this.state) || (held && this.state.muted)) return false;
    return this.#try(this.#backend.hold(held));
  }

  /** Turns the camera on or off. Before a conversation it sets whether Start turns the camera on. */
  toggleCamera(): Promise<boolean> {
    if (!this.running) return this.change({ cameraOn: !this.state.settings.cameraOn });
    return this.#try(this.#backend.setCamera(this.state.camera.state === "off"));
  }

  sendText(text: string): Promise<boolean> {
    return this.#try(this.#backend.sendText(text));
  }

  /** Sends typed words. Before a conversation it starts one and sends them once it is open. False when that failed. */
  async say(text: string): Promise<boolean> {
    if (isOpen(this.state.phase)) return this.sendText(text);
    if (this.#typed) return false;
    const sent = new Promise<boolean>((settle) => (this.#typed = { text, settle }));
    if (!this.running && !(await this.start())) this.#settleTyped();
    return sent;
  }

  /** Sends what was typed before Start, or gives it back when nothing came of the start. */
  #settleTyped(): void {
    const typed = this.#typed;
    this.#typed = null;
    if (!typed) return;
    if (isOpen(this.state.phase)) void this.sendText(typed.text).then(typed.settle);
    else typed.settle(false);
  }

  /** Changes settings. Shown at once, so that a second change builds on the first; undone when refused. */
  async change(patch: Partial<Settings>): Promise<boolean> {
    const before = this.state.settings;
    const settings = { ...before, ...patch };
    this.state = { ...this.state, settings };
    const taken = await this.#try(this.#backend.changeSettings(settings));
    if (!taken && this.state.settings === settings) this.state = { ...this.state, settings: before };
    return taken;
  }

  setKey(slot: KeySlot, key: string): Promise<boolean> {
    return this.#try(this.#backend.setKey(slot, key));
  }

  forgetKey(slot: KeySlot): Promise<boolean> {
    return this.#try(this.#backend.forgetKey(slot));
  }

  checkKey(slot: KeySlot): Promise<boolean> {
    return this.#try(this.#backend.checkKey(slot));
  }

  setProxy(url: string): Promise<boolean> {
    return this.#try(this.#backend.setProxy(url));
  }

  /** Looks for language models on this computer. */
  findLocalModels(): Promise<boolean> {
    return this.#try(this.#backend.findLocalModels());
  }

  /** Reads the person's own functions again. */
  reloadTools(): Promise<boolean> {
    return this.#try(this.#backend.reloadTools());
  }

  openToolsFile(): Promise<boolean> {
    return this.#try(this.#backend.openToolsFile());
  }

  /** Puts a function into the file of the person's own, in the place of one or as a new one; returns why not. */
  saveTool(old: string | null, tool: OwnTool): Promise<UiError | null> {
    return this.#backend.saveTool(old, tool).catch(asUiError);
  }

  /** Removes one; returns why not. */
  deleteTool(name: string): Promise<UiError | null> {
    return this.#backend.deleteTool(name).catch(asUiError);
  }

  /** Reads the file of MCP servers again and starts them anew. */
  reloadServers(): Promise<boolean> {
    return this.#try(this.#backend.reloadServers());
  }

  openServersFile(): Promise<boolean> {
    return this.#try(this.#backend.openServersFile());
  }

  restartServer(key: string): Promise<boolean> {
    return this.#try(this.#backend.restartServer(key));
  }

  /** Takes the MCP servers of this program, or of a file that the person chooses. */
  importServers(program: string | null): Promise<boolean> {
    return this.#try(this.#backend.importServers(program));
  }

  /** Changes a note; deletes it when there is no text. */
  changeNote(id: number, text: string | null): Promise<boolean> {
    return this.#try(this.#backend.changeNote(id, text));
  }

  fetchSpeechAssets(): Promise<boolean> {
    return this.#try(this.#backend.fetchSpeechAssets());
  }

  cancelSpeechAssets(): Promise<boolean> {
    return this.#try(this.#backend.cancelSpeechAssets());
  }

  chooseSpeechAsset(): Promise<boolean> {
    return this.#try(this.#backend.chooseSpeechAsset());
  }

  /** Sets the volume while the slider moves. Its final value is saved as a setting. */
  setVolume(percent: number): Promise<boolean> {
    return this.#try(this.#backend.setVolume(percent));
  }

  /** Plays through the chosen speaker and listens. */
  checkSpeaker(): Promise<boolean> {
    return this.#try(this.#backend.checkSpeaker());
  }

  cancelSpeakerCheck(): Promise<boolean> {
    return this.#try(this.#backend.cancelSpeakerCheck());
  }

  /** Turns the microphone on to see its level. */
  testMicrophone(): Promise<boolean> {
    return this.#try(this.#backend.testMicrophone());
  }

  stopMicrophoneTest(): Promise<boolean> {
    return this.#try(this.#backend.stopMicrophoneTest());
  }

  /** Plays the sample of a voice; one that plays stops. */
  playSample(voice: string): Promise<boolean> {
    return this.#try(this.#backend.playVoiceSample(voice));
  }

  /** Stops the sample, and takes away what was said of it. */
  stopSample(): Promise<boolean> {
    return this.#try(this.#backend.stopVoiceSample());
  }

  /** Hides the speaker test for good. */
  async dismissSpeakerCheck(): Promise<void> {
    if (this.state.speakerCheck.is === "running") await this.cancelSpeakerCheck();
    this.state = reduce(this.state, { type: "speakerCheck", check: { is: "idle" } });
    await this.#offerNoCheck();
  }

  async #offerNoCheck(): Promise<void> {
    if (this.state.settings.speakerChecked !== true) await this.change({ speakerChecked: true });
  }

  /** Asks where the sound of a turn is to be saved, and saves it there. */
  saveSound(turn: number): Promise<boolean> {
    this.saveAgain = () => this.saveSound(turn);
    return this.#try(this.#backend.saveSound(turn));
  }

  /** Asks where the picture of a turn is to be saved, and saves it there; see `Backend`. */
  savePicture(png: string, at: number): Promise<boolean> {
    this.saveAgain = () => this.savePicture(png, at);
    return this.#try(this.#backend.savePicture(png, at));
  }

  /** Returns how loud a turn is over its length, each 0 to 255; null when that is not known. */
  async soundShape(turn: number): Promise<number[] | null> {
    let shape: number[] | null = null;
    await this.#try(this.#backend.soundShape(turn).then((known) => (shape = known)));
    return shape;
  }

  /** Asks the service which models the account has, and takes them into the choices. */
  async refreshModels(): Promise<boolean> {
    const asked = await this.#try(this.#backend.refreshModels());
    if (asked) await this.refreshChoices();
    return asked;
  }

  /** Opens an https page in the system's browser. Anything else is ignored. */
  openPage(url: string): Promise<boolean> {
    const page = pageOf(url);
    return page ? this.#try(this.#backend.open(page.href)) : Promise.resolve(false);
  }

  /** Decides about a tool call that asks. Only a click or a key gets here; nothing that is said does. */
  decideCall(call: number, decision: CallDecision): Promise<boolean> {
    return this.#try(this.#backend.decideCall(call, decision));
  }

  /** Answers a tool call that asks the person something. */
  answerCall(call: number, text: string): Promise<boolean> {
    return this.#try(this.#backend.answerCall(call, text));
  }

  /** Stops a tool call; the partner is told. */
  stopCall(call: number): Promise<boolean> {
    return this.#try(this.#backend.stopCall(call));
  }

  /** Connects again with the changed settings; what was said is kept. */
  reconnect(): Promise<boolean> {
    return this.#try(this.#backend.reconnect());
  }

  /** Actions of a notice that need no place in the window. */
  async perform(action: Action): Promise<void> {
    switch (action.do) {
      case "start":
        await this.start();
        return;
      case "restart":
        if (await this.#ended()) await this.start();
        return;
      case "practice":
        await this.#startWith({ endpoint: "practice" });
        return;
      case "useModel":
        await this.#startWith({ model: action.model });
        return;
      case "askAgain":
        await this.#try(this.#backend.askAgain());
        return;
      case "startFresh":
        await this.#try(this.#backend.startFresh());
        return;
      case "openCamera":
        await this.#try(this.#backend.setCamera(true));
        return;
      case "checkKey":
        await this.checkKey(this.state.account.check?.slot ?? "gemini");
        return;
      case "showSaved":
        await this.#try(this.#backend.showSaved());
        return;
      case "openPage":
        await this.openPage(action.url);
    }
  }

  /** Starts, or starts over, with this changed. */
  async #startWith(patch: Partial<Settings>): Promise<void> {
    if ((await this.change(patch)) && (await this.#ended())) await this.start();
  }

  dismiss(code: ErrorCode): void {
    this.state = reduce(this.state, { type: "noticeGone", code });
  }

  report(thrown: unknown): void {
    this.state = reduce(this.state, { type: "notice", notice: asUiError(thrown) });
  }

  /** Devices come and go; an unchanged answer changes nothing, so that an open select is not redrawn. */
  async refreshChoices(): Promise<void> {
    await this.#try(
      this.#backend.choices().then((listed) => {
        const choices = sanitized(listed);
        if (JSON.stringify(choices) !== JSON.stringify(this.choices)) this.choices = choices;
      }),
    );
  }

  /** Sends camera previews to `draw`; returns a function that stops that. */
  takePictures(draw: (message: ArrayBuffer) => Promise<void>): () => void {
    this.#draw = draw;
    return () => {
      if (this.#draw === draw) this.#draw = null;
    };
  }

  /** Ends a running conversation and waits until it has ended, because only one can run. */
  async #ended(): Promise<boolean> {
    if (!this.running) return true;
    const over = new Promise<void>((resolve) => this.#awaitEnd.push(resolve));
    if (!(await this.end())) return false;
    await over;
    return true;
  }

  async #subscribe(): Promise<void> {
    const mine = ++this.#subscription;
    this.#last = null;
    this.#subscribedAt = performance.now();
    await this.#try(
      this.#backend.subscribe((envelope) => {
        if (mine === this.#subscription) this.#take(envelope);
      }),
    );
  }

  #take(envelope: UiEnvelope): void {
    const step = follow(this.#last, envelope);
    if (step === "resubscribe") this.#resubscribe();
    if (step !== "apply") return;
    this.#last = envelope.seq;
    try {
      this.#apply(envelope);
    } catch (thrown) {
      // An error in one event must not stop the next ones.
      this.report(thrown);
    }
  }

  #apply(envelope: UiEnvelope): void {
    const event = sanitized(envelope.event);
    if (event.type === "levels") {
      this.#level(event.levels);
      return;
    }
    if (this.log.take(event)) return;
    if (event.type === "snapshot") this.log.fill(event.snapshot);
    if (event.type === "caughtUp") this.log.catchUp(event.snapshot);
    if (event.type === "conversation" && isNew(event.conversation)) this.log.clear();
    const wasRunning = this.running;
    this.state = reduce(this.state, event);
    this.now = Date.now();
    const wasHeard = wasRunning || event.type === "microphoneTest";
    if (wasHeard && !this.running && this.state.microphoneTest.is !== "running") this.#level(SILENCE);
    if (!this.running) for (const over of this.#awaitEnd.splice(0)) over();
    const refused = event.type === "notice" && event.notice.severity === "danger" && !this.running;
    if (isOpen(this.state.phase) || (wasRunning && !this.running) || refused) this.#settleTyped();
    const device = event.type === "notice" && /^(microphone|speaker|camera)/.test(event.notice.code);
    if (event.type === "speakerCheck" && event.check.is === "done") void this.#offerNoCheck();
    if (device || event.type === "deviceList") void this.refreshChoices();
  }

  #level(levels: Levels): void {
    this.#drawn.give(levels);
    this.#read.give(levels);
  }

  #resubscribe(): void {
    this.#subscription++;
    const wait = this.#subscribedAt + RESUBSCRIBE_AFTER - performance.now();
    if (wait <= 0) void this.#subscribe();
    else setTimeout(() => void this.#subscribe(), wait);
  }

  /** Draws a preview. Acknowledged in any case, because the backend sends the next one only then. */
  async #picture(message: ArrayBuffer): Promise<void> {
    try {
      await this.#draw?.(message);
    } catch {
      // Ignore a corrupt picture; the next one follows.
    }
    await this.#try(this.#backend.previewTaken());
  }

  async #try(request: Promise<unknown>): Promise<boolean> {
    try {
      await request;
      return true;
    } catch (thrown) {
      this.report(thrown);
      return false;
    }
  }
}
