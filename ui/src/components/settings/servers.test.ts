// @vitest-environment jsdom
import { flushSync } from "svelte";
import { afterEach, describe, expect, it } from "vitest";
import type { Settings } from "../../ipc/bindings.gen";
import { brokenServers, servers, serverToolbox, toolbox } from "../../dev/material";
import { backend, emit, hide, one, openSettings, show, test } from "../../dev/page";
import { NO_SETTINGS } from "../../state/state";
import { isServerOn, otherRules, serverRule, serverRuled, serverSwitched } from "../../state/toolbox";

afterEach(hide);

async function open(settings: Partial<Settings> = {}, shown = serverToolbox): Promise<void> {
  await show({ settings: { ...NO_SETTINGS, ...settings }, toolbox: shown });
  await openSettings();
  flushSync();
  one('.settings nav [href="#group-servers"]').click();
  flushSync();
}
const card = (key: string) => one(`[data-server="${key}"]`);
const text = (element: Element) => element.textContent.replaceAll(/[\s\u2068\u2069]+/g, " ").trim();

describe("the MCP servers in the settings", () => {
  it("say how they are, and why one does not run", async () => {
    await open();
    const states = servers.map(({ key }) => text(card(key).querySelector(".state")!));
    expect(states).toEqual([
      "Running · secure-filesystem-server 0.2.0",
      "Running · mcp-time 1.27.0",
      "Starting…",
      "Doesn’t run",
      "Stopped; starting again…",
      "Off",
    ]);
    expect(text(card("mail").querySelector(".reason")!)).toContain("KeyError: 'MAIL_TOKEN'");
    expect(text(card("time"))).toContain("One tool can’t be used");
    card("mail").querySelector<HTMLButtonElement>(".link")!.click();
    expect(backend.requests).toEqual(["restartServer mail"]);
  });

  it("are switched, and so is each of their tools", async () => {
    await open();
    card("files").querySelector<HTMLInputElement>("#server-files")!.click();
    expect(backend.requests.at(-1)).toBe('changeSettings {"toolSwitches":{"files__*":false}}');
    flushSync();
    card("web").querySelector<HTMLInputElement>("#server-web")!.click();
    expect(backend.requests.at(-1)).toBe('changeSettings {"toolSwitches":{"files__*":false,"web__*":true}}');
    flushSync();
    one("#tool-files__write_file").click();
    expect(backend.requests.at(-1)).toContain('"files__write_file":false');
  });

  it("get a permission for all their tools, which a tool's own goes before", async () => {
    await open({ toolRules: { files__write_file: "never" } });
    const select = one<HTMLSelectElement>("#server-files-rule");
    expect([...select.options].map(({ text }) => text)).toEqual([
      "Each tool asks first",
      "Reading doesn’t ask",
      "Always allowed",
      "Never allowed",
    ]);
    select.value = "always";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    flushSync();
    expect(backend.requests.at(-1)).toBe(
      'changeSettings {"toolRules":{"files__write_file":"never","files__*":"always"}}',
    );
    const usual = (name: string) => one<HTMLSelectElement>(`#tool-${name}-rule`).options[0]!.text;
    expect(usual("files__read_text_file")).toBe("Always allowed");
    expect(one<HTMLSelectElement>("#tool-files__write_file-rule").value).toBe("never");
  });

  it("say what is wrong in the file, open it, and read it again", async () => {
    await open({}, brokenServers);
    expect(test("servers-file-error").textContent).toContain("line 4");
    test("open-servers-file").click();
    test("reload-servers").click();
    expect(backend.requests).toEqual(["openServersFile", "reloadServers"]);
    emit({ type: "toolbox", toolbox: serverToolbox });
    expect(document.querySelector('[data-testid="servers-file-error"]')).toBeNull();
    expect(card("files")).not.toBeNull();
  });

  it("are imported from programs that were found, or from a file, and the result is told", async () => {
    await open();
    const buttons = [...document.querySelectorAll<HTMLElement>('[data-testid="import-program"]')];
    expect(buttons.map(text)).toEqual(["Import from Claude Desktop", "Import from Cursor"]);
    buttons[1]!.click();
    test("import-servers").click();
    expect(backend.requests).toEqual(["importServers Cursor", "importServers null"]);
    const result = { id: "mcp-imported", args: { servers: "a, b" } };
    emit({
      type: "toolbox",
      toolbox: {
        ...serverToolbox,
        import: { code: "file", severity: "info", text: result, hints: [], detail: null },
      },
    });
    expect(test("servers-import").textContent).toContain("Added: a, b");
  });

  it("offer to create a missing file", async () => {
    await open({}, toolbox);
    expect(test("open-servers-file").textContent).toBe("Create file");
    expect(document.querySelector('[data-testid="reload-servers"]')).toBeNull();
  });
});

describe("a permission of a server", () => {
  const files = servers[0]!;
  const settings = (more: Partial<Settings>): Settings => ({ ...NO_SETTINGS, ...more });

  it("is one of four, of which only one is kept", () => {
    const reading = settings(serverRuled(files, NO_SETTINGS, "readers"));
    expect(reading.toolRules).toEqual({ "files:read-only": "always" });
    expect(serverRule(files, reading)).toBe("readers");
    const never = settings(serverRuled(files, reading, "never"));
    expect([never.toolRules, serverRule(files, never)]).toEqual([{ "files__*": "never" }, "never"]);
    expect(serverRuled(files, never, "")).toEqual({ toolRules: null });
  });

  it("and its switch are no others' permissions", () => {
    const rules = settings({ toolRules: { "files__*": "always", "files:read-only": "always", "gone__*": "never" } });
    expect(otherRules(serverToolbox, rules)).toEqual([["gone__*", "never"]]);
    const off = settings(serverSwitched(files, NO_SETTINGS, false));
    expect([isServerOn(files, off), serverSwitched(files, off, true)]).toEqual([false, { toolSwitches: null }]);
  });
});
