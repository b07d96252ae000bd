// @vitest-environment jsdom
import { flushSync } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Settings } from "../../ipc/bindings.gen";
import { brokenToolbox, toolbox } from "../../dev/material";
import { backend, emit, hide, one, openSettings, show, test } from "../../dev/page";
import { NO_SETTINGS } from "../../state/state";
import { otherRules, reset, ruled, switched } from "../../state/toolbox";

afterEach(hide);

async function open(settings: Partial<Settings> = {}, shown = toolbox): Promise<void> {
  await show({ settings: { ...NO_SETTINGS, ...settings }, toolbox: shown });
  await openSettings();
  flushSync();
  one('.settings nav [href="#group-tools"]').click();
  flushSync();
}
const row = (name: string) => one(`[data-tool="${name}"]`);
const isOn = (name: string) => row(name).querySelector<HTMLInputElement>('[role="switch"]')!.checked;

describe("the functions in the settings", () => {
  it("are listed by where they come from, and only what tells what anybody may know is on at first", async () => {
    await open();
    expect(["get_current_time", "get_weather", "set_timer", "remember", "recall", "open_url"].map(isOn)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(isOn("order_state")).toBe(true);
    expect(row("set_timer").querySelector("select")).toBeNull();
  });

  it("are switched, given a permission, and reset", async () => {
    await open();
    row("remember").querySelector<HTMLInputElement>('[role="switch"]')!.click();
    expect(backend.requests).toEqual(['changeSettings {"toolSwitches":{"remember":true}}']);
    flushSync();
    const select = row("order_state").querySelector("select")!;
    expect([...select.options].map(({ text }) => text)).toEqual(["Asks first", "Always allowed", "Never allowed"]);
    select.value = "always";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    flushSync();
    expect(backend.requests.at(-1)).toBe(
      'changeSettings {"toolRules":{"order_state":"always"},"toolSwitches":{"remember":true}}',
    );
    row("order_state").querySelector<HTMLButtonElement>(".link:last-of-type")!.click();
    flushSync();
    expect(backend.requests.at(-1)).toBe('changeSettings {"toolSwitches":{"remember":true}}');
    expect(row("order_state").querySelectorAll(".link")).toHaveLength(1);
  });

  it("say what is wrong in the person's file, with its place, and read it again", async () => {
    await open({}, brokenToolbox);
    expect(test("tools-file-error").textContent).toContain("line 12: unknown field");
    test("open-tools-file").click();
    test("reload-tools").click();
    expect(backend.requests).toEqual(["openToolsFile", "reloadTools"]);
    emit({ type: "toolbox", toolbox });
    expect(document.querySelector('[data-testid="tools-file-error"]')).toBeNull();
    expect(isOn("opening_hours")).toBe(true);
  });

  it("offer to create a missing file", async () => {
    await open({}, { ...toolbox, file: { path: "/p/tools.toml", exists: false, error: null } });
    expect(test("open-tools-file").textContent).toBe("Create file");
    expect(document.querySelector('[data-testid="reload-tools"]')).toBeNull();
  });

  it("are changed in a form, which says why one was not saved", async () => {
    await open();
    row("order_state").querySelector<HTMLButtonElement>(".link")!.click();
    flushSync();
    const form = test("own-tool-form");
    const field = (at: number) => form.querySelectorAll<HTMLInputElement>(".field")[at]!;
    const type = (input: HTMLInputElement, text: string) => {
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    expect([field(0).value, field(2).value]).toEqual(["order_state", "order"]);
    type(field(0), "Order status");
    const text = { id: "tool-not-saved", args: {} };
    backend.notSaved = { code: "file", severity: "warn", text, hints: [], detail: "another function has this name" };
    test("own-tool-save").click();
    await vi.waitFor(() => expect(test("own-tool-fault").textContent).toContain("another function has this name"));
    expect(backend.requests.at(-1)).toContain('saveTool order_state {"name":"order_status"');
    backend.notSaved = null;
    test("own-tool-save").click();
    await vi.waitFor(() => expect(document.querySelector('[data-testid="own-tool-form"]')).toBeNull());
    expect(document.activeElement).toBe(test("own-tool-add"));
  });

  it("are added with what they need to know, and deleted", async () => {
    await open();
    test("own-tool-add").click();
    flushSync();
    test("own-argument-add").click();
    flushSync();
    expect(document.activeElement).toBe(test("own-tool-form").querySelector(".field"));
    const way = test("own-way") as unknown as HTMLSelectElement;
    way.value = "ask";
    way.dispatchEvent(new Event("change", { bubbles: true }));
    flushSync();
    const fields = [...test("own-tool-form").querySelectorAll<HTMLInputElement>(".field")];
    for (const [at, text] of ["gate code", "Asks for the code.", "which", "Which gate", "The code?"].entries()) {
      fields[at]!.value = text;
      fields[at]!.dispatchEvent(new Event("input", { bubbles: true }));
    }
    test("own-tool-save").click();
    await vi.waitFor(() => expect(backend.requests).toHaveLength(1));
    const arguments_ = [{ name: "which", description: "Which gate", kind: "text", required: true }];
    const tool = { name: "gate_code", description: "Asks for the code.", arguments: arguments_ };
    const wanted = { ...tool, way: { is: "ask", question: "The code?" } };
    expect(backend.requests[0]).toBe(`saveTool null ${JSON.stringify(wanted)}`);
    row("opening_hours").querySelector<HTMLButtonElement>(".link")!.click();
    flushSync();
    test("own-tool-delete").click();
    await vi.waitFor(() => expect(backend.requests.at(-1)).toBe("deleteTool opening_hours"));
  });

  it("keep permissions of functions that are not there, so that they can be taken back", async () => {
    await open({ toolRules: { gone: "always", order_state: "never" } });
    const others = one('[aria-labelledby="toolbox-others"]');
    expect(others.querySelectorAll(".row")).toHaveLength(1);
    others.querySelector<HTMLButtonElement>(".link")!.click();
    expect(backend.requests).toEqual(['changeSettings {"toolRules":{"order_state":"never"}}']);
  });

  it("have the notes, which are changed and deleted", async () => {
    await open();
    const first = one<HTMLInputElement>(".notes .field");
    expect(first.value).toBe("The spare key is in the blue drawer under the stairs.");
    first.value = "The spare key is at Ann’s.";
    first.dispatchEvent(new Event("change", { bubbles: true }));
    one(".notes li:last-child button").click();
    expect(backend.requests).toEqual(["changeNote 2 The spare key is at Ann’s.", "changeNote 1 null"]);
  });
});

describe("a choice", () => {
  const tool = toolbox.tools[0]!;

  it("is not kept when it is as at first", () => {
    const off = { ...NO_SETTINGS, ...switched(tool, NO_SETTINGS, false) };
    expect(off.toolSwitches).toEqual({ get_current_time: false });
    expect(switched(tool, off, true)).toEqual({ toolSwitches: null });
    expect(reset(tool.name, off)).toEqual({ toolRules: null, toolSwitches: null });
  });

  it("leaves those of others as they are", () => {
    const settings: Settings = { ...NO_SETTINGS, toolRules: { a: "always", b: "never" } };
    expect(ruled("a", settings, "ask")).toEqual({ toolRules: { a: "ask", b: "never" } });
    expect(otherRules(toolbox, settings)).toEqual([
      ["a", "always"],
      ["b", "never"],
    ]);
  });
});
