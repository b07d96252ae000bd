// @vitest-environment jsdom
// The microphone's level before a conversation.
import { afterEach, expect, it, vi } from "vitest";
import { backend, conversation, emit, hide, one, openSettings, show, test } from "../../dev/page";
import type { Levels, Snapshot } from "../../ipc/bindings.gen";
import { SILENCE } from "../../state/levels";
import { NO_SETTINGS } from "../../state/state";

afterEach(hide);

const button = () => one<HTMLButtonElement>("#settings-microphone-test");
const speech: Levels = { ...SILENCE, you: 0.6, youPeak: 0.7, youDb: -24 };
async function open(snapshot: Partial<Snapshot> = {}): Promise<HTMLDialogElement> {
  await show(snapshot);
  return openSettings();
}

it("a button turns it on, its level moves in words, too, and closing turns it off", async () => {
  const dialog = await open();
  expect(backend.requests).toEqual([]);
  button().click();
  emit({ type: "microphoneTest", test: { is: "opening" } });
  expect(button().textContent).toBe("Turn off");
  emit({ type: "microphoneTest", test: { is: "running", microphone: "AppMic" } });
  emit({ type: "levels", levels: speech });
  await vi.waitFor(() => expect(test("meter-test").getAttribute("aria-valuenow")).toBe("0.6"));
  await vi.waitFor(() => expect(test("microphone-test").textContent).toContain("good"));
  // The stage says that the microphone is off until Start, and shows nothing of it.
  expect(one(".string.you .edge").style.transform).toBe("scaleY(0.004)");
  dialog.close();
  await vi.waitFor(() => expect(backend.requests).toEqual(["testMicrophone", "stopMicrophoneTest"]));
});

it("reports why the test failed, and offers none during a conversation", async () => {
  await open({
    microphoneTest: {
      is: "failed",
      error: {
        code: "microphoneBusy",
        severity: "danger",
        text: { id: "microphone-busy", args: { device: "AppMic" } },
        hints: [],
        detail: null,
      },
    },
  });
  expect(test("microphone-test").textContent).toContain("AppMic");
  await open({ phase: "listening", conversation });
  expect([button().disabled, test("microphone-test").textContent]).toEqual([
    true,
    expect.stringContaining("Not available during a conversation"),
  ]);
  await open({ settings: { ...NO_SETTINGS, microphone: "none" } });
  expect(button().disabled).toBe(true);
});
