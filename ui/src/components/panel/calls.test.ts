// @vitest-environment jsdom
import { flushSync, tick } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ToolCall } from "../../ipc/bindings.gen";
import { call } from "../../dev/material";
import { backend, conversation, emit, hide, one, press, session, show, test } from "../../dev/page";

afterEach(hide);

const bare = (text: string | null | undefined) => text?.replace(/[\u2068\u2069]/g, "").trim();
const asking = (more: Partial<ToolCall> = {}) =>
  call(
    "send_mail",
    { to: "you@example.org" },
    { number: 7, at: Date.now(), state: "asking", elapsedMs: null, ...more },
  );
const decisions = () =>
  [...document.querySelectorAll<HTMLElement>("[data-decision]")].map(({ dataset }) => dataset["decision"]);

describe("a call that asks", () => {
  it("is announced at once, and offers each decision in its row", async () => {
    await show({ phase: "listening", conversation });
    expect(test("announcer-asks").getAttribute("aria-live")).toBe("assertive");
    emit({ type: "tool", call: asking() });
    expect(bare(test("announcer-asks").textContent)).toBe("Allow Gemini to use send_mail? Press T to review.");
    expect(bare(one(".ask h3").textContent)).toBe("Allow Gemini to use send_mail?");
    expect(decisions()).toEqual(["once", "conversation", "always", "refuse", "never"]);
    expect(document.querySelectorAll(".answers .primary")).toHaveLength(1);
    one('[data-decision="conversation"]').click();
    one('[data-decision="never"]').click();
    expect(backend.requests).toEqual(["decideCall 7 conversation"]);
  });

  it("takes another decision when the first one did not arrive", async () => {
    await show({ phase: "listening", conversation, tools: [asking()] });
    backend.refuse = {
      code: "internal",
      severity: "danger",
      text: { id: "internal", args: {} },
      hints: [],
      detail: null,
    };
    one('[data-decision="once"]').click();
    await vi.waitFor(() => {
      flushSync();
      expect(one<HTMLButtonElement>('[data-decision="once"]').disabled).toBe(false);
    });
  });

  it("offers leave for this one call alone where it asks each time", async () => {
    await show({ phase: "listening", conversation, tools: [asking({ eachTime: true })] });
    expect(decisions()).toEqual(["once", "refuse", "never"]);
  });

  it("shows what the other side sent as text", async () => {
    const name = "<img src=x onerror=alert(1)>";
    await show({ phase: "listening", conversation, tools: [asking({ name, args: JSON.stringify({ [name]: name }) })] });
    expect(document.querySelector(".ask img")).toBeNull();
    expect([one(".facts dt").textContent, one(".facts dd").textContent]).toEqual([name, name]);
  });

  it("is led to by a badge, a banner and a key, which put the focus on the row and on no button", async () => {
    await show({ phase: "listening", conversation, tools: [asking()] });
    expect(one("#tab-tools .count").textContent).toBe("1 waiting");
    test("review-call").click();
    await vi.waitFor(() => expect(document.activeElement === test("ask")).toBe(true));
    expect(one("#tab-tools").getAttribute("aria-selected")).toBe("true");
    expect(document.querySelector('[data-testid="waiting-calls"]')).toBeNull();
    one("#tab-transcript").click();
    await tick();
    press("t");
    await vi.waitFor(() => expect(document.activeElement === test("ask")).toBe(true));
    // Space on the row neither decides nor begins to talk.
    press(" ", test("ask"));
    expect(backend.requests).toEqual([]);
  });

  it("leaves no trace of a question once it is decided, and the focus stays in the panel", async () => {
    await show({ phase: "listening", conversation, tools: [asking()] });
    one('[data-decision="once"]').focus();
    one('[data-decision="once"]').click();
    emit({ type: "tool", call: asking({ state: "running", runningSince: Date.now() }) });
    expect(document.querySelector(".ask")).toBeNull();
    expect(test("announcer-asks").textContent).toBe("");
    await vi.waitFor(() => expect(document.activeElement?.id).toBe("panel-content"));
  });
});

describe("a running call", () => {
  it("is stopped by its button, and named by the phase when it takes long", async () => {
    await show({ phase: "thinking", conversation });
    emit({ type: "tool", call: asking({ state: "running", runningSince: Date.now() - 2000 }) });
    expect(bare(one(".phase b").textContent)).toBe("Working: send_mail");
    test("stop-call").click();
    expect(backend.requests).toEqual(["stopCall 7"]);
    emit({ type: "tool", call: asking({ state: "done", elapsedMs: 2000, result: "{}" }) });
    expect(one(".phase b").textContent).toBe("Thinking");
    expect(document.querySelector('[data-testid="stop-call"]')).toBeNull();
  });

  it("takes the answer that is typed in its row", async () => {
    const question = "When will it be there?";
    await show({ phase: "thinking", conversation, tools: [asking({ state: "answering", question })] });
    expect(one(".question").textContent).toBe(question);
    const field = test("call-answer") as HTMLInputElement;
    field.value = " Tomorrow ";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    flushSync();
    one<HTMLFormElement>(".reply").requestSubmit();
    expect(backend.requests).toEqual(["answerCall 7 Tomorrow"]);
    await vi.waitFor(() => expect(session.log.pending[0]?.answer).toBe(""));
  });
});

describe("the Tools tab", () => {
  const calls = [
    call("get_weather", { city: "Tokyo" }, { number: 1, at: 1 }),
    call("read_file", { path: "a.md" }, { number: 2, at: 2, state: "failed", result: "No such file." }),
    asking({ number: 3 }),
  ];
  const names = () => [...document.querySelectorAll(".calls .name")].map(({ textContent }) => textContent);

  it("is searched, and what waits is never hidden by that", async () => {
    await show({ phase: "listening", conversation, tools: calls });
    one("#tab-tools").click();
    await tick();
    expect(names()).toEqual(["read_file", "get_weather"]);
    const field = test("search-calls") as HTMLInputElement;
    field.value = "tokyo";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    flushSync();
    expect(names()).toEqual(["get_weather"]);
    expect(test("ask")).not.toBeNull();
  });

  it("is copied as JSON", async () => {
    const copied: string[] = [];
    vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => void copied.push(text) } });
    await show({ phase: "listening", conversation, tools: calls });
    one("#tab-tools").click();
    await tick();
    expect(test("copy-all").getAttribute("aria-label")).toBe("Copy tool calls as JSON");
    test("copy-all").click();
    await vi.waitFor(() => expect(copied).toHaveLength(1));
    const { calls: rows } = JSON.parse(copied[0]!) as { calls: { name: string }[] };
    expect(rows.map(({ name }) => name)).toEqual(["get_weather", "read_file", "send_mail"]);
    vi.unstubAllGlobals();
  });
});
