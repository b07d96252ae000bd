// @vitest-environment jsdom
import { flushSync, tick } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { backend, conversation, emit, hide, one, openSettings, show, test } from "../../dev/page";
import type { KeyCheck, Snapshot, SpeechAssets, UiError } from "../../ipc/bindings.gen";
import { NO_SETTINGS } from "../../state/state";

afterEach(hide);

const READY: SpeechAssets = {
  voice: "ready",
  hearing: "ready",
  recogniser: "ready",
  missingBytes: 0,
  fetch: { is: "idle" },
};
const proxy: UiError = {
  code: "proxy",
  severity: "danger",
  text: { id: "proxy", args: {} },
  hints: [],
  detail: null,
};

describe("the settings", () => {
  async function open(snapshot: Partial<Snapshot> = {}): Promise<HTMLDialogElement> {
    await show(snapshot);
    return openSettings();
  }

  const pick = (id: string, value: string) => {
    const select = one<HTMLSelectElement>(id);
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    flushSync();
  };

  it("give the focus back", async () => {
    const dialog = await open();
    dialog.close();
    await tick();
    expect(document.activeElement?.id).toBe("open-settings");
  });

  it("hand over a pasted key and forget it", async () => {
    await open();
    const field = one<HTMLInputElement>("#settings-key");
    field.value = " secret ";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.form?.requestSubmit();
    await vi.waitFor(() => expect(field.value).toBe(""));
    expect(backend.requests).toEqual(["setKey gemini secret"]);
    expect(field.type).toBe("password");
  });

  it("say of a key that it is tried, that it works, or why not and the way out", async () => {
    await open({ key: "keyring" });
    const account = (check: KeyCheck | null) =>
      emit({
        type: "account",
        account: { vertex: "missing", server: "missing", think: "missing", proxy: "missing", check },
      });
    expect(test("verdict").dataset["is"]).toBe("none");
    account({ slot: "gemini", verdict: { is: "checking" } });
    expect(test("verdict").textContent).toContain("Testing…");
    account({ slot: "gemini", verdict: { is: "works" } });
    expect([test("verdict").textContent?.trim(), test("verdict").querySelector("use")?.getAttribute("href")]).toEqual([
      "Key works",
      "#i-check",
    ]);
    const offline: UiError = {
      code: "network",
      severity: "warn",
      text: { id: "key-unchecked-offline", args: {} },
      hints: ["checkKey"],
      detail: "no name",
    };
    account({ slot: "gemini", verdict: { is: "failed", error: offline } });
    expect(test("verdict").textContent).toContain("The key couldn’t be tested");
    one('.verdict [data-hint="checkKey"]').click();
    await vi.waitFor(() => expect(backend.requests).toEqual(["checkKey gemini"]));
    account({ slot: "vertex", verdict: { is: "works" } });
    expect(test("verdict").dataset["is"]).toBe("none");
    expect(document.querySelector('[data-testid="notice"]')).toBeNull();
  });

  it("lead from a key that has expired to its page, and out of the settings into practice", async () => {
    const error: UiError = {
      code: "keyExpired",
      severity: "danger",
      text: { id: "key-expired", args: {} },
      hints: ["getKey", "enterKey", "practice"],
      detail: null,
    };
    const dialog = await open({
      key: "keyring",
      account: {
        vertex: "missing",
        server: "missing",
        think: "missing",
        proxy: "missing",
        check: { slot: "gemini", verdict: { is: "failed", error } },
      },
    });
    expect([...document.querySelectorAll(".verdict .actions button")].map((button) => button.textContent)).toEqual([
      "Get API key",
      "Replace API key",
      "Practice offline",
    ]);
    one('.verdict [data-hint="enterKey"]').click();
    await vi.waitFor(() => expect(document.activeElement?.id).toBe("settings-key"));
    one('.verdict [data-hint="practice"]').click();
    await vi.waitFor(() => expect(backend.requests).toContain("start"));
    expect(dialog.open).toBe(false);
  });

  it("show what the chosen partner needs and nothing else", async () => {
    await open();
    const fields = () =>
      ["key", "project", "location", "vertex-key", "address", "server-key"].filter((id) =>
        document.getElementById(`settings-${id}`),
      );
    expect(fields()).toEqual(["key"]);
    pick("#settings-endpoint", "vertex");
    expect(fields()).toEqual(["project", "location"]);
    pick("#settings-endpoint", "vertex-express");
    expect(fields()).toEqual(["location", "vertex-key"]);
    pick("#settings-endpoint", "custom");
    expect(fields()).toEqual(["address", "server-key"]);
    pick("#settings-endpoint", "practice");
    expect(fields()).toEqual([]);
    expect(backend.requests).toEqual([
      'changeSettings {"endpoint":"vertex"}',
      'changeSettings {"endpoint":"vertex-express"}',
      'changeSettings {"endpoint":"practice"}',
    ]);
  });

  it("download what the practice partner lacks, show how far it is, and give it up", async () => {
    const lacking = { voice: "missing", hearing: "missing", recogniser: "missing", missingBytes: 45_724_341 } as const;
    await open({ speechAssets: { ...lacking, fetch: { is: "idle" } } });
    one("#settings-practice").click();
    emit({
      type: "speechAssets",
      speechAssets: { ...lacking, fetch: { is: "running", what: "hearing", done: 8_000_000, total: 32_000_000 } },
    });
    expect(document.getElementById("settings-practice")).toBeNull();
    const bar = one<HTMLProgressElement>("#settings-fetch");
    expect([bar.value, bar.max]).toEqual([8_000_000, 32_000_000]);
    one('[data-testid="fetching"] button').click();
    const error: UiError = {
      code: "speechAssets",
      severity: "warn",
      text: { id: "speech-models-package", args: {} },
      hints: [],
      detail: "no pip",
    };
    emit({
      type: "speechAssets",
      speechAssets: {
        voice: "missing",
        hearing: "ready",
        recogniser: "ready",
        missingBytes: 13_558_186,
        fetch: { is: "failed", error },
      },
    });
    expect(one('[data-testid="fetch-failed"]').textContent).toContain("no pip");
    expect(one("#settings-practice").textContent).toBe("Download (14 MB)");
    [...document.querySelectorAll<HTMLElement>("#group-practice .actions button")].at(-1)!.click();
    emit({
      type: "speechAssets",
      speechAssets: { voice: "ready", hearing: "ready", recogniser: "ready", missingBytes: 0, fetch: { is: "idle" } },
    });
    expect(document.querySelector("#group-practice .actions")).toBeNull();
    expect(backend.requests).toEqual(["fetchSpeechAssets", "cancelSpeechAssets", "chooseSpeechAsset"]);
  });

  it("choose what the practice partner understands, and say what that costs", async () => {
    await open({ speechAssets: READY });
    const select = one<HTMLSelectElement>("#settings-recogniser");
    expect([...select.options].map(({ label }) => label)).toEqual(["English", "99 languages"]);
    expect(one("#settings-recogniser-hint").textContent).toContain("32 MB");
    select.value = "base";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    expect(backend.requests).toEqual(['changeSettings {"recogniser":"base"}']);
    emit({ type: "settings", settings: { ...NO_SETTINGS, recogniser: "base" } });
    // Nothing is downloaded unasked.
    emit({ type: "speechAssets", speechAssets: { ...READY, recogniser: "missing", missingBytes: 59_707_625 } });
    expect(one("#settings-recogniser-hint").textContent).toContain("Until it is installed");
    expect(one("#settings-practice").textContent).toBe("Download (60 MB)");
  });

  it("take a language model for the practice partner, but none that others could listen in on", async () => {
    const dialog = await open();
    const field = (id: string) => document.getElementById(`settings-${id}`) as HTMLInputElement | null;
    const type = (id: string, value: string) => {
      const input = field(id)!;
      input.value = value;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    };
    expect([field("think-url"), field("think-model"), field("think-key")]).toEqual([null, null, null]);
    one<HTMLInputElement>('.models input[value="another"]').click();
    flushSync();
    type("think-url", "http://models.example/v1");
    await vi.waitFor(() => expect(field("think-url")!.getAttribute("aria-invalid")).toBe("true"));
    expect(dialog.textContent).toContain("https://");
    expect(backend.requests).toEqual([]);
    type("think-url", " http://127.0.0.1:11434/v1 ");
    await vi.waitFor(() =>
      expect(backend.requests).toEqual(['changeSettings {"thinkUrl":"http://127.0.0.1:11434/v1"}']),
    );
    emit({ type: "localModels", localModels: { search: "done", servers: [], proposed: null } });
    await vi.waitFor(() => expect(field("think-key")).not.toBeNull());
    type("think-model", "llama3.2");
    expect(backend.requests.at(-1)).toContain('"thinkModel":"llama3.2"');
    expect([...document.querySelectorAll("#group-practice button")].map((button) => button.textContent)).not.toContain(
      "Get API key",
    );
  });

  describe("with language models on this computer", () => {
    const text = (id: string) => ({ id, args: {} });
    const url = "http://127.0.0.1:11434/v1";
    const facts = [{ id: "local-size", args: { gigabytes: "5.2" } }, text("local-calls"), text("local-no-eyes")];
    const servers = [{ name: text("local-ollama"), url, wantsKey: false, models: [{ id: "qwen3:latest", facts }] }];
    const proposed = { server: text("local-ollama"), url, model: "qwen3:latest" };
    const localModels = { search: "done", servers, proposed } as const;

    it("look for them when the partner is shown, list them, and take one", async () => {
      await open();
      one('.settings nav [href="#group-practice"]').click();
      await vi.waitFor(() => expect(backend.requests).toEqual(["findLocalModels"]));
      emit({ type: "localModels", localModels: { ...localModels, search: "running" } });
      expect(one<HTMLButtonElement>('[data-testid="find-models"]').disabled).toBe(true);
      emit({ type: "localModels", localModels });
      const names = [...document.querySelectorAll(".models .language-model")].map((row) => row.textContent?.trim());
      expect(names).toHaveLength(3);
      expect(names[1]).toContain("Ollama · 5.2 GB · calls functions · no pictures");
      one<HTMLInputElement>('.models input[value^="http"]').click();
      expect(backend.requests.at(-1)).toBe(
        `changeSettings {"thinkUrl":"${url}","thinkModel":"qwen3:latest","localModelOffered":true}`,
      );
      await vi.waitFor(() => expect(test("local-state").dataset["tone"]).toBe("ok"));
      one('[data-testid="find-models"]').click();
      expect(backend.requests.at(-1)).toBe("findLocalModels");
    });

    it("propose one on the first screen until that is decided", async () => {
      await show({ key: "missing", localModels });
      expect(test("take-local-model").textContent?.replace(/[\u2068\u2069]/g, "")).toBe("Use qwen3 from Ollama");
      test("decline-local-model").click();
      expect(backend.requests).toEqual(['changeSettings {"localModelOffered":true}']);
      await vi.waitFor(() => expect(document.querySelector('[data-testid="local-offer"]')).toBeNull());
    });
  });

  it("hand a typed proxy over whole and show it without its password", async () => {
    await open();
    pick("#settings-proxy", "none");
    expect(backend.requests).toEqual(['changeSettings {"proxy":"none"}']);
    pick("#settings-proxy", "address");
    const field = one<HTMLInputElement>("#settings-proxy-url");
    expect(field.value).toBe("");
    field.value = "http://me:secret@proxy:3128";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    await vi.waitFor(() => expect(backend.requests.at(-1)).toBe("setProxy http://me:secret@proxy:3128"));
    emit({ type: "settings", settings: { ...NO_SETTINGS, proxy: "http://proxy:3128" } });
    emit({
      type: "account",
      account: { vertex: "missing", server: "missing", think: "missing", proxy: "keyring", check: null },
    });
    await vi.waitFor(() => expect(field.value).toBe("http://proxy:3128"));
    expect(document.body.innerHTML).not.toContain("secret");
    expect(one("#settings-proxy-url-hint").textContent).toContain("in the keyring");
  });

  it("refuse an address that could not work", async () => {
    await open();
    const kind = one<HTMLSelectElement>("#settings-endpoint");
    kind.value = "custom";
    kind.dispatchEvent(new Event("change", { bubbles: true }));
    flushSync();
    const address = one<HTMLInputElement>("#settings-address");
    const type = (text: string) => {
      address.value = text;
      address.dispatchEvent(new Event("input", { bubbles: true }));
      address.dispatchEvent(new Event("change", { bubbles: true }));
      flushSync();
    };
    type("ws://live.example/");
    expect(address.getAttribute("aria-invalid")).toBe("true");
    expect(backend.requests).toEqual([]);
    type("ws://127.0.0.1:8765");
    expect(backend.requests).toEqual(['changeSettings {"endpoint":"ws://127.0.0.1:8765"}']);
  });

  it("say what waits for a new connection, and connect again", async () => {
    const settings = { ...NO_SETTINGS, voice: "Puck" };
    await open({ phase: "listening", conversation, settings, applied: settings });
    one("#settings-voice").click();
    await vi.waitFor(() => expect(one<HTMLDialogElement>('[data-testid="voices"]').open).toBe(true));
    flushSync();
    one('[data-voice="Kore"] button').click();
    flushSync();
    const words = one("dialog .applies p").textContent;
    expect(words).toBe("Applies after reconnecting: voice. The conversation goes on where it is.");
    one('dialog [data-testid="reconnect-now"]').click();
    expect(backend.requests.at(-1)).toBe("reconnect");
    emit({ type: "applied", settings: { ...settings, voice: "Kore" } });
    expect(document.querySelector(".applies")).toBeNull();
  });

  it("show what the model does not take as disabled, with the reason that came with it", async () => {
    await open();
    const thinking = one<HTMLSelectElement>("#settings-thinking");
    expect([thinking.disabled, one("#settings-thinking-hint").textContent]).toEqual([
      true,
      "Live doesn’t support thinking. Choose Thinker.",
    ]);
    expect(thinking.getAttribute("aria-describedby")).toBe("settings-thinking-hint");
    const proactive = one<HTMLInputElement>("#settings-proactive");
    expect([proactive.disabled, proactive.checked]).toEqual([true, true]);
    one("#settings-model").click();
    await vi.waitFor(() => expect(one<HTMLDialogElement>('[data-testid="models"]').open).toBe(true));
    one('[data-model="thinker"]').click();
    flushSync();
    expect([thinking.disabled, proactive.disabled, proactive.checked]).toEqual([false, false, false]);
    pick("#settings-thinking", "high");
    expect(backend.requests.at(-1)).toBe('changeSettings {"model":"thinker","thinkingLevel":"high"}');
  });

  it("show one group at a time; by keyboard the focus goes to its title", async () => {
    await open();
    const shown = () => [...document.querySelectorAll(".group:not([hidden])")].map(({ id }) => id);
    expect(shown()).toEqual(["group-conversation"]);
    one('[href="#group-appearance"]').click();
    await vi.waitFor(() => expect(shown()).toEqual(["group-appearance"]));
    await vi.waitFor(() => expect(document.activeElement?.textContent).toBe("Appearance"));
  });

  it("unfold what is advanced when they are opened at it", async () => {
    await show({ notices: [{ ...proxy, hints: ["chooseProxy"] }] });
    one('[data-hint="chooseProxy"]').click();
    await vi.waitFor(() => expect(document.activeElement?.id).toBe("settings-proxy"));
    expect(one("#settings-proxy").closest("details")?.open).toBe(true);
  });

  it("have a way back from a number to the default", async () => {
    await open({ settings: { ...NO_SETTINGS, silenceMs: 1200 } });
    const range = one<HTMLInputElement>("#settings-silence");
    expect([range.value, range.getAttribute("aria-valuetext")]).toEqual(["1200", "1,200 ms"]);
    one('[aria-label="Reset Pause before reply to default"]').click();
    flushSync();
    expect([backend.requests.at(-1), range.getAttribute("aria-valuetext")]).toEqual(["changeSettings {}", "Default"]);
  });

  it("set the theme", async () => {
    await open();
    const theme = test("theme") as HTMLSelectElement;
    theme.value = "dark";
    theme.dispatchEvent(new Event("change", { bubbles: true }));
    flushSync();
    expect(document.documentElement.dataset["theme"]).toBe("dark");
  });
});
