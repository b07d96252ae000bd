// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { keyDeed, placeOf, type KeyPress } from "./keys";

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({ key, code: "", repeat: false, modified: false, composing: false, ...more });

describe("Space", () => {
  it("starts from the bare page", () => expect(keyDeed(press(" "), "page", false, false)).toBe("start"));
  it("is a button's own on a button, and a letter in a field", () => {
    expect(keyDeed(press(" "), "control", false, false)).toBeNull();
    expect(keyDeed(press(" "), "text", false, false)).toBeNull();
  });
  it("is held to talk where one is heard by a key", () => {
    expect(keyDeed(press(" "), "page", true, false, true)).toBe("hold");
    expect(keyDeed(press(" ", { repeat: true }), "page", true, false, true)).toBeNull();
    expect(keyDeed(press(" "), "control", true, false, true)).toBeNull();
  });
  it("does nothing in a conversation", () => expect(keyDeed(press(" "), "page", true, false)).toBeNull());
});

describe("Esc", () => {
  it("ends a conversation from anywhere", () => {
    for (const place of ["page", "control", "text"] as const) expect(keyDeed(press("Escape"), place, true, false)).toBe("end");
  });
  it("is the dialog's while there is one", () => expect(keyDeed(press("Escape"), "page", true, true)).toBeNull());
  it("is the input method's while it composes", () => expect(keyDeed(press("Escape", { composing: true }), "text", true, false)).toBeNull());
});

describe("M and V", () => {
  it("mute and switch the camera, in either case and on a button too", () => {
    expect(keyDeed(press("m"), "page", true, false)).toBe("mute");
    expect(keyDeed(press("V"), "control", true, false)).toBe("camera");
  });
  it("are letters in a field, and nobody's with a modifier or when held", () => {
    expect(keyDeed(press("m"), "text", true, false)).toBeNull();
    expect(keyDeed(press("m", { modified: true }), "page", true, false)).toBeNull();
    expect(keyDeed(press("m", { repeat: true }), "page", true, false)).toBeNull();
  });
  it("go by the key's place where the layout is not Latin", () => {
    expect(keyDeed(press("ь", { code: "KeyM" }), "page", true, false)).toBe("mute");
    expect(keyDeed(press("a", { code: "KeyM" }), "page", true, false)).toBeNull();
  });
});

it("knows where the focus is", () => {
  document.body.innerHTML = `<p></p><button><svg></svg></button><input><input type="checkbox"><select></select>`;
  const places = ["p", "svg", "input", "[type=checkbox]", "select"].map((what) => placeOf(document.querySelector(what)));
  expect(places).toEqual(["page", "control", "text", "control", "text"]);
  expect(placeOf(null)).toBe("page");
});
