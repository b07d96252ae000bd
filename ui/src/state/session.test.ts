import { flushSync } from "svelte";
import { describe, expect, it, vi } from "vitest";
import type { UiError } from "../ipc/bindings.gen";
import { FakeBackend } from "../dev/fake";
import { Session } from "./session.svelte";
import { NO_SETTINGS } from "./state";

const busy: UiError = {
  code: "cameraBusy",
  severity: "danger",
  text: { id: "camera-busy", args: { device: "C920" } },
  hints: [],
  detail: null,
};

async function opened(backend = new FakeBackend()) {
  const session = new Session(backend);
  const close = session.open();
  await vi.waitFor(() => expect(session.state.known).toBe(true));
  return { backend, session, close };
}

describe("the event channel", () => {
  it("is asked for anew after a gap, and what came out of order is not applied", async () => {
    vi.useFakeTimers();
    try {
      const backend = new FakeBackend();
      const session = new Session(backend);
      const close = session.open();
      await vi.advanceTimersByTimeAsync(0);
      backend.emit({ type: "phase", phase: "listening" });
      backend.snapshot = { ...backend.snapshot, phase: "speaking" };
      backend.emit({ type: "phase", phase: "thinking" }, 1);
      expect(session.state.phase).toBe("listening");
      await vi.advanceTimersByTimeAsync(2000);
      expect(backend.subscriptions).toBe(2);
      expect(session.state.phase).toBe("speaking");
      close();
    } finally {
      vi.useRealTimers();
    }
  });
});

it("what one event breaks is told, and the next ones are taken", async () => {
  const { backend, session, close } = await opened();
  backend.emit(null as never);
  expect(session.state.notices[0]?.code).toBe("internal");
  backend.emit({ type: "phase", phase: "speaking" });
  expect(session.state.phase).toBe("speaking");
  close();
});

describe("a request that is refused", () => {
  it("becomes a notice", async () => {
    const { backend, session, close } = await opened();
    backend.refuse = busy;
    expect(await session.start()).toBe(false);
    expect(session.state.notices).toEqual([busy]);
    close();
  });

  it("becomes one even when it is no error of ours", async () => {
    const { backend, session, close } = await opened();
    backend.refuse = new Error("no such command");
    await session.start();
    expect(session.state.notices[0]).toMatchObject({ code: "internal", detail: "no such command" });
    close();
  });

  it("takes a changed setting back", async () => {
    const { backend, session, close } = await opened();
    backend.refuse = busy;
    const change = session.change({ voice: "Kore" });
    expect(session.state.settings.voice).toBe("Kore");
    await change;
    expect(session.state.settings.voice).toBeNull();
    close();
  });
});

it("two changes in a row build on each other", async () => {
  const { backend, session, close } = await opened();
  await Promise.all([session.change({ voice: "Kore" }), session.change({ theme: "dark" })]);
  expect(backend.requests.at(-1)).toBe('changeSettings {"voice":"Kore","theme":"dark"}');
  expect(session.state.settings).toEqual({ ...NO_SETTINGS, voice: "Kore", theme: "dark" });
  close();
});

it("the camera switch opens it in a conversation, and before one only says that Start shall", async () => {
  const { backend, session, close } = await opened();
  await session.toggleCamera();
  backend.emit({ type: "phase", phase: "listening" });
  flushSync();
  await session.toggleCamera();
  expect(backend.requests).toEqual(['changeSettings {"cameraOn":true}', "setCamera true"]);
  close();
});

it("starting over waits until the first conversation is over", async () => {
  const { backend, session, close } = await opened();
  backend.emit({ type: "phase", phase: "listening" });
  const done = session.perform({ do: "restart" });
  await vi.waitFor(() => expect(backend.requests).toEqual(["end"]));
  backend.emit({ type: "phase", phase: "ended" });
  await done;
  expect(backend.requests).toEqual(["end", "start"]);
  close();
});

it("only https pages are opened", async () => {
  const { backend, session, close } = await opened();
  for (const url of ["https://a.example/", "http://a.example/", "file:///etc/passwd"]) await session.openPage(url);
  expect(backend.requests).toEqual(["open https://a.example/"]);
  close();
});

it("a preview picture's credit is given back also when nobody looks or it is damaged", async () => {
  const { backend, session, close } = await opened();
  backend.sendPicture(new ArrayBuffer(9));
  await vi.waitFor(() => expect(backend.requests).toEqual(["previewTaken"]));
  session.takePictures(() => Promise.reject(new Error("not a JPEG")));
  backend.sendPicture(new ArrayBuffer(9));
  await vi.waitFor(() => expect(backend.requests).toEqual(["previewTaken", "previewTaken"]));
  expect(session.state.notices).toEqual([]);
  close();
});

it("levels fall silent with the conversation", async () => {
  const { backend, session, close } = await opened();
  backend.emit({ type: "phase", phase: "speaking" });
  backend.emit({
    type: "levels",
    levels: { you: 0.1, youPeak: 0.2, gemini: 0.8, geminiPeak: 0.9, youDb: -50, geminiDb: -9 },
  });
  await vi.waitFor(() => expect(session.levels.gemini).toBe(0.8));
  backend.emit({ type: "phase", phase: "ended" });
  await vi.waitFor(() => expect(session.levels.gemini).toBe(0));
  close();
});
