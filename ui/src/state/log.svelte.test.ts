// @vitest-environment jsdom
import { flushSync } from "svelte";
import { describe, expect, it } from "vitest";
import { unasked } from "../dev/material";
import type { ToolCall, Turn, UiEvent } from "../ipc/bindings.gen";
import { Log, MOST_ROW_TEXT, MOST_ROWS, MOST_TEXT } from "./log.svelte";

const turn = (id: number, more: Partial<Turn> = {}): Turn => ({
  id,
  speaker: "gemini",
  at: id * 10,
  text: "",
  typed: false,
  ended: false,
  heardTo: null,
  sources: [],
  queries: [],
  ...more,
});
const call = (number: number, more: Partial<ToolCall> = {}): ToolCall => ({
  ...unasked,
  number,
  id: `id-${number}`,
  name: "get_weather",
  args: "{}",
  state: "running",
  at: 1,
  elapsedMs: null,
  result: null,
  ...more,
});
const started = (id: number, more: Partial<Turn> = {}): UiEvent => ({ type: "turnStarted", turn: turn(id, more) });

function after(...events: UiEvent[]): Log {
  const log = new Log();
  for (const event of events) expect(log.take(event)).toBe(true);
  return log;
}
const turns = (log: Log) => log.entries.flatMap((entry) => (entry.kind === "turn" ? [entry.turn] : []));
const keys = (log: Log) => log.entries.map(({ key }) => key);

describe("a turn", () => {
  it("grows by its deltas, verbatim and only by its own", () => {
    const log = after(
      started(1),
      started(2, { speaker: "you" }),
      { type: "turnText", id: 1, delta: "It is" },
      { type: "turnText", id: 2, delta: "Wait" },
      { type: "turnText", id: 1, delta: " nineteen " },
      { type: "turnText", id: 9, delta: "of nobody" },
    );
    expect(turns(log).map(({ text }) => text)).toEqual(["It is nineteen ", "Wait"]);
    expect(log.finished).toBeNull();
  });

  it("that was cut off keeps where, and is announced as the one that ended", () => {
    const log = after(started(1, { text: "one two three" }), { type: "turnEnded", id: 1, heardTo: 7 });
    expect(turns(log)[0]).toMatchObject({ ended: true, heardTo: 7 });
    expect(log.finished?.id).toBe(1);
  });

  it("that comes again replaces itself", () => {
    expect(turns(after(started(1, { text: "a" }), started(1, { text: "b" }))).map(({ text }) => text)).toEqual(["b"]);
  });

  it("that is said again after the line broke begins again from empty, in its place", () => {
    const log = after(
      started(1, { text: "half a sen" }),
      started(2, { speaker: "you", text: "yes" }),
      { type: "turnReset", id: 1 },
      { type: "turnText", id: 1, delta: "A whole one." },
    );
    expect(turns(log).map(({ id, text }) => [id, text])).toEqual([
      [1, "A whole one."],
      [2, "yes"],
    ]);
  });

  it("gets its sources, and not without end", () => {
    const sources = Array.from({ length: 9000 }, () => ({
      title: "Hours".repeat(99_999),
      uri: "https://nezu-muse.or.jp/",
    }));
    const log = after(started(1), { type: "turnSources", id: 1, sources, queries: ["nezu", "nezu"] });
    expect(turns(log)[0]).toMatchObject({ queries: ["nezu", "nezu"] });
    expect(turns(log)[0]?.sources).toHaveLength(50);
    expect(log.size).toBeLessThan(MOST_TEXT);
  });

  it("touches its own row alone with each fragment", () => {
    const log = after(
      ...Array.from({ length: 2000 }, (_, id) => started(id, { ended: true, text: "said" })),
      started(2000),
    );
    const runs: number[] = [];
    let lists = 0;
    const stop = $effect.root(() => {
      $effect(() => {
        lists += log.entries.length > 0 ? 1 : 0;
      });
      for (const entry of log.entries) {
        $effect(() => {
          if (entry.kind === "turn") runs.push(entry.turn.id);
        });
      }
    });
    flushSync();
    expect([runs.length, lists]).toEqual([2001, 1]);
    [runs.length, lists] = [0, 0];
    for (let piece = 0; piece < 10; piece++) {
      log.take({ type: "turnText", id: 2000, delta: " more" });
      flushSync();
    }
    expect(runs).toEqual(Array(10).fill(2000));
    expect(lists).toBe(0);
    stop();
  });
});

