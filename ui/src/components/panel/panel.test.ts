// @vitest-environment jsdom
import { tick } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { unasked } from "../../dev/material";
import { backend, conversation, emit, hide, one, session, show, test, turn } from "../../dev/page";

afterEach(hide);

describe("the transcript", () => {
  it("grows by deltas as a draft and is announced once, when the turn is final", async () => {
    await show({ phase: "speaking", conversation });
    emit({ type: "turnStarted", turn: turn(1, "It is", { ended: false }) });
    emit({ type: "turnText", id: 1, delta: " nineteen degrees." });
    const row = one('[data-testid="turn"]');
    expect(row.querySelector(".said")?.textContent).toBe("It is nineteen degrees.");
    expect(row.querySelector(".draft")).not.toBeNull();
    expect(test("announcer").textContent).toBe("");
    emit({ type: "turnEnded", id: 1, heardTo: null });
    expect(row.querySelector(".draft")).toBeNull();
    expect(test("announcer").textContent).toBe("Gemini: It is nineteen degrees.");
    expect(test("transcript").getAttribute("aria-live")).toBe("off");
  });

  it("cuts a reply where it was last heard", async () => {
    await show({ phase: "listening", conversation, turns: [turn(1, "one two three four", { heardTo: 7 })] });
    const row = one(".turn.cut");
    expect(row.querySelector(".said")?.textContent).toBe("one two");
    expect(row.querySelector("summary")?.textContent).toBe("Interrupted here2 words not heard");
    expect(row.querySelector(".unheard p")?.textContent).toBe(" three four");
  });

  it("shows sources as links that open outside, and http ones as words", async () => {
    await show({
      phase: "listening",
      conversation,
      turns: [
        turn(1, "At five.", {
          sources: [
            { title: "Hours", uri: "https://www.nezu.example/h" },
            { title: "Old", uri: "http://old.example/" },
          ],
          queries: ["nezu hours"],
        }),
      ],
    });
    const links = [...document.querySelectorAll<HTMLAnchorElement>(".sources a")];
    expect(links.map(({ textContent }) => textContent)).toEqual(["Hours"]);
    const click = new MouseEvent("click", { bubbles: true, cancelable: true });
    links[0]?.dispatchEvent(click);
    one<HTMLAnchorElement>(".suggestion").dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    expect(click.defaultPrevented).toBe(true);
    expect(backend.requests).toEqual([
      "open https://www.nezu.example/h",
      "open https://www.google.com/search?q=nezu%20hours",
    ]);
  });

  it("has the same row for a call as the Tools tab, which counts them", async () => {
    await show({ phase: "thinking", conversation });
    emit({
      type: "tool",
      call: {
        ...unasked,
        id: "c",
        name: "get_weather",
        args: '{"city":"Tokyo"}',
        state: "running",
        at: Date.now(),
        elapsedMs: null,
        result: null,
      },
    });
    emit({
      type: "tool",
      call: {
        ...unasked,
        id: "c",
        name: "get_weather",
        args: '{"city":"Tokyo"}',
        state: "done",
        at: Date.now(),
        elapsedMs: 300,
        result: '{"celsius":19}',
      },
    });
    const inline = test("tool").outerHTML;
    expect(test("tool").dataset["state"]).toBe("done");
    one("#tab-tools").click();
    await tick();
    expect(one("#tab-tools .count").textContent).toBe("1");
    expect(test("tool").outerHTML).toBe(inline);
  });

  it("copies one turn as text, once it is final", async () => {
    const copied: string[] = [];
    vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => void copied.push(text) } });
    await show({ phase: "listening", conversation, turns: [turn(1, "First."), turn(2, "Sec", { ended: false })] });
    expect(document.querySelectorAll('[data-testid="copy-turn"]')).toHaveLength(1);
    test("copy-turn").click();
    await vi.waitFor(() => expect(copied).toHaveLength(1));
    expect(copied[0]).toMatch(/^Gemini, .+\nFirst\.$/);
    await vi.waitFor(() => expect(one(".turn header [role=status]").textContent).toBe("Copied"));
    vi.unstubAllGlobals();
  });

  it("says a suggestion that is clicked", async () => {
    await show({ phase: "listening", conversation });
    one('[data-testid="tries"] .button').click();
    expect(backend.requests).toEqual(["sendText What’s the weather in Tokyo?"]);
  });

  it("saves the last reply from its own row, as long as its sound is there", async () => {
    await show({
      phase: "listening",
      conversation,
      turns: [turn(1, "First."), turn(2, "Second.")],
      spoken: { turn: 1, ms: 900 },
    });
    const rows = () =>
      [...document.querySelectorAll('[data-testid="turn"]')].map(
        (row) => row.querySelector('[data-testid="save-reply"]')?.getAttribute("aria-label") ?? "",
      );
    expect(rows()).toEqual(["Save this reply", ""]);
    emit({ type: "spoken", spoken: { turn: 2, ms: 1500 } });
    expect(rows()).toEqual(["", "Save this reply"]);
    test("save-reply").click();
    expect(backend.requests).toEqual(["saveReply"]);
    emit({ type: "conversation", conversation: { ...conversation, startedAt: null } });
    expect(session.state.spoken).toBeNull();
  });
});
