// The test of the microphone before a conversation. Pure.
import { t } from "../i18n";
import { isRunning, type State } from "./state";

/** Why the microphone can't be tested now; undefined when it can. */
export function testReason(state: State): string | undefined {
  if (isRunning(state.phase)) return t("microphone-test-busy");
  if (state.settings.microphone === "none") return t("microphone-test-none");
  return undefined;
}
