// The global push-to-talk shortcut: from a key press to the saved form, and to a label. Pure.

import { t } from "../i18n";

export interface Pressed {
  /** The key's place, as `KeyboardEvent.code` has it. */
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
}

export type Recorded = { is: "keys"; keys: string } | { is: "unfinished" } | { is: "refused"; reason: string };

const MODIFIER = /^(Control|Alt|Shift|Meta|OS)(Left|Right)?$|^(CapsLock|NumLock|Fn)$/;
/** Keys that are not used for typing; they need no modifier. */
const ALONE = /^(F([1-9]|1\d|2[0-4])|Pause|ScrollLock)$/;
/** What the backend can register with the system. */
const KNOWN = new RegExp(
  "^(Key[A-Z]|Digit\\d|Numpad\\d|F([1-9]|1\\d|2[0-4])|Space|Backquote|Minus|Equal|Bracket(Left|Right)|Backslash" +
    "|Semicolon|Quote|Comma|Period|Slash|Insert|Delete|Home|End|Page(Up|Down)|Arrow(Up|Down|Left|Right)" +
    "|Pause|ScrollLock)$",
);

/** Returns the shortcut for a key press. A key for typing needs a modifier: other apps would lose the key. */
export function recorded({ code, ctrlKey, altKey, shiftKey, metaKey }: Pressed): Recorded {
  if (MODIFIER.test(code)) return { is: "unfinished" };
  if (!KNOWN.test(code)) return { is: "refused", reason: t("shortcut-unknown-key") };
  if (!ALONE.test(code) && !ctrlKey && !altKey && !metaKey)
    return { is: "refused", reason: t("shortcut-needs-modifier") };
  const held = [ctrlKey && "Control", altKey && "Alt", shiftKey && "Shift", metaKey && "Super"].filter(
    (word) => word !== false,
  );
  return { is: "keys", keys: [...held, code].join("+") };
}

const WORDS: Record<string, string> = {
  Control: "Ctrl",
  Backquote: "`",
  Minus: "-",
  Equal: "=",
  BracketLeft: "[",
  BracketRight: "]",
  Backslash: "\\",
  Semicolon: ";",
  Quote: "'",
  Comma: ",",
  Period: ".",
  Slash: "/",
};

/** Keys that are printed as words. */
function isNamed(key: string): key is "PageUp" | "PageDown" | "ScrollLock" {
  return key === "PageUp" || key === "PageDown" || key === "ScrollLock";
}

/** Keys as they are printed on a keyboard. */
export function shortcutLabel(keys: string): string {
  const word = (key: string) =>
    isNamed(key)
      ? t(`keyboard-${key}`)
      : (WORDS[key] ?? key.replace(/^(Key|Digit|Arrow)(?=.)/, "").replace(/^Numpad/, "Numpad "));
  return keys.split("+").map(word).join(" + ");
}
