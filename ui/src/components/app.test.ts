// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from "vitest";
import { backend, conversation, emit, hide, one, press, show } from "../dev/page";

afterEach(hide);

describe("keys", () => {
  it("start, mute, switch the camera and end", async () => {
    await show();
    press(" ");
    emit({ type: "phase", phase: "listening" });
    press("m");
    press("v");
    press("Escape");
    expect(backend.requests).toEqual(["start", "setMuted true", "setCamera true", "end"]);
  });

  it("leave the conversation alone while the settings are open", async () => {
    await show({ phase: "listening", conversation });
    one("#open-settings").click();
    await vi.waitFor(() => expect(one<HTMLDialogElement>("dialog").open).toBe(true));
    press("Escape");
    press("m");
    expect(backend.requests).toEqual([]);
  });
});
