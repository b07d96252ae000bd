// Whom one talks with, or would talk with after Start, and what that is called.
import type { Partner, Settings } from "../ipc/bindings.gen";
import { isRunning, type State } from "./state";

/** How the endpoint is chosen in the settings. */
export type EndpointKind = "automatic" | "gemini" | "vertex" | "vertex-express" | "rehearsal" | "custom";

/** The choice of partner, each with what it means. */
export const ENDPOINTS: { value: EndpointKind; label: string; hint: string }[] = [
  { value: "automatic", label: "Automatic", hint: "Gemini with a key, else a rehearsal" },
  { value: "gemini", label: "Gemini", hint: "Google’s service, with a key" },
  { value: "vertex", label: "Vertex AI", hint: "Gemini in a Google Cloud project" },
  { value: "vertex-express", label: "Vertex AI, express", hint: "Gemini in Google Cloud, with a key" },
  { value: "rehearsal", label: "Rehearsal", hint: "A partner on this computer; no network, no key" },
  { value: "custom", label: "A server of my own", hint: "Any that speaks the Live protocol" },
];

/** Where Vertex AI runs a model when nothing is said; as the backend has it. */
export const VERTEX_LOCATION = "us-central1";

export const PARTNER_NAMES: Record<Partner, string> = { gemini: "Gemini", rehearsal: "Rehearsal", custom: "Partner" };

export function endpointKind(endpoint: string | null): EndpointKind {
  if (endpoint === null || endpoint === "") return "automatic";
  return ENDPOINTS.find(({ value }) => value === endpoint)?.value ?? "custom";
}

/** Whether models of Vertex AI can be chosen. */
export function isVertex(endpoint: string | null): boolean {
  return endpointKind(endpoint).startsWith("vertex");
}

/** Where the key for this partner is entered. */
export function keyPlace(endpoint: string | null): "key" | "vertex-key" | "server-key" {
  const kind = endpointKind(endpoint);
  if (kind === "custom") return "server-key";
  return kind === "vertex-express" ? "vertex-key" : "key";
}

/** The running or the last conversation's partner; before the first, whom Start would call. */
export function partner(state: State): Partner {
  if (state.conversation && (isRunning(state.phase) || state.phase === "ended")) return state.conversation.partner;
  return nextPartner(state);
}

/** Whom Start would call. */
export function nextPartner(state: State): Partner {
  const kind = endpointKind(state.settings.endpoint);
  if (kind === "rehearsal" || kind === "custom") return kind;
  if (kind !== "automatic") return "gemini";
  return state.key === "missing" ? "rehearsal" : "gemini";
}

/** For the line under the deck: the partner and where it is. */
export function partnerWords(who: Partner, settings: Settings): { name: string; where: string } {
  switch (who) {
    case "gemini":
      return { name: "Gemini", where: isVertex(settings.endpoint) ? "Vertex AI" : "" };
    case "rehearsal":
      return { name: "Rehearsal,", where: rehearsalPlace(settings) };
    case "custom":
      return { name: "Partner", where: host(settings.endpoint) ?? "" };
  }
}

function rehearsalPlace(settings: Settings): string {
  const elsewhere = thinksAt(settings);
  return elsewhere === null ? "offline" : `thinking at ${elsewhere}`;
}

/** What is wrong with a server's address, in words; null when nothing is. The backend has the last word. */
export function endpointProblem(url: string): string | null {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return "Not an address. Write ws:// or wss:// and a host.";
  }
  if (parsed.protocol === "wss:") return null;
  if (parsed.protocol !== "ws:") return "Only ws:// and wss:// can hold a conversation.";
  return isLoopback(parsed) ? null : "Without encryption (ws://) only on this computer. Elsewhere write wss://.";
}

/** What is wrong with a language model's address, in words; null when nothing is. The backend has the last word. */
export function thinkProblem(url: string): string | null {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return "Not an address. Write http:// or https:// and a host.";
  }
  if (parsed.protocol === "https:") return null;
  if (parsed.protocol !== "http:") return "Only http:// and https:// can be asked.";
  return isLoopback(parsed) ? null : "Without encryption (http://) only on this computer. Elsewhere write https://.";
}

/** Where what is said goes on to when the rehearsal partner thinks with another machine's language model; null: nowhere. */
export function thinksAt({ thinkUrl }: Pick<Settings, "thinkUrl">): string | null {
  if (!thinkUrl) return null;
  try {
    return isLoopback(new URL(thinkUrl)) ? null : host(thinkUrl);
  } catch {
    return host(thinkUrl);
  }
}

/** The settings that wait for the next Start, as words. */
export function waiting(state: State): string[] {
  const then = state.startedWith;
  if (then === null || !isRunning(state.phase)) return [];
  const now = state.settings;
  const changed = ([, meaning]: [string, (settings: Settings) => unknown]) => meaning(then) !== meaning(now);
  return SETUP.filter(changed).map(([name]) => name);
}

/** What the setup carries, by name, and what it means when it is unset. */
const SETUP: [string, (settings: Settings) => unknown][] = [
  ["partner", ({ endpoint, vertexProject, vertexLocation }) => `${endpoint} ${vertexProject} ${vertexLocation}`],
  ["proxy", ({ proxy }) => proxy],
  ["language model", ({ thinkUrl, thinkModel }) => `${thinkUrl ?? ""} ${thinkModel ?? ""}`],
  ["model", ({ model }) => model],
  ["voice", ({ voice }) => voice],
  ["language", ({ translateTo }) => translateTo],
  ["instructions", ({ instructions }) => instructions || null],
  ["thinking", ({ thinkingLevel, thinkingBudget }) => `${thinkingLevel} ${thinkingBudget}`],
  ["Google Search", ({ googleSearch }) => googleSearch ?? false],
  ["mood", ({ affective }) => affective ?? false],
  ["temperature", ({ temperature }) => temperature],
  ["picture detail", ({ mediaResolution }) => mediaResolution],
  ["memory", ({ compression }) => compression ?? true],
  ["being heard", ({ pushToTalk }) => pushToTalk ?? false],
  ["saving silence", ({ saveSilence }) => saveSilence ?? false],
  ["interrupting", ({ bargeIn }) => bargeIn ?? true],
  ["noticing speech", ({ startSensitivity, endSensitivity }) => `${startSensitivity} ${endSensitivity}`],
  ["pause", ({ silenceMs }) => silenceMs],
  ["answering when spoken to", ({ proactive }) => proactive ?? false],
  ["what is listened to", ({ turnCoverage }) => turnCoverage],
];

function isLoopback(url: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

function host(endpoint: string | null): string | null {
  try {
    return endpoint === null ? null : new URL(endpoint).host;
  } catch {
    return endpoint;
  }
}
