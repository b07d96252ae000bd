// The way out of a trouble: each hint as a button's words and as an action.
import { t } from "../i18n";
import type { ErrorCode, Hint, UiError } from "../ipc/bindings.gen";

/** A place in the settings that can be opened. */
export type SettingsPlace =
  | "conversation"
  | "endpoint"
  | "model"
  | "responses"
  | "speech"
  | "devices"
  | "microphone"
  | "speaker"
  | "camera"
  | "key"
  | "vertex-key"
  | "server-key"
  | "proxy"
  | "practice"
  | "tools"
  | "appearance";

/** What a button does. */
export type Action =
  | { do: "start" }
  | { do: "restart" }
  | { do: "practice" }
  | { do: "useModel"; model: string }
  | { do: "askAgain" }
  | { do: "startFresh" }
  | { do: "openCamera" }
  | { do: "checkKey" }
  | { do: "showSaved" }
  | { do: "openPage"; url: string }
  | { do: "settings"; place: SettingsPlace }
  /** The picker in the window itself; in the settings when the window is too narrow for it. */
  | { do: "pick"; control: "microphone" | "camera" | "model" };

export const KEY_PAGE = "https://aistudio.google.com/apikey";
export const BILLING_PAGE = "https://aistudio.google.com/billing";

const HAD_A_KEY = new Set<ErrorCode>(["keyRefused", "keyExpired", "keyLeaked"]);

export function hintWords(hint: Hint, notice: UiError): string {
  if (hint === "useModel" && notice.suggestion) return t("hint-use-this-model", { model: notice.suggestion.label });
  return hint === "enterKey" && HAD_A_KEY.has(notice.code) ? t("hint-replace-key") : t(`hint-${hint}`);
}

/** What the hint's button does; trying again means the camera when that is what failed in a running conversation. */
export function actionFor(hint: Hint, { code, suggestion }: UiError, running: boolean): Action {
  switch (hint) {
    case "askAgain":
    case "startFresh":
      return { do: hint };
    case "tryAgain":
      if (!running) return { do: "start" };
      return code.startsWith("camera") ? { do: "openCamera" } : { do: "restart" };
    case "enterKey":
      return { do: "settings", place: "key" };
    case "getKey":
      return { do: "openPage", url: KEY_PAGE };
    case "openBilling":
      return { do: "openPage", url: BILLING_PAGE };
    case "practice":
      return { do: "practice" };
    case "chooseMicrophone":
      return { do: "pick", control: "microphone" };
    case "chooseSpeaker":
      return { do: "settings", place: "speaker" };
    case "chooseCamera":
      return { do: "pick", control: "camera" };
    case "chooseModel":
      return { do: "pick", control: "model" };
    case "useModel":
      return suggestion ? { do: "useModel", model: suggestion.id } : { do: "pick", control: "model" };
    case "choosePartner":
      return { do: "settings", place: "endpoint" };
    case "chooseProxy":
      return { do: "settings", place: "proxy" };
    case "checkKey":
      return { do: "checkKey" };
    case "openSettings":
      return { do: "settings", place: "conversation" };
    case "showInFolder":
      return { do: "showSaved" };
  }
}

/** The notice has done its work when this was pressed. */
export function settles(done: Action): boolean {
  return (
    done.do === "start" ||
    done.do === "restart" ||
    done.do === "practice" ||
    done.do === "useModel" ||
    done.do === "askAgain" ||
    done.do === "startFresh" ||
    done.do === "openCamera"
  );
}

const WORST = { danger: 0, warn: 1, info: 2 } as const;

/** The notices in the order of the row: the worst first, and of the same kind the newest first. */
export function worstFirst(notices: readonly UiError[]): UiError[] {
  return notices.toReversed().sort((a, b) => WORST[a.severity] - WORST[b.severity]);
}

/** The icon of a notice. */
export function noticeIcon(code: ErrorCode): string {
  if (code === "microphoneLost" || code === "speakerLost" || code === "cameraLost") return "unplug";
  if (code === "microphoneChanged") return "mic";
  if (code === "speakerChanged" || code === "headsetCall") return "speaker";
  if (code === "echoRemains") return "mic-off";
  if (code.startsWith("microphone") || code === "soundDropped") return "mic-off";
  if (code.startsWith("speaker")) return "speaker";
  if (code.startsWith("camera")) return "camera-off";
  if (code.startsWith("key") || code === "credentials") return "key";
  if (code === "resumed" || code === "saved" || code === "timerOver") return "check";
  if (code === "region" || code === "refused" || code === "quota" || code === "billing" || code === "proxy")
    return "block";
  return "warn";
}
