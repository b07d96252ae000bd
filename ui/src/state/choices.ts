// Lists for selects. A saved value stays in its list, even when it is no longer offered.
import { isolated, t } from "../i18n";
import type { Choices, DeviceChoice, ModelOptions, VoiceChoice } from "../ipc/bindings.gen";

/** What holds while nothing is known: everything can be chosen but thinking, whose kind the model decides. */
export const NO_OPTIONS: ModelOptions = {
  thinking: { kind: "none", reason: { id: "limit-unknown", args: {} } },
  limits: [],
  turnCoverage: null,
  takesHistory: false,
};

export const NO_CHOICES: Choices = {
  models: [],
  modelsAskedAt: null,
  unlisted: NO_OPTIONS,
  voices: [],
  microphones: [],
  speakers: [],
  cameras: [],
  talkKeyFromEverywhere: false,
};

/** An entry of a native select. The empty value stands for "the default". */
export interface Option {
  value: string;
  label: string;
}

export interface Selection {
  options: Option[];
  value: string;
}

/** What is known of the account's models, beside the button that asks. */
export function askedWords({ models, modelsAskedAt }: Choices): string {
  if (modelsAskedAt === null) return t("models-unchecked");
  const count = models.filter(({ served }) => served === true).length;
  const day = new Date(modelsAskedAt).toLocaleDateString([], { day: "numeric", month: "long" });
  return t("models-checked", { count, day });
}

/** The chosen voice with its tone word; unset means the first. */
export function voiceLabel(voices: VoiceChoice[], saved: string | null): string {
  const name = saved ?? voices[0]?.name ?? "";
  const tone = voices.find((voice) => voice.name === name)?.tone;
  return tone ? `${name} – ${tone}` : name;
}

/** "Kore, firm", for the visualizer; the bare name when the tone is unknown. */
export function voiceWords(voices: VoiceChoice[], saved: string | null): string {
  const name = saved ?? voices[0]?.name ?? "";
  const tone = voices.find((voice) => voice.name === name)?.tone;
  return tone ? t("voice-with-tone", { voice: name, tone: tone.toLowerCase() }) : name;
}

/** Devices as they are now. What was saved is an id or a part of a name; one that is away is kept and says so. */
export function deviceSelection(devices: DeviceChoice[], saved: string | null): Selection {
  const options = devices.map(({ id, name }) => ({ value: id, label: name }));
  const found = saved === null ? undefined : findDevice(devices, saved);
  return kept([{ value: "", label: t("device-default") }, ...options], found?.id ?? saved ?? "", (name) =>
    t("device-missing", { name: isolated(name) }),
  );
}

/** By id, or else by a part of the name in any case, as the backend does. */
export function findDevice(devices: DeviceChoice[], saved: string): DeviceChoice | undefined {
  const wanted = saved.toLowerCase();
  return devices.find(({ id }) => id === saved) ?? devices.find(({ name }) => name.toLowerCase().includes(wanted));
}

/** The name of the chosen device, or of the system's choice; empty when there is none. */
export function deviceName(devices: DeviceChoice[], saved: string | null): string {
  const chosen = saved === null ? undefined : findDevice(devices, saved);
  return (chosen ?? devices.find(({ isDefault }) => isDefault) ?? devices[0])?.name ?? "";
}

/** Each value once, also when a list names it twice; two that share a name are told apart by a number. */
function kept(listed: Option[], value: string, label: (value: string) => string): Selection {
  const options = listed.filter((option, index) => listed.findIndex((other) => other.value === option.value) === index);
  const named = new Map<string, number>();
  const numbered = options.map((option) => {
    const count = (named.get(option.label) ?? 0) + 1;
    named.set(option.label, count);
    return count === 1 ? option : { ...option, label: `${option.label} (${count})` };
  });
  const known = options.some((option) => option.value === value);
  return { value, options: known ? numbered : [...numbered, { value, label: label(value) }] };
}
