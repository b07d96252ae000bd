// Acknowledges envelopes. The backend sends only a limited number ahead (src-tauri/src/backend/subscriber.rs). The page
// acknowledges well before that limit, soon after a heavy envelope, and at the latest after a while.
import type { UiEnvelope, UiEvent } from "../ipc/bindings.gen";

/** After so many envelopes; the backend has 64 under way. */
const EVERY = 16;
/** At the latest, in ms. A rest of a few is no hurry. */
const LATEST = 1000;
/** Text from which an envelope is heavy, in UTF-16 units; the backend has 256 KB under way. */
const HEAVY = 8 * 1024;

export class Credit {
  #taken = 0;
  #told = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #tell: (seq: number) => void;

  constructor(tell: (seq: number) => void) {
    this.#tell = tell;
  }

  /** This one was taken, whatever became of it. */
  took({ seq, event }: UiEnvelope): void {
    this.#taken = seq;
    // Numbers go on over a subscription; only how far they are apart counts.
    if (this.#told === 0) this.#told = seq - 1;
    if (seq - this.#told >= EVERY || isHeavy(event)) this.#now();
    else this.#timer ??= setTimeout(() => this.#now(), LATEST);
  }

  #now(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#told = this.#taken;
    this.#tell(this.#taken);
  }
}

/** Asks for nothing: what came may be anything. */
function isHeavy(event: UiEvent | null): boolean {
  switch (event?.type) {
    case "snapshot":
    case "tool":
    case "turnSources":
      return true;
    case "turnStarted":
      return (event.turn?.text?.length ?? 0) >= HEAVY;
    case "turnText":
      return (event.delta?.length ?? 0) >= HEAVY;
    default:
      return false;
  }
}
