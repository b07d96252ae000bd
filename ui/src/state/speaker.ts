// The speaker's volume and its test, in words.
import { isolated, t } from "../i18n";
import type { SpeakerCheck, UiError } from "../ipc/bindings.gen";
import type { State } from "./state";
import { isRunning } from "./state";

/** As loud as a reply comes. */
export const FULL_VOLUME = 100;

/** The result of a test: good or not, what it means, and the measured values. */
export interface CheckWords {
  tone: "ok" | "warn";
  message: string;
  explanation: string;
  figures: string;
}

/** How a check that is over came out; undefined while there is none. */
export function checkWords(check: SpeakerCheck): CheckWords | undefined {
  if (check.is !== "done") return undefined;
  const figures = [];
  if (check.delayMs !== null) figures.push(t("check-delay", { ms: check.delayMs }));
  if (check.suppressionDb !== null)
    figures.push(t("check-suppression", { amount: suppressionWords(check.suppressionDb) }));
  return { ...VERDICTS[check.verdict](check.microphone, check.speaker), figures: figures.join(" · ") };
}

/** 60 dB is the most that can be measured; beyond is silence. */
function suppressionWords(db: number): string {
  return db >= 59.5 ? t("decibels-at-least", { db: 60 }) : t("decibels", { db: Math.round(db) });
}

type Verdict = Extract<SpeakerCheck, { is: "done" }>["verdict"];
const VERDICTS: Record<Verdict, (microphone: string, speaker: string) => Omit<CheckWords, "figures">> = {
  good: () => ({ tone: "ok", message: t("check-good"), explanation: t("check-good-hint") }),
  halfDuplex: (_, speaker) => ({
    tone: "warn",
    message: t("check-half-duplex"),
    explanation: t("check-half-duplex-hint", { speaker: isolated(speaker) }),
  }),
  noEcho: (microphone, speaker) => ({
    tone: "ok",
    message: t("check-no-echo"),
    explanation: t("check-no-echo-hint", { microphone: isolated(microphone), speaker: isolated(speaker) }),
  }),
  nothing: (microphone) => ({
    tone: "warn",
    message: t("check-nothing", { microphone: isolated(microphone) }),
    explanation: t("check-nothing-hint"),
  }),
};

/** Why nothing can be checked now; undefined when it can. */
export function checkReason(state: State): string | undefined {
  if (isRunning(state.phase)) return t("check-busy");
  const { microphone, speaker } = state.settings;
  if (microphone === "none" || speaker === "none") return t("check-no-devices");
  return undefined;
}

/** Why a check ended without an outcome. */
export function checkError(check: SpeakerCheck): UiError | undefined {
  return check.is === "failed" ? check.error : undefined;
}

/** Offered once, before anything was said: until it was checked or declined, and while its outcome is read. */
export function offersCheck(state: State): boolean {
  if (state.phase !== "ready" || !state.known) return false;
  return state.settings.speakerChecked !== true || state.speakerCheck.is !== "idle";
}
