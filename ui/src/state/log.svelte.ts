// The transcript: turns and tool calls as rows that change one by one. A fragment changes only its own row, even in a
// long conversation. Bounded in rows and in text; the oldest rows are dropped, and `earlier` says so. No DOM.
import type { Snapshot, Source, ToolCall, Turn, UiEvent } from "../ipc/bindings.gen";
import { isOver } from "./calls";
import { RowHeights } from "./heights";

/** Most rows; as many as the backend keeps. */
export const MOST_ROWS = 10_000;
/** Most text of all rows together, in UTF-16 units; an hour of speech is about 60,000. */
export const MOST_TEXT = 2_000_000;
/** Most text of one row, likewise. What is longer is cut by the backend, too. */
export const MOST_ROW_TEXT = 256 * 1024;
/** Most text of a call's arguments and of its answer. */
const MOST_PART = 64 * 1024;
/** Most sources and most queries of a row, and most text of each. */
const MOST_SOURCES = 50;
const MOST_SOURCE_TEXT = 4096;
/** Size of a row without its text, in the same unit. */
const ROW_ITSELF = 300;
/** Share that is kept when the oldest rows are dropped; they are dropped in batches. */
const LEFT = 0.9;

/** Estimated heights of a row until it is measured, in px. */
const HEADER = 60;
const ASK = 260;
const LINE = 24;
const UNITS_A_LINE = 45;
const MOST_LINES = 150;

/** A speaker's turn. */
export class TurnEntry {
  readonly kind = "turn";
  readonly key: string;
  /** Where it stands in the conversation, from 0 on, the rows that went included. */
  number = 0;
  turn: Turn = $state.raw(undefined!);
  /** What the person unfolded. Kept here, because a row out of sight is not in the document. */
  whole = $state(false);
  unheard = $state(false);

  constructor(turn: Turn) {
    this.key = `turn:${turn.id}`;
    this.turn = turn;
  }
}

/** A tool call. */
export class CallEntry {
  readonly kind = "call";
  readonly key: string;
  number = 0;
  call: ToolCall = $state.raw(undefined!);
  open = $state(false);
  /** What the person has typed so far, for a call that waits for it. */
  answer = $state("");

  constructor(call: ToolCall) {
    // By its number: a partner may use an id twice.
    this.key = `call:${call.number}`;
    this.call = call;
  }
}

export type Entry = TurnEntry | CallEntry;

/* Rows are reactive each by itself; `version` says when the list changed. */
/* eslint-disable svelte/prefer-svelte-reactivity */
export class Log {
  /** Incremented when rows are added or dropped, not when a row changes. */
  version = $state(0);
  /** True when the oldest rows were dropped. */
  earlier = $state(false);
  /** The turn that ended last since the page was opened; announced once. */
  finished: Turn | null = $state.raw(null);
  #entries: Entry[] = [];
  readonly heights = new RowHeights();
  readonly #turns = new Map<number, TurnEntry>();
  readonly #calls = new Map<number, CallEntry>();
  /** The calls that have no answer yet, and the list of them when somebody asked for it since the last change. */
  readonly #open = new Map<number, CallEntry>();
  #openChanges = $state(0);
  #pending: readonly CallEntry[] | null = null;
  #text = 0;
  /** True while many rows are added at once; `version` changes once then. */
  #filling = false;

  /** The rows in their order: turns as they came, each call before the first turn that began after it. */
  get entries(): readonly Entry[] {
    void this.version;
    return this.#entries;
  }

