// @vitest-environment jsdom
import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Snapshot, Source, Turn } from "../../ipc/bindings.gen";
import { FakeBackend } from "../../dev/fake";
import { FakeObserver, Layout } from "../../dev/layout";
import { turnOf, unasked } from "../../dev/material";
import { conversation } from "../../dev/page";
import { Session } from "../../state/session.svelte";
import App from "../App.svelte";

const turn = (id: number, text: string, more: Partial<Turn> = {}): Turn =>
  turnOf(id, id % 2 ? "you" : "gemini", text, more);
const many = (count: number) => Array.from({ length: count }, (_, id) => turn(id, `turn ${id}`));
/** Rows of many heights, by their text alone. */
const heightOf = (row: HTMLElement) => 40 + ((row.textContent.length * 37) % 200);

let app: Record<string, unknown>;
let backend: FakeBackend;
let session: Session;
let layout: Layout;

async function show(snapshot: Partial<Snapshot>): Promise<void> {
  vi.stubGlobal("ResizeObserver", FakeObserver);
  FakeObserver.all.clear();
  backend = new FakeBackend({ phase: "speaking", conversation, ...snapshot });
  session = new Session(backend);
  app = mount(App, { target: document.body, props: { session } });
  flushSync();
  layout = new Layout(document.querySelector<HTMLElement>("#panel-content")!, heightOf);
  await vi.waitFor(() => expect(session.state.known).toBe(true));
  layout.settle();
}
const emit: FakeBackend["emit"] = (event) => {
  backend.emit(event);
  layout.settle();
};
const isAtEnd = () => layout.scroller.scrollTop === Math.max(0, layout.whole - layout.height);

beforeEach(() => document.body.replaceChildren());
afterEach(async () => {
  await unmount(app);
  vi.unstubAllGlobals();
});

