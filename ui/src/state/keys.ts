// Keys of the window. Pure: the place of the focus is handed in.

export type KeyAction = "start" | "end" | "mute" | "camera" | "hold" | "review";

/** Where the focus is: nowhere in particular, on a button or link, or in something that takes letters. */
export type Place = "page" | "control" | "text";

export interface KeyPress {
  key: string;
  code: string;
  repeat: boolean;
  modified: boolean;
  composing: boolean;
}

/** Returns what a key does; null for nothing. An open dialog has its own Escape. `byKey`: push to talk is on. */
export function keyAction(
  press: KeyPress,
  place: Place,
  running: boolean,
  dialog: boolean,
  byKey = false,
): KeyAction | null {
  if (dialog || press.repeat || press.modified || press.composing) return null;
  // In a field Escape belongs to the field, and a closed select takes it, too: it never ends a conversation from there.
  if (press.key === "Escape") return running && place !== "text" ? "end" : null;
  if (press.key === " ") return place !== "page" ? null : !running ? "start" : byKey ? "hold" : null;
  if (place === "text") return null;
  if (isLetter(press, "m")) return "mute";
  if (isLetter(press, "v")) return "camera";
  if (isLetter(press, "t")) return "review";
  return null;
}

export function placeOf(target: EventTarget | null): Place {
  if (!(target instanceof Element)) return "page";
  if (target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return "text";
  return target.closest("button, a, summary, input, [role=tab]") ? "control" : "page";
}

/** By the letter, or by the key's place where the layout has no Latin letters. */
function isLetter({ key, code }: KeyPress, letter: string): boolean {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase() === letter;
  return code === `Key${letter.toUpperCase()}`;
}
