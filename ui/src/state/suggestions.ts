// What to say first: a few lines that suit what is switched on. Pure.
import { t } from "../i18n";
import type { ModelOptions, Settings } from "../ipc/bindings.gen";
import { endpointKind, partner } from "./partner";
import type { State } from "./state";
import { limitOf } from "./options";

/** Most lines at once. */
const MOST = 5;

/** Returns what can be said, each line as it is sent. The practice partner answers these without a network. */
export function suggestions(state: State, options: ModelOptions): string[] {
  const { settings } = state;
  const shows = settings.cameraOn === true || state.camera.state !== "off" ? [t("try-camera")] : [];
  if (partner(state) === "practice") return [t("try-time"), t("try-sum"), t("try-timer"), ...shows].slice(0, MOST);
  if (translates(settings, options)) return [t("try-translate"), t("try-translate-slowly"), t("try-translate-market")];
  const ours = endpointKind(settings.endpoint) === "custom" ? [] : [t("try-weather")];
  const searches = settings.googleSearch === true && !limitOf(options, "googleSearch") ? [t("try-search")] : [];
  return [...shows, ...searches, ...ours, t("try-story"), t("try-language"), t("try-explain")].slice(0, MOST);
}

/** A model that is told a language translates all that it hears. */
function translates(settings: Settings, options: ModelOptions): boolean {
  return settings.translateTo !== null && limitOf(options, "translateTo") === undefined;
}