describe("a long transcript", () => {
  it("has the rows near the end in the document, and the room of all of them", async () => {
    await show({ turns: many(4000) });
    expect(layout.rows.length).toBeLessThan(60);
    expect(layout.rows.at(-1)?.textContent).toContain("turn 3999");
    expect(isAtEnd()).toBe(true);
    expect(layout.whole).toBeGreaterThan(4000 * 40);
  });

  it("changes one row for a fragment, and nothing else in the document", async () => {
    await show({ turns: [...many(4000), turn(4000, "It is", { ended: false })] });
    const changed = new Set<string>();
    const watch = new MutationObserver((records) => {
      for (const { target } of records) {
        const element = target instanceof Element ? target : target.parentElement;
        changed.add(
          element?.closest("li.turn")?.textContent.trim().slice(0, 6) ??
            (element?.closest(".captions") ? "captions" : (element?.closest("[class]")?.className ?? "")),
        );
      }
    });
    watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    for (let piece = 0; piece < 20; piece++) {
      backend.emit({ type: "turnText", id: 4000, delta: " nineteen" });
      flushSync();
    }
    await tick();
    expect([...changed].sort()).toEqual(["Gemini", "captions"]);
    watch.disconnect();
  });

  it("keeps as many rows in the document however long it grows", async () => {
    await show({});
    let most = 0;
    for (let id = 1; id <= 120; id++) {
      backend.emit({ type: "turnStarted", turn: turn(id, "", { ended: false }) });
      backend.emit({ type: "turnText", id, delta: `turn ${id}` });
      backend.emit({ type: "turnEnded", id, heardTo: null });
      layout.settle();
      most = Math.max(most, layout.rows.length);
      expect(isAtEnd()).toBe(true);
    }
    expect(most).toBeLessThan(60);
    expect(session.log.entries).toHaveLength(120);
  });

  it("can be scrolled through from end to beginning without a hole, each row in its order and number", async () => {
    await show({ turns: many(200) });
    const seen = new Set(layout.seen().map(([, text]) => text));
    while (layout.scroller.scrollTop > 0) {
      layout.scroll(layout.scroller.scrollTop - 250);
      const now = layout.seen();
      expect(now[0]![0]).toBeLessThanOrEqual(0);
      for (const [, text] of now) seen.add(text);
      expect(layout.rows.length).toBeLessThan(120);
    }
    expect(seen.size).toBe(200);
    expect(layout.rows[0]?.getAttribute("aria-posinset")).toBe("1");
    expect(layout.rows[0]?.getAttribute("aria-setsize")).toBe("-1");
  });

  it("is at its end when everything comes anew, whatever its rows were guessed to be", async () => {
    await show({ turns: [turn(1, "word ".repeat(300))] });
    for (const count of [2000, 3, 700, 1, 0, 900]) {
      backend.emit({
        type: "snapshot",
        snapshot: {
          ...backend.snapshot,
          turns: many(count).map((each) => ({ ...each, text: "word ".repeat((each.id * 7) % 90) })),
        },
      });
      layout.settle();
      expect([count, isAtEnd()]).toEqual([count, true]);
    }
  });

  it("stays where it was scrolled to, while rows above are measured and others come", async () => {
    await show({ turns: many(1000) });
    layout.scroll(layout.scroller.scrollTop - 20_000);
    const before = layout.seen();
    for (let id = 1000; id < 1030; id++) emit({ type: "turnStarted", turn: turn(id, "new words") });
    expect(layout.seen()).toEqual(before);
    layout.scroll(layout.scroller.scrollTop + 100_000_000);
    expect(isAtEnd()).toBe(true);
    emit({ type: "turnStarted", turn: turn(2000, "more") });
    expect(isAtEnd()).toBe(true);
  });

  it("stays where it was scrolled to when its beginning goes, and says that it went", async () => {
    await show({ turns: many(100) });
    layout.scroll(layout.scroller.scrollTop - 300);
    const before = layout.seen();
    for (let id = 1000; !session.log.earlier || session.log.entries.length > 60; id++)
      backend.emit({ type: "turnStarted", turn: turn(id, "x".repeat(100_000)) });
    expect(document.querySelector('[data-testid="earlier"]')).toBeNull();
    layout.settle();
    expect(document.querySelector('[data-testid="earlier"]')?.textContent).toContain("Earlier messages");
    expect(layout.rows.length).toBeLessThan(60);
    expect(before.length).toBeGreaterThan(0);
  });

  it("finds a place when what was looked at became too short to be scrolled to", async () => {
    await show({ turns: [...many(20), turn(20, "word ".repeat(900), { ended: false })] });
    layout.scroll(layout.scroller.scrollTop - 60);
    for (let again = 0; again < 4; again++) {
      emit({ type: "turnReset", id: 20 });
      emit({ type: "snapshot", snapshot: { ...backend.snapshot, turns: many(3) } });
      for (let piece = 0; piece < 9; piece++) emit({ type: "turnText", id: 2, delta: "some more words " });
      emit({ type: "snapshot", snapshot: { ...backend.snapshot, turns: many(300) } });
      layout.scroll(layout.scroller.scrollTop - 500);
    }
    expect(document.querySelector('[data-testid="notice"]')).toBeNull();
    expect(layout.seen().length).toBeGreaterThan(0);
  });

  it("is copied whole when all of it is selected, and in part when a part is", async () => {
    await show({ turns: many(3000) });
    const copied = () => {
      const data: string[] = [];
      const event = Object.assign(new Event("copy", { bubbles: true, cancelable: true }), {
        clipboardData: { setData: (_: string, text: string) => data.push(text) },
      });
      document.dispatchEvent(event);
      return { text: data[0], own: event.defaultPrevented };
    };
    getSelection()!.selectAllChildren(document.body);
    const all = copied();
    expect(all.own).toBe(true);
    expect(all.text?.match(/turn \d+/g)).toHaveLength(3000);
    getSelection()!.selectAllChildren(layout.rows.at(-1)!);
    expect(copied()).toEqual({ text: undefined, own: false });
  });

  it("holds the rows between the ends of a selection in the document, as far as that is bounded", async () => {
    await show({ turns: many(3000) });
    const [from, to] = [layout.rows[0]!, layout.rows.at(-1)!];
    getSelection()!.setBaseAndExtent(from, 0, to, 1);
    document.dispatchEvent(new Event("selectionchange"));
    layout.scroll(layout.scroller.scrollTop - 3000);
    expect(to.isConnected).toBe(true);
    layout.scroll(0);
    expect(to.isConnected).toBe(false);
    expect(layout.rows.length).toBeLessThan(400);
  });

  it("keeps the keyboard near when the row with the focus goes", async () => {
    await show({
      turns: [...many(3000), turn(3000, "Hours.", { sources: [{ title: "Hours", uri: "https://nezu.example/" }] })],
    });
    const link = document.querySelector<HTMLElement>(".sources a")!;
    link.focus();
    layout.scroll(layout.scroller.scrollTop - 3000);
    expect(document.activeElement).toBe(link);
    layout.scroll(0);
    await tick();
    expect(link.isConnected).toBe(false);
    expect(document.activeElement).toBe(layout.scroller);
  });

  it("keeps what was unfolded in a row that went out of sight and came back", async () => {
    await show({ turns: [...many(1000), turn(1000, "one two three four", { heardTo: 7 })] });
    const details = () => document.querySelector<HTMLDetailsElement>(".unheard");
    details()!.open = true;
    details()!.dispatchEvent(new Event("toggle"));
    layout.scroll(0);
    expect(details()).toBeNull();
    layout.scroll(1e9);
    expect(details()?.open).toBe(true);
  });
});

