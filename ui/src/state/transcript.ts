// The transcript as rows, captions and plain text.
import type { ToolCall, Turn } from "../ipc/bindings.gen";
import { isRunning, type State } from "./state";
import { argumentWords, clock, toolWords } from "./words";

/** A row of the transcript. */
export type Entry = { kind: "turn"; key: string; turn: Turn } | { kind: "call"; key: string; call: ToolCall };

/** Turns in their order, each call before the first turn that began after it. */
export function entries(turns: Turn[], calls: ToolCall[]): Entry[] {
  const rows: Entry[] = [];
  let next = 0;
  const take = (until: number) => {
    for (let call = calls[next]; call && call.at < until; call = calls[++next]) rows.push({ kind: "call", key: `call ${call.id}`, call });
  };
  for (const turn of turns) {
    take(turn.at);
    rows.push({ kind: "turn", key: `turn ${turn.id}`, turn });
  }
  take(Infinity);
  return rows;
}

/** A cut-off reply in two: what was heard and what was not. Null when it was not cut off. */
export interface Cut {
  heard: string;
  unheard: string;
  /** Words in the second part, a half-heard one included. */
  words: number;
}

export function cut(turn: Turn): Cut | null {
  if (turn.heardTo === null) return null;
  const at = wholeCharacter(turn.text, turn.heardTo);
  const unheard = turn.text.slice(at);
  return { heard: turn.text.slice(0, at), unheard, words: countWords(unheard) };
}

export function unheardWords(count: number): string {
  return count === 1 ? "1 word not heard" : `${count} words not heard`;
}

/** The words under the strings. */
export interface Caption {
  turn: Turn;
  earlier: string;
  current: string;
}

const CAPTION_EARLIER = 90;
const CAPTION_CURRENT = 180;

/** What is being said now: the open turn, or the reply while it is still heard. */
export function caption(state: State): Caption | null {
  if (!isRunning(state.phase)) return null;
  const said = state.turns.filter((turn) => turn.text.trim() !== "" && !turn.typed);
  const last = said.at(-1);
  const turn = said.findLast((candidate) => !candidate.ended) ?? (state.phase === "speaking" && last?.speaker === "gemini" ? last : undefined);
  if (!turn) return null;
  const sentences = [...new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(turn.text)].map((part) => part.segment);
  const current = (sentences.pop() ?? "").trim();
  const before = (sentences.pop() ?? "").trim();
  return { turn, earlier: before.length <= CAPTION_EARLIER ? before : "", current: tail(current, CAPTION_CURRENT) };
}

/** What a finished turn is announced as. */
export function announcement(turn: Turn, name: string): string {
  const parts = cut(turn);
  const said = (parts ? parts.heard : turn.text).trim();
  if (turn.typed || said === "") return "";
  return `${name}: ${said}${parts ? " Interrupted." : ""}`;
}

/** The whole transcript for the clipboard. */
export function asText(turns: Turn[], calls: ToolCall[], name: (turn: Turn) => string): string {
  return entries(turns, calls)
    .filter((row) => row.kind === "call" || row.turn.text.trim() !== "")
    .map((row) => (row.kind === "call" ? callText(row.call) : turnText(row.turn, name(row.turn))))
    .join("\n\n");
}

function turnText(turn: Turn, name: string): string {
  const parts = cut(turn);
  const said = parts ? `${parts.heard.trimEnd()} [interrupted here${parts.unheard.trim() ? `, not heard: ${parts.unheard.trim()}` : ""}]` : turn.text;
  const sources = turn.sources.map(({ title, uri }, index) => `${index + 1}. ${title} ${uri}`);
  return [`${name}, ${clock(turn.at)}`, said.trim(), ...sources].join("\n");
}

function callText(call: ToolCall): string {
  const words = call.state === "done" ? `done, ${toolWords(call, call.at)}` : call.state;
  return `[${call.name} ${argumentWords(call.args)}: ${words}]`;
}

/** Never between the two halves of one character. */
function wholeCharacter(text: string, at: number): number {
  const end = Math.max(0, Math.min(at, text.length));
  const code = text.charCodeAt(end);
  return end > 0 && code >= 0xdc00 && code <= 0xdfff ? end - 1 : end;
}

function countWords(text: string): number {
  return [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)].filter((part) => part.isWordLike).length;
}

/** The last `length` characters from a word's start on. */
function tail(text: string, length: number): string {
  if (text.length <= length) return text;
  const rest = text.slice(-length);
  const space = rest.indexOf(" ");
  return `…${space < 0 ? rest : rest.slice(space + 1)}`;
}
