import { describe, expect, it } from "vitest";
import type { UiEnvelope } from "./bindings.gen";
import { follow } from "../state/sequence";
import { INITIAL } from "../state/state";
import { asUiError } from "./errors";
import { readPicture } from "./picture";

const phase = (seq: number): UiEnvelope => ({ seq, event: { type: "phase", phase: "ready" } });
const snapshot = (seq: number): UiEnvelope => ({
  seq,
  event: { type: "snapshot", snapshot: { ...INITIAL, turns: [], tools: [], earlier: false } },
});

describe("the order of events", () => {
  it("begins with a snapshot, wherever the numbers stand", () =>
    expect([follow(null, phase(4)), follow(null, snapshot(5)), follow(9, snapshot(3))]).toEqual([
      "drop",
      "apply",
      "apply",
    ]));
  it("goes on by one", () => expect(follow(5, phase(6))).toBe("apply"));
  it("is broken by a gap and by a step back", () =>
    expect([follow(5, phase(7)), follow(5, phase(5)), follow(5, phase(4))]).toEqual([
      "resubscribe",
      "resubscribe",
      "resubscribe",
    ]));
});

describe("a preview message", () => {
  it("is a time and a JPEG", async () => {
    const message = new ArrayBuffer(11);
    new DataView(message).setFloat64(0, 1234.5, true);
    new Uint8Array(message, 8).set([0xff, 0xd8, 0xff]);
    const picture = readPicture(message);
    expect(picture?.at).toBe(1234.5);
    expect([picture?.jpeg.size, picture?.jpeg.type]).toEqual([3, "image/jpeg"]);
  });
  it("without a picture is none", () => expect(readPicture(new ArrayBuffer(8))).toBeNull());
});

it("what was thrown keeps its words", () => {
  expect(asUiError("plain text")).toMatchObject({ code: "internal", detail: "plain text" });
  expect(asUiError({ code: "quota", severity: "warn", text: { id: "quota", args: {} } })).toMatchObject({
    code: "quota",
    hints: [],
    detail: null,
  });
});
