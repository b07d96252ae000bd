// What the other side says, before it is shown: nothing of it acts on the text around it. Pure.

/** Control characters but tab and the ends of lines, and the two that turn a text around against its letters. Each becomes one visible
    character, so that places in a text stay where they are. Marks and isolates of right-to-left scripts are left: a row holds them in. */
// eslint-disable-next-line no-control-regex
const HARMFUL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202d\u202e]/g;
const VISIBLE = "\ufffd";

/** What is no text to be read: names of things, and what the person wrote. */
const LEFT_ALONE = new Set(["id", "uri", "settings"]);

/** The same value with every text in it made harmless; itself where nothing is to be done. */
export function sanitized<Value>(value: Value): Value {
  if (typeof value === "string") return value.replace(HARMFUL, VISIBLE) as Value;
  if (typeof value !== "object" || value === null) return value;
  let changed: Record<string, unknown> | null = null;
  for (const [name, part] of Object.entries(value) as [string, unknown][]) {
    const shown = LEFT_ALONE.has(name) ? part : sanitized(part);
    if (shown === part) continue;
    changed ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    changed[name] = shown;
  }
  return (changed ?? value) as Value;
}
