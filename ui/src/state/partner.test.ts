import { describe, expect, it } from "vitest";
import { isolated } from "../i18n";
import type { ConversationInfo, Settings } from "../ipc/bindings.gen";
import { endpointKind, endpointProblem, keyPlace, nextPartner, partner, partnerPlace, thinkProblem } from "./partner";
import { INITIAL, NO_SETTINGS, type State } from "./state";

const state = (more: Partial<State>): State => ({ ...INITIAL, ...more });
const settings = (more: Partial<Settings>): Settings => ({ ...NO_SETTINGS, ...more });

describe("Start calls", () => {
  it("Gemini with a key and the practice partner without", () => {
    expect(nextPartner(state({ key: "keyring" }))).toBe("gemini");
    expect(nextPartner(state({ key: "missing" }))).toBe("practice");
  });
  it("whomever the settings name", () => {
    expect(nextPartner(state({ key: "keyring", settings: settings({ endpoint: "practice" }) }))).toBe("practice");
    expect(nextPartner(state({ settings: settings({ endpoint: "ws://127.0.0.1:1" }) }))).toBe("custom");
  });
});

it("Vertex AI is Gemini, with a key of its own where it needs one", () => {
  expect(nextPartner(state({ settings: settings({ endpoint: "vertex" }) }))).toBe("gemini");
  expect(partnerPlace("gemini", settings({ endpoint: "vertex-express" }))).toBe("Gemini, Vertex AI");
  expect([null, "gemini", "vertex-express", "wss://x", "practice"].map(keyPlace)).toEqual([
    "key",
    "key",
    "vertex-key",
    "server-key",
    "endpoint",
  ]);
});

it("a conversation's partner stays what it was when the key comes or goes", () => {
  const conversation: ConversationInfo = {
    startedAt: 1,
    endedAt: null,
    partner: "practice",
    model: "",
    voice: "",
    pushToTalk: false,
    microphone: null,
    speaker: null,
  };
  expect(partner(state({ phase: "speaking", key: "keyring", conversation }))).toBe("practice");
  expect(partner(state({ phase: "ready", key: "keyring", conversation }))).toBe("gemini");
});

it("the line under the deck says plainly who it is", () => {
  expect(partnerPlace("practice", NO_SETTINGS)).toBe("Practice, offline");
  expect(partnerPlace("practice", settings({ thinkUrl: "http://127.0.0.1:11434/v1" }))).toBe("Practice, offline");
  expect(partnerPlace("practice", settings({ thinkUrl: "https://models.example:8443/v1" }))).toBe(
    `Practice, using ${isolated("models.example:8443")}`,
  );
  expect(partnerPlace("custom", settings({ endpoint: "wss://live.example:444/x" }))).toBe(
    `Custom server, ${isolated("live.example:444")}`,
  );
});

describe("an address", () => {
  it.each(["wss://live.example/", "ws://127.0.0.1:8765", "ws://localhost:1", "ws://[::1]:9"])("%s will do", (url) =>
    expect(endpointProblem(url)).toBeNull(),
  );
  it.each(["ws://live.example/", "https://live.example/", "live", "ws://127.0.0.1.example/"])("%s will not", (url) =>
    expect(endpointProblem(url)).not.toBeNull(),
  );
  it("is told from the named ones", () =>
    expect([null, "gemini", "practice", "ws://x"].map(endpointKind)).toEqual([
      "automatic",
      "gemini",
      "practice",
      "custom",
    ]));
});

describe("a language model's address", () => {
  it.each(["https://models.example/v1", "http://127.0.0.1:11434/v1", "http://localhost:1234/v1", "http://[::1]:9"])(
    "%s will do",
    (url) => expect(thinkProblem(url)).toBeNull(),
  );
  it.each(["http://models.example/v1", "ws://127.0.0.1", "llama", "http://127.0.0.1.example/"])("%s will not", (url) =>
    expect(thinkProblem(url)).not.toBeNull(),
  );
});
