// The arithmetic of a virtual list: how high its rows are, and which of them are in the document. Pure: no DOM.

/** How far above and below the visible part rows are in the document, in px, for screen readers and fast scrolling. */
export const OVERSCAN = 600;
/** A row counts as at least this high, so that a range is bounded whatever was measured. */
export const LEAST_HEIGHT = 16;
/** Most rows in the document, also when a selection or the focus would hold more. */
export const MOST_SHOWN = 400;

/** The rows from `first` to before `end`, and how much room those before and after them take. */
export interface Range {
  first: number;
  end: number;
  before: number;
  after: number;
}

/** A place in the list that stays where it is while rows above it change: a row, and how far below its top. */
export interface Anchor {
  index: number;
  below: number;
}

/** Heights by index with their sums, in O(log n) (a Fenwick tree), so that a row may grow in a list of any length. */
export class RowHeights {
  #heights: number[] = [];
  /** One-based; `#tree[i]` is the sum of the `i & -i` heights up to `i`. */
  #tree: number[] = [0];

  get count(): number {
    return this.#heights.length;
  }

  get total(): number {
    return this.before(this.count);
  }

  /** Adds a row at the end. */
  push(height: number): void {
    const own = Math.max(height, LEAST_HEIGHT);
    this.#heights.push(own);
    const at = this.#heights.length;
    let sum = own;
    for (let step = 1; step < (at & -at); step <<= 1) sum += this.#tree[at - step]!;
    this.#tree.push(sum);
  }

  /** Adds a row in front of another. Costs as much as the list is long. */
  insert(index: number, height: number): void {
    this.#rebuild(this.#heights.toSpliced(index, 0, height));
  }

  /** Takes away the first rows. Costs as much as the list is long. */
  drop(count: number): void {
    this.#rebuild(this.#heights.slice(count));
  }

  clear(): void {
    this.#rebuild([]);
  }

  /** Sets a height; false when it was that already. */
  set(index: number, height: number): boolean {
    const own = Math.max(height, LEAST_HEIGHT);
    const old = this.#heights[index];
    if (old === undefined || Math.abs(old - own) < 0.01) return false;
    this.#heights[index] = own;
    for (let at = index + 1; at < this.#tree.length; at += at & -at) this.#tree[at]! += own - old;
    return true;
  }

  /** How high the rows in front of this one are together. */
  before(index: number): number {
    let sum = 0;
    for (let at = Math.min(index, this.count); at > 0; at -= at & -at) sum += this.#tree[at]!;
    return sum;
  }

  /** The row at this distance from the top; the first above it, the last below. */
  at(distance: number): number {
    let [index, rest] = [0, distance];
    for (let step = 2 ** Math.floor(Math.log2(Math.max(1, this.count))); step >= 1; step /= 2) {
      const sum = this.#tree[index + step];
      if (sum !== undefined && sum <= rest) {
        index += step;
        rest -= sum;
      }
    }
    return Math.max(0, Math.min(index, this.count - 1));
  }

  #rebuild(heights: number[]): void {
    this.#heights = [];
    this.#tree = [0];
    for (const height of heights) this.push(height);
  }
}

/** Returns the rows between two distances from the top with a screen more on either side, and those in `kept` that are
    near enough. */
export function rangeOf(heights: RowHeights, top: number, bottom: number, kept: readonly number[] = []): Range {
  if (heights.count === 0) return { first: 0, end: 0, before: 0, after: 0 };
  let first = heights.at(top - OVERSCAN);
  let end = Math.min(heights.at(bottom + OVERSCAN) + 1, first + MOST_SHOWN);
  const wanted = kept.filter((index) => index >= 0 && index < heights.count);
  const [low, high] = [Math.min(first, ...wanted), Math.max(end, ...wanted.map((index) => index + 1))];
  if (high - low <= MOST_SHOWN) [first, end] = [low, high];
  return { first, end, before: heights.before(first), after: heights.total - heights.before(end) };
}

export function isSame(one: Range, other: Range): boolean {
  return one.first === other.first && one.end === other.end && one.before === other.before && one.after === other.after;
}

export function anchorAt(heights: RowHeights, top: number): Anchor {
  const index = heights.at(Math.max(0, top));
  return { index, below: top - heights.before(index) };
}

/** Where an anchor is now. */
export function topOf(heights: RowHeights, anchor: Anchor): number {
  return heights.before(anchor.index) + anchor.below;
}

/** Where a scroller stands, as its three properties say. */
export interface Position {
  top: number;
  height: number;
  whole: number;
}

/** How far from its end a scrolled log still counts as being there, in px. */
const NEAR = 32;

/** Returns whether the end is followed: from when it is reached until somebody scrolls up. Growth is not scrolling. */
export function followsEnd(followed: boolean, lastTop: number, now: Position): boolean {
  if (now.whole - now.top - now.height < NEAR) return true;
  return followed && now.top >= lastTop - 1;
}