  get calls(): CallEntry[] {
    void this.version;
    return [...this.#calls.values()];
  }

  get callCount(): number {
    void this.version;
    return this.#calls.size;
  }

  get isEmpty(): boolean {
    void this.version;
    return this.#entries.length === 0;
  }

  get hasTurns(): boolean {
    void this.version;
    return this.#turns.size > 0;
  }

  /** All text that is kept, in UTF-16 units, with what the rows themselves take. */
  get size(): number {
    return this.#text;
  }

  /** Returns the index of a row; -1 when it was dropped. */
  indexOf(entry: Entry): number {
    const index = entry.number - (this.#entries[0]?.number ?? 0);
    return this.#entries[index] === entry ? index : -1;
  }

  /** Applies an event of a turn or a call. Returns false for other events. */
  take(event: UiEvent): boolean {
    switch (event.type) {
      case "turnStarted":
        this.#put(event.turn);
        return true;
      case "turnText":
        this.#change(event.id, (turn) => ({ ...turn, text: turn.text + event.delta }));
        return true;
      case "turnLanguage":
        this.#change(event.id, (turn) => ({ ...turn, language: event.language }));
        return true;
      case "turnReset":
        this.#change(event.id, (turn) => ({ ...turn, text: "" }));
        return true;
      case "turnEnded":
        this.#change(event.id, (turn) => ({ ...turn, ended: true, heardTo: event.heardTo ?? null }));
        this.finished = this.#turns.get(event.id)?.turn ?? this.finished;
        return true;
      case "turnSources":
        this.#change(event.id, (turn) => ({ ...turn, sources: event.sources, queries: event.queries }));
        return true;
      case "tool":
        this.#call(event.call);
        return true;
      default:
        return false;
    }
  }

  /** Takes the rows that changed while events were left out; the others stay. */
  catchUp({ turns, tools, earlier }: Pick<Snapshot, "turns" | "tools" | "earlier">): void {
    this.#filling = true;
    for (const turn of turns) this.#put(turn);
    for (const call of tools) this.#call(call);
    this.#filling = false;
    if (earlier) this.earlier = true;
    this.#moved();
  }

  /** Replaces all rows by those of a snapshot. What the person unfolded stays unfolded. */
  fill({ turns, tools, earlier }: Pick<Snapshot, "turns" | "tools" | "earlier">): void {
    const unfolded = this.#entries.filter((entry) =>
      entry.kind === "call" ? entry.open || entry.answer !== "" : entry.whole || entry.unheard,
    );
    this.clear();
    this.#filling = true;
    let next = 0;
    for (const turn of turns) {
      for (let call = tools[next]; call && call.at < turn.at; call = tools[++next]) this.#call(call);
      this.#put(turn);
    }
    for (const call of tools.slice(next)) this.#call(call);
    this.#filling = false;
    if (earlier) this.earlier = true;
    this.#moved();
    for (const old of unfolded) this.#unfoldAs(old);
  }

  clear(): void {
    this.#entries = [];
    this.heights.clear();
    this.#turns.clear();
    this.#calls.clear();
    this.#text = 0;
    this.earlier = false;
    this.finished = null;
    this.#open.clear();
    this.#openChanged();
    this.version++;
  }

  /** Records the measured height of a row. Returns false when it did not change. */
  measured(entry: Entry, height: number): boolean {
    const index = this.indexOf(entry);
    // A row that is not laid out has none.
    return index >= 0 && height > 0 && this.heights.set(index, height);
  }

  /** The newest turns, newest first. */
  *latestTurns(most: number): Generator<Turn> {
    const entries = this.entries;
    for (let index = entries.length - 1; index >= Math.max(0, entries.length - most); index--) {
      const entry = entries[index]!;
      if (entry.kind === "turn") yield entry.turn;
    }
  }

  #unfoldAs(old: Entry): void {
    if (old.kind === "call") {
      const now = this.#calls.get(old.call.number);
      if (now) [now.open, now.answer] = [old.open, old.answer];
      return;
    }
    const now = this.#turns.get(old.turn.id);
    if (now) [now.whole, now.unheard] = [old.whole, old.unheard];
  }

