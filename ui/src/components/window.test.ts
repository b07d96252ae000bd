// @vitest-environment jsdom
import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Choices, KeyCheck, Snapshot, Turn, UiError } from "../ipc/bindings.gen";
import { FakeBackend } from "../dev/fake";
import { Session } from "../state/session.svelte";
import { NO_SETTINGS } from "../state/state";
import { NO_OPTIONS } from "../state/choices";
import App from "./App.svelte";

const CHOICES: Choices = {
  models: [
    {
      id: "live",
      label: "Live",
      note: "",
      offered: true,
      vertexOnly: false,
      served: null,
      options: {
        thinking: { kind: "none", reason: "Live does not think; choose Thinker." },
        limits: [{ option: "proactive", reason: "Live always does.", alwaysOn: true }],
        turnCoverage: null,
      },
    },
    {
      id: "thinker",
      label: "Thinker",
      note: "",
      offered: true,
      vertexOnly: false,
      served: null,
      options: { thinking: { kind: "level", levels: ["low", "high"], default: "low" }, limits: [], turnCoverage: null },
    },
  ],
  modelsAskedAt: null,
  unlisted: NO_OPTIONS,
  voices: [{ name: "Kore", tone: "Firm" }],
  microphones: [{ id: "mic-1", name: "AppMic", isDefault: true }],
  speakers: [],
  cameras: [{ id: "cam-1", name: "Fakecam", isDefault: true }],
  talkKeyFromEverywhere: true,
};
const conversation = {
  startedAt: 1000,
  endedAt: null,
  partner: "gemini",
  model: "live",
  voice: "Kore",
  pushToTalk: false,
  microphone: "AppMic",
  speaker: null,
} as const;
const turn = (id: number, text: string, more: Partial<Turn> = {}): Turn => ({
  id,
  speaker: "gemini",
  at: id,
  text,
  typed: false,
  ended: true,
  heardTo: null,
  sources: [],
  queries: [],
  ...more,
});

let app: Record<string, unknown>;
let backend: FakeBackend;
let session: Session;

async function show(snapshot: Partial<Snapshot> = {}): Promise<void> {
  backend = new FakeBackend(snapshot, CHOICES);
  session = new Session(backend);
  app = mount(App, { target: document.body, props: { session } });
  flushSync();
  await vi.waitFor(() => expect(session.choices).toBe(CHOICES));
  flushSync();
}
const one = <E extends HTMLElement = HTMLElement>(selector: string): E => {
  const found = document.querySelector<E>(selector);
  if (!found) throw new Error(`nothing is ${selector}`);
  return found;
};
const test = (id: string) => one(`[data-testid="${id}"]`);
const emit: FakeBackend["emit"] = (event, skip) => {
  backend.emit(event, skip);
  flushSync();
};
const press = (key: string, target: EventTarget = document.body) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

beforeEach(() => document.body.replaceChildren());
afterEach(() => unmount(app));

