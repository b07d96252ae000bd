import { describe, expect, it } from "vitest";
import { shortcutLabel, recorded, type Pressed } from "./shortcut";

const pressed = (code: string, more: Partial<Pressed> = {}): Pressed => ({
  code,
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  metaKey: false,
  ...more,
});

describe("what was pressed", () => {
  it("is kept with its modifiers, in one order", () => {
    expect(recorded(pressed("Space", { altKey: true, ctrlKey: true }))).toEqual({
      is: "keys",
      keys: "Control+Alt+Space",
    });
    expect(recorded(pressed("KeyT", { metaKey: true, shiftKey: true }))).toEqual({
      is: "keys",
      keys: "Shift+Super+KeyT",
    });
  });
  it("is not finished while only modifiers are held", () => {
    for (const code of ["ControlLeft", "AltRight", "ShiftLeft", "MetaLeft"])
      expect(recorded(pressed(code))).toEqual({ is: "unfinished" });
  });
  it("may be a function key alone, but nothing that people type", () => {
    expect(recorded(pressed("F8"))).toEqual({ is: "keys", keys: "F8" });
    for (const more of [{}, { shiftKey: true }])
      expect(recorded(pressed("KeyA", more))).toMatchObject({ is: "refused" });
    expect(recorded(pressed("Space"))).toMatchObject({ is: "refused" });
  });
  it("is refused where the system could not be asked for it", () =>
    expect(recorded(pressed("IntlRo", { ctrlKey: true }))).toMatchObject({ is: "refused" }));
});

describe("the words", () => {
  it("are those on the keys", () => {
    expect(shortcutLabel("Control+Alt+Space")).toBe("Ctrl + Alt + Space");
    expect(shortcutLabel("Shift+Super+KeyT")).toBe("Shift + Super + T");
    expect(shortcutLabel("Control+Digit1")).toBe("Ctrl + 1");
    expect(shortcutLabel("Control+BracketLeft")).toBe("Ctrl + [");
    expect(shortcutLabel("Alt+ArrowUp")).toBe("Alt + Up");
    expect(shortcutLabel("F8")).toBe("F8");
  });
});
