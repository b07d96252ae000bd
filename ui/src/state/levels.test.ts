import { expect, it } from "vitest";
import { levelValue, Throttle, swelling } from "./levels";

function handMoved() {
  let time = 0;
  let due: { run: () => void; at: number } | null = null;
  return {
    now: () => time,
    later: (run: () => void, ms: number) => (due = { run, at: time + ms }),
    move(to: number) {
      time = to;
      if (due && due.at <= to) {
        const { run } = due;
        due = null;
        run();
      }
    },
  };
}

it("the first goes through at once, then the newest at each beat and none twice", () => {
  const clock = handMoved();
  const shown: number[] = [];
  const pace = new Throttle<number>(50, (value) => shown.push(value), clock);
  pace.give(1);
  clock.move(10);
  pace.give(2);
  clock.move(20);
  pace.give(3);
  expect(shown).toEqual([1]);
  clock.move(50);
  expect(shown).toEqual([1, 3]);
  clock.move(200);
  expect(shown).toEqual([1, 3]);
  pace.give(4);
  expect(shown).toEqual([1, 3, 4]);
});

it("a level is between nothing and all, whatever came", () => {
  expect([levelValue(0.5), levelValue(-1), levelValue(7), levelValue(null)]).toEqual(["0.50", "0.00", "1.00", "0.00"]);
});

it("a string swells with its level and never vanishes", () => {
  expect([swelling(0.5), swelling(0), swelling(null)]).toEqual(["scaleY(0.50)", "scaleY(0.004)", "scaleY(0.004)"]);
});
