// @vitest-environment jsdom
import { tick } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { backend, conversation, emit, hide, one, press, show, test } from "../../dev/page";
import { NO_SETTINGS } from "../../state/state";

afterEach(hide);

describe("the deck", () => {
  it("starts and ends with one button", async () => {
    await show();
    test("start").click();
    emit({ type: "phase", phase: "listening" });
    expect(test("start").textContent).toBe("End");
    test("start").click();
    expect(backend.requests).toEqual(["start", "end"]);
  });

  it("takes the second click of a double click for none", async () => {
    await show();
    emit({ type: "phase", phase: "connecting" });
    test("start").dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 2 }));
    expect(backend.requests).toEqual([]);
  });

  it("holds to talk with the button, with Space on the page, and lets go when the window loses the focus", async () => {
    const byKey = { ...conversation, pushToTalk: true };
    await show({ phase: "listening", conversation: byKey });
    expect(document.activeElement).toBe(test("hold"));
    expect(test("phase").textContent).toContain("Push to talk");
    press(" ", test("hold"));
    test("hold").dispatchEvent(new KeyboardEvent("keyup", { key: " ", bubbles: true }));
    (document.activeElement as HTMLElement).blur();
    press(" ");
    emit({ type: "held", held: true });
    expect(test("phase").textContent).toContain("Listening");
    expect(test("hold").getAttribute("aria-pressed")).toBe("true");
    window.dispatchEvent(new Event("blur"));
    expect(backend.requests).toEqual(["hold true", "hold false", "hold true", "hold false"]);
    emit({ type: "muted", muted: true });
    press(" ");
    expect(backend.requests).toHaveLength(4);
  });

  it("starts with what is typed, and sends it once connected", async () => {
    await show();
    const field = test("composer") as HTMLInputElement;
    expect([field.disabled, field.placeholder]).toEqual([false, "Type to start…"]);
    field.value = "Hello";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    one<HTMLFormElement>("form.composer").requestSubmit();
    await vi.waitFor(() => expect(backend.requests).toEqual(["start"]));
    emit({ type: "phase", phase: "connecting" });
    expect(backend.requests).toEqual(["start"]);
    emit({ type: "phase", phase: "listening" });
    await vi.waitFor(() => expect(backend.requests).toEqual(["start", "sendText Hello"]));
  });

  it("gives back what was typed when nothing starts", async () => {
    await show();
    const field = test("composer") as HTMLInputElement;
    field.value = "Hello";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    one<HTMLFormElement>("form.composer").requestSubmit();
    emit({ type: "phase", phase: "connecting" });
    emit({ type: "phase", phase: "ended" });
    await vi.waitFor(() => expect(field.value).toBe("Hello"));
    expect(backend.requests).toEqual(["start"]);
  });

  it("Escape empties the field and never ends the conversation from there", async () => {
    await show({ phase: "listening" });
    const field = test("composer") as HTMLInputElement;
    field.focus();
    field.value = "not yet";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    press("Escape", field);
    await tick();
    expect([field.value, document.activeElement]).toEqual(["", field]);
    press("Escape", field);
    expect([document.activeElement, backend.requests]).toEqual([document.body, []]);
  });

  it("sends what is typed", async () => {
    await show();
    const field = test("composer") as HTMLInputElement;
    emit({ type: "phase", phase: "listening" });
    field.value = "  Tell me a joke ";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    one<HTMLFormElement>("form.composer").requestSubmit();
    expect(backend.requests).toEqual(["sendText Tell me a joke"]);
    await tick();
    expect(field.value).toBe("");
  });

  it("gives back what could not be sent", async () => {
    await show({ phase: "listening" });
    const field = test("composer") as HTMLInputElement;
    field.value = "kept";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    backend.refuse = new Error("full");
    one<HTMLFormElement>("form.composer").requestSubmit();
    await vi.waitFor(() => expect(field.value).toBe("kept"));
  });

  it("mutes, and says so by a word, a shape and its state", async () => {
    await show({ phase: "listening", conversation });
    const mute = one('[title="Mute (M)"]');
    mute.click();
    expect(backend.requests).toEqual(["setMuted true"]);
    emit({ type: "muted", muted: true });
    emit({ type: "phase", phase: "muted" });
    expect(mute.getAttribute("aria-pressed")).toBe("true");
    expect(one(".level-label.you").textContent).toContain("muted");
    expect(one('[data-testid="phase"] use').getAttribute("href")).toBe("#i-mic-off");
  });

  it("chooses a microphone at once", async () => {
    await show({ phase: "listening", conversation });
    const select = one<HTMLSelectElement>("#choose-microphone");
    select.value = "mic-1";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    expect(backend.requests).toEqual(['changeSettings {"microphone":"mic-1"}']);
  });

  it("shows both real levels", async () => {
    await show({ phase: "speaking", conversation, settings: { ...NO_SETTINGS, statistics: true } });
    emit({
      type: "levels",
      levels: { you: 0.25, youPeak: 0.3, gemini: 0.5, geminiPeak: 0.6, youDb: -45, geminiDb: -30 },
    });
    await vi.waitFor(() => expect(test("meter-speaker").getAttribute("aria-valuenow")).toBe("0.5"));
    expect(test("meter-microphone").getAttribute("aria-valuenow")).toBe("0.25");
    expect(document.querySelector<SVGElement>(".string.gemini .overtone")?.style.transform).toBe("scaleY(0.60)");
  });

  it("names the practice partner as what it is", async () => {
    await show({ phase: "listening", conversation: { ...conversation, partner: "practice" } });
    expect(test("partner").textContent).toBe("Practice, offline");
    expect(test("practice-note").textContent).toContain("not Gemini");
  });
});