  #put(turn: Turn): void {
    if (this.#turns.has(turn.id)) {
      this.#change(turn.id, () => turn);
      return;
    }
    const entry = new TurnEntry(boundedTurn(turn));
    this.#turns.set(turn.id, entry);
    // Calls that began later stay behind it.
    let index = this.#entries.length;
    for (
      let last = this.#entries[index - 1];
      last?.kind === "call" && last.call.at >= turn.at;
      last = this.#entries[index - 1]
    )
      index--;
    this.#insert(index, entry);
  }

  #call(whole: ToolCall): void {
    const call = boundedCall(whole);
    const known = this.#calls.get(call.number);
    if (known) {
      this.#text += sizeOfCall(call) - sizeOfCall(known.call);
      known.call = call;
      this.#note(known);
      this.#bound();
      return;
    }
    const entry = new CallEntry(call);
    let index = this.#entries.length;
    for (let last = this.#entries[index - 1]; last && startOf(last) > call.at; last = this.#entries[index - 1]) index--;
    // A call that was dropped and changes now has no place any more.
    if (index === 0 && this.earlier) return;
    this.#calls.set(call.number, entry);
    this.#insert(index, entry);
    this.#note(entry);
  }

  /** The calls that have no answer yet, oldest first. Another list after each change of one, so that what it asks shows. */
  get pending(): readonly CallEntry[] {
    void this.#openChanges;
    return (this.#pending ??= [...this.#open.values()].sort((a, b) => a.call.number - b.call.number));
  }

  #openChanged(): void {
    this.#pending = null;
    this.#openChanges++;
  }

  #note(entry: CallEntry): void {
    const { number, state } = entry.call;
    if (!isOver(state)) this.#open.set(number, entry);
    else if (!this.#open.delete(number)) return;
    this.#openChanged();
  }

  #change(id: number, change: (turn: Turn) => Turn): void {
    const entry = this.#turns.get(id);
    if (!entry) return;
    const before = sizeOfTurn(entry.turn);
    entry.turn = boundedTurn(change(entry.turn));
    this.#text += sizeOfTurn(entry.turn) - before;
    this.#bound();
  }

  #insert(index: number, entry: Entry): void {
    const isLast = index === this.#entries.length;
    entry.number = (this.#entries[0]?.number ?? 0) + index;
    if (isLast) {
      this.#entries.push(entry);
      this.heights.push(guess(entry));
    } else {
      this.#entries.splice(index, 0, entry);
      for (const later of this.#entries.slice(index + 1)) later.number++;
      this.heights.insert(index, guess(entry));
    }
    this.#text += sizeOf(entry);
    this.#moved();
    this.#bound();
  }

  #moved(): void {
    if (!this.#filling) this.version++;
  }

  /** Drops the oldest rows while there are too many; the newest stays. */
  #bound(): void {
    if (this.#entries.length <= MOST_ROWS && this.#text <= MOST_TEXT) return;
    let gone = 0;
    while (
      gone < this.#entries.length - 1 &&
      (this.#entries.length - gone > MOST_ROWS * LEFT || this.#text > MOST_TEXT * LEFT)
    ) {
      const entry = this.#entries[gone++]!;
      this.#text -= sizeOf(entry);
      if (entry.kind === "turn") this.#turns.delete(entry.turn.id);
      else {
        this.#calls.delete(entry.call.number);
        if (this.#open.delete(entry.call.number)) this.#openChanged();
      }
    }
    this.#entries = this.#entries.slice(gone);
    this.heights.drop(gone);
    this.earlier = true;
    this.#moved();
  }
}

function startOf(entry: Entry): number {
  return entry.kind === "turn" ? entry.turn.at : entry.call.at;
}

/** Never more than a row may hold. */
function boundedTurn(turn: Turn): Turn {
  if (turn.text.length <= MOST_ROW_TEXT && turn.sources.length + turn.queries.length === 0) return turn;
  const sources = turn.sources
    .slice(0, MOST_SOURCES)
    .map(({ title, uri }) => ({ title: cutTo(MOST_SOURCE_TEXT, title), uri: cutTo(MOST_SOURCE_TEXT, uri) }));
  const queries = turn.queries.slice(0, MOST_SOURCES).map((query) => cutTo(MOST_SOURCE_TEXT, query));
  return { ...turn, text: cutTo(MOST_ROW_TEXT, turn.text), sources, queries };
}

function boundedCall(call: ToolCall): ToolCall {
  return {
    ...call,
    name: cutTo(MOST_PART, call.name),
    args: cutTo(MOST_PART, call.args),
    result: call.result === null ? null : cutTo(MOST_PART, call.result),
    question: call.question === null ? null : cutTo(MOST_PART, call.question),
  };
}

function cutTo(most: number, text: string): string {
  return text.length <= most ? text : text.slice(0, most).toWellFormed();
}

function sizeOf(entry: Entry): number {
  return entry.kind === "turn" ? sizeOfTurn(entry.turn) : sizeOfCall(entry.call);
}

function sizeOfTurn(turn: Turn): number {
  const sources = turn.sources.reduce((sum, { title, uri }: Source) => sum + title.length + uri.length, 0);
  return ROW_ITSELF + turn.text.length + sources + turn.queries.reduce((sum, query) => sum + query.length, 0);
}

function sizeOfCall(call: ToolCall): number {
  return ROW_ITSELF + call.name.length + call.args.length + (call.result?.length ?? 0) + (call.question?.length ?? 0);
}

function guess(entry: Entry): number {
  if (entry.kind === "call") return entry.call.state === "asking" ? ASK : HEADER;
  return HEADER + LINE * Math.min(MOST_LINES, Math.ceil(entry.turn.text.length / UNITS_A_LINE));
}