describe("rows", () => {
  it("have each call before the first turn that began after it", () => {
    const log = new Log();
    log.fill({
      earlier: false,
      turns: [turn(1), turn(2)],
      tools: [call(1, { at: 5 }), call(2, { at: 15 }), call(3, { at: 99 })],
    });
    expect(keys(log)).toEqual(["call:1", "turn:1", "call:2", "turn:2", "call:3"]);
    expect(log.entries.map((entry) => log.indexOf(entry))).toEqual([0, 1, 2, 3, 4]);
  });

  it("stand as in a snapshot, however they came in", () => {
    for (let seed = 1; seed < 40; seed++) {
      const times = Array.from({ length: 30 }, (_, index) => Math.floor(index * 7 + ((seed * (index + 3) * 7919) % 5)));
      const all: UiEvent[] = times.map((at, index) =>
        (index * seed) % 3 === 0 ? { type: "tool", call: call(index, { at }) } : started(index, { at }),
      );
      const came = after(...all);
      const filled = new Log();
      filled.fill({ earlier: false, turns: turns(came), tools: came.calls.map((entry) => entry.call) });
      expect(keys(came)).toEqual(keys(filled));
      expect(came.entries.map(({ number }) => number)).toEqual(filled.entries.map(({ number }) => number));
      expect(came.heights.count).toBe(came.entries.length);
    }
  });

  it("are one for each call, whatever becomes of it, also when a server gives one id twice", () => {
    const log = after(
      { type: "tool", call: call(1) },
      { type: "tool", call: call(2) },
      { type: "tool", call: call(1, { state: "done", elapsedMs: 300 }) },
    );
    expect(log.calls.map((entry) => [entry.call.id, entry.call.state])).toEqual([
      ["id-1", "done"],
      ["id-2", "running"],
    ]);
    log.take({ type: "tool", call: call(3, { id: "id-2", state: "failed" }) });
    expect(log.calls.map((entry) => entry.call.state)).toEqual(["done", "running", "failed"]);
    log.fill({ earlier: false, turns: [turn(1), turn(1)], tools: [call(1), call(1)] });
    expect(keys(log)).toEqual(["call:1", "turn:1"]);
  });

  it("keep what was unfolded when everything comes anew", () => {
    const log = after(started(1), { type: "tool", call: call(1, { at: 99 }) });
    for (const entry of log.entries) {
      if (entry.kind === "call") entry.open = true;
      else entry.whole = true;
    }
    log.fill({ earlier: false, turns: [turn(1)], tools: [call(1, { at: 99 })] });
    expect(log.entries.map((entry) => (entry.kind === "call" ? entry.open : entry.whole))).toEqual([true, true]);
  });
});

