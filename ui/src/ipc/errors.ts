// What a rejected command or a thrown error becomes: always a notice, never a silent failure.
import type { UiError } from "./bindings.gen";

/** Keeps a `UiError` of the backend as it is and turns anything else into one for a bug. */
export function asUiError(thrown: unknown): UiError {
  if (isUiError(thrown)) return { ...thrown, hints: thrown.hints ?? [], detail: thrown.detail ?? null };
  return {
    code: "internal",
    severity: "danger",
    text: { id: "bug", args: {} },
    hints: [],
    detail: thrown instanceof Error ? thrown.message : String(thrown),
  };
}

function isUiError(thrown: unknown): thrown is UiError {
  return typeof thrown === "object" && thrown !== null && "code" in thrown && "text" in thrown && "severity" in thrown;
}
