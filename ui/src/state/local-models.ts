// The language models on this computer, in words: the list to choose from, how the chosen one stands, and the proposal.
import { isolated, list, said, t } from "../i18n";
import type { KeyState, LocalChoice, LocalModel, LocalModels, LocalServer, Settings } from "../ipc/bindings.gen";
import { nextPartner, thinksAt } from "./partner";
import type { State } from "./state";

/** An entry of the list. */
export interface ModelEntry {
  /** Tells entries apart. */
  key: string;
  name: string;
  /** Size, server and abilities. */
  facts: string;
  /** What choosing it changes; null for the entry that opens the fields for another server. */
  change: Pick<Settings, "thinkUrl" | "thinkModel"> | null;
}

/** The key of the entry without any model, and of the one for another server. */
export const BUILT_IN = "built-in";
export const ANOTHER = "another";

/** Returns a model's name as people say it: without the tag that stands for no tag. */
export function modelName(id: string): string {
  return isolated(id.replace(/:latest$/, ""));
}

/** Returns a model's server, and what is known of the model. */
export function modelFacts({ facts }: LocalModel, { name }: LocalServer): string {
  return [name, ...facts].map(said).join(" · ");
}

/** Returns the list to choose from: no model, what was found, the chosen one if it was not, and another server. */
export function modelEntries({ servers, search }: LocalModels, settings: Settings): ModelEntry[] {
  const found = servers.flatMap((server) =>
    server.models.map((model) => ({
      key: keyOf(server.url, model.id),
      name: modelName(model.id),
      facts: modelFacts(model, server),
      change: { thinkUrl: server.url, thinkModel: model.id },
    })),
  );
  const { thinkUrl, thinkModel } = settings;
  const isMissing = isHere(settings) && thinkModel && !found.some(({ key }) => key === keyOf(thinkUrl, thinkModel));
  const missing = isMissing
    ? [
        {
          key: keyOf(thinkUrl, thinkModel),
          name: modelName(thinkModel),
          facts: search === "done" ? t("local-not-now") : t("local-checking"),
          change: { thinkUrl, thinkModel },
        },
      ]
    : [];
  return [
    {
      key: BUILT_IN,
      name: t("local-built-in"),
      facts: t("local-built-in-hint"),
      change: { thinkUrl: null, thinkModel: null },
    },
    ...found,
    ...missing,
    { key: ANOTHER, name: t("local-another"), facts: t("local-another-hint"), change: null },
  ];
}

/** Returns the key of the entry that the settings name. */
export function chosenKey(settings: Settings): string {
  if (!settings.thinkUrl) return BUILT_IN;
  return isHere(settings) && settings.thinkModel ? keyOf(settings.thinkUrl, settings.thinkModel) : ANOTHER;
}

/** Whether a key can be entered: for a server that wants one, one whose wishes are not known, and where one is kept. */
export function asksForKey({ servers, search }: LocalModels, settings: Settings, kept: KeyState): boolean {
  const { thinkUrl } = settings;
  if (!thinkUrl) return false;
  const server = servers.find(({ url }) => isSame(url, thinkUrl));
  const isElsewhere = server === undefined && (search === "done" || !isHere(settings));
  return kept !== "missing" || server?.wantsKey === true || isElsewhere;
}

/** How the chosen model stands, in a line. */
export function localState(
  { servers, search }: LocalModels,
  settings: Settings,
): { words: string; tone?: "ok" | "warn" } {
  if (search === "running") return { words: t("local-searching") };
  const { thinkUrl, thinkModel } = settings;
  if (!thinkUrl) {
    if (search === "notYet") return { words: t("local-built-in-used") };
    const count = servers.reduce((sum, { models }) => sum + models.length, 0);
    if (count > 0) return { words: t("local-found", { count }) };
    const locked = servers.filter(({ wantsKey }) => wantsKey).map(({ name }) => said(name));
    return { words: locked.length > 0 ? t("local-locked", { servers: list(locked) }) : t("local-none") };
  }
  const model = modelName(thinkModel ?? "");
  const elsewhere = thinksAt(settings);
  if (elsewhere !== null) return { words: t("local-elsewhere", { model, host: isolated(elsewhere) }) };
  if (!thinkModel) return { words: t("local-no-name"), tone: "warn" };
  if (search === "notYet") return { words: t("local-checking") };
  const server = servers.find(({ url }) => isSame(url, thinkUrl));
  if (!server) return { words: t("local-silent", { url: isolated(thinkUrl) }), tone: "warn" };
  if (server.wantsKey) return { words: t("local-wants-key", { server: said(server.name) }) };
  if (server.models.some(({ id }) => id === thinkModel || id === `${thinkModel}:latest`))
    return { words: t("local-ready", { model, server: said(server.name) }), tone: "ok" };
  return { words: t("local-lacks", { model, server: said(server.name) }), tone: "warn" };
}

/** Returns the model to propose on the first screen, once, to whoever would practice without one. */
export function localOffer(state: State): LocalChoice | null {
  const { settings, localModels } = state;
  const isUndecided = state.known && settings.localModelOffered !== true && !settings.thinkUrl;
  return isUndecided && nextPartner(state) === "practice" ? localModels.proposed : null;
}

function isHere(settings: Settings): boolean {
  return !!settings.thinkUrl && thinksAt(settings) === null;
}

function keyOf(url: string | null, model: string): string {
  return `${url === null ? "" : plain(url)} ${model}`;
}

/** Two ways to write this computer are one. */
function isSame(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(url: string): string {
  return url
    .trim()
    .replace(/\/+$/, "")
    .replace(/^http:\/\/localhost(?=[:/]|$)/i, "http://127.0.0.1");
}
