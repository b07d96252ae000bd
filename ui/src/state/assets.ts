// What the rehearsal partner speaks and hears with, in words.
import type { Parts, PartState } from "../ipc/bindings.gen";

const VOICE: Record<PartState, string> = {
  unknown: "Looking for it",
  ready: "A voice of its own",
  missing: "Not fetched: a sketched voice answers",
};
const HEARING: Record<PartState, string> = {
  unknown: "Looking for it",
  ready: "Understands English speech",
  missing: "Not fetched: typed words only",
};

/** Each part: what it is called, how it stands, and whether it works. */
export function partRows(parts: Parts): { name: string; words: string; ready: boolean }[] {
  return [
    { name: "Its voice", words: VOICE[parts.voice], ready: parts.voice === "ready" },
    { name: "Its hearing", words: HEARING[parts.hearing], ready: parts.hearing === "ready" },
  ];
}

/** Whether something can be fetched that is not there. */
export function canFetch(parts: Parts): boolean {
  return parts.voice === "missing" || parts.hearing === "missing";
}

/** What the partner is, said beside every rehearsal: whom one talks with, which parts are active, and who gets what is said. */
export function practiceNote({ voice, hearing }: Parts, thinksAt: string | null): string {
  const hears =
    hearing === "ready"
      ? "It understands English speech"
      : "It does not understand speech: type to it, or it plays back what you say";
  const speaks = voice === "ready" ? "has a voice of its own" : "answers in a sketched voice";
  const thinks = thinksAt === null ? "" : ` It thinks with the language model at ${thinksAt}, which gets what is said.`;
  return `You talk with a rehearsal partner on this computer, not with Gemini. ${hears}, and ${speaks}.${thinks}`;
}

/** Bytes as whole megabytes; something that is there is never 0. */
export function megabytes(bytes: number): string {
  return `${Math.max(bytes > 0 ? 1 : 0, Math.round(bytes / 1e6))} MB`;
}

/** How far a transfer is. */
export function fetchWords(what: string, done: number, total: number): string {
  if (what === "") return "Looking for what is missing…";
  return total > 0 ? `Fetching ${what}: ${Math.floor(done / 1e6)} of ${megabytes(total)}` : `Fetching ${what}…`;
}
