// A model as it can be chosen, for scenes and tests.
import type { ModelChoice } from "../ipc/bindings.gen";
import { NO_OPTIONS } from "../state/choices";

/** A model on offer that speaks and can do nothing else in particular. */
export const modelOf = (id: string, label: string, more: Partial<ModelChoice> = {}): ModelChoice => ({
  id,
  label,
  state: "current",
  successor: null,
  prices: null,
  abilities: ["speech"],
  languages: null,
  offered: true,
  vertexOnly: false,
  served: null,
  options: NO_OPTIONS,
  ...more,
});
