// @vitest-environment jsdom
import { tick } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { unasked } from "../../dev/material";
import { backend, conversation, emit, hide, one, press, session, show, test, turn } from "../../dev/page";

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

  const openMenu = async (row = 0) => {
    document.querySelectorAll<HTMLElement>('[data-testid="turn-menu"]')[row]!.click();
    await vi.waitFor(() => expect(document.activeElement?.getAttribute("role")).toBe("menuitem"));
  };
  const itemIds = () =>
    [...document.querySelectorAll<HTMLElement>("[role=menuitem]")].map((item) => item.dataset["testid"]);

  it("copies one turn as text, once it is final", async () => {
    const copied: string[] = [];
    vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => void copied.push(text) } });
    await show({ phase: "listening", conversation, turns: [turn(1, "First."), turn(2, "Sec", { ended: false })] });
    expect(document.querySelectorAll('[data-testid="turn-menu"]')).toHaveLength(1);
    await openMenu();
    test("copy-turn").click();
    await vi.waitFor(() => expect(copied).toHaveLength(1));
    expect(copied[0]).toMatch(/^Gemini, .+\nFirst\.$/);
    await vi.waitFor(() => expect(one(".turn header [role=status]").textContent).toBe("Copied"));
    expect(document.activeElement).toBe(test("turn-menu"));
    vi.unstubAllGlobals();
  });

  it("walks through a turn's menu by keys, and Escape closes it and nothing else", async () => {
    await show({ phase: "listening", conversation, turns: [turn(1, "First.")], spoken: [{ turn: 1, ms: 900 }] });
    const button = test("turn-menu");
    button.focus();
    press("ArrowUp", button);
    await vi.waitFor(() => expect(document.activeElement).toBe(test("save-sound")));
    const visited = ["ArrowDown", "ArrowDown", "End", "Home", "ArrowUp"].map((key) => {
      press(key, document.activeElement!);
      return (document.activeElement as HTMLElement).dataset["testid"];
    });
    expect(visited).toEqual(["copy-turn", "save-picture", "save-sound", "copy-turn", "save-sound"]);
    press("Escape", document.activeElement!);
    await tick();
    expect([itemIds(), document.activeElement, button.getAttribute("aria-expanded")]).toEqual([[], button, "false"]);
    expect(backend.requests).toEqual([]);
    press("Escape", document.body);
    expect(backend.requests).toEqual(["end"]);
  });

  it("says a suggestion that is clicked", async () => {
    await show({ phase: "listening", conversation });
    one('[data-testid="tries"] .button').click();
    expect(backend.requests).toEqual(["sendText What’s the weather in Tokyo?"]);
  });

  it("saves the sound of the turns whose sound is kept", async () => {
    await show({
      phase: "listening",
      conversation,
      turns: [turn(1, "First."), turn(2, "Second.")],
      spoken: [{ turn: 2, ms: 900 }],
    });
    await openMenu(0);
    expect(itemIds()).toEqual(["copy-turn", "save-picture"]);
    press("Escape", document.activeElement!);
    await tick();
    await openMenu(1);
    expect(itemIds()).toEqual(["copy-turn", "save-picture", "save-sound"]);
    test("save-sound").click();
    expect(backend.requests).toEqual(["saveSound 2"]);
    emit({ type: "conversation", conversation: { ...conversation, startedAt: null } });
    expect(session.state.spoken).toEqual([]);
  });

  it("saves a picture of a turn: its words as text, and a string when its sound is kept", async () => {
    const drawn: string[] = [];
    let curves = 0;
    const context = {
      measureText: (text: string) => ({ width: text.length * 10 }),
      fillText: (text: string) => drawn.push(text),
      quadraticCurveTo: () => curves++,
    };
    const nothing = () => {};
    const canvas = vi.spyOn(HTMLCanvasElement.prototype, "getContext");
    canvas.mockImplementation(
      (() => new Proxy(context, { get: (own, key): unknown => Reflect.get(own, key) ?? nothing })) as never,
    );
    const png = vi.spyOn(HTMLCanvasElement.prototype, "toDataURL").mockReturnValue("data:image/png;base64,AAAA");
    const words = "<img src=x onerror=alert(1)> nineteen degrees in Tokyo, and it stays so for the evening.";
    await show({ phase: "listening", conversation, turns: [turn(1, words)], spoken: [{ turn: 1, ms: 900 }] });
    for (const isKept of [true, false]) {
      [drawn.length, curves] = [0, 0];
      if (!isKept) emit({ type: "spoken", spoken: [] });
      await openMenu();
      test("save-picture").click();
      await vi.waitFor(() => expect(backend.requests).toHaveLength(1));
      expect(backend.requests.splice(0)[0]).toMatch(/^savePicture \d+$/);
      expect(drawn.join(" ")).toContain(words);
      expect(drawn[0]).toBe("Gemini");
      expect(curves > 0).toBe(isKept);
      await tick();
    }
    canvas.mockRestore();
    png.mockRestore();
  });
});
