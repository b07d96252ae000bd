// Sanitises text of the other side before it is shown, so that it cannot affect the text around it. Pure.

/** Control characters except tab and line ends, and the two overrides of text direction. One visible character replaces
    each, so that positions in a text do not change. Marks and isolates of right-to-left scripts are kept: a row
    contains their effect. */
// eslint-disable-next-line no-control-regex
const HARMFUL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202d\u202e]/g;
const VISIBLE = "\ufffd";

/** Fields that are not sanitised: identifiers, and what the person wrote. */
const LEFT_ALONE = new Set(["id", "uri", "settings"]);

/** Returns the value with every text in it sanitised; the same object when nothing changes. */
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
