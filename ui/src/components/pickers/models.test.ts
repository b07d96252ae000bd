// @vitest-environment jsdom
// The list of models, by mouse and by keyboard.
import { flushSync } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { modelOf } from "../../dev/models";
import { backend, CHOICES, hide, one, press, show, test } from "../../dev/page";
import type { Snapshot } from "../../ipc/bindings.gen";
import { NO_SETTINGS } from "../../state/state";

afterEach(hide);

const dialog = () => test("models") as HTMLDialogElement;
const options = () => [...document.querySelectorAll<HTMLElement>("[role=option]")];
const key = (name: string) => {
  press(name, document.activeElement ?? undefined);
  flushSync();
};

async function open(snapshot: Partial<Snapshot> = {}): Promise<void> {
  await show({ key: "keyring", ...snapshot });
  test("model").focus();
  test("model").click();
  await vi.waitFor(() => expect(dialog().open).toBe(true));
  flushSync();
}
const type = (text: string) => {
  const field = one<HTMLInputElement>("#models-id");
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  flushSync();
  field.form?.requestSubmit();
  flushSync();
};

describe("the list of models", () => {
  it("opens at the chosen one, and a click chooses another and closes it", async () => {
    await open();
    expect(document.activeElement).toBe(options()[0]);
    expect(options().map((option) => option.getAttribute("aria-selected"))).toEqual(["true", "false"]);
    options()[1]!.click();
    flushSync();
    expect([dialog().open, document.activeElement?.id]).toEqual([false, "choose-model"]);
    expect(backend.requests).toEqual(['changeSettings {"model":"thinker"}']);
    expect(test("model").textContent).toContain("Thinker");
  });

  it("is moved in by arrows and letters and chosen from by Enter and Space", async () => {
    await open();
    key("ArrowDown");
    expect(document.activeElement).toBe(options()[1]);
    expect(document.querySelectorAll('[role=option][tabindex="0"]')).toHaveLength(1);
    key("l");
    expect(document.activeElement).toBe(options()[0]);
    key("End");
    key(" ");
    expect([dialog().open, backend.requests.at(-1)]).toEqual([false, 'changeSettings {"model":"thinker"}']);
  });

  it("takes any other model by its ID, however it was pasted, and shows it the next time", async () => {
    await open();
    type(" models/gemini-9 ");
    expect(backend.requests).toEqual(['changeSettings {"model":"gemini-9"}']);
    expect(test("model").textContent).toContain("gemini-9");
    test("model").click();
    await vi.waitFor(() => expect(dialog().open).toBe(true));
    flushSync();
    expect(one<HTMLInputElement>("#models-id").value).toBe("gemini-9");
  });

  it("asks which models the account has and takes the answer in", async () => {
    await open();
    const [live, thinker] = CHOICES.models;
    const found = modelOf("gemini-9", "Gemini 9", { state: "unlisted", served: true, abilities: [] });
    backend.offered = {
      ...CHOICES,
      modelsAskedAt: Date.UTC(2026, 10, 23, 12),
      models: [{ ...live!, served: true }, { ...thinker!, served: false }, found],
    };
    test("refresh-models").click();
    await vi.waitFor(() => expect(one("#models-asked").textContent).toContain("2 available, as of"));
    flushSync();
    expect(options().map((option) => option.querySelector("p")?.textContent.replace(/\s+/g, " ").trim())).toEqual([
      "Live live",
      "Thinker thinker Not in your account",
      "Gemini 9 gemini-9 Not in Vivavoce’s list",
    ]);
    expect(backend.requests).toEqual(["refreshModels"]);
  });

  it("is what a notice about the model opens", async () => {
    await show({
      key: "keyring",
      settings: { ...NO_SETTINGS },
      notices: [
        {
          code: "model",
          severity: "danger",
          text: { id: "model-unnamed", args: {} },
          hints: ["chooseModel"],
          detail: null,
        },
      ],
    });
    one('[data-hint="chooseModel"]').click();
    await vi.waitFor(() => expect(dialog().open).toBe(true));
  });
});
