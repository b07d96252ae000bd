// The speaker's volume and its check, in words.
import type { SpeakerCheck, UiError } from "../ipc/bindings.gen";
import type { State } from "./state";
import { isRunning } from "./state";

/** As loud as a reply comes. */
export const FULL_VOLUME = 100;

/** What came of a check: whether that is well, what it means, and the figures it rests on. */
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
  if (check.delayMs !== null) figures.push(`Delay ${check.delayMs} ms`);
  if (check.suppressionDb !== null) figures.push(`echo lowered by ${suppressionWords(check.suppressionDb)}`);
  return { ...VERDICTS[check.verdict](check.microphone, check.speaker), figures: figures.join(", ") };
}

/** What is measured ends at 60 dB: more can't be told from silence. */
function suppressionWords(db: number): string {
  return db >= 59.5 ? "60 dB or more" : `${Math.round(db)} dB`;
}

type Verdict = Extract<SpeakerCheck, { is: "done" }>["verdict"];
const VERDICTS: Record<Verdict, (microphone: string, speaker: string) => Omit<CheckWords, "figures">> = {
  good: () => ({
    tone: "ok",
    message: "Good for open speakers",
    explanation: "You can talk over a reply, and the partner does not hear itself.",
  }),
  halfDuplex: (_, speaker) => ({
    tone: "warn",
    message: "Too much of the sound comes back",
    explanation: `Your microphone will pause while ${speaker} plays a reply. With headphones or a lower volume you can talk over it.`,
  }),
  noEcho: (microphone, speaker) => ({
    tone: "ok",
    message: "No echo",
    explanation: `${microphone} hears nothing of ${speaker}. With headphones that is as it should be. If you heard no sound, turn the volume up or choose another speaker.`,
  }),
  nothing: (microphone) => ({
    tone: "warn",
    message: `${microphone} gives no sound at all`,
    explanation:
      "It may be switched off or covered, or the system does not let Vivavoce listen. Choose another one, or look at its switch and at the system’s privacy settings.",
  }),
};

/** Why nothing can be checked now; undefined when it can. */
export function checkReason(state: State): string | undefined {
  if (isRunning(state.phase)) return "Not during a conversation: it has the microphone and the speaker.";
  const { microphone, speaker } = state.settings;
  if (microphone === "none" || speaker === "none") return "Choose a microphone and a speaker first.";
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