describe("the deck", () => {
  it("starts and ends with one button", async () => {
    await show();
    test("start").click();
    emit({ type: "phase", phase: "listening" });
    expect(test("start").textContent).toBe("End");
    test("start").click();
    expect(backend.requests).toEqual(["start", "end"]);
  });

  it("takes the second click of a double click for none", async () => {
    await show();
    emit({ type: "phase", phase: "connecting" });
    test("start").dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 2 }));
    expect(backend.requests).toEqual([]);
  });

  it("holds to talk with the button, with Space on the page, and lets go when the window loses the focus", async () => {
    const byKey = { ...conversation, pushToTalk: true };
    await show({ phase: "listening", conversation: byKey });
    expect(document.activeElement).toBe(test("hold"));
    expect(test("phase").textContent).toContain("Hold to talk");
    press(" ", test("hold"));
    test("hold").dispatchEvent(new KeyboardEvent("keyup", { key: " ", bubbles: true }));
    (document.activeElement as HTMLElement).blur();
    press(" ");
    emit({ type: "held", held: true });
    expect(test("phase").textContent).toContain("Listening");
    expect(test("hold").getAttribute("aria-pressed")).toBe("true");
    window.dispatchEvent(new Event("blur"));
    expect(backend.requests).toEqual(["hold true", "hold false", "hold true", "hold false"]);
    emit({ type: "muted", muted: true });
    press(" ");
    expect(backend.requests).toHaveLength(4);
  });

  it("sends what is typed, only in a conversation", async () => {
    await show();
    const field = test("composer") as HTMLInputElement;
    expect([field.disabled, field.placeholder]).toEqual([true, "Start first to type"]);
    emit({ type: "phase", phase: "listening" });
    field.value = "  Tell me a joke ";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    one<HTMLFormElement>("form.composer").requestSubmit();
    expect(backend.requests).toEqual(["sendText Tell me a joke"]);
    await tick();
    expect(field.value).toBe("");
  });

  it("gives back what could not be sent", async () => {
    await show({ phase: "listening" });
    const field = test("composer") as HTMLInputElement;
    field.value = "kept";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    backend.refuse = new Error("full");
    one<HTMLFormElement>("form.composer").requestSubmit();
    await vi.waitFor(() => expect(field.value).toBe("kept"));
  });

  it("mutes, and says so by a word, a shape and its state", async () => {
    await show({ phase: "listening", conversation });
    const mute = one('[title="Mute (M)"]');
    mute.click();
    expect(backend.requests).toEqual(["setMuted true"]);
    emit({ type: "muted", muted: true });
    emit({ type: "phase", phase: "muted" });
    expect(mute.getAttribute("aria-pressed")).toBe("true");
    expect(one(".level-label.you").textContent).toContain("muted");
    expect(one('[data-testid="phase"] use').getAttribute("href")).toBe("#i-mic-off");
  });

  it("chooses a microphone at once", async () => {
    await show({ phase: "listening", conversation });
    const select = one<HTMLSelectElement>("#choose-microphone");
    select.value = "mic-1";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    expect(backend.requests).toEqual(['changeSettings {"microphone":"mic-1"}']);
  });

  it("shows both real levels", async () => {
    await show({ phase: "speaking", conversation });
    emit({
      type: "levels",
      levels: { you: 0.25, youPeak: 0.3, gemini: 0.5, geminiPeak: 0.6, youDb: -45, geminiDb: -30 },
    });
    await vi.waitFor(() => expect(test("meter-speaker").getAttribute("value")).toBe("0.5"));
    expect(test("meter-microphone").getAttribute("value")).toBe("0.25");
    expect(document.querySelector<SVGElement>(".string.gemini .overtone")?.style.transform).toBe("scaleY(0.60)");
  });

  it("names the rehearsal as what it is", async () => {
    await show({ phase: "listening", conversation: { ...conversation, partner: "rehearsal" } });
    expect(test("partner").textContent).toContain("Rehearsal");
    expect(test("practice-note").textContent).toContain("not with Gemini");
  });
});

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

  it("saves the last reply from its own row, as long as its sound is there", async () => {
    await show({
      phase: "listening",
      conversation,
      turns: [turn(1, "First."), turn(2, "Second.")],
      spoken: { turn: 1, ms: 900 },
    });
    const rows = () =>
      [...document.querySelectorAll('[data-testid="turn"]')].map(
        (row) => row.querySelector("button")?.getAttribute("aria-label") ?? "",
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

describe("a notice", () => {
  const refused: UiError = {
    code: "keyRefused",
    severity: "danger",
    message: "Gemini refused the key",
    explanation: "It expired.",
    hints: ["enterKey", "getKey", "rehearse"],
    detail: "1007: API key expired",
  };

  it("says what, why and the way out, and its own words under Details", async () => {
    await show({ notices: [refused] });
    const shown = test("notice");
    expect([...shown.querySelectorAll(".actions button")].map((button) => button.textContent)).toEqual([
      "Paste a new key",
      "Get a key",
      "Rehearse",
    ]);
    expect(shown.querySelector("details")?.textContent).toContain("1007: API key expired");
  });

  it("leads to the key's field", async () => {
    await show({ notices: [refused] });
    one('[data-hint="enterKey"]').click();
    await vi.waitFor(() => expect(document.activeElement?.id).toBe("settings-key"));
  });

  it("starts a rehearsal and is done with", async () => {
    await show({ notices: [refused] });
    one('[data-hint="rehearse"]').click();
    await vi.waitFor(() => expect(backend.requests).toEqual(['changeSettings {"endpoint":"rehearsal"}', "start"]));
    flushSync();
    expect(document.querySelector('[data-testid="notice"]')).toBeNull();
  });

  it("of a model that is gone takes the suggested one and starts again", async () => {
    await show({
      phase: "ended",
      notices: [
        { ...refused, code: "model", hints: ["useModel", "chooseModel"], suggestion: { id: "live", label: "Live" } },
      ],
    });
    const button = one('[data-hint="useModel"]');
    expect(button.textContent).toBe("Use Live");
    button.click();
    await vi.waitFor(() => expect(backend.requests).toEqual(['changeSettings {"model":"live"}', "start"]));
  });

  it("can be dismissed", async () => {
    await show({ notices: [refused] });
    one('[aria-label="Dismiss"]').click();
    flushSync();
    expect(document.querySelector('[data-testid="notice"]')).toBeNull();
  });
});

describe("a broken line", () => {
  it("is a word, a shape and a banner with a countdown and what is kept; typing goes on", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval"] });
    try {
      await show({ phase: "listening", conversation });
      expect(document.querySelector('[data-testid="reconnecting"]')).toBeNull();
      emit({ type: "phase", phase: "reconnecting" });
      emit({
        type: "connection",
        connection: {
          attempt: 2,
          retryAt: Date.now() + 4000,
          keptMs: 4200,
          reason: "The connection broke: no reason given",
        },
      });
      expect(test("phase").textContent).toContain("Reconnecting");
      expect(one('[data-testid="phase"] use').getAttribute("href")).toBe("#i-p-reconnecting");
      expect(document.querySelector("#i-p-reconnecting")).not.toBeNull();
      const words = () => one(".banner p").textContent.replaceAll(/\s+/g, " ").trim();
      expect(words()).toBe(
        "The connection dropped. Trying again in 4 s (try 2). 4.2 s of your voice kept; it is sent when the line is back.",
      );
      vi.advanceTimersByTime(3250);
      flushSync();
      expect(words()).toContain("Trying again in 1 s");
      expect(Math.round(one<HTMLProgressElement>(".banner progress").value * 10)).toBe(8);
      emit({
        type: "connection",
        connection: { attempt: 2, retryAt: null, keptMs: 7100, reason: "The connection broke: no reason given" },
      });
      expect(words()).toContain("Trying again now (try 2). 7.1 s of your voice kept");
      expect(document.querySelector(".banner progress")).toBeNull();
      expect(one(".banner details").textContent).toContain("no reason given");
      expect((test("composer") as HTMLInputElement).disabled).toBe(false);
      expect(test("reconnecting").querySelector("button")).toBeNull();
      emit({ type: "connection", connection: null });
      emit({ type: "phase", phase: "listening" });
      expect(document.querySelector('[data-testid="reconnecting"]')).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  it("that is back says what was kept, without alarm", async () => {
    await show({
      phase: "listening",
      conversation,
      notices: [
        {
          code: "resumed",
          severity: "info",
          message: "The connection is back",
          explanation: "4.2 s of your voice were sent.",
          hints: [],
          detail: null,
        },
      ],
    });
    expect(test("notice").className).toContain("is-info");
    expect(test("notice").querySelector("use")?.getAttribute("href")).toBe("#i-check");
  });
});

describe("the settings", () => {
  async function open(snapshot: Partial<Snapshot> = {}): Promise<HTMLDialogElement> {
    await show(snapshot);
    one("#open-settings").focus();
    one("#open-settings").click();
    const dialog = one<HTMLDialogElement>("dialog");
    await vi.waitFor(() => expect(dialog.open).toBe(true));
    return dialog;
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
    expect(test("verdict").textContent).toContain("Checking it…");
    account({ slot: "gemini", verdict: { is: "works" } });
    expect([test("verdict").textContent?.trim(), test("verdict").querySelector("use")?.getAttribute("href")]).toEqual([
      "It works",
      "#i-check",
    ]);
    const offline: UiError = {
      code: "network",
      severity: "warn",
      message: "The key could not be checked",
      explanation: "It is kept.",
      hints: ["checkKey"],
      detail: "no name",
    };
    account({ slot: "gemini", verdict: { is: "failed", error: offline } });
    expect(test("verdict").textContent).toContain("The key could not be checked");
    one('.verdict [data-hint="checkKey"]').click();
    await vi.waitFor(() => expect(backend.requests).toEqual(["checkKey gemini"]));
    account({ slot: "vertex", verdict: { is: "works" } });
    expect(test("verdict").dataset["is"]).toBe("none");
    expect(document.querySelector('[data-testid="notice"]')).toBeNull();
  });

  it("lead from a key that has expired to its page, and out of the settings into a rehearsal", async () => {
    const error: UiError = {
      code: "keyExpired",
      severity: "danger",
      message: "Expired",
      explanation: "",
      hints: ["getKey", "enterKey", "rehearse"],
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
      "Get a key",
      "Paste a new key",
      "Rehearse",
    ]);
    one('.verdict [data-hint="enterKey"]').click();
    await vi.waitFor(() => expect(document.activeElement?.id).toBe("settings-key"));
    one('.verdict [data-hint="rehearse"]').click();
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
    pick("#settings-endpoint", "rehearsal");
    expect(fields()).toEqual(["key"]);
    expect(backend.requests).toEqual([
      'changeSettings {"endpoint":"vertex"}',
      'changeSettings {"endpoint":"vertex-express"}',
      'changeSettings {"endpoint":"rehearsal"}',
    ]);
  });

  it("fetch what the rehearsal partner lacks, show how far it is, and give it up", async () => {
    const lacking = { voice: "missing", hearing: "missing", missingBytes: 45_724_341 } as const;
    await open({ parts: { ...lacking, fetch: { is: "idle" } } });
    one("#settings-practice").click();
    emit({
      type: "parts",
      parts: { ...lacking, fetch: { is: "running", what: "hearing", done: 8_000_000, total: 32_000_000 } },
    });
    expect(document.getElementById("settings-practice")).toBeNull();
    const bar = one<HTMLProgressElement>("#settings-fetch");
    expect([bar.value, bar.max]).toEqual([8_000_000, 32_000_000]);
    one('[data-testid="fetching"] button').click();
    const error: UiError = {
      code: "parts",
      severity: "warn",
      message: "The voice could not be fetched",
      explanation: "",
      hints: [],
      detail: "no pip",
    };
    emit({
      type: "parts",
      parts: { voice: "missing", hearing: "ready", missingBytes: 13_558_186, fetch: { is: "failed", error } },
    });
    expect(one('[data-testid="fetch-failed"]').textContent).toContain("no pip");
    expect(one("#settings-practice").textContent).toBe("Fetch 14 MB");
    [...document.querySelectorAll<HTMLElement>("#group-practice .actions button")].at(-1)!.click();
    emit({ type: "parts", parts: { voice: "ready", hearing: "ready", missingBytes: 0, fetch: { is: "idle" } } });
    expect(document.querySelector("#group-practice .actions")).toBeNull();
    expect(backend.requests).toEqual(["fetchParts", "cancelParts", "choosePart"]);
  });

  it("take a language model for the rehearsal partner, its name and its key, and none that others could listen in on", async () => {
    const dialog = await open();
    const field = (id: string) => document.getElementById(`settings-${id}`) as HTMLInputElement | null;
    const type = (id: string, value: string) => {
      const input = field(id)!;
      input.value = value;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    };
    expect([field("think-model"), field("think-key")]).toEqual([null, null]);
    type("think-url", "http://models.example/v1");
    await vi.waitFor(() => expect(field("think-url")!.getAttribute("aria-invalid")).toBe("true"));
    expect(dialog.textContent).toContain("https://");
    expect(backend.requests).toEqual([]);
    type("think-url", " http://127.0.0.1:11434/v1 ");
    await vi.waitFor(() =>
      expect(backend.requests).toEqual(['changeSettings {"thinkUrl":"http://127.0.0.1:11434/v1"}']),
    );
    emit({ type: "settings", settings: { ...NO_SETTINGS, thinkUrl: "http://127.0.0.1:11434/v1" } });
    await vi.waitFor(() => expect(field("think-key")).not.toBeNull());
    type("think-model", "llama3.2");
    expect(backend.requests.at(-1)).toContain('"thinkModel":"llama3.2"');
    expect([...document.querySelectorAll("#group-practice button")].map((button) => button.textContent)).not.toContain(
      "Get a key",
    );
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

  it("ask which models the account has, and take the answer into the picker", async () => {
    await open();
    const [live, thinker] = CHOICES.models;
    const found = { ...live!, id: "gemini-9", label: "Gemini 9", served: true, note: "not in Vivavoce’s list" };
    backend.offered = {
      ...CHOICES,
      modelsAskedAt: Date.UTC(2026, 10, 23, 12),
      models: [{ ...live!, served: true }, { ...thinker!, served: false }, found],
    };
    one("#settings-refresh").click();
    await vi.waitFor(() => expect(one("#settings-refresh-hint").textContent).toContain("2 can talk live, as of"));
    flushSync();
    expect([...one<HTMLSelectElement>("#settings-model").options].map(({ label }) => label)).toEqual([
      "Live",
      "Thinker (not in your account’s list)",
      "Gemini 9 (not in Vivavoce’s list)",
      "Other…",
    ]);
    expect(backend.requests).toEqual(["refreshModels"]);
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

  it("say what waits for the next Start", async () => {
    await open({ phase: "listening", conversation, settings: { ...NO_SETTINGS, voice: "Puck" } });
    const voice = one<HTMLSelectElement>("#settings-voice");
    voice.value = "Kore";
    voice.dispatchEvent(new Event("change", { bubbles: true }));
    flushSync();
    expect(one("dialog .applies").textContent).toBe("Applies at the next Start: voice.");
  });

  it("show what the model does not take as disabled, with the reason that came with it", async () => {
    await open();
    const thinking = one<HTMLSelectElement>("#settings-thinking");
    expect([thinking.disabled, one("#settings-thinking-hint").textContent]).toEqual([
      true,
      "Live does not think; choose Thinker.",
    ]);
    expect(thinking.getAttribute("aria-describedby")).toBe("settings-thinking-hint");
    const proactive = one<HTMLInputElement>("#settings-proactive");
    expect([proactive.disabled, proactive.checked]).toEqual([true, true]);
    pick("#settings-model", "thinker");
    expect([thinking.disabled, proactive.disabled, proactive.checked]).toEqual([false, false, false]);
    pick("#settings-thinking", "high");
    expect(backend.requests.at(-1)).toBe('changeSettings {"model":"thinker","thinkingLevel":"high"}');
  });

  it("take any other model by its id, however it was pasted", async () => {
    await open();
    pick("#settings-model", "…");
    const field = one<HTMLInputElement>("#settings-model-other");
    field.value = " models/gemini-9 ";
    field.dispatchEvent(new Event("change", { bubbles: true }));
    flushSync();
    expect(backend.requests).toEqual(['changeSettings {"model":"gemini-9"}']);
    expect(one<HTMLSelectElement>("#settings-model").value).toBe("gemini-9");
    expect(one("#settings-model-hint").textContent).toContain("Not in the list");
  });

  it("are opened at that field from the header, whose picker stays as it was", async () => {
    await show();
    pick("#choose-model", "…");
    await vi.waitFor(() => expect(document.activeElement?.id).toBe("settings-model-other"));
    expect(one<HTMLSelectElement>("#choose-model").value).toBe("live");
    expect(backend.requests).toEqual([]);
  });

  it("have a way back from a number to the default", async () => {
    await open({ settings: { ...NO_SETTINGS, silenceMs: 1200 } });
    const range = one<HTMLInputElement>("#settings-silence");
    expect([range.value, range.getAttribute("aria-valuetext")]).toEqual(["1200", "1200 ms"]);
    one('[aria-label="Default: Pause before a reply"]').click();
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

describe("the stage", () => {
  it("says before Start that nothing is open, and without a key that this is no Gemini", async () => {
    await show();
    expect(one(".stage-words").textContent).toContain("Press Start and talk");
    expect(one(".stage-words").textContent).toContain("rehearsal partner, not with Gemini");
    emit({ type: "key", key: "keyring" });
    expect(one(".stage-words").textContent).not.toContain("rehearsal");
  });

  it("tells a conversation that is over from one that never was", async () => {
    await show({ phase: "ended", conversation: { ...conversation, startedAt: null, endedAt: 2000 } });
    expect(one(".stage-words h1").textContent).toBe("It did not start");
    emit({ type: "conversation", conversation: { ...conversation, endedAt: 2000 } });
    expect(one(".stage-words h1").textContent).toBe("The conversation is over");
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
