// The catalogue of messages: looks up every sentence that a person reads in the window.
import { FluentBundle, FluentResource } from "@fluent/bundle";
import errors from "../../../locales/en/errors.ftl?raw";
import limits from "../../../locales/en/limits.ftl?raw";
import deck from "../../../locales/en/deck.ftl?raw";
import notices from "../../../locales/en/notices.ftl?raw";
import panel from "../../../locales/en/panel.ftl?raw";
import pickers from "../../../locales/en/pickers.ftl?raw";
import settings from "../../../locales/en/settings.ftl?raw";
import stage from "../../../locales/en/stage.ftl?raw";
import window from "../../../locales/en/window.ftl?raw";
import type { Text } from "../ipc/bindings.gen";
import type { Messages } from "./messages.gen";

/** The id of a message. */
export type MessageId = keyof Messages;

/** What a message takes: nothing, or an object with all of its arguments. */
type Arguments<Id extends MessageId> = [Messages[Id]] extends [never] ? [] : [Record<Messages[Id], string | number>];

/** The language of the catalogue; numbers and lists are written in it, too. */
export const LANGUAGE = "en";

/** On the dev server `?pseudo` writes every sentence some 40 % longer, as other languages are. */
const isPseudo = import.meta.env.DEV && typeof location !== "undefined" && location.search.includes("pseudo");
const longer = (text: string) => text.replace(/[aeiouy]/gi, (vowel) => vowel + vowel.toLowerCase());

const bundle = new FluentBundle(LANGUAGE, { useIsolating: false, transform: isPseudo ? longer : (text) => text });
for (const source of [window, stage, deck, panel, notices, settings, pickers, errors, limits])
  bundle.addResource(new FluentResource(source));

/** Returns a message with its arguments filled in. A message that is missing shows its id. */
export function t<Id extends MessageId>(id: Id, ...[args]: Arguments<Id>): string {
  const message = bundle.getMessage(id);
  if (!message?.value) return id;
  // With a list for errors an argument that is missing shows its name; without one it throws.
  return bundle.formatPattern(message.value, args ?? null, []);
}

/** Returns a sentence that the backend names. */
export function said({ id, args }: Text): string {
  const message = bundle.getMessage(id);
  return message?.value ? bundle.formatPattern(message.value, shown(args), []) : id;
}

/** Returns what the sentence says to do; empty when it says nothing. */
export function explanation({ id, args }: Text): string {
  const pattern = bundle.getMessage(id)?.attributes["explanation"];
  return pattern ? bundle.formatPattern(pattern, shown(args), []) : "";
}

/** Names that others chose stay in their place, whatever script they are written in. */
function shown(args: Text["args"]): Record<string, string> {
  // eslint-disable-next-line no-control-regex
  const isForeign = /[^\u0000-\u007f]/;
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, isForeign.test(value) ? isolated(value) : value]),
  );
}

/** Keeps a name that others chose from turning the sentence around it, whatever script it is written in. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

const LIST = new Intl.ListFormat(LANGUAGE);

/** Joins words as in a sentence: "a, b, and c". */
export function list(words: string[]): string {
  return LIST.format(words);
}
