import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { UiEvent } from "../ipc/bindings.gen";
import { Credit } from "./credit";

const light: UiEvent = { type: "deviceList" };
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function page() {
  const told: number[] = [];
  const credit = new Credit((seq) => told.push(seq));
  return {
    told,
    take: (from: number, to: number, event = light) =>
      Array.from({ length: to - from + 1 }, (_, index) => credit.took({ seq: from + index, event })),
  };
}

it("what was taken is said every sixteen envelopes, and of a rest after a second", () => {
  const { told, take } = page();
  take(100, 140);
  expect(told).toEqual([115, 131]);
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([115, 131, 140]);
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(3);
});

it("a heavy envelope is acknowledged at once", () => {
  const { told, take } = page();
  take(7, 7, { type: "turnText", id: 1, delta: "x".repeat(200_000) });
  expect(told).toEqual([7]);
});
