import { describe, expect, it } from "vitest";
import { isLetter, moved, Typeahead } from "./grid";

const press = (key: string, ctrlKey = false) => ({ key, ctrlKey });

describe("a key in a grid", () => {
  const at = { row: 1, column: 1 };
  it.each([
    ["ArrowDown", false, { row: 2, column: 1 }],
    ["ArrowUp", false, { row: 0, column: 1 }],
    ["ArrowRight", false, { row: 1, column: 2 }],
    ["ArrowLeft", false, { row: 1, column: 0 }],
    ["Home", false, { row: 1, column: 0 }],
    ["End", false, { row: 1, column: 2 }],
    ["Home", true, { row: 0, column: 0 }],
    ["End", true, { row: 29, column: 2 }],
    ["PageDown", false, { row: 9, column: 1 }],
    ["PageUp", false, { row: 0, column: 1 }],
  ])("%s (ctrl %s) leads to %o", (key, ctrl, to) => expect(moved(at, press(key, ctrl), 30, 3)).toEqual(to));

  it("stays at the edges, also in a list of one column and in one without rows", () => {
    expect(moved({ row: 29, column: 2 }, press("ArrowDown"), 30, 3)).toEqual({ row: 29, column: 2 });
    expect(moved({ row: 4, column: 0 }, press("End"), 9, 1)).toEqual({ row: 8, column: 0 });
    expect(moved({ row: 4, column: 0 }, press("ArrowRight"), 9, 1)).toBeNull();
    expect(moved({ row: 0, column: 0 }, press("ArrowDown"), 0, 3)).toEqual({ row: 0, column: 0 });
  });

  it("is turned round in right-to-left text, and others do nothing", () => {
    expect(moved(at, press("ArrowRight"), 30, 3, true)).toEqual({ row: 1, column: 0 });
    expect(moved(at, press("Tab"), 30, 3)).toBeNull();
  });
});

describe("letters", () => {
  const names = ["Kore", "Puck", "Pulcherrima", "Zephyr"];
  const typed = (keys: string, from = 0, every = 100) => {
    const letters = new Typeahead();
    return [...keys].reduce((row, key, index) => letters.find(key, names, row, index * every) ?? row, from);
  };
  it("find a name, more of them a nearer one, and the same again the next", () => {
    expect([typed("p"), typed("pul"), typed("pp"), typed("ppp"), typed("z", 3)]).toEqual([1, 2, 2, 1, 3]);
  });
  it("after a pause begin anew, and what nothing begins with leads nowhere", () => {
    expect(typed("pz", 0, 5000)).toBe(3);
    expect(new Typeahead().find("x", names, 0, 0)).toBeNull();
    expect(new Typeahead().find("x", [], 0, 0)).toBeNull();
  });
  it("are letters, with none of the keys that make others of them", () => {
    const key = (key: string, more = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, ...more });
    expect([key("k"), key("é"), key("字")].every(isLetter)).toBe(true);
    expect([key(" "), key("Tab"), key("k", { ctrlKey: true })].some(isLetter)).toBe(false);
  });
});
