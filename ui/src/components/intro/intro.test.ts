// @vitest-environment jsdom
import { flushSync } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import { CHOICES } from "../../dev/choices";
import { backend, emit, hide, one, press, show, test } from "../../dev/page";
import { NO_SETTINGS } from "../../state/state";

afterEach(hide);
const dialog = () => test("intro") as HTMLDialogElement;
const opens = () => vi.waitFor(() => expect(dialog().open).toBe(true));
const step = () => one(".step.now .step-name").textContent;

it("the first steps lead from what is sent to the camera, and come once", async () => {
  await show({}, CHOICES, true);
  await opens();
  const seen = [step()];
  for (let more = 0; more < 3; more++) {
    test("intro-next").click();
    flushSync();
    seen.push(step());
  }
  expect(seen).toEqual(["What leaves this computer", "API key", "Microphone and speakers", "Camera"]);
  press(" ");
  // The microphone is on in its step alone.
  expect(backend.requests).toEqual(["testMicrophone", "stopMicrophoneTest"]);
  test("intro-next").click();
  await vi.waitFor(() => expect(backend.requests.at(-1)).toBe('changeSettings {"introduced":true}'));
  expect(dialog().open).toBe(false);
});

it("they can be skipped, and opened again from the settings where they were left", async () => {
  await show({ key: "keyring" }, CHOICES, true);
  await opens();
  test("intro-next").click();
  test("intro-later").click();
  await vi.waitFor(() => expect(backend.requests).toEqual(['changeSettings {"introduced":true}']));
  one("#open-settings").click();
  await vi.waitFor(() => expect(document.querySelector("#settings-intro")).not.toBeNull());
  one("#settings-intro").click();
  await opens();
  flushSync();
  expect(step()).toBe("Microphone and speakers");
  // Opening the steps turns nothing on, wherever they were left.
  expect(backend.requests).toEqual(['changeSettings {"introduced":true}']);
  one("#intro-microphone-test").click();
  expect(backend.requests.at(-1)).toBe("testMicrophone");
});

it("they are not in front of a conversation, and not shown twice", async () => {
  await show({ settings: { ...NO_SETTINGS, introduced: true } }, CHOICES, true);
  expect(dialog().open).toBe(false);
  await show({}, CHOICES, true);
  await opens();
  emit({ type: "phase", phase: "listening" });
  expect(dialog().open).toBe(false);
});
