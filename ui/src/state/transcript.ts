// The transcript as captions, announcements and plain text.
import { t } from "../i18n";
import type { Phase, ToolCall, Turn } from "../ipc/bindings.gen";
import type { Entry } from "./log.svelte";
import { isRunning } from "./state";
import { argumentWords, clock, seconds, toolWords } from "./format";

/** A cut-off reply in two: what was heard and what was not. Null when it was not cut off. */
export interface Cut {
  heard: string;
  unheard: string;
  /** Words in the second part, a half-heard one included; those of a long one are counted in part. */
  words: number;
}

export function cut(turn: Turn): Cut | null {
  if (turn.heardTo === null) return null;
  const at = wholeCharacter(turn.text, turn.heardTo);
  const unheard = turn.text.slice(at);
  return { heard: turn.text.slice(0, at), unheard, words: countWords(unheard) };
}

export function unheardWords(count: number): string {
  return t("turn-unheard", { count });
}

/** The words below the visualizer. */
export interface Caption {
  turn: Turn;
  earlier: string;
  current: string;
}

const CAPTION_EARLIER = 90;
const CAPTION_CURRENT = 180;
/** Of a turn's text, what is looked at for its last two sentences. */
const CAPTION_TEXT = 600;
/** Where a sentence ends. Not found by `Intl.Segmenter`, since this runs for every fragment and its iterators use much
    memory that is not collected soon. */
const SENTENCE_END = /(?<=[.!?…؟]["'”’»)\]]*)\s+|(?<=[。！？]["'”’»)\]」』]*)/u;

/** Returns what is being said: the open turn, or the reply while it still plays. `latest` has the newest turns, newest
    first. */
export function caption(phase: Phase, latest: Iterable<Turn>): Caption | null {
  if (!isRunning(phase)) return null;
  const said = [...latest].filter((turn) => !turn.typed && /\S/.test(turn.text));
  const turn =
    said.find((candidate) => !candidate.ended) ??
    (phase === "speaking" && said[0]?.speaker === "gemini" ? said[0] : undefined);
  if (!turn) return null;
  const isWhole = turn.text.length <= CAPTION_TEXT;
  const sentences = turn.text
    .slice(-CAPTION_TEXT)
    .split(SENTENCE_END)
    .filter((part) => part.trim() !== "");
  const current = (sentences.pop() ?? "").trim();
  // The first one may have lost its beginning.
  const before = isWhole || sentences.length > 1 ? (sentences.pop() ?? "").trim() : "";
  return { turn, earlier: before.length <= CAPTION_EARLIER ? before : "", current: tail(current, CAPTION_CURRENT) };
}

/** Most of a turn's text that is laid out at once, in UTF-16 units: some six minutes of speech. */
export const LONG = 6000;

/** As much of a text as is laid out: its beginning, or while it grows its end. */
export function part(text: string, grows: boolean): string {
  if (text.length <= LONG) return text;
  if (grows) return tail(text, LONG);
  const end = wholeCharacter(text, LONG);
  const space = text.lastIndexOf(" ", end);
  return `${text.slice(0, space > LONG / 2 ? space : end)}…`;
}

/** What a finished turn is announced as. */
export function announcement(turn: Turn, name: string): string {
  const parts = cut(turn);
  const said = part((parts ? parts.heard : turn.text).trim(), false);
  if (turn.typed || said === "") return "";
  const args = { speaker: name, words: said };
  return parts ? t("announcement-interrupted", args) : t("announcement", args);
}

/** The whole transcript for the clipboard; `earlier` when its beginning is gone. */
export function asText(entries: readonly Entry[], earlier: boolean, name: (turn: Turn) => string): string {
  const rows = entries
    .filter((entry) => entry.kind === "call" || entry.turn.text.trim() !== "")
    .map((entry) => (entry.kind === "call" ? callText(entry.call) : turnText(entry.turn, name(entry.turn))));
  return [...(earlier ? [`[${t("transcript-earlier")}]`] : []), ...rows].join("\n\n");
}

/** One turn for the clipboard: who, when, and what. */
export function turnText(turn: Turn, name: string): string {
  const parts = cut(turn);
  const said = parts ? cutText(parts) : turn.text;
  const sources = turn.sources.map(({ title, uri }, index) => `${index + 1}. ${title} ${uri}`);
  return [t("copied-turn", { speaker: name, time: clock(turn.at) }), said.trim(), ...sources].join("\n");
}

function cutText({ heard, unheard }: Cut): string {
  const [before, after] = [heard.trimEnd(), unheard.trim()];
  return after === ""
    ? t("copied-interrupted", { heard: before })
    : t("copied-unheard", { heard: before, unheard: after });
}

function callText(call: ToolCall): string {
  const isTimed = call.state === "done" && call.elapsedMs !== null;
  const state = isTimed ? t("tool-is-done-after", { time: seconds(call.elapsedMs ?? 0) }) : toolWords(call, call.at);
  return t("copied-call", { call: `${call.name} ${argumentWords(call.args)}`, state });
}

/** Returns a position that does not split a character. */
function wholeCharacter(text: string, at: number): number {
  const end = Math.max(0, Math.min(at, text.length));
  const code = text.charCodeAt(end);
  return end > 0 && code >= 0xdc00 && code <= 0xdfff ? end - 1 : end;
}

const WORDS = new Intl.Segmenter(undefined, { granularity: "word" });
/** As much of a text as words are counted in; the rest has as many in proportion. */
const COUNTED = 4000;

function countWords(text: string): number {
  let count = 0;
  for (const segment of WORDS.segment(text.slice(0, COUNTED))) if (segment.isWordLike) count++;
  return Math.round(count * Math.max(1, text.length / COUNTED));
}

/** The last `length` units from a word's start on. */
function tail(text: string, length: number): string {
  if (text.length <= length) return text;
  const rest = text.slice(wholeCharacter(text, text.length - length));
  const space = rest.indexOf(" ");
  return `…${space < 0 || space > rest.length / 2 ? rest : rest.slice(space + 1)}`;
}
