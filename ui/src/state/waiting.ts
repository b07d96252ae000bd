// Which changed settings wait: for a new connection, or for the next start. Pure.
import { isolated, list, t } from "../i18n";
import type { Choices, Settings } from "../ipc/bindings.gen";
import { chosenModel, modelName } from "./models";
import { optionsOf } from "./options";
import { isVertex } from "./partner";
import { isRunning, type State } from "./state";

/** The names of changed settings. */
export interface Waiting {
  /** These apply when the conversation connects again, to the same partner. */
  reconnect: string[];
  /** These mean another partner: they apply at the next start. */
  start: string[];
}

/** Returns what waits; nothing outside of a conversation. */
export function waiting(state: State): Waiting {
  const then = state.applied;
  if (then === null || !isRunning(state.phase)) return { reconnect: [], start: [] };
  const now = state.settings;
  const names = (settings: Meanings) =>
    settings.filter(([, meaning]) => meaning(then) !== meaning(now)).map(([name]) => t(`waiting-${name}`));
  const tools = state.toolbox.waits ? [t("waiting-tools")] : [];
  return { reconnect: [...names(SETUP), ...tools], start: names(PARTNER) };
}

/** Says which settings wait for a new connection. */
export function reconnectWords({ reconnect }: Waiting): string {
  return t("applies-reconnect", { settings: list(reconnect) });
}

/** Says which settings wait for the next start. */
export function startWords({ start }: Waiting): string {
  return t("applies-start", { settings: list(start) });
}

/** Says what the model will know of the conversation after a new connection. */
export function keptWords({ applied, settings }: State, choices: Choices): string {
  const idOf = ({ model, endpoint }: Settings) => chosenModel(choices.models, model, isVertex(endpoint));
  const id = idOf(settings);
  if (applied === null || idOf(applied) === id) return t("applies-kept");
  const model = isolated(modelName(choices.models, id));
  return optionsOf(choices, settings.model).takesHistory
    ? t("applies-kept-words", { model })
    : t("applies-kept-nothing", { model });
}

/** Whether it can connect again now: not while it is connecting anyway. */
export function canReconnect({ phase }: State): boolean {
  return isRunning(phase) && phase !== "connecting" && phase !== "reconnecting";
}

type Name = Parameters<typeof t>[0] extends infer Id ? (Id extends `waiting-${infer Rest}` ? Rest : never) : never;
/** Each setting with its value, and with the default for an unset one. */
type Meanings = readonly (readonly [Name, (settings: Settings) => unknown])[];

/** What is sent with the setup. */
const SETUP: Meanings = [
  ["model", ({ model }) => model],
  ["voice", ({ voice }) => voice],
  ["translate", ({ translateTo }) => translateTo],
  ["instructions", ({ instructions }) => instructions || null],
  ["thinking", ({ thinkingLevel, thinkingBudget }) => `${thinkingLevel} ${thinkingBudget}`],
  ["search", ({ googleSearch }) => googleSearch ?? false],
  ["mood", ({ affective }) => affective ?? false],
  ["temperature", ({ temperature }) => temperature],
  ["resolution", ({ mediaResolution }) => mediaResolution],
  ["compression", ({ compression }) => compression ?? true],
  ["input-mode", ({ pushToTalk }) => pushToTalk ?? false],
  ["skip-silence", ({ saveSilence }) => saveSilence ?? false],
  ["barge-in", ({ bargeIn }) => bargeIn ?? true],
  ["sensitivity", ({ startSensitivity, endSensitivity }) => `${startSensitivity} ${endSensitivity}`],
  ["pause", ({ silenceMs }) => silenceMs],
  ["proactive", ({ proactive }) => proactive ?? false],
  ["coverage", ({ turnCoverage }) => turnCoverage],
];

/** What decides who answers. */
const PARTNER: Meanings = [
  ["connection", ({ endpoint, vertexProject, vertexLocation }) => `${endpoint} ${vertexProject} ${vertexLocation}`],
  ["proxy", ({ proxy }) => proxy],
  ["think", ({ thinkUrl, thinkModel }) => `${thinkUrl ?? ""} ${thinkModel ?? ""}`],
  ["recogniser", ({ recogniser }) => recogniser ?? "tiny"],
];
