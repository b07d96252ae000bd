// The two real levels on their way to the eye: at most 20 writes a second, and words that can be read.
import type { Levels } from "../ipc/bindings.gen";

export const SILENCE: Levels = { you: 0, youPeak: 0, gemini: 0, geminiPeak: 0, youDb: -Infinity, geminiDb: -Infinity };

/** The height of a string that lies straight, of its greatest. */
const STRAIGHT = 0.004;

/** Least time between two writes, in ms. */
export const LEVEL_EVERY = 50;
/** Least time between two readings in words, in ms. */
export const WORDS_EVERY = 500;

/** A level as a style value: 0 to 1, two digits. JSON has no NaN, so it may come as null. */
export function levelValue(level: number | null): string {
  return Math.min(1, Math.max(0, level ?? 0)).toFixed(2);
}

/** A string that swells with a level. One that lies straight has a thickness still. */
export function swelling(level: number | null): string {
  return `scaleY(${level === null || level <= 0 ? STRAIGHT : levelValue(level)})`;
}

/** Monotonic milliseconds and a way to be called later. */
export interface ThrottleClock {
  now(): number;
  later(run: () => void, ms: number): void;
}

/** Lets a value through at most every `every` ms; the newest one waits its turn, none is shown late by more than that. */
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
