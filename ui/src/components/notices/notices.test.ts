// @vitest-environment jsdom
import { flushSync } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { backend, conversation, emit, hide, one, session, show, test, turn } from "../../dev/page";
import type { UiError } from "../../ipc/bindings.gen";

afterEach(hide);

describe("a notice", () => {
  const refused: UiError = {
    code: "keyRefused",
    severity: "danger",
    text: { id: "key-refused", args: {} },
    hints: ["enterKey", "getKey", "practice"],
    detail: "1007: API key expired",
  };

  it("says what, why and the way out, and its own words under Details", async () => {
    await show({ notices: [refused] });
    const shown = test("notice");
    expect([...shown.querySelectorAll(".actions button")].map((button) => button.textContent)).toEqual([
      "Replace API key",
      "Get API key",
      "Practice offline",
    ]);
    expect(shown.querySelector("details")?.textContent).toContain("1007: API key expired");
  });

  it("leads to the key's field", async () => {
    await show({ notices: [refused] });
    one('[data-hint="enterKey"]').click();
    await vi.waitFor(() => expect(document.activeElement?.id).toBe("settings-key"));
  });

  it("starts a practice conversation and is done with", async () => {
    await show({ notices: [refused] });
    one('[data-hint="practice"]').click();
    await vi.waitFor(() => expect(backend.requests).toEqual(['changeSettings {"endpoint":"practice"}', "start"]));
    flushSync();
    expect(document.querySelector('[data-testid="notice"]')).toBeNull();
  });

  it("of a model that is gone takes the suggested one and starts again", async () => {
    await show({
      phase: "ended",
      notices: [
        { ...refused, code: "model", hints: ["useModel", "chooseModel"], suggestion: { id: "live", label: "Live" } },
      ],
    });
    const button = one('[data-hint="useModel"]');
    expect(button.textContent).toBe("Use Live");
    button.click();
    await vi.waitFor(() => expect(backend.requests).toEqual(['changeSettings {"model":"live"}', "start"]));
  });

  it.each<[string, UiError["code"], UiError["hints"][number], string]>([
    ["no-answer-yet", "noAnswer", "askAgain", "Ask again"],
    ["off-track-answer", "offTrack", "startFresh", "Start fresh, keep the transcript"],
  ])("%s is helped with one click, and the transcript stays", async (id, code, hint, words) => {
    const turns = [turn(1, "What is two and two?")];
    const notice: UiError = { code, severity: "warn", text: { id, args: {} }, hints: [hint], detail: null };
    await show({ phase: "listening", conversation, turns, notices: [notice] });
    const button = one(`[data-hint="${hint}"]`);
    expect(button.textContent).toBe(words);
    button.click();
    await vi.waitFor(() => expect(backend.requests).toEqual([hint]));
    flushSync();
    expect(document.querySelector('[data-testid="notice"]')).toBeNull();
    expect(document.body.textContent).toContain("What is two and two?");
  });

  it("that something was saved shows it in its folder, and that it was not saves again", async () => {
    const saved: UiError = { ...refused, code: "saved", severity: "info", text: { id: "saved", args: {} } };
    await show({ notices: [{ ...saved, hints: ["showInFolder"] }], spoken: [{ turn: 1, ms: 900 }] });
    expect(one('[data-hint="showInFolder"]').textContent).toBe("Show in folder");
    one('[data-hint="showInFolder"]').click();
    await vi.waitFor(() => expect(backend.requests).toEqual(["showSaved"]));
    await session.saveSound(1);
    emit({ type: "notice", notice: { ...saved, code: "notSaved", severity: "danger" } });
    one('[data-hint="saveAgain"]').click();
    await vi.waitFor(() => expect(backend.requests).toEqual(["showSaved", "saveSound 1", "saveSound 1"]));
  });

  it("of several shows the worst and counts the rest", async () => {
    const info: UiError = { ...refused, code: "saved", severity: "info", text: { id: "saved", args: {} } };
    const warn: UiError = { ...refused, code: "talkKey", severity: "warn", text: { id: "talk-key", args: {} } };
    await show({ notices: [info, refused, warn] });
    const codes = () => [...document.querySelectorAll<HTMLElement>(".notice")].map(({ dataset }) => dataset["code"]);
    expect([codes(), test("notices-more").textContent]).toEqual([["keyRefused"], "2 more"]);
    test("notices-more").click();
    flushSync();
    expect(codes()).toEqual(["keyRefused", "talkKey", "saved"]);
  });

  it("that goes hands the focus on, never to the page or to End", async () => {
    const other: UiError = { ...refused, code: "talkKey", severity: "warn", text: { id: "talk-key", args: {} } };
    await show({ phase: "listening", conversation, notices: [refused, other] });
    one('[aria-label="Dismiss"]').focus();
    one('[aria-label="Dismiss"]').click();
    flushSync();
    expect(document.activeElement).toBe(one('[data-code="talkKey"] .dismiss'));
    emit({ type: "noticeGone", code: "talkKey" });
    expect(document.activeElement).toBe(test("composer"));
  });

  it("can be dismissed", async () => {
    await show({ notices: [refused] });
    one('[aria-label="Dismiss"]').click();
    flushSync();
    expect(document.querySelector('[data-testid="notice"]')).toBeNull();
  });
});

describe("a broken line", () => {
  it("is a word, a shape and a banner with a countdown and what is kept; typing goes on", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval"] });
    try {
      await show({ phase: "listening", conversation });
      expect(document.querySelector('[data-testid="reconnecting"]')).toBeNull();
      emit({ type: "phase", phase: "reconnecting" });
      emit({
        type: "connection",
        connection: {
          attempt: 2,
          retryAt: Date.now() + 4000,
          keptMs: 4200,
          reason: "The connection broke: no reason given",
        },
      });
      expect(test("phase").textContent).toContain("Reconnecting");
      expect(one('[data-testid="phase"] use').getAttribute("href")).toBe("#i-p-reconnecting");
      expect(document.querySelector("#i-p-reconnecting")).not.toBeNull();
      const words = () => one(".banner p").textContent.replaceAll(/\s+/g, " ").trim();
      expect(words()).toBe(
        "Connection lost. Retrying in 4 s (attempt 2). 4.2 s of your speech will be sent when you’re reconnected.",
      );
      vi.advanceTimersByTime(3250);
      flushSync();
      expect(words()).toContain("Retrying in 1 s");
      expect(Math.round(one<HTMLProgressElement>(".banner progress").value * 10)).toBe(8);
      emit({
        type: "connection",
        connection: { attempt: 2, retryAt: null, keptMs: 7100, reason: "The connection broke: no reason given" },
      });
      expect(words()).toContain("Retrying… (attempt 2) 7.1 s of your speech");
      expect(document.querySelector(".banner progress")).toBeNull();
      expect(one(".banner details").textContent).toContain("no reason given");
      expect((test("composer") as HTMLInputElement).disabled).toBe(false);
      expect(test("reconnecting").querySelector("button")).toBeNull();
      emit({ type: "connection", connection: null });
      emit({ type: "phase", phase: "listening" });
      expect(document.querySelector('[data-testid="reconnecting"]')).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  it("that is back says what was kept, without alarm", async () => {
    await show({
      phase: "listening",
      conversation,
      notices: [
        {
          code: "resumed",
          severity: "info",
          text: { id: "resumed", args: {} },
          hints: [],
          detail: null,
        },
      ],
    });
    expect(test("notice").className).toContain("is-info");
    expect(test("notice").querySelector("use")?.getAttribute("href")).toBe("#i-check");
  });
});
