// The list of models: what each costs, what it can do, and how it stands. Pure.
import { LANGUAGE, t } from "../i18n";
import type { ModelChoice, ModelPrices } from "../ipc/bindings.gen";

/** Tokens of a second of sound, in and out: the service's prices by the minute fit this (docs/PROTOCOL.md, section 10). */
const TOKENS_A_SECOND = 25;
const AN_HOUR = 3600;
const PER = 1_000_000;

/** Returns the models to choose from: those on offer, and a saved one that is not. */
export function modelRows(models: readonly ModelChoice[], saved: string | null, vertex = false): ModelChoice[] {
  return models.filter(
    ({ id, offered, vertexOnly }, index) =>
      models.findIndex((other) => other.id === id) === index && (id === saved || (offered && (vertex || !vertexOnly))),
  );
}

/** Returns the id of the chosen model; unset means the first on offer. */
export function chosenModel(models: readonly ModelChoice[], saved: string | null, vertex = false): string {
  return saved ?? modelRows(models, null, vertex)[0]?.id ?? "";
}

/** Returns a model's name; its id when it is in no list. */
export function modelName(models: readonly ModelChoice[], id: string): string {
  return models.find((model) => model.id === id)?.label ?? id;
}

/** Returns the name for the header: without the word that all of them begin with. */
export function shortName(name: string): string {
  const rest = name.replace(/^Gemini (?=\d)/, "");
  return rest === "" ? name : rest;
}

/** How the model stands, in words; empty for one that is simply there. */
export function stateWords({ state, served, vertexOnly, successor }: ModelChoice): string {
  const ends = state === "deprecated" || state === "mayBeGone" || state === "retired";
  const words = state === "current" ? [] : [t(`model-${state}`)];
  if (served === false && !vertexOnly) words.push(t("model-not-in-account"));
  if (ends && successor) words.push(t("model-successor", { model: successor.label }));
  return words.join(" · ");
}

/** What the model can do, as a line of words. */
export function abilityWords({ abilities, languages }: ModelChoice): string {
  const words: string[] = abilities.map((ability) => t(`ability-${ability}`));
  if (languages !== null) words.splice(1, 0, t("ability-languages", { count: languages }));
  return words.join(" · ");
}

/** What an hour of talking costs, about. */
export function priceWords({ prices }: ModelChoice): string {
  if (!prices) return t("price-unknown");
  const [listening, speaking] = [anHour(prices.inAudio), anHour(prices.outAudio)];
  if (listening === null) return t("price-unknown");
  if (speaking === null) return t("price-hour-listening", { listening, month: month(prices) });
  return t("price-hour", { listening, speaking, month: month(prices) });
}

/** The prices as the service lists them; null when they are not known. */
export function priceDetails({ prices }: ModelChoice): string | null {
  if (!prices) return null;
  const pair = (name: "audio" | "text", input: number | null, output: number | null): string[] => {
    if (input === null && output === null) return [];
    if (output === null) return [t(`price-${name}-in`, { input: dollars(input ?? 0) })];
    if (input === null) return [t(`price-${name}-out`, { output: dollars(output) })];
    return [t(`price-${name}`, { input: dollars(input), output: dollars(output) })];
  };
  const parts = [
    ...pair("audio", prices.inAudio, prices.outAudio),
    ...pair("text", prices.inText, prices.outText),
    ...(prices.inImage === null ? [] : [t("price-images", { input: dollars(prices.inImage) })]),
  ];
  const words = t("price-tokens", { parts: parts.join("; ") });
  return prices.estimated ? `${words} ${t("price-estimated")}` : words;
}

function anHour(perMillion: number | null): string | null {
  return perMillion === null ? null : dollars((perMillion * TOKENS_A_SECOND * AN_HOUR) / PER);
}

const DOLLARS = new Intl.NumberFormat(LANGUAGE, { style: "currency", currency: "USD" });
function dollars(amount: number): string {
  return DOLLARS.format(amount);
}

/** "November 2026" of "2026-11"; the date as it is when it is no month. */
function month({ date }: ModelPrices): string {
  const [year, month] = date.split("-").map(Number);
  if (!year || !month) return date;
  const first = new Date(Date.UTC(year, month - 1, 1));
  return first.toLocaleDateString(LANGUAGE, { year: "numeric", month: "short", timeZone: "UTC" });
}