describe("what is kept", () => {
  it("is bounded in text: the oldest go, and that is said", () => {
    const log = after(started(0));
    expect(log.earlier).toBe(false);
    for (let id = 1; id <= 40; id++) log.take(started(id, { text: "x".repeat(240_000), ended: true }));
    expect(log.size).toBeLessThanOrEqual(MOST_TEXT);
    expect(log.earlier).toBe(true);
    expect(turns(log).at(-1)?.id).toBe(40);
    expect(log.heights.count).toBe(log.entries.length);
    expect(log.entries.map((entry) => log.indexOf(entry))).toEqual(log.entries.map((_, index) => index));
    log.clear();
    expect([log.earlier, log.size, log.isEmpty]).toEqual([false, 0, true]);
  });

  it("is said to have lost its beginning when the backend's has", () => {
    const log = new Log();
    log.fill({ earlier: true, turns: [turn(9)], tools: [] });
    expect(log.earlier).toBe(true);
    log.fill({ earlier: false, turns: [turn(9)], tools: [] });
    expect(log.earlier).toBe(false);
  });

  it("is bounded in rows, and a long conversation's last ones are there", () => {
    const log = new Log();
    for (let id = 0; id < MOST_ROWS + 5000; id++) log.take(started(id, { text: "hi", ended: true }));
    for (let id = 0; id < MOST_ROWS + 5000; id++) log.take({ type: "tool", call: call(id, { at: 1e9 + id }) });
    expect(log.entries.length).toBeLessThanOrEqual(MOST_ROWS);
    expect(log.entries.at(-1)?.key).toBe(`call:${MOST_ROWS + 4999}`);
    expect(log.calls.length).toBe(log.entries.length);
  });

  it("is bounded in each row, in pieces or at once, and the newest row stays", () => {
    const log = after(started(1));
    for (let piece = 0; piece < 400; piece++) log.take({ type: "turnText", id: 1, delta: "y".repeat(1024) });
    expect(turns(log)[0]?.text).toHaveLength(MOST_ROW_TEXT);
    log.take({
      type: "tool",
      call: call(7, { args: "z".repeat(20_000_000), result: "z".repeat(20_000_000), at: 99 }),
    });
    expect(log.size).toBeLessThanOrEqual(MOST_TEXT);
    expect(log.entries.at(-1)?.key).toBe("call:7");
  });

  it("has no place for a call that changes after it went", () => {
    const log = after({ type: "tool", call: call(1) });
    for (let id = 1; id <= 40; id++) log.take(started(id, { text: "x".repeat(240_000), ended: true }));
    const before = keys(log);
    log.take({ type: "tool", call: call(1, { state: "done" }) });
    expect(keys(log)).toEqual(before);
  });
});

describe("calls without an answer", () => {
  const pending = (log: Log) => log.pending.map(({ call }) => `${call.number} ${call.state}`);

  it("are listed until they have one, and what was typed for them stays when everything comes anew", () => {
    const log = after(
      { type: "tool", call: call(1) },
      { type: "tool", call: call(2, { state: "answering" }) },
      { type: "tool", call: call(3, { state: "asking" }) },
      { type: "tool", call: call(1, { state: "done" }) },
    );
    expect(pending(log)).toEqual(["2 answering", "3 asking"]);
    log.pending[0]!.answer = "It is on its";
    const asking = call(3, { state: "asking" });
    log.fill({
      earlier: false,
      turns: [],
      tools: [call(1, { state: "done" }), call(2, { state: "answering" }), asking],
    });
    expect(pending(log)).toEqual(["2 answering", "3 asking"]);
    expect(log.pending[0]!.answer).toBe("It is on its");
    log.clear();
    expect(log.pending).toEqual([]);
  });
});

describe("a page that fell behind", () => {
  it("takes what changed, and keeps the rest with what the person unfolded", () => {
    const log = after(started(1, { text: "one" }), started(2, { text: "two" }), {
      type: "tool",
      call: call(1, { at: 21 }),
    });
    const first = log.entries[0]!;
    if (first.kind === "turn") first.whole = true;
    const changed = [turn(2, { text: "two and more", ended: true }), turn(3, { text: "three" })];
    log.catchUp({ turns: changed, tools: [call(1, { at: 21, state: "done" })], earlier: false });
    expect(turns(log).map(({ text }) => text)).toEqual(["one", "two and more", "three"]);
    expect(keys(log)).toEqual(["turn:1", "turn:2", "call:1", "turn:3"]);
    expect(log.entries[0]).toBe(first);
    expect(first.kind === "turn" && first.whole).toBe(true);
    expect(log.calls[0]!.call.state).toBe("done");
  });
});
