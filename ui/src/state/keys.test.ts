// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { keyAction, placeOf, type KeyPress } from "./keys";

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: "",
  repeat: false,
  modified: false,
  composing: false,
  ...more,
});

describe("Space", () => {
  it("starts from the bare page", () => expect(keyAction(press(" "), "page", false, false)).toBe("start"));
  it("is a button's own on a button, and a letter in a field", () => {
    expect(keyAction(press(" "), "control", false, false)).toBeNull();
    expect(keyAction(press(" "), "text", false, false)).toBeNull();
  });
  it("is held to talk where one is heard by a key", () => {
    expect(keyAction(press(" "), "page", true, false, true)).toBe("hold");
    expect(keyAction(press(" ", { repeat: true }), "page", true, false, true)).toBeNull();
    expect(keyAction(press(" "), "control", true, false, true)).toBeNull();
  });
  it("does nothing in a conversation", () => expect(keyAction(press(" "), "page", true, false)).toBeNull());
});

describe("Esc", () => {
  it("ends a conversation, but not from a field", () => {
    for (const place of ["page", "control"] as const)
      expect(keyAction(press("Escape"), place, true, false)).toBe("end");
    expect(keyAction(press("Escape"), "text", true, false)).toBeNull();
  });
  it("is the dialog's while there is one", () => expect(keyAction(press("Escape"), "page", true, true)).toBeNull());
  it("is the input method's while it composes", () =>
    expect(keyAction(press("Escape", { composing: true }), "text", true, false)).toBeNull());
});

describe("M and V", () => {
  it("mute and switch the camera, in either case and on a button too", () => {
    expect(keyAction(press("m"), "page", true, false)).toBe("mute");
    expect(keyAction(press("V"), "control", true, false)).toBe("camera");
  });
  it("are letters in a field, and nobody's with a modifier or when held", () => {
    expect(keyAction(press("m"), "text", true, false)).toBeNull();
    expect(keyAction(press("m", { modified: true }), "page", true, false)).toBeNull();
    expect(keyAction(press("m", { repeat: true }), "page", true, false)).toBeNull();
  });
  it("go by the key's place where the layout is not Latin", () => {
    expect(keyAction(press("ь", { code: "KeyM" }), "page", true, false)).toBe("mute");
    expect(keyAction(press("a", { code: "KeyM" }), "page", true, false)).toBeNull();
  });
});

it("knows where the focus is", () => {
  document.body.innerHTML = `<p></p><button><svg></svg></button><input><input type="checkbox"><select></select>`;
  const places = ["p", "svg", "input", "[type=checkbox]", "select"].map((what) =>
    placeOf(document.querySelector(what)),
  );
  expect(places).toEqual(["page", "control", "text", "control", "text"]);
  expect(placeOf(null)).toBe("page");
});
