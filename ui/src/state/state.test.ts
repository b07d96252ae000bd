import { describe, expect, it } from "vitest";
import type { Snapshot, UiError, UiEvent } from "../ipc/bindings.gen";
import { INITIAL, isOpen, isRunning, NO_SETTINGS, reduce, type State } from "./state";

const notice = (more: Partial<UiError>): UiError => ({
  code: "network",
  severity: "danger",
  text: { id: "network", args: {} },
  hints: [],
  detail: null,
  ...more,
});
const snapshot = (more: Partial<Snapshot>): UiEvent => ({
  type: "snapshot",
  snapshot: { ...INITIAL, turns: [], tools: [], earlier: false, ...more },
});
const after = (...events: UiEvent[]): State => events.reduce(reduce, INITIAL);

describe("a snapshot", () => {
  it("replaces everything", () => {
    const state = after({ type: "muted", muted: true }, snapshot({ phase: "listening" }));
    expect(state).toMatchObject({ known: true, phase: "listening", muted: false });
    expect(state).not.toHaveProperty("turns");
  });

  it("fills in the settings that the wire leaves out", () => {
    const state = after(snapshot({ settings: { voice: "Kore" } as Snapshot["settings"] }));
    expect(state.settings).toEqual({ ...NO_SETTINGS, voice: "Kore" });
  });

  it("knows what the conversation runs with, whole", () => {
    const state = after(snapshot({ phase: "listening", applied: { voice: "Kore" } as Snapshot["settings"] }), {
      type: "settings",
      settings: { ...NO_SETTINGS, voice: "Puck" },
    });
    expect(state.applied).toEqual({ ...NO_SETTINGS, voice: "Kore" });
    const applied = { voice: "Puck" } as Snapshot["settings"];
    expect(reduce(state, { type: "applied", settings: applied }).applied).toEqual({ ...NO_SETTINGS, voice: "Puck" });
  });
});

it("a notice replaces the one of its code in its place, and goes when it is over", () => {
  const two: UiEvent[] = [
    { type: "notice", notice: notice({ code: "network", text: { id: "first", args: {} } }) },
    { type: "notice", notice: notice({ code: "quota", text: { id: "other", args: {} } }) },
    { type: "notice", notice: notice({ code: "network", text: { id: "second", args: {} } }) },
  ];
  expect(after(...two).notices.map(({ text }) => text.id)).toEqual(["second", "other"]);
  expect(after(...two, { type: "noticeGone", code: "network" }).notices.map(({ text }) => text.id)).toEqual(["other"]);
});

it("a broken line stands until it is back, and is no end of the conversation", () => {
  const connection = { attempt: 2, retryAt: 9000, keptMs: 4200, reason: "The connection broke: no reason given" };
  const broken = after(
    { type: "phase", phase: "listening" },
    { type: "phase", phase: "reconnecting" },
    { type: "connection", connection },
  );
  expect([broken.connection, isRunning(broken.phase), isOpen(broken.phase)]).toEqual([connection, true, true]);
  expect(reduce(broken, { type: "connection", connection: null }).connection).toBeNull();
});

it("no event changes the state that it was given, and one of another version changes nothing", () => {
  const before = after({ type: "notice", notice: notice({}) }, { type: "phase", phase: "listening" });
  const copy = structuredClone(before);
  for (const event of [
    { type: "notice", notice: notice({ text: { id: "other", args: {} } }) },
    { type: "noticeGone", code: "network" },
    { type: "muted", muted: true },
    {
      type: "connection",
      connection: { attempt: 1, retryAt: null, keptMs: 0, reason: "The connection broke: no reason given" },
    },
  ] satisfies UiEvent[]) {
    expect(reduce(before, event)).not.toBe(before);
  }
  expect(reduce(before, { type: "smell", of: "burnt toast" } as unknown as UiEvent)).toBe(before);
  expect(before).toEqual(copy);
});
