// The whole window on a stand-in backend, for tests of components.
import { flushSync, mount, unmount } from "svelte";
import { expect, vi } from "vitest";
import type { Choices, Snapshot, Turn } from "../ipc/bindings.gen";
import App from "../components/App.svelte";
import { NO_OPTIONS } from "../state/choices";
import { Session } from "../state/session.svelte";
import { FakeBackend } from "./fake";
import { modelOf } from "./models";
import { turnOf } from "./material";

export const CHOICES: Choices = {
  models: [
    modelOf("live", "Live", {
      options: {
        thinking: {
          kind: "none",
          reason: { id: "limit-unsupported-other", args: { model: "Live", option: "thinking", other: "Thinker" } },
        },
        limits: [
          {
            option: "proactive",
            reason: { id: "limit-always-on", args: { model: "Live", option: "proactive" } },
            alwaysOn: true,
          },
        ],
        turnCoverage: null,
        takesHistory: true,
      },
    }),
    modelOf("thinker", "Thinker", {
      options: {
        thinking: { kind: "level", levels: ["low", "high"], default: "low" },
        limits: [],
        turnCoverage: null,
        takesHistory: true,
      },
    }),
  ],
  modelsAskedAt: null,
  unlisted: NO_OPTIONS,
  voices: [{ name: "Kore", tone: "Firm" }],
  microphones: [{ id: "mic-1", name: "AppMic", isDefault: true }],
  speakers: [],
  cameras: [{ id: "cam-1", name: "Fakecam", isDefault: true }],
  talkKeyFromEverywhere: true,
};
export const conversation = {
  startedAt: 1000,
  endedAt: null,
  partner: "gemini",
  model: "live",
  voice: "Kore",
  pushToTalk: false,
  microphone: "AppMic",
  speaker: null,
} as const;
export const turn = (id: number, text: string, more: Partial<Turn> = {}): Turn => turnOf(id, "gemini", text, more);

export let backend: FakeBackend;
export let session: Session;
let app: Record<string, unknown> | null = null;

/** Draws the window in this state; what was drawn before goes. */
export async function show(snapshot: Partial<Snapshot> = {}, offered = CHOICES, intro = false): Promise<void> {
  await hide();
  backend = new FakeBackend(snapshot, offered);
  session = new Session(backend);
  app = mount(App, { target: document.body, props: { session, intro } });
  flushSync();
  await vi.waitFor(() => expect(session.choices).toBe(offered));
  flushSync();
}

/** Takes the window away; for `afterEach`. */
export async function hide(): Promise<void> {
  if (app) await unmount(app);
  app = null;
  document.body.replaceChildren();
}

/** The first element that matches; an error when there is none. */
export function one<E extends HTMLElement = HTMLElement>(selector: string): E {
  const found = document.querySelector<E>(selector);
  if (!found) throw new Error(`nothing is ${selector}`);
  return found;
}

export const test = (id: string): HTMLElement => one(`[data-testid="${id}"]`);

export const emit: FakeBackend["emit"] = (event, skip) => {
  backend.emit(event, skip);
  flushSync();
};

export const press = (key: string, target: EventTarget = document.body): boolean =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

/** Opens the settings and waits until they stand. */
export async function openSettings(): Promise<HTMLDialogElement> {
  one("#open-settings").focus();
  one("#open-settings").click();
  const dialog = one<HTMLDialogElement>("dialog");
  await vi.waitFor(() => expect(dialog.open).toBe(true));
  return dialog;
}
