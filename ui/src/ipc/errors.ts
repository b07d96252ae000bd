// What a rejected command or a thrown error becomes: always a notice, never a silent failure.
import type { UiError } from "./bindings.gen";

/** Keeps a `UiError` of the backend as it is and dresses anything else as a fault of ours. */
export function asUiError(thrown: unknown): UiError {
  if (isUiError(thrown)) return { ...thrown, hints: thrown.hints ?? [], detail: thrown.detail ?? null };
  return {
    code: "internal",
    severity: "danger",
    message: "Something in Vivavoce went wrong",
    explanation:
      "This is a bug in Vivavoce. Please report it with these details. A conversation that is running goes on.",
    hints: [],
    detail: thrown instanceof Error ? thrown.message : String(thrown),
  };
}

function isUiError(thrown: unknown): thrown is UiError {
  return (
    typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown && "severity" in thrown
  );
}
