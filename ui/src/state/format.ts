// States and numbers as words. The locale decides clock times; everything else is plain.
import { LANGUAGE, t } from "../i18n";
import type { Phase, Reconnect, ToolCall } from "../ipc/bindings.gen";

/** The phase as the window says it: under push to talk one listens only while the key is held. */
export function phaseWords(phase: Phase, waitsForKey: boolean): string {
  return phase === "listening" && waitsForKey ? t("phase-push-to-talk") : t(`phase-${phase}`);
}

/** Silence that was not sent. A second of sound is 32,000 bytes, and base64 makes four of three. */
export function savedWords(ms: number): string {
  const bytes = (ms * 32 * 4) / 3;
  const size =
    bytes < 1e6
      ? t("kilobytes", { count: Math.round(bytes / 1000) })
      : t("megabytes", { count: Math.round(bytes / 1e5) / 10 });
  return t("figure-silence-value", { time: minutes(Math.floor(ms / 1000)), size });
}

/** A span as mm:ss, or h:mm:ss from an hour on. Never negative. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const rest = [Math.floor((seconds % 3600) / 60), seconds % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** What is left until `until`, as m:ss; null when that is more than `within` ms or past. */
export function remaining(until: number | null, now: number, within = Infinity): string | null {
  if (until === null || until <= now || until - now > within) return null;
  return minutes(Math.ceil((until - now) / 1000));
}

/** Returns seconds as m:ss. */
function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** That the connection is lost, and when it is tried again. */
export function retryWords(connection: Reconnect | null, now: number): string {
  const attempt = connection?.attempt ?? 1;
  const seconds = connection?.retryAt == null ? 0 : Math.ceil((connection.retryAt - now) / 1000);
  return seconds > 0 ? t("reconnecting-wait", { attempt, seconds }) : t("reconnecting-now", { attempt });
}

/** How much of your speech waits for the connection. */
export function keptWords(keptMs: number): string {
  return keptMs < 100 ? t("reconnecting-keep-talking") : t("reconnecting-saved", { time: seconds(keptMs) });
}

const LANGUAGES = new Intl.DisplayNames(LANGUAGE, { type: "language", fallback: "code" });

/** The name of a language (BCP-47); the code itself when it is none. */
export function languageName(code: string): string {
  try {
    return LANGUAGES.of(code) ?? code;
  } catch {
    return code;
  }
}

/** dBFS as shown: whole numbers with a true minus; "quiet" from the scale's foot down. */
export function decibels(db: number | null): string {
  if (db === null || !Number.isFinite(db) || db <= -60) return t("level-quiet");
  const whole = Math.round(db);
  return t("decibels", { db: whole < 0 ? `−${-whole}` : "0" });
}

/** Below this your voice is hard to understand, above that it distorts; in dBFS (RMS). */
const FAINT = -45;
const LOUD = -6;

/** How loud you are, in a word. */
export function loudness(db: number | null): string {
  if (db === null || !Number.isFinite(db) || db <= FAINT) return t("level-quiet");
  return db > LOUD ? t("level-loud") : t("level-good");
}

/** One for all rows: `toLocaleTimeString` would build another for every row that comes into sight. */
const CLOCK = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });

/** A time of day in the person's own way of writing it; empty when it is no time. */
export function clock(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : CLOCK.format(date);
}

const DAY = new Intl.DateTimeFormat([], { dateStyle: "medium" });

/** A day in the person's own way of writing it; empty when it is no time. */
export function day(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : DAY.format(date);
}

/** A time for programs; nothing when it is no time. */
export function dateTime(at: number): string | undefined {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Seconds with one decimal. */
export function seconds(ms: number): string {
  return t("seconds", { seconds: Math.max(0, ms) / 1000 });
}

/** A tool call's state; `now` counts a running one. */
export function toolWords(call: ToolCall, now: number): string {
  switch (call.state) {
    case "running":
      return t("tool-is-running", {
        seconds: Math.max(0, Math.floor((now - (call.runningSince ?? call.at)) / 1000)),
      });
    case "asking":
      return t("tool-is-asking");
    case "answering":
      return t("tool-is-answering");
    case "done":
      return call.elapsedMs == null ? t("tool-is-done") : seconds(call.elapsedMs);
    case "failed":
      return call.elapsedMs == null
        ? t("tool-is-failed")
        : t("tool-is-failed-after", { time: seconds(call.elapsedMs) });
    case "refused":
      return t("tool-is-refused");
    case "cancelled":
      return t("tool-is-cancelled");
  }
}

/** A call's arguments in a line: the values alone, or the JSON as it came when it is no object. */
export function argumentWords(args: string): string {
  const value = parsed(args);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return args;
  return Object.values(value)
    .map((part) => (typeof part === "string" ? part : JSON.stringify(part)))
    .join(", ");
}

/** JSON over several lines; anything else as it is. */
export function pretty(text: string): string {
  const value = parsed(text);
  return typeof value === "object" && value !== null ? JSON.stringify(value, null, 2) : text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
