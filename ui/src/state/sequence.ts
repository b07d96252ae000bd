// Detects gaps in the event channel: it starts with a snapshot, and its numbers increase by one.
import type { UiEnvelope } from "../ipc/bindings.gen";

/** What to do with an envelope. */
export type Step = "apply" | "drop" | "resubscribe";

/** `last` is the number of the last applied envelope; null while a snapshot is awaited. */
export function follow(last: number | null, envelope: UiEnvelope): Step {
  if (envelope.event?.type === "snapshot") return "apply";
  if (last === null) return "drop";
  return envelope.seq === last + 1 ? "apply" : "resubscribe";
}
