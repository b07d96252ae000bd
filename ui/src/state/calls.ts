// Tool calls: which of them wait for the person, what the phase says of those that run, and the log as a list that can be
// searched and copied. Pure.
import { isolated, t } from "../i18n";
import type { Phase, ToolCall, ToolState } from "../ipc/bindings.gen";
import { toolWords } from "./format";

/** Whether a call has its answer, or needs none any more. */
export function isOver(state: ToolState): boolean {
  return state !== "asking" && state !== "running" && state !== "answering";
}

/** Whether a call waits for the person: for leave, or for typed words. */
export function waits(call: ToolCall): boolean {
  return call.state === "asking" || call.state === "answering";
}

/** What the partner wants of the person, in a sentence. `isShort` where the row with the whole name is elsewhere. */
export function askWords(call: ToolCall, partner: string, isShort: boolean): string {
  const args = { partner, name: isolated(isShort ? shortened(call.name) : call.name) };
  return call.state === "answering" ? t("tool-answer-title", args) : t("tool-ask-title", args);
}

/** A call that runs longer than this is told in the phase, in ms. */
export const WORKING_AFTER = 1500;

/** What the phase says while a function makes the partner wait; null while nothing does. */
export function workingWords(phase: Phase, calls: readonly ToolCall[], now: number): string | null {
  if (phase !== "thinking" && phase !== "listening") return null;
  const slow = calls.filter(
    ({ state, runningSince }) => state === "running" && runningSince !== null && now - runningSince >= WORKING_AFTER,
  );
  const [first] = slow;
  if (!first) return null;
  const name = isolated(shortened(first.name));
  return slow.length === 1 ? t("phase-working", { name }) : t("phase-working-more", { name, count: slow.length - 1 });
}

/** Most of a name that a sentence holds; a row shows it whole. */
const NAME = 48;

function shortened(name: string): string {
  return name.length <= NAME ? name : `${name.slice(0, NAME).toWellFormed()}…`;
}

/** One argument as it is shown to whoever decides. */
export interface Fact {
  name: string;
  value: string;
}

/** Most arguments that are shown each by itself, and most text of one. The rest can be unfolded. */
const FACTS = 8;
const FACT_TEXT = 160;

/** The arguments one by one; `isWhole` is false when there are more, or longer ones, than are shown so. */
export function facts(args: string): { shown: Fact[]; isWhole: boolean } {
  const value = parsed(args);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const text = args.trim();
    const isEmpty = text === "" || text === "null";
    return { shown: isEmpty ? [] : [fact(t("tool-arguments"), text)], isWhole: text.length <= FACT_TEXT };
  }
  const all = Object.entries(value).map(([name, part]) => ({
    name,
    value: typeof part === "string" ? part : JSON.stringify(part),
  }));
  const isWhole = all.length <= FACTS && all.every(({ name, value }) => name.length + value.length <= FACT_TEXT);
  return { shown: all.slice(0, FACTS).map(({ name, value }) => fact(name, value)), isWhole };
}

function fact(name: string, value: string): Fact {
  return {
    name: shortened(name),
    value: value.length <= FACT_TEXT ? value : `${value.slice(0, FACT_TEXT).toWellFormed()}…`,
  };
}

/** Whether every word of a search is found in a call: its name, arguments, result or state. */
export function matches(call: ToolCall, search: string): boolean {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return true;
  const text = [call.name, call.args, call.result ?? "", call.question ?? "", toolWords(call, call.at)]
    .join("\n")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The calls for the clipboard: JSON with times as programs read them, and arguments and results as values. */
export function asJson(calls: readonly ToolCall[]): string {
  const rows = calls.map((call) => ({
    name: call.name,
    id: call.id,
    state: call.state,
    calledAt: time(call.at),
    startedAt: call.runningSince === null ? null : time(call.runningSince),
    elapsedMs: call.elapsedMs,
    arguments: parsed(call.args) ?? call.args,
    result: call.result === null ? null : (parsed(call.result) ?? call.result),
  }));
  return JSON.stringify({ calls: rows }, null, 2);
}

function time(at: number): string | null {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
