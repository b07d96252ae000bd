// @vitest-environment jsdom
import { flushSync } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import { CHOICES } from "../../dev/choices";
import { backend, hide, one, openSettings, session, show as showWindow } from "../../dev/page";
import type { Snapshot, SpeakerCheck } from "../../ipc/bindings.gen";
import { NO_SETTINGS } from "../../state/state";

const check = (check: SpeakerCheck) => {
  backend.emit({ type: "speakerCheck", check });
  flushSync();
};

const show = (snapshot: Partial<Snapshot> = {}) => showWindow(snapshot, CHOICES);

afterEach(hide);

it("the speaker check is offered once, runs, can be stopped and says what it found", async () => {
  await show();
  const offer = () => document.querySelector<HTMLElement>('[data-testid="speaker-offer"]');
  const button = () => one<HTMLButtonElement>("#offer-speaker-check");
  const first = button();
  first.click();
  await vi.waitFor(() => expect(backend.requests).toEqual(["checkSpeaker"]));
  check({ is: "running", done: null });
  expect(one(".offer").textContent).toContain("Turning on devices");
  check({ is: "running", done: 0.5 });
  expect(one<HTMLProgressElement>(".offer progress").value).toBe(0.5);
  expect([button() === first, first.textContent]).toEqual([true, "Cancel"]);
  first.click();
  await vi.waitFor(() => expect(backend.requests.at(-1)).toBe("cancelSpeakerCheck"));
  check({ is: "done", microphone: "Yeti", speaker: "Studio", verdict: "good", delayMs: 92, suppressionDb: 34.6 });
  expect(one('[data-testid="speaker-verdict"]').textContent).toContain("Speakers work well");
  expect(one('[data-testid="speaker-verdict"]').textContent).toContain("92 ms");
  await vi.waitFor(() => expect(backend.requests.at(-1)).toBe('changeSettings {"speakerChecked":true}'));
  expect(offer()).not.toBeNull();
  [...offer()!.querySelectorAll("button")].at(-1)!.click();
  flushSync();
  expect(offer()).toBeNull();
});

it("in a conversation nothing can be checked, and the reason stands there", async () => {
  await show({ phase: "listening" });
  await openSettings();
  const button = one<HTMLButtonElement>("#settings-speaker-check");
  expect(button.disabled).toBe(true);
  expect(one(`#${button.getAttribute("aria-describedby")}`).textContent).toContain(
    "Not available during a conversation",
  );
});

it("the volume is heard while it moves and kept when it is let go", async () => {
  await show({ phase: "listening" });
  await openSettings();
  const slider = one<HTMLInputElement>("#settings-volume");
  expect([slider.value, slider.getAttribute("aria-valuetext")]).toEqual(["100", "100 %"]);
  slider.value = "40";
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  flushSync();
  expect(slider.getAttribute("aria-valuetext")).toBe("40 %");
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  await vi.waitFor(() => expect(backend.requests).toEqual(["setVolume 40", 'changeSettings {"volume":40}']));
  expect(slider.value).toBe("40");
});

it("what notices turns can't be changed under push to talk, and says why", async () => {
  await show({ settings: { ...NO_SETTINGS, pushToTalk: true, silenceMs: 1200 } });
  await openSettings();
  for (const id of ["settings-start", "settings-end", "settings-silence"]) {
    expect(one<HTMLInputElement>(`#${id}`).disabled, id).toBe(true);
    expect(one(`#${id}-hint`).textContent, id).toContain("push to talk");
  }
  backend.emit({ type: "settings", settings: NO_SETTINGS });
  flushSync();
  expect(one<HTMLInputElement>("#settings-silence").disabled).toBe(false);
});

it("devices that come or go are listed anew", async () => {
  await show({ phase: "listening" });
  backend.offered = {
    ...CHOICES,
    speakers: [...CHOICES.speakers, { id: "pulseaudio:buds", name: "Buds", isDefault: false }],
  };
  backend.emit({ type: "deviceList" });
  await vi.waitFor(() => expect(session.choices.speakers.map(({ name }) => name)).toContain("Buds"));
});
