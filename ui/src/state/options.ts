// Which options the chosen model supports, and how they are shown in the settings. The reasons come from the backend,
// which knows the models.
import { said, t } from "../i18n";
import type {
  Choices,
  MediaResolution,
  ModelOptions,
  OptionLimit,
  Sensitivity,
  Settings,
  SetupOption,
  Text,
  ThinkingLevel,
  TurnCoverage,
} from "../ipc/bindings.gen";
import type { Option, Selection } from "./choices";

/** The rules of the model that is chosen; those of an unlisted one when its id is not known. */
export function optionsOf(choices: Choices, model: string | null): ModelOptions {
  const id = model === null ? choices.models[0]?.id : bareId(model);
  return choices.models.find((known) => known.id === id)?.options ?? choices.unlisted;
}

/** Returns an id without the prefix that it has on the wire ("models/…"): people paste both. */
export function bareId(id: string): string {
  return id.trim().split("/").at(-1) ?? "";
}

/** Why this option can't be chosen; undefined when it can. */
export function limitOf(options: ModelOptions, option: SetupOption): OptionLimit | undefined {
  return options.limits.find((limit) => limit.option === option);
}

/** Why an option can't be chosen, in words; undefined when it can. */
export function reasonOf(options: ModelOptions, option: SetupOption): string | undefined {
  const limit = limitOf(options, option);
  return limit && said(limit.reason);
}

/** Returns how a switch is shown: on for what the model always does, off for what it never does, else as saved. */
export function isOn(limit: OptionLimit | undefined, saved: boolean): boolean {
  return limit ? limit.alwaysOn : saved;
}

/** How a turn begins and ends. */
export function inputModes(): Option[] {
  return [
    { value: "", label: t("input-mode-voice") },
    { value: "key", label: t("input-mode-key") },
  ];
}

/** Returns why silence cannot be skipped; undefined when it can. */
export function silenceLimit(options: ModelOptions, settings: Settings): OptionLimit | undefined {
  const limit = (reason: Text): OptionLimit => ({ option: "saveSilence", reason, alwaysOn: false });
  if (settings.pushToTalk === true) return { ...limit({ id: "skip-silence-by-key", args: {} }), alwaysOn: true };
  if ((settings.turnCoverage ?? options.turnCoverage) === "everything")
    return limit({ id: "skip-silence-everything", args: {} });
  return limitOf(options, "saveSilence");
}

/** Token budgets that can be chosen. */
function budgets(): Option[] {
  return [
    { value: "", label: t("thinking-automatic") },
    { value: "0", label: t("thinking-off") },
    { value: "1024", label: t("thinking-low") },
    { value: "8192", label: t("thinking-high") },
  ];
}

/** How much the model thinks, as a select. */
export function thinkingSelection(options: ModelOptions, settings: Settings): Selection {
  const rule = options.thinking;
  switch (rule.kind) {
    case "none":
      return { options: [{ value: "", label: t("thinking-none") }], value: "" };
    case "level": {
      const saved = settings.thinkingLevel;
      const levels = rule.levels.map((level) => ({ value: level, label: t(`level-${level}`) }));
      // A saved level of another model is kept; this model uses its default.
      return {
        options: [{ value: "", label: defaultOf(t(`level-${rule.default}`)) }, ...levels],
        value: saved !== null && rule.levels.includes(saved) ? saved : "",
      };
    }
    case "budget": {
      const value = settings.thinkingBudget?.toString() ?? "";
      const options = budgets();
      const known = options.some((budget) => budget.value === value);
      const other = { value, label: t("thinking-tokens", { count: Number(value) }) };
      return { options: known ? options : [...options, other], value };
    }
  }
}

/** What picking `value` in that select changes. */
export function thinkingChange(options: ModelOptions, value: string): Partial<Settings> {
  if (options.thinking.kind === "budget") return { thinkingBudget: value === "" ? null : Number(value) };
  return { thinkingLevel: value === "" ? null : (value as ThinkingLevel) };
}

const COVERAGES = ["activity", "speechAndPictures", "everything"] as const satisfies TurnCoverage[];

export function coverageSelection(options: ModelOptions, settings: Settings): Selection {
  const own = options.turnCoverage === null ? t("default") : defaultOf(t(`coverage-${options.turnCoverage}`));
  const values = COVERAGES.map((value) => ({ value, label: t(`coverage-${value}`) }));
  return withDefault(own, values, settings.turnCoverage);
}

const RESOLUTIONS = ["low", "medium", "high"] as const satisfies MediaResolution[];

export function resolutionSelection(settings: Settings): Selection {
  const values = RESOLUTIONS.map((value) => ({ value, label: t(`level-${value}`) }));
  return withDefault(t("default"), values, settings.mediaResolution);
}

const SENSITIVITIES = ["low", "high"] as const satisfies Sensitivity[];

export function sensitivitySelection(saved: Sensitivity | null): Selection {
  const values = SENSITIVITIES.map((value) => ({ value, label: t(`level-${value}`) }));
  return withDefault(t("default"), values, saved);
}

/** Languages that the service is known to speak (BCP-47). Any other code can be typed. */
const LANGUAGES = [
  "ar",
  "bn",
  "de",
  "en",
  "es",
  "fr",
  "hi",
  "id",
  "it",
  "ja",
  "ko",
  "mr",
  "nl",
  "pl",
  "pt-BR",
  "ro",
  "ru",
  "ta",
  "te",
  "th",
  "tr",
  "uk",
  "vi",
];

/** Target languages. Unset: no translation, or English with a model that always translates. */
export function languageSelection(saved: string | null, translates: boolean, locale?: string): Selection {
  const names = new Intl.DisplayNames(locale, { type: "language", fallback: "code" });
  const codes = saved === null || saved === "" || LANGUAGES.includes(saved) ? LANGUAGES : [...LANGUAGES, saved];
  const options = codes.map((code) => ({ value: code, label: languageName(names, code) }));
  options.sort((a, b) => a.label.localeCompare(b.label, locale));
  const unset = translates ? t("default-value", { value: languageName(names, "en") }) : t("translate-off");
  return { options: [{ value: "", label: unset }, ...options], value: saved ?? "" };
}

/** Returns the name of a language; the code itself when it is not valid. */
function languageName(names: Intl.DisplayNames, code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

function withDefault(own: string, values: Option[], saved: string | null): Selection {
  return { options: [{ value: "", label: own }, ...values], value: saved ?? "" };
}

/** The first entry of a list: the default, and what that is. */
function defaultOf(value: string): string {
  return t("default-value", { value: lowerFirst(value) });
}

function lowerFirst(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}
