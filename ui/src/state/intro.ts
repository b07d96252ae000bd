// The first steps: which there are, how each stands, and where to go on. Pure.
import { t } from "../i18n";
import { deviceName } from "./choices";
import type { Choices } from "../ipc/bindings.gen";
import type { State } from "./state";

export const STEPS = ["privacy", "key", "sound", "camera"] as const;
export type Step = (typeof STEPS)[number];

/** Whether the first steps open by themselves: once, and never in front of a conversation. */
export function opensIntro(state: State): boolean {
  return state.known && state.settings.introduced !== true && state.phase === "ready";
}

/** Returns what the settings say of a step; null while it is open. Read or skipped steps are the component's to know. */
export function outcome(step: Step, state: State, choices: Choices): string | null {
  switch (step) {
    case "privacy":
      return null;
    case "key":
      if (state.account.check?.slot === "gemini" && state.account.check.verdict.is === "failed") return null;
      return state.key === "missing" ? null : t(`intro-key-${state.key}`);
    case "sound":
      return state.settings.speakerChecked === true
        ? t("intro-sound-done", { microphone: deviceName(choices.microphones, state.settings.microphone) })
        : null;
    case "camera":
      return state.settings.cameraOn === true ? t("intro-camera-on") : null;
  }
}

/** Returns the step after this one; null after the last. */
export function nextStep(step: Step): Step | null {
  return STEPS[STEPS.indexOf(step) + 1] ?? null;
}
