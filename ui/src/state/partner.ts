// Which partner answers, or would after Start, and what it is called.
import { isolated, t } from "../i18n";
import type { Option } from "./choices";
import type { Partner, Settings } from "../ipc/bindings.gen";
import { isRunning, type State } from "./state";

/** How the endpoint is chosen in the settings. */
export type EndpointKind = "automatic" | "gemini" | "vertex" | "vertex-express" | "practice" | "custom";

const ENDPOINTS: EndpointKind[] = ["automatic", "gemini", "vertex", "vertex-express", "practice", "custom"];

/** The choice of endpoint. */
export function endpointOptions(): Option[] {
  return ENDPOINTS.map((kind) => ({ value: kind, label: t(`endpoint-${kind}`) }));
}

/** Default location of Vertex AI; the same as in the backend. */
export const VERTEX_LOCATION = "us-central1";

/** Returns the name of a partner, as shown beside its words. */
export function partnerName(who: Partner): string {
  return t(`partner-${who}`);
}

export function endpointKind(endpoint: string | null): EndpointKind {
  if (endpoint === null || endpoint === "") return "automatic";
  return ENDPOINTS.find((kind) => kind === endpoint) ?? "custom";
}

/** Whether models of Vertex AI can be chosen. */
export function isVertex(endpoint: string | null): boolean {
  return endpointKind(endpoint).startsWith("vertex");
}

/** Where the key for this partner is entered; the choice of the partner where none is needed. */
export function keyPlace(endpoint: string | null): "key" | "vertex-key" | "server-key" | "endpoint" {
  const kind = endpointKind(endpoint);
  if (kind === "practice") return "endpoint";
  if (kind === "custom") return "server-key";
  return kind === "vertex-express" ? "vertex-key" : "key";
}

/** Returns the partner of the running or the last conversation; before the first, the one that Start would call. */
export function partner(state: State): Partner {
  if (state.conversation && (isRunning(state.phase) || state.phase === "ended")) return state.conversation.partner;
  return nextPartner(state);
}

/** Returns the partner that Start would call. */
export function nextPartner(state: State): Partner {
  const kind = endpointKind(state.settings.endpoint);
  if (kind === "practice" || kind === "custom") return kind;
  if (kind !== "automatic") return "gemini";
  return state.key === "missing" ? "practice" : "gemini";
}

/** For the line under the deck: the partner and where it is. */
export function partnerPlace(who: Partner, settings: Settings): string {
  switch (who) {
    case "gemini":
      return isVertex(settings.endpoint) ? t("place-vertex") : t("place-gemini");
    case "practice": {
      const elsewhere = thinksAt(settings);
      return elsewhere === null
        ? t("place-practice-offline")
        : t("place-practice-online", { host: isolated(elsewhere) });
    }
    case "custom":
      return t("place-custom", { host: isolated(host(settings.endpoint) ?? "") });
  }
}

/** For the header: the practice partner and where it thinks. */
export function partnerHeader(settings: Settings): string {
  const elsewhere = thinksAt(settings);
  return elsewhere === null ? t("header-practice-offline") : t("header-practice-online", { host: isolated(elsewhere) });
}

/** Returns what is wrong with a server's address; null when it looks right. The backend checks it again. */
export function endpointProblem(url: string): string | null {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return t("address-not-ws");
  }
  if (parsed.protocol === "wss:") return null;
  if (parsed.protocol !== "ws:") return t("address-not-ws");
  return isLoopback(parsed) ? null : t("address-unencrypted");
}

/** Returns what is wrong with a language model's address; null when it looks right. The backend checks it again. */
export function thinkProblem(url: string): string | null {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return t("think-url-not-http");
  }
  if (parsed.protocol === "https:") return null;
  if (parsed.protocol !== "http:") return t("think-url-not-http");
  return isLoopback(parsed) ? null : t("think-url-unencrypted");
}

/** Returns the host of the language model that the practice partner uses, when it is on another machine; else null. */
export function thinksAt({ thinkUrl }: Pick<Settings, "thinkUrl">): string | null {
  if (!thinkUrl) return null;
  try {
    return isLoopback(new URL(thinkUrl)) ? null : host(thinkUrl);
  } catch {
    return host(thinkUrl);
  }
}

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
