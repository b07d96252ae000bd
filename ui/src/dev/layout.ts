// A layout for tests, since jsdom has none. A function gives the height of each row; everything else has no height.
// `settle` does what a browser does in a frame: scroll events, layout, and size observers.
import { flushSync } from "svelte";

export class Layout {
  readonly scroller: HTMLElement;
  height = 300;
  #top = 0;
  #scrolled = false;
  readonly #heightOf: (row: HTMLElement) => number;

  constructor(scroller: HTMLElement, heightOf: (row: HTMLElement) => number) {
    this.scroller = scroller;
    this.#heightOf = heightOf;
    Object.defineProperties(scroller, {
      clientHeight: { get: () => this.height },
      scrollHeight: { get: () => this.whole },
      scrollTop: { get: () => this.#clamped(), set: (top: number) => this.#scrollTo(top) },
    });
    scroller.getBoundingClientRect = () => new DOMRect(0, 0, 400, this.height);
    const [head, foot] = this.rooms;
    head!.getBoundingClientRect = () => new DOMRect(0, -scroller.scrollTop, 400, this.#room(head!));
    foot!.getBoundingClientRect = () =>
      new DOMRect(0, this.whole - this.#room(foot!) - scroller.scrollTop, 400, this.#room(foot!));
  }

  get rooms(): HTMLElement[] {
    return [...this.scroller.getElementsByClassName("room")] as HTMLElement[];
  }

  get rows(): HTMLElement[] {
    return [...this.scroller.getElementsByClassName("turn")] as HTMLElement[];
  }

  get whole(): number {
    return (
      this.rooms.reduce((sum, room) => sum + this.#room(room), 0) +
      this.rows.reduce((sum, row) => sum + this.#heightOf(row), 0)
    );
  }

  /** The rows that are seen, each with its distance from the top of what is seen. */
  seen(): [number, string][] {
    let at = this.#room(this.rooms[0]!) - this.scroller.scrollTop;
    const seen: [number, string][] = [];
    for (const row of this.rows) {
      const height = this.#heightOf(row);
      if (at + height > 0 && at < this.height) seen.push([at, row.querySelector(".said, .name")?.textContent ?? ""]);
      at += height;
    }
    return seen;
  }

  /** Scrolls as a person does. */
  scroll(top: number): void {
    this.#scrollTo(top);
    this.settle();
  }

  /** Frames until nothing changes. */
  settle(): void {
    for (let frame = 0; frame < 10; frame++) {
      const before = `${this.#top} ${this.whole} ${this.rows.length}`;
      if (this.#scrolled) {
        this.#scrolled = false;
        this.scroller.dispatchEvent(new Event("scroll"));
      }
      flushSync();
      this.#clamped();
      // What the observers change is laid out and observed again within the frame, before anybody is told of a scroll.
      for (let round = 0; round < 3; round++) {
        for (const observer of FakeObserver.all)
          observer.report((target) =>
            target.matches("li.turn")
              ? this.#heightOf(target as HTMLElement)
              : round > 0
                ? null
                : target === this.scroller
                  ? this.height
                  : this.whole,
          );
        flushSync();
        this.#clamped();
      }
      if (before === `${this.#top} ${this.whole} ${this.rows.length}` && !this.#scrolled) return;
    }
    throw new Error("the layout comes to no rest");
  }

  /** As a browser does when what is scrolled becomes shorter: it tells so in the next frame. */
  #clamped(): number {
    this.#scrollTo(this.#top);
    return this.#top;
  }

  #scrollTo(top: number): void {
    const next = Math.max(0, Math.min(top, this.whole - this.height));
    if (next === this.#top) return;
    this.#top = next;
    this.#scrolled = true;
  }

  #room(room: HTMLElement): number {
    return Number.parseFloat(room.style.blockSize || room.style.getPropertyValue("block-size") || "0");
  }
}

/** Reports when it is told to, and only sizes that changed. */
export class FakeObserver implements ResizeObserver {
  static all = new Set<FakeObserver>();
  readonly #sizes = new Map<Element, number>();
  readonly #callback: ResizeObserverCallback;

  constructor(callback: ResizeObserverCallback) {
    this.#callback = callback;
  }

  observe(target: Element): void {
    FakeObserver.all.add(this);
    this.#sizes.set(target, Number.NaN);
  }

  unobserve(target: Element): void {
    this.#sizes.delete(target);
  }

  disconnect(): void {
    this.#sizes.clear();
    FakeObserver.all.delete(this);
  }

  /** Null for what is not looked at in this round: a browser tells of what lies deeper alone. */
  report(sizeOf: (target: Element) => number | null): void {
    const changed = [...this.#sizes].flatMap(([target, size]) => {
      const now = sizeOf(target);
      return now === null || now === size ? [] : [[target, now] as const];
    });
    for (const [target, size] of changed) this.#sizes.set(target, size);
    const entries = changed.map(
      ([target, blockSize]) =>
        ({ target, borderBoxSize: [{ blockSize, inlineSize: 400 }] }) as unknown as ResizeObserverEntry,
    );
    if (entries.length > 0) this.#callback(entries, this);
  }
}
