// What the practice partner speaks and hears with, in words.
import { isolated, t } from "../i18n";
import type { SpeechAssets, AssetState, Recogniser, Settings } from "../ipc/bindings.gen";
import type { Selection } from "./choices";

/** Each asset: what it is called, how it stands, and whether it works. */
export function assetRows({ voice, hearing }: SpeechAssets): { name: string; words: string; ready: boolean }[] {
  const words = (state: AssetState, missing: string) =>
    state === "missing" ? missing : state === "ready" ? t("asset-installed") : t("asset-checking");
  return [
    { name: t("asset-voice"), words: words(voice, t("asset-no-voice")), ready: voice === "ready" },
    { name: t("asset-hearing"), words: words(hearing, t("asset-no-hearing")), ready: hearing === "ready" },
  ];
}

/** Whether something is missing that can be downloaded. */
export function canFetch({ voice, hearing, recogniser }: SpeechAssets): boolean {
  return [voice, hearing, recogniser].includes("missing");
}

/** The recognisers to choose from. */
export function recogniserSelection(settings: Settings): Selection {
  const options = RECOGNISERS.map((value) => ({ value, label: t(`recogniser-${value}`) }));
  return { options, value: settings.recogniser ?? "tiny" };
}

/** Returns what the chosen recogniser costs, and what hears while it is not there. */
export function recogniserHint(settings: Settings, { hearing, recogniser }: SpeechAssets): string {
  const chosen = settings.recogniser ?? "tiny";
  if (chosen === "base" && recogniser === "missing" && hearing === "ready") return t("recogniser-base-missing");
  return t(`recogniser-${chosen}-hint`);
}

const RECOGNISERS = ["tiny", "base"] as const satisfies readonly Recogniser[];

/** Returns the setting for one of these options. */
export function recogniserNamed(value: string): Recogniser | null {
  return RECOGNISERS.find((recogniser) => recogniser === value) ?? null;
}

/** Returns the note in every practice conversation: that this is not Gemini, what the partner can do, and who receives
    what is said. */
export function practiceNote({ voice, hearing }: SpeechAssets, thinksAt: string | null): string {
  const what = thinksAt === null ? t("practice-note-offline") : t("practice-note-online");
  const hears = hearing === "ready" ? ("understands" as const) : ("repeats" as const);
  const does = voice === "ready" ? t(`practice-${hears}`) : t(`practice-${hears}-basic-voice`);
  const receives = thinksAt === null ? [] : [t("practice-uses-model", { host: isolated(thinksAt) })];
  return [what, does, ...receives].join(" ");
}

/** Bytes as whole megabytes; something that is there is never 0. */
export function megabytes(bytes: number): string {
  return t("megabytes", { count: wholeMegabytes(bytes) });
}

function wholeMegabytes(bytes: number): number {
  return Math.max(bytes > 0 ? 1 : 0, Math.round(bytes / 1e6));
}

/** How far a download is. */
export function fetchWords(what: string, done: number, total: number): string {
  if (what === "") return t("download-checking");
  const name = isolated(what);
  if (total <= 0) return t("download-unknown-size", { what: name });
  return t("download-running", { what: name, done: Math.floor(done / 1e6), total: wholeMegabytes(total) });
}
