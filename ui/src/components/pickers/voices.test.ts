// @vitest-environment jsdom
// The list of voices, by mouse and by keyboard.
import { flushSync } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { backend, CHOICES, conversation, emit, hide, press, show, test } from "../../dev/page";
import type { Snapshot } from "../../ipc/bindings.gen";
import { NO_SETTINGS } from "../../state/state";

afterEach(hide);

const offered = {
  ...CHOICES,
  voices: [
    { name: "Puck", tone: "Upbeat" },
    { name: "Charon", tone: "Informative" },
    { name: "Kore", tone: "Firm" },
    { name: "Pulcherrima", tone: "Forward" },
  ],
};
const dialog = () => test("voices") as HTMLDialogElement;
const rows = () => [...document.querySelectorAll<HTMLElement>(".voice")];
const names = () => rows().map(({ dataset }) => dataset["voice"]);
/** The button in the middle of a voice's row is its sample, the last one its mark. */
const button = (voice: string, column: number) =>
  document.querySelectorAll<HTMLElement>(`[data-voice="${voice}"] button`)[column]!;
const focused = () => {
  const element = document.activeElement;
  const row = element?.closest<HTMLElement>(".voice");
  return [row?.dataset["voice"], [...(row?.querySelectorAll("button") ?? [])].indexOf(element as HTMLButtonElement)];
};
const key = (name: string) => {
  press(name, document.activeElement ?? undefined);
  flushSync();
};

async function open(snapshot: Partial<Snapshot> = {}): Promise<void> {
  await show({ settings: { ...NO_SETTINGS, voice: "Kore" }, ...snapshot }, offered);
  test("voice").focus();
  test("voice").click();
  await vi.waitFor(() => expect(dialog().open).toBe(true));
  flushSync();
}

describe("the list of voices", () => {
  it("opens at the chosen one, and a click chooses another and closes it", async () => {
    await open();
    expect(focused()).toEqual(["Kore", 0]);
    expect(rows().filter((row) => row.getAttribute("aria-selected") === "true")).toEqual([rows()[2]]);
    button("Charon", 0).click();
    expect([dialog().open, document.activeElement?.id]).toEqual([false, "choose-voice"]);
    expect(backend.requests).toEqual(['changeSettings {"voice":"Charon"}']);
    flushSync();
    expect(test("voice").textContent).toContain("Charon – Informative");
  });

  it("is one stop of the Tab key; arrows, ends and letters move in it", async () => {
    await open();
    expect(document.querySelectorAll('[role=grid] [tabindex="0"]')).toHaveLength(1);
    key("ArrowDown");
    expect(focused()).toEqual(["Pulcherrima", 0]);
    key("ArrowRight");
    key("ArrowUp");
    expect(focused()).toEqual(["Kore", 1]);
    expect(document.querySelectorAll('[role=grid] [tabindex="0"]')).toHaveLength(1);
    key("End");
    expect(focused()).toEqual(["Kore", 2]);
    key("p");
    expect(focused()).toEqual(["Pulcherrima", 0]);
    key("u");
    key("c");
    expect(focused()).toEqual(["Puck", 0]);
  });

  it("is searched by name and tone; Enter takes the first, the arrow leads into it", async () => {
    await open();
    const field = test("voices-search") as HTMLInputElement;
    const type = (text: string) => {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      flushSync();
    };
    type("up");
    expect(names()).toEqual(["Puck"]);
    type("nobody");
    expect([names().length, dialog().textContent.includes("No voice has these letters")]).toEqual([0, true]);
    type("for");
    expect(names()).toEqual(["Charon", "Pulcherrima"]);
    field.focus();
    key("ArrowDown");
    expect(focused()).toEqual(["Charon", 0]);
    field.focus();
    key("Enter");
    expect([backend.requests.at(-1), dialog().open]).toEqual(['changeSettings {"voice":"Charon"}', false]);
  });

  it("keeps favourites, which come first the next time and do not move under the pointer", async () => {
    await open();
    button("Pulcherrima", 2).click();
    flushSync();
    expect(backend.requests).toEqual(['changeSettings {"voice":"Kore","favouriteVoices":["Pulcherrima"]}']);
    expect(names()[3]).toBe("Pulcherrima");
    expect(button("Pulcherrima", 2).getAttribute("aria-pressed")).toBe("true");
    dialog().querySelector<HTMLElement>("header button")?.click();
    test("voice").click();
    await vi.waitFor(() => expect(dialog().open).toBe(true));
    flushSync();
    expect(names()).toEqual(["Pulcherrima", "Puck", "Charon", "Kore"]);
    button("Pulcherrima", 2).click();
    expect(backend.requests.at(-1)).toBe('changeSettings {"voice":"Kore"}');
  });

  it("plays a sample, stops it with the second click, and with the list", async () => {
    await open();
    button("Puck", 1).click();
    emit({ type: "voiceSample", sample: { is: "preparing", voice: "Puck", source: "imitation" } });
    emit({ type: "voiceSample", sample: { is: "playing", voice: "Puck", source: "imitation" } });
    expect(button("Puck", 1).getAttribute("aria-label")).toBe("Stop Puck");
    expect(test("sample-words").textContent).toContain("imitated");
    button("Puck", 1).click();
    expect(backend.requests).toEqual(["playVoiceSample Puck", "stopVoiceSample"]);
    dialog().close();
    expect(backend.requests).toEqual(["playVoiceSample Puck", "stopVoiceSample", "stopVoiceSample"]);
  });

  it("plays none during a conversation, and says so", async () => {
    await open({ phase: "speaking", conversation });
    expect((button("Puck", 1) as HTMLButtonElement).disabled).toBe(true);
    expect(dialog().textContent).toContain("Samples aren’t available during a conversation.");
  });
});
