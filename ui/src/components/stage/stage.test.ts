// @vitest-environment jsdom
import { flushSync } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { backend, conversation, emit, hide, one, show, test } from "../../dev/page";

afterEach(hide);

describe("the stage", () => {
  it("says before Start that nothing is open, and without a key that this is no Gemini", async () => {
    await show();
    expect(one(".stage-words").textContent).toContain("Press Start to talk");
    expect(one(".stage-words").textContent).toContain("offline practice conversation");
    emit({ type: "key", key: "keyring" });
    expect(one(".stage-words").textContent).not.toContain("practice");
  });

  it("tells a conversation that is over from one that never was", async () => {
    await show({ phase: "ended", conversation: { ...conversation, startedAt: null, endedAt: 2000 } });
    expect(one(".stage-words h2").textContent).toBe("Couldn’t start");
    emit({ type: "conversation", conversation: { ...conversation, endedAt: 2000 } });
    expect(one(".stage-words h2").textContent).toBe("Conversation ended");
  });

  it("counts the preview's pictures as it draws them, and asks for the next", async () => {
    const drawn: unknown[] = [];
    vi.stubGlobal("createImageBitmap", async () => ({ width: 640, height: 360, close: () => drawn.push("closed") }));
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({
      drawImage: () => drawn.push("drawn"),
    } as never);
    await show({
      phase: "listening",
      conversation,
      camera: { state: "on", name: "Fakecam", width: 1280, height: 720, sent: 0 },
    });
    const canvas = test("preview") as HTMLCanvasElement;
    expect(canvas.dataset["frames"]).toBe("0");
    backend.sendPicture(new ArrayBuffer(16));
    await vi.waitFor(() => expect(backend.requests).toEqual(["previewTaken"]));
    flushSync();
    expect([canvas.dataset["frames"], canvas.width, canvas.height, ...drawn]).toEqual([
      "1",
      640,
      360,
      "drawn",
      "closed",
    ]);
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
});
