// What of a conversation's options the chosen model takes, and how they stand in the settings. The reasons come from the
// backend, which knows the catalogue; here they are only found.
import type {
  Choices,
  MediaResolution,
  ModelOptions,
  OptionLimit,
  Sensitivity,
  Settings,
  SetupOption,
  ThinkingLevel,
  TurnCoverage,
} from "../ipc/bindings.gen";
import type { Option, Selection } from "./choices";

/** The rules of the model that is chosen; those of an unlisted one when its id is not known. */
export function optionsOf(choices: Choices, model: string | null): ModelOptions {
  const id = model === null ? choices.models[0]?.id : bareId(model);
  return choices.models.find((known) => known.id === id)?.options ?? choices.unlisted;
}

/** People paste ids with what stands before them on the wire. */
export function bareId(id: string): string {
  return id.trim().split("/").at(-1) ?? "";
}

/** Why this option can't be chosen; undefined when it can. */
export function limitOf(options: ModelOptions, option: SetupOption): OptionLimit | undefined {
  return options.limits.find((limit) => limit.option === option);
}

/** A switch as it is drawn: what the model always does is on, what it never does is off, whatever was saved. */
export function isOn(limit: OptionLimit | undefined, saved: boolean): boolean {
  return limit ? limit.alwaysOn : saved;
}

/** How one's turns begin and end. */
export const TAKING_TURNS: Option[] = [
  { value: "", label: "When I speak" },
  { value: "key", label: "While I hold a key (push to talk)" },
];

/** Why silence is sent although it could be saved; undefined when it can. */
export function silenceLimit(options: ModelOptions, settings: Settings): OptionLimit | undefined {
  const limit = (reason: string): OptionLimit => ({ option: "saveSilence", reason, alwaysOn: false });
  if (settings.pushToTalk === true) return { ...limit("Nothing at all is sent while no key is held."), alwaysOn: true };
  if ((settings.turnCoverage ?? options.turnCoverage) === "everything")
    return limit("Silence is listened to as well: see “What is listened to”.");
  return limitOf(options, "saveSilence");
}

const LEVELS: Record<ThinkingLevel, string> = {
  minimal: "Minimal",
  low: "Low",
  medium: "Medium",
  high: "High",
  extraHigh: "Very high",
};
const BUDGETS: Option[] = [
  { value: "", label: "As much as it likes" },
  { value: "0", label: "Off" },
  { value: "1024", label: "Little (1,024 tokens)" },
  { value: "8192", label: "Much (8,192 tokens)" },
];

/** How much the model thinks, as a select. */
export function thinkingSelection(options: ModelOptions, settings: Settings): Selection {
  const rule = options.thinking;
  switch (rule.kind) {
    case "none":
      return { options: [{ value: "", label: "Not with this model" }], value: "" };
    case "level": {
      const saved = settings.thinkingLevel;
      const levels = rule.levels.map((level) => ({ value: level, label: LEVELS[level] }));
      // A level of another model stays saved; this model does what it does by itself.
      return {
        options: [{ value: "", label: `Default (${LEVELS[rule.default].toLowerCase()})` }, ...levels],
        value: saved !== null && rule.levels.includes(saved) ? saved : "",
      };
    }
    case "budget": {
      const value = settings.thinkingBudget?.toString() ?? "";
      const known = BUDGETS.some((budget) => budget.value === value);
      return { options: known ? BUDGETS : [...BUDGETS, { value, label: `${value} tokens` }], value };
    }
  }
}

/** What picking `value` in that select changes. */
export function thinkingChange(options: ModelOptions, value: string): Partial<Settings> {
  if (options.thinking.kind === "budget") return { thinkingBudget: value === "" ? null : Number(value) };
  return { thinkingLevel: value === "" ? null : (value as ThinkingLevel) };
}

const COVERAGES: Record<TurnCoverage, string> = {
  activity: "Speech",
  speechAndPictures: "Speech and every picture",
  everything: "Everything, silence too",
};

export function coverageSelection(options: ModelOptions, settings: Settings): Selection {
  const own = options.turnCoverage === null ? "Default" : `Default (${lowerFirst(COVERAGES[options.turnCoverage])})`;
  return withDefault(own, COVERAGES, settings.turnCoverage);
}

const RESOLUTIONS: Record<MediaResolution, string> = { low: "Low", medium: "Medium", high: "High" };

export function resolutionSelection(settings: Settings): Selection {
  return withDefault("Default", RESOLUTIONS, settings.mediaResolution);
}

const SENSITIVITIES: Record<Sensitivity, string> = { low: "Only when it is plain", high: "At once" };

export function sensitivitySelection(saved: Sensitivity | null): Selection {
  return withDefault("Default", SENSITIVITIES, saved);
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

export function languageSelection(saved: string | null, locale?: string): Selection {
  const names = new Intl.DisplayNames(locale, { type: "language", fallback: "code" });
  const codes = saved === null || saved === "" || LANGUAGES.includes(saved) ? LANGUAGES : [...LANGUAGES, saved];
  const options = codes.map((code) => ({ value: code, label: languageName(names, code) }));
  options.sort((a, b) => a.label.localeCompare(b.label, locale));
  return { options, value: saved || "en" };
}

/** What was typed may be no language at all: then it stands as it is. */
function languageName(names: Intl.DisplayNames, code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

function withDefault(own: string, words: Record<string, string>, saved: string | null): Selection {
  const options = Object.entries(words).map(([value, label]) => ({ value, label }));
  return { options: [{ value: "", label: own }, ...options], value: saved ?? "" };
}

function lowerFirst(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}
