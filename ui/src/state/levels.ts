// The two real levels as they are drawn: at most 20 updates a second, and figures slow enough to read.
import type { Levels } from "../ipc/bindings.gen";

export const SILENCE: Levels = { you: 0, youPeak: 0, gemini: 0, geminiPeak: 0, youDb: -Infinity, geminiDb: -Infinity };

/** Height of a straight string, relative to the greatest. */
const STRAIGHT = 0.004;

/** Least time between two writes, in ms. */
export const LEVEL_EVERY = 50;
/** Least time between two readings in words, in ms. */
export const WORDS_EVERY = 500;

/** A level as a style value: 0 to 1, two digits. JSON has no NaN, so it may come as null. */
export function levelValue(level: number | null): string {
  return Math.min(1, Math.max(0, level ?? 0)).toFixed(2);
}

/** Returns the transform of a string for a level. A straight string still has a thickness. */
export function swelling(level: number | null): string {
  return `scaleY(${level === null || level <= 0 ? STRAIGHT : levelValue(level)})`;
}

/** Monotonic milliseconds and a way to be called later. */
export interface ThrottleClock {
  now(): number;
  later(run: () => void, ms: number): void;
}

/** Lets one value through every `every` ms. The newest one waits, and none is shown later than that. */
export class Throttle<Value> {
  #last = -Infinity;
  #waiting: { value: Value } | null = null;
  readonly #every: number;
  readonly #show: (value: Value) => void;
  readonly #clock: ThrottleClock;

  constructor(every: number, show: (value: Value) => void, clock = realClock) {
    this.#every = every;
    this.#show = show;
    this.#clock = clock;
  }

  give(value: Value): void {
    if (this.#waiting) {
      this.#waiting.value = value;
      return;
    }
    const wait = this.#last + this.#every - this.#clock.now();
    if (wait <= 0) {
      this.#write(value);
      return;
    }
    this.#waiting = { value };
    this.#clock.later(() => {
      const due = this.#waiting;
      this.#waiting = null;
      if (due) this.#write(due.value);
    }, wait);
  }

  #write(value: Value): void {
    this.#last = this.#clock.now();
    this.#show(value);
  }
}

const realClock: ThrottleClock = {
  now: () => performance.now(),
  later: (run: () => void, ms: number) => void setTimeout(run, ms),
};
