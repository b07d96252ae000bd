// The list of voices: the favourites first, found by name or tone, each with what its sample does. Pure.
import { explanation, said, t } from "../i18n";
import type { VoiceChoice } from "../ipc/bindings.gen";
import { nextPartner } from "./partner";
import { isRunning, type State } from "./state";

/** A row of the list. */
export interface VoiceRow {
  name: string;
  /** How it sounds, in a word; empty for a voice that is in no list. */
  tone: string;
}

/** Returns the rows, the favourites first. The saved voice stays among them, even when it is not offered any more. */
export function voiceRows(
  voices: readonly VoiceChoice[],
  saved: string | null,
  favourites: readonly string[],
): VoiceRow[] {
  const rows = voices.filter(({ name }, index) => voices.findIndex((other) => other.name === name) === index);
  if (saved && !rows.some(({ name }) => name === saved)) rows.push({ name: saved, tone: "" });
  const isFavourite = ({ name }: VoiceRow) => favourites.includes(name);
  return [...rows.filter(isFavourite), ...rows.filter((row) => !isFavourite(row))];
}

/** Returns the rows whose name or tone has these letters in it. */
export function matching(rows: readonly VoiceRow[], query: string): VoiceRow[] {
  const sought = query.trim().toLowerCase();
  return rows.filter(({ name, tone }) => `${name} ${tone}`.toLowerCase().includes(sought));
}

/** Returns the favourites after a voice was marked, or was one and is none any more. Null when none is left. */
export function toggled(favourites: readonly string[], name: string): string[] | null {
  const next = favourites.includes(name) ? favourites.filter((other) => other !== name) : [...favourites, name];
  return next.length > 0 ? next : null;
}

/** What the sample of this voice does now. */
export function sampleOf({ voiceSample }: State, name: string): "idle" | "preparing" | "playing" | "failed" {
  return voiceSample.is !== "idle" && voiceSample.voice === name ? voiceSample.is : "idle";
}

/** Why no sample can be played now; undefined when one can. */
export function sampleReason(state: State): string | undefined {
  return isRunning(state.phase) ? t("sample-busy") : undefined;
}

/** Says what a sample is: the model's own voice, or an imitation of it. */
export function sampleNote(state: State): string {
  return nextPartner(state) === "practice" ? t("sample-imitation") : t("sample-recording");
}

/** What goes on with the samples, in a sentence; empty while nothing does. */
export function sampleWords({ voiceSample }: State): string {
  switch (voiceSample.is) {
    case "idle":
      return "";
    case "preparing":
      return voiceSample.source === "recording"
        ? t("sample-is-recorded", { voice: voiceSample.voice })
        : t("sample-is-prepared", { voice: voiceSample.voice });
    case "playing":
      return voiceSample.source === "imitation"
        ? t("sample-plays-imitation", { voice: voiceSample.voice })
        : t("sample-plays", { voice: voiceSample.voice });
    case "failed":
      return [`${said(voiceSample.error.text)}.`, explanation(voiceSample.error.text)].join(" ").trim();
  }
}
