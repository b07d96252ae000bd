import { describe, expect, it } from "vitest";
import type { KeyState, LocalModels, Settings } from "../ipc/bindings.gen";
import { ANOTHER, asksForKey, BUILT_IN, chosenKey, localOffer, localState, modelEntries } from "./local-models";
import { INITIAL, NO_SETTINGS, type State } from "./state";

const text = (id: string) => ({ id, args: {} });
const url = "http://127.0.0.1:11434/v1";
const proposed = { server: text("local-ollama"), url, model: "qwen3:8b" };
const found: LocalModels = {
  search: "done",
  servers: [
    { name: text("local-ollama"), url, wantsKey: false, models: [{ id: "qwen3:8b", facts: [text("local-calls")] }] },
    { name: text("local-jan"), url: "http://127.0.0.1:1337/v1", wantsKey: true, models: [] },
  ],
  proposed,
};
const none: LocalModels = { search: "done", servers: [], proposed: null };
const plain = (words: string) => words.replace(/[\u2068\u2069]/g, "");
const settings = (thinkUrl: string | null, thinkModel: string | null = null): Settings => ({
  ...NO_SETTINGS,
  thinkUrl,
  thinkModel,
});

it("asks for a key only where one is wanted, or may be", () => {
  const asks = (models: LocalModels, chosen: Settings, kept: KeyState = "missing") => asksForKey(models, chosen, kept);
  const jan = "http://127.0.0.1:1337/v1";
  expect(asks(found, NO_SETTINGS)).toBe(false);
  expect(asks(found, settings(url, "qwen3:8b"))).toBe(false);
  expect(asks(found, settings(jan, "any"))).toBe(true);
  expect(asks(found, settings("https://models.example/v1", "any"))).toBe(true);
  expect(asks(none, settings(url, "qwen3:8b"))).toBe(true);
  expect(asks({ ...none, search: "running" }, settings(url, "qwen3:8b"))).toBe(false);
  expect(asks(found, settings(url, "qwen3:8b"), "keyring")).toBe(true);
});

describe("the list of language models", () => {
  const names = (models: LocalModels, chosen: Settings) => modelEntries(models, chosen).map(({ name }) => plain(name));

  it("has no model first, what was found, and another server last", () => {
    expect(names(found, NO_SETTINGS)).toEqual(["Built-in answers", "qwen3:8b", "Another server…"]);
    expect(modelEntries(found, NO_SETTINGS).at(1)?.change).toEqual({ thinkUrl: url, thinkModel: "qwen3:8b" });
  });

  it("keeps the chosen one that is not there now", () => {
    const chosen = settings(url, "gone");
    expect(names(found, chosen)).toContain("gone");
    expect(chosenKey(chosen)).toBe(modelEntries(found, chosen).at(2)?.key);
    // However this computer is written.
    expect(names(found, settings("http://localhost:11434/v1/", "qwen3:8b"))).toHaveLength(3);
  });

  it("marks what the settings name", () => {
    expect(chosenKey(NO_SETTINGS)).toBe(BUILT_IN);
    expect(chosenKey(settings("https://models.example/v1", "m"))).toBe(ANOTHER);
    expect(chosenKey(settings(url))).toBe(ANOTHER);
    expect(chosenKey(settings(url, "qwen3:8b"))).toBe(modelEntries(found, NO_SETTINGS).at(1)?.key);
  });
});

describe("how the chosen model stands", () => {
  it.each<[LocalModels, Settings, string, string | undefined]>([
    [{ ...found, search: "running" }, NO_SETTINGS, "Looking for", undefined],
    [found, NO_SETTINGS, "One language model was found", undefined],
    [none, NO_SETTINGS, "start Ollama", undefined],
    [{ ...found, servers: found.servers.slice(1) }, NO_SETTINGS, "Jan wants a key", undefined],
    [found, settings(url, "qwen3:8b"), "qwen3:8b from Ollama is ready.", "ok"],
    [found, settings(url, "other"), "Ollama doesn’t have other", "warn"],
    [none, settings(url, "qwen3:8b"), "doesn’t answer", "warn"],
    [found, settings("http://127.0.0.1:1337/v1", "m"), "Jan wants a key", undefined],
    [found, settings("https://models.example/v1", "m"), "m at models.example is used.", undefined],
    [found, settings(url), "Enter the model’s name.", "warn"],
  ])("is said in a line", (models, chosen, words, tone) => {
    const stands = localState(models, chosen);
    expect([plain(stands.words).includes(words), stands.tone], plain(stands.words)).toEqual([true, tone]);
  });
});

describe("the proposal", () => {
  const state = (change: Partial<Settings>, more: Partial<State> = {}): State => ({
    ...INITIAL,
    known: true,
    localModels: found,
    settings: { ...NO_SETTINGS, ...change },
    ...more,
  });

  it("is for whoever would practice without a model, and has not decided", () => {
    expect(localOffer(state({}))).toEqual(proposed);
    expect(localOffer(state({ endpoint: "practice" }, { key: "keyring" }))).toEqual(proposed);
    for (const decided of [
      state({ localModelOffered: true }),
      state({ thinkUrl: url, thinkModel: "m" }),
      state({}, { key: "keyring" }),
      state({}, { localModels: none }),
      state({}, { known: false }),
    ])
      expect(localOffer(decided)).toBeNull();
  });
});
