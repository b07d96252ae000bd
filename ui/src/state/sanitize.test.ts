import { expect, it } from "vitest";
import { sanitized } from "./sanitize";

it("control characters and overrides of direction are shown, not obeyed, and no place in the text moves", () => {
  const text = "a\u001b]8;;x\u0007b\u0000c\u009bd\u202egnp.exe\u202d\r\n\tend";
  const shown = sanitized(text);
  expect(shown).toBe("a\ufffd]8;;x\ufffdb\ufffdc\ufffdd\ufffdgnp.exe\ufffd\r\n\tend");
  expect(shown).toHaveLength(text.length);
});

it("what scripts are written with is left as it is", () => {
  for (const text of ["\u200fשלום\u200e", "\u2067عربي\u2069", "👩\u200d👩\u200d👧", "می\u200cخواهم"])
    expect(sanitized(text)).toBe(text);
});

it("every text of an event is made so, but names of things and what the person wrote", () => {
  const event = {
    type: "tool",
    call: { id: "\u0001", name: "\u0001", args: ["\u202e", 5, null] },
    settings: { instructions: "\u0001" },
  };
  expect(sanitized(event)).toEqual({
    type: "tool",
    call: { id: "\u0001", name: "\ufffd", args: ["\ufffd", 5, null] },
    settings: { instructions: "\u0001" },
  });
});

it("a value with nothing harmful in it is given back as it is", () => {
  const event = { type: "turnText", id: 1, parts: [{ delta: "It is" }, null, 5] };
  expect(sanitized(event)).toBe(event);
  const other = sanitized({ clean: event, harmful: "\u0007" });
  expect(other.clean).toBe(event);
});
