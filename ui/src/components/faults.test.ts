// @vitest-environment jsdom
// What goes wrong in the page, or is said wrongly by it.
import { flushSync } from "svelte";
import { afterEach, describe, expect, it } from "vitest";
import { backend, conversation, emit, hide, one, press, CHOICES, session, show, test, turn } from "../dev/page";
import type { UiError, UiEvent } from "../ipc/bindings.gen";
import { NO_SETTINGS } from "../state/state";

afterEach(hide);

describe("an error of the page", () => {
  const broken = (event: unknown) => emit(event as UiEvent);

  it("in one event is a notice, and the next events and End go on", async () => {
    await show({ phase: "listening", conversation });
    broken({ type: "turnStarted", turn: null });
    broken(null);
    broken({ type: "tool", call: 5 });
    expect(test("notice").dataset["code"]).toBe("internal");
    broken({ type: "smell", of: "burnt toast" });
    emit({ type: "phase", phase: "speaking" });
    expect(test("phase").textContent).toContain("Speaking");
    test("start").click();
    expect(backend.requests).toEqual(["end"]);
    expect(backend.subscriptions).toBe(1);
  });

  it("in drawing one part leaves the others, End above all, and the part can be drawn again", async () => {
    await show({ phase: "listening", conversation: { ...conversation, partner: "practice" } });
    broken({ type: "speechAssets", speechAssets: null });
    expect(test("part-failed").textContent).toContain("stopped working");
    expect(test("notice").dataset["code"]).toBe("internal");
    press("m");
    test("start").click();
    expect(backend.requests).toEqual(["setMuted true", "end"]);
    emit({
      type: "speechAssets",
      speechAssets: { voice: "ready", hearing: "ready", recogniser: "ready", missingBytes: 0, fetch: { is: "idle" } },
    });
    one('[data-testid="part-failed"] button').click();
    flushSync();
    expect(document.querySelector('[data-testid="part-failed"]')).toBeNull();
    expect(document.querySelector('[data-testid="transcript"]')).not.toBeNull();
  });

  it("is no impossible time", async () => {
    await show({
      phase: "listening",
      conversation,
      turns: [turn(1, "When?", { at: Number.NaN }), turn(2, "Then.", { at: 9e18 })],
    });
    expect(document.querySelectorAll('[data-testid="turn"]')).toHaveLength(2);
    expect(document.querySelector('[data-testid="part-failed"]')).toBeNull();
  });
});

describe("lists with the same thing twice", () => {
  it("are drawn: devices, models, voices, notices, hints and calls without a name", async () => {
    const twice = <T>(value: T): T[] => [value, { ...value }];
    const same: UiError = {
      code: "file",
      severity: "warn",
      text: { id: "file", args: { file: "Twice" } },
      hints: ["tryAgain", "tryAgain"],
      detail: null,
    };
    await show({
      phase: "listening",
      conversation,
      notices: [same, same, { ...same, text: { id: "file", args: { file: "Another" } } }],
    });
    backend.offered = {
      ...CHOICES,
      models: CHOICES.models.flatMap(twice),
      voices: CHOICES.voices.flatMap(twice),
      microphones: [
        ...CHOICES.microphones.flatMap(twice),
        { id: "mic-2", name: "AppMic", isDefault: false },
        { id: "", name: "Nameless", isDefault: false },
      ],
    };
    await session.refreshChoices();
    flushSync();
    expect([...document.querySelectorAll("#choose-microphone option")].map((option) => option.textContent)).toEqual([
      "System default",
      "AppMic",
      "AppMic (2)",
    ]);
    test("notices-more").click();
    flushSync();
    expect([...document.querySelectorAll('[data-testid="notice"] h2')].map((title) => title.textContent)).toEqual([
      "Another can’t be used",
      "Twice can’t be used",
    ]);
    expect(document.querySelector('[data-testid="part-failed"]')).toBeNull();
  });
});

describe("words", () => {
  it("over the button that ends are not those of the one that started", async () => {
    await show();
    expect(test("start").hasAttribute("title")).toBe(false);
    test("start").click();
    emit({ type: "phase", phase: "connecting" });
    expect([
      test("start").hasAttribute("title"),
      test("start").textContent,
      test("start").getAttribute("aria-keyshortcuts"),
    ]).toEqual([false, "End", "Escape"]);
  });

  it("say that you are heard only when you are", async () => {
    const stage = () => one(".stage-words").textContent;
    await show({ phase: "listening", conversation });
    expect(stage()).toContain("Your microphone is on");
    emit({ type: "conversation", conversation: { ...conversation, microphone: null } });
    expect(stage()).not.toContain("microphone is on");
    expect(stage()).toContain("No microphone");
    emit({ type: "conversation", conversation: { ...conversation, microphone: null, pushToTalk: true } });
    expect(stage()).not.toContain("Hold Space");
    emit({ type: "conversation", conversation: { ...conversation, pushToTalk: true } });
    expect(stage()).toContain("Hold Space to talk");
    expect(stage()).not.toContain("microphone is on");
    emit({ type: "muted", muted: true });
    emit({ type: "phase", phase: "muted" });
    expect(stage()).toContain("You’re muted");
    expect(stage()).not.toContain("microphone is on");
  });

  it("of the held button say what becomes of it while it still connects", async () => {
    await show({ phase: "connecting", conversation: { ...conversation, startedAt: null, pushToTalk: true } });
    press(" ", test("hold"));
    expect(backend.requests).toEqual(["hold true"]);
    emit({ type: "held", held: true });
    expect(test("hold").textContent).toBe("Sent once connected");
    emit({ type: "phase", phase: "listening" });
    expect(test("hold").textContent).toBe("Release to send");
  });

  it("name no partner that is not there", async () => {
    for (const partner of ["practice", "custom"] as const) {
      for (const phase of ["connecting", "listening", "speaking", "reconnecting", "ended"] as const) {
        await show({
          phase,
          conversation: { ...conversation, partner },
          settings: { ...NO_SETTINGS, endpoint: partner === "custom" ? "ws://a.example/" : "practice" },
        });
        const words = one(".app").textContent.replace("not Gemini", "");
        expect(words).not.toContain("Gemini");
      }
    }
  });
});

describe("a link", () => {
  it("can't be opened from a menu, dragged, or opened beside the row's own way", async () => {
    await show({
      phase: "listening",
      conversation,
      turns: [
        turn(1, "At five.", {
          sources: [
            { title: "Hours", uri: "https://nezu.example/h" },
            { title: "Odd", uri: "https://user@nezu.example/" },
            { title: "Root", uri: "https:///etc/passwd" },
          ],
        }),
      ],
    });
    const links = [...document.querySelectorAll<HTMLAnchorElement>(".sources a")];
    expect(links.map(({ textContent }) => textContent)).toEqual(["Hours"]);
    for (const kind of ["contextmenu", "dragstart", "auxclick", "click"]) {
      const event = new MouseEvent(kind, { bubbles: true, cancelable: true });
      links[0]?.dispatchEvent(event);
      expect([kind, event.defaultPrevented]).toEqual([kind, true]);
    }
    expect(backend.requests).toEqual(["open https://nezu.example/h", "open https://nezu.example/h"]);
  });
});
