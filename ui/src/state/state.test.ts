import { describe, expect, it } from "vitest";
import type { ConversationInfo, Snapshot, ToolCall, Turn, UiError, UiEvent } from "../ipc/bindings.gen";
import { INITIAL, isOpen, isRunning, NO_SETTINGS, reduce, type State } from "./state";

const turn = (id: number, more: Partial<Turn> = {}): Turn => ({ id, speaker: "gemini", at: id, text: "", typed: false, ended: false, heardTo: null, sources: [], queries: [], ...more });
const call = (id: string, more: Partial<ToolCall> = {}): ToolCall => ({ id, name: "get_weather", args: "{}", state: "running", at: 1, elapsedMs: null, result: null, ...more });
const notice = (more: Partial<UiError>): UiError => ({ code: "network", severity: "danger", message: "", explanation: "", hints: [], detail: null, ...more });
const info = (more: Partial<ConversationInfo> = {}): ConversationInfo => ({ startedAt: null, endedAt: null, partner: "gemini", model: "m", voice: "v", pushToTalk: false, microphone: null, speaker: null, ...more });
const snapshot = (more: Partial<Snapshot>): UiEvent => ({ type: "snapshot", snapshot: { ...INITIAL, ...more } });
const after = (...events: UiEvent[]): State => events.reduce(reduce, INITIAL);

describe("a snapshot", () => {
  it("replaces everything", () => {
    const state = after({ type: "turnStarted", turn: turn(1) }, snapshot({ phase: "listening", turns: [turn(7, { text: "kept" })] }));
    expect(state).toMatchObject({ known: true, phase: "listening" });
    expect(state.turns.map(({ id }) => id)).toEqual([7]);
  });

  it("fills in the settings that the wire leaves out", () => {
    const state = after(snapshot({ settings: { voice: "Kore" } as Snapshot["settings"] }));
    expect(state.settings).toEqual({ ...NO_SETTINGS, voice: "Kore" });
  });

  it("in the middle of a conversation keeps what that began with", () => {
    const began = { ...NO_SETTINGS, voice: "Kore" };
    const state = after(
      snapshot({ settings: began }),
      { type: "phase", phase: "connecting" },
      { type: "settings", settings: { ...began, voice: "Puck" } },
      snapshot({ phase: "listening", settings: { ...began, voice: "Puck" } }),
    );
    expect(state.startedWith?.voice).toBe("Kore");
  });
});

describe("a turn", () => {
  it("grows by its deltas, verbatim and only by its own", () => {
    const state = after(
      { type: "turnStarted", turn: turn(1) },
      { type: "turnStarted", turn: turn(2, { speaker: "you" }) },
      { type: "turnText", id: 1, delta: "It is" },
      { type: "turnText", id: 2, delta: "Wait" },
      { type: "turnText", id: 1, delta: " nineteen " },
      { type: "turnText", id: 9, delta: "of nobody" },
    );
    expect(state.turns.map(({ text }) => text)).toEqual(["It is nineteen ", "Wait"]);
    expect(state.finished).toBeNull();
  });

  it("that was cut off keeps where, and is announced as the one that ended", () => {
    const state = after({ type: "turnStarted", turn: turn(1, { text: "one two three" }) }, { type: "turnEnded", id: 1, heardTo: 7 });
    expect(state.turns[0]).toMatchObject({ ended: true, heardTo: 7 });
    expect(state.finished?.id).toBe(1);
  });

  it("that comes again replaces itself", () => {
    const state = after({ type: "turnStarted", turn: turn(1, { text: "a" }) }, { type: "turnStarted", turn: turn(1, { text: "b" }) });
    expect(state.turns.map(({ text }) => text)).toEqual(["b"]);
  });

  it("that is said again after the line broke begins again from empty, in its place", () => {
    const state = after({ type: "turnStarted", turn: turn(1, { text: "half a sen" }) }, { type: "turnStarted", turn: turn(2, { speaker: "you", text: "yes" }) }, { type: "turnReset", id: 1 }, { type: "turnText", id: 1, delta: "A whole one." });
    expect(state.turns.map(({ id, text }) => [id, text])).toEqual([[1, "A whole one."], [2, "yes"]]);
  });

  it("gets its sources", () => {
    const sources = [{ title: "Hours", uri: "https://nezu-muse.or.jp/" }];
    const state = after({ type: "turnStarted", turn: turn(1) }, { type: "turnSources", id: 1, sources, queries: ["nezu"] });
    expect(state.turns[0]).toMatchObject({ sources, queries: ["nezu"] });
  });
});

