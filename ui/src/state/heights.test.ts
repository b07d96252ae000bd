import { describe, expect, it } from "vitest";
import { anchorAt, followsEnd, LEAST_HEIGHT, MOST_SHOWN, OVERSCAN, rangeOf, RowHeights, topOf } from "./heights";

/** Small and seeded (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

function listOf(heights: number[]): RowHeights {
  const list = new RowHeights();
  for (const height of heights) list.push(height);
  return list;
}

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);

describe("heights", () => {
  it.each(SEEDS)("sum as a plain list does, whatever happens to them (seed %i)", (seed) => {
    const next = random(seed);
    const list = new RowHeights();
    let plain: number[] = [];
    for (let step = 0; step < 200; step++) {
      const [kind, height] = [Math.floor(next() * 10), LEAST_HEIGHT + Math.floor(next() * 400)];
      const index = Math.floor(next() * plain.length);
      if (kind < 5 || plain.length === 0) {
        list.push(height);
        plain.push(height);
      } else if (kind < 8) {
        list.set(index, height);
        plain[index] = height;
      } else if (kind === 8) {
        list.insert(index, height);
        plain.splice(index, 0, height);
      } else {
        list.drop(Math.floor(index / 4));
        plain = plain.slice(Math.floor(index / 4));
      }
    }
    const sums = plain.map((_, index) => plain.slice(0, index).reduce((sum, height) => sum + height, 0));
    expect(plain.map((_, index) => list.before(index))).toEqual(sums);
    expect(list.total).toBe(plain.reduce((sum, height) => sum + height, 0));
    for (let look = 0; look < 50; look++) {
      const distance = next() * (list.total + 200) - 100;
      const expected = Math.max(
        0,
        Math.min(
          sums.findLastIndex((sum) => sum <= distance),
          plain.length - 1,
        ),
      );
      expect(list.at(distance)).toBe(expected);
    }
  });
});

describe("a range", () => {
  it.each(SEEDS)("covers what is visible, is bounded, and leaves the length as it is (seed %i)", (seed) => {
    const next = random(seed);
    const list = listOf(Array.from({ length: 1 + Math.floor(next() * 3000) }, () => next() * next() * 900));
    const height = 100 + next() * 1500;
    const top = next() * list.total * 1.2 - 100;
    const { first, end, before, after } = rangeOf(list, top, top + height);
    const inside = (at: number) => Math.max(0, Math.min(at, list.total));
    expect(before).toBeLessThanOrEqual(inside(top));
    expect(list.total - after).toBeGreaterThanOrEqual(inside(top + height) - 0.01);
    expect(before + (list.before(end) - list.before(first)) + after).toBeCloseTo(list.total, 5);
    expect(end - first).toBeLessThanOrEqual((height + 2 * OVERSCAN) / LEAST_HEIGHT + 2);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(end).toBeLessThanOrEqual(list.count);
  });

  it.each(SEEDS)("holds what is selected or has the focus, as far as that is bounded (seed %i)", (seed) => {
    const next = random(seed);
    const list = listOf(Array.from({ length: 1000 }, () => 20 + next() * 200));
    const kept = [Math.floor(next() * 1000), Math.floor(next() * 1000), -1, 4000];
    const top = next() * list.total;
    const plain = rangeOf(list, top, top + 600);
    const { first, end } = rangeOf(list, top, top + 600, kept);
    const hull = [Math.min(plain.first, kept[0]!, kept[1]!), Math.max(plain.end, kept[0]! + 1, kept[1]! + 1)] as const;
    expect([first, end]).toEqual(hull[1] - hull[0] <= MOST_SHOWN ? hull : [plain.first, plain.end]);
  });

  it("of no rows is empty", () =>
    expect(rangeOf(new RowHeights(), 0, 800)).toEqual({ first: 0, end: 0, before: 0, after: 0 }));
});

describe("an anchor", () => {
  it.each(SEEDS)("keeps what is looked at in its place while rows above change (seed %i)", (seed) => {
    const next = random(seed);
    const list = listOf(Array.from({ length: 300 }, () => 20 + next() * 200));
    const top = next() * list.total;
    const anchor = anchorAt(list, top);
    expect(topOf(list, anchor)).toBeCloseTo(top, 6);
    let moved = 0;
    for (let change = 0; change < 40; change++) {
      const [index, height] = [Math.floor(next() * 300), 20 + next() * 500];
      const old = list.before(index + 1) - list.before(index);
      if (list.set(index, height) && index < anchor.index) moved += height - old;
    }
    expect(topOf(list, anchor)).toBeCloseTo(top + moved, 5);
    const gone = Math.min(20, anchor.index);
    const lost = list.before(gone);
    list.drop(gone);
    expect(topOf(list, { ...anchor, index: anchor.index - gone })).toBeCloseTo(top + moved - lost, 5);
  });
});

describe("the end", () => {
  it.each(SEEDS)("is followed until somebody scrolls up, and again from when it is reached (seed %i)", (seed) => {
    const next = random(seed);
    const height = 300;
    let [whole, top, follows] = [2000, 1700, true];
    for (let step = 0; step < 100; step++) {
      const last = top;
      const kind = Math.floor(next() * 4);
      if (kind < 2) {
        // It grows, and the scroller may be told of it before it was brought to the end.
        whole += next() * 400;
        follows = followsEnd(follows, last, { top, height, whole });
        if (follows) top = whole - height;
        follows = followsEnd(follows, last, { top, height, whole });
        expect(follows).toBe(top === whole - height || whole - top - height < 32);
      } else if (kind === 2) {
        top = Math.max(0, top - 100 - next() * 500);
        follows = followsEnd(follows, last, { top, height, whole });
        expect(follows).toBe(whole - top - height < 32);
      } else {
        top = whole - height;
        follows = followsEnd(follows, last, { top, height, whole });
        expect(follows).toBe(true);
      }
    }
  });
});
