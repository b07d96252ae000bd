// States and numbers as words. The locale decides clock times; everything else is plain.
import type { KeyState, Phase, Reconnect, ToolCall } from "../ipc/bindings.gen";

export const PHASE_WORDS: Record<Phase, string> = {
  ready: "Ready",
  connecting: "Connecting",
  listening: "Listening",
  thinking: "Thinking",
  speaking: "Speaking",
  reconnecting: "Reconnecting",
  muted: "Muted",
  ended: "Ended",
};

/** The phase as the window says it: under push to talk one listens only while the key is held. */
export function phaseWords(phase: Phase, waitsForKey: boolean): string {
  return phase === "listening" && waitsForKey ? "Hold to talk" : PHASE_WORDS[phase];
}

/** Silence that was not sent. A second of sound is 32,000 bytes, and base64 makes four of three. */
export function savedWords(ms: number): string {
  const bytes = (ms * 32 * 4) / 3;
  const size = bytes < 1e6 ? `${Math.round(bytes / 1000)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
  return `${elapsed(ms)}, ${size}`;
}

/** Where a key is kept. That there is none means something else for each partner. */
export const KEY_WORDS: Record<Exclude<KeyState, "missing">, string> = {
  keyring: "Your key is in this system’s keyring.",
  environment: "Your key is taken from the environment (GEMINI_API_KEY or GOOGLE_API_KEY).",
  session: "Your key is kept until you close Vivavoce, since the keyring can’t be used.",
  token: "An ephemeral token, kept until you close Vivavoce.",
};

/** A span as mm:ss, or h:mm:ss from an hour on. Never negative. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const rest = [Math.floor((seconds % 3600) / 60), seconds % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** What is left until `until`, as m:ss; null once it is past. */
export function remaining(until: number | null, now: number): string | null {
  if (until === null || until <= now) return null;
  const seconds = Math.ceil((until - now) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** When the line is tried again. */
export function retryWords(connection: Reconnect | null, now: number): string {
  const left = connection?.retryAt == null ? 0 : Math.ceil((connection.retryAt - now) / 1000);
  return left > 0 ? `Trying again in ${left} s` : "Trying again now";
}

/** What of your voice waits for the line. */
export function keptWords(keptMs: number): string {
  return keptMs < 100
    ? "What you say now is kept and sent when the line is back."
    : `${seconds(keptMs)} of your voice kept; it is sent when the line is back.`;
}

/** dBFS as shown: whole numbers with a true minus; "silent" from the scale's foot down. */
export function decibels(db: number | null): string {
  if (db === null || !Number.isFinite(db) || db <= -60) return "silent";
  const whole = Math.round(db);
  return whole < 0 ? `−${-whole} dB` : "0 dB";
}

/** A time of day in the person's own way of writing it. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** The same for programs; nothing when it is no time. */
export function dateTime(at: number): string | undefined {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Seconds with one decimal. */
export function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}

/** A tool call's state; `now` counts a running one. */
export function toolWords(call: ToolCall, now: number): string {
  switch (call.state) {
    case "running":
      return `Running, ${Math.max(0, Math.floor((now - call.at) / 1000))} s`;
    case "done":
      return call.elapsedMs == null ? "Done" : seconds(call.elapsedMs);
    case "failed":
      return call.elapsedMs == null ? "Failed" : `Failed, ${seconds(call.elapsedMs)}`;
    case "cancelled":
      return "Cancelled";
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

/** "a", "a and b", "a, b and c". */
export function list(words: string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