it("a tool call is one row, whatever becomes of it", () => {
  const state = after({ type: "tool", call: call("a") }, { type: "tool", call: call("b") }, { type: "tool", call: call("a", { state: "done", elapsedMs: 300 }) });
  expect(state.tools.map(({ id, state: at }) => [id, at])).toEqual([["a", "done"], ["b", "running"]]);
});

it("a notice replaces the one of its code in its place, and goes when it is over", () => {
  const two: UiEvent[] = [
    { type: "notice", notice: notice({ code: "network", message: "first" }) },
    { type: "notice", notice: notice({ code: "quota", message: "other" }) },
    { type: "notice", notice: notice({ code: "network", message: "second" }) },
  ];
  expect(after(...two).notices.map(({ message }) => message)).toEqual(["second", "other"]);
  expect(after(...two, { type: "noticeGone", code: "network" }).notices.map(({ message }) => message)).toEqual(["other"]);
});

describe("a conversation", () => {
  const old: UiEvent[] = [
    { type: "turnStarted", turn: turn(1, { text: "old" }) },
    { type: "tool", call: call("a") },
    { type: "conversation", conversation: info({ startedAt: 1, endedAt: 2 }) },
  ];

  it("keeps its transcript when it is over", () => {
    expect(after(...old, { type: "phase", phase: "ended" }).turns).toHaveLength(1);
  });

  it("begins with an empty transcript", () => {
    const state = after(...old, { type: "conversation", conversation: info() });
    expect([state.turns, state.tools]).toEqual([[], []]);
  });

  it("keeps its rows when its session becomes ready or a device changes", () => {
    const state = after({ type: "conversation", conversation: info() }, { type: "turnStarted", turn: turn(1) }, { type: "conversation", conversation: info({ startedAt: 5 }) });
    expect(state.turns).toHaveLength(1);
  });

  it("remembers its settings while it runs and forgets them after", () => {
    const running = after({ type: "settings", settings: { ...NO_SETTINGS, voice: "Kore" } }, { type: "phase", phase: "connecting" }, { type: "phase", phase: "listening" });
    expect(running.startedWith?.voice).toBe("Kore");
    expect(reduce(running, { type: "phase", phase: "ended" }).startedWith).toBeNull();
  });
});

it("a broken line stands until it is back, and is no end of the conversation", () => {
  const connection = { attempt: 2, retryAt: 9000, keptMs: 4200, reason: "The connection broke: no reason given" };
  const broken = after({ type: "settings", settings: { ...NO_SETTINGS, voice: "Kore" } }, { type: "phase", phase: "listening" }, { type: "phase", phase: "reconnecting" }, { type: "connection", connection });
  expect([broken.connection, broken.startedWith?.voice, isRunning(broken.phase), isOpen(broken.phase)]).toEqual([connection, "Kore", true, true]);
  expect(reduce(broken, { type: "connection", connection: null }).connection).toBeNull();
});

it("no event changes the state that it was given", () => {
  const before = after({ type: "turnStarted", turn: turn(1) }, { type: "tool", call: call("a") });
  const copy = structuredClone(before);
  for (const event of [
    { type: "turnText", id: 1, delta: "x" },
    { type: "tool", call: call("a", { state: "failed" }) },
    { type: "notice", notice: notice({}) },
    { type: "turnEnded", id: 1, heardTo: 1 },
    { type: "turnReset", id: 1 },
    { type: "connection", connection: { attempt: 1, retryAt: null, keptMs: 0, reason: "The connection broke: no reason given" } },
  ] satisfies UiEvent[]) {
    reduce(before, event);
  }
  expect(before).toEqual(copy);
});