describe("one very long turn", () => {
  it("is laid out in part, at its end while it grows, until all of it is asked for", async () => {
    await show({ turns: [turn(2, "word ".repeat(50_000))] });
    const said = () => document.querySelector(".turn .said")!.textContent;
    expect(said().length).toBeLessThan(7000);
    document.querySelector<HTMLElement>('[data-testid="show-all"]')!.click();
    flushSync();
    expect(said()).toHaveLength(250_000);
    emit({ type: "turnStarted", turn: turn(4, "", { ended: false }) });
    for (let piece = 0; piece < 100; piece++)
      backend.emit({ type: "turnText", id: 4, delta: `${"word ".repeat(500)}${piece} ` });
    layout.settle();
    const open = layout.rows.at(-1)!.textContent;
    expect(open.length).toBeLessThan(7000);
    expect(open).toContain(" 99 ");
  });
});

it("text that would act on what is around it is shown harmless, in its own direction", async () => {
  await show({
    turns: [
      turn(2, "abc \u202egnp.exe", {
        sources: [{ title: "\u202eelpmaxe", uri: "https://a.example/" }],
        queries: ["\u0007hours"],
      }),
    ],
  });
  emit({ type: "turnText", id: 2, delta: " \u001b[31m" });
  emit({
    type: "tool",
    call: {
      ...unasked,
      id: "c",
      name: "\u202ef",
      args: '"\u009b1m"',
      state: "failed",
      at: 5,
      elapsedMs: null,
      result: "\u0000",
    },
  });
  emit({
    type: "notice",
    notice: {
      code: "closed",
      severity: "danger",
      text: { id: "closed", args: {} },
      hints: [],
      detail: "\u202e1011: \u001b]8;;x",
    },
  });
  // eslint-disable-next-line no-control-regex
  expect(document.body.textContent).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202d\u202e]/);
  for (const own of [".turn .said", ".sources a", ".suggestion span", ".notice .detail", ".tool .args"])
    expect([own, document.querySelector(own)?.getAttribute("dir")]).toEqual([own, "auto"]);
  expect(document.querySelector(".tool .name")?.tagName).toBe("BDI");
});

describe("what a server says twice", () => {
  it("is shown twice, and stops no drawing", async () => {
    await show({
      turns: [
        turn(2, "Open.", {
          queries: ["hours", "hours"],
          sources: Array<Source>(2).fill({ title: "Same", uri: "https://a.example/" }),
        }),
      ],
    });
    emit({
      type: "turnSources",
      id: 2,
      sources: Array<Source>(3).fill({ title: "Same", uri: "https://a.example/" }),
      queries: ["hours", "hours", "hours"],
    });
    expect(document.querySelectorAll(".suggestion")).toHaveLength(3);
    expect(document.querySelectorAll(".sources li")).toHaveLength(3);
    for (const state of ["running", "done", "running"] as const)
      emit({
        type: "tool",
        call: { ...unasked, id: "", name: "f", args: "{}", state, at: 5, elapsedMs: null, result: null },
      });
    expect(document.querySelectorAll(".tool")).toHaveLength(1);
  });
});
