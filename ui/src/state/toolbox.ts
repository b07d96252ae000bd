// The functions that can be offered: which are on, what their permission is, and how a choice changes the settings. Pure.
import type { Settings, Toolbox, ToolChoice, ToolRule, ToolServer } from "../ipc/bindings.gen";

const NO_FILE = { path: null, exists: false, error: null };
export const NO_TOOLBOX: Toolbox = {
  tools: [],
  file: NO_FILE,
  own: [],
  servers: [],
  serversFile: NO_FILE,
  programs: [],
  import: null,
  waits: false,
  notes: [],
};

/** Whether the next conversation offers a function. */
export function isOffered(tool: ToolChoice, { toolSwitches }: Settings): boolean {
  return toolSwitches?.[tool.name] ?? tool.onAtFirst;
}

/** The settings with a function switched; what is as at first is not kept. */
export function switched(tool: ToolChoice, settings: Settings, on: boolean): Partial<Settings> {
  return { toolSwitches: withEntry(settings.toolSwitches, tool.name, on === tool.onAtFirst ? null : on) };
}

/** The settings with another permission for a function; null takes its own again. */
export function ruled(name: string, settings: Settings, rule: ToolRule | null): Partial<Settings> {
  return { toolRules: withEntry(settings.toolRules, name, rule) };
}

/** The settings with nothing of a function. */
export function reset(name: string, settings: Settings): Partial<Settings> {
  return { ...ruled(name, settings, null), toolSwitches: withEntry<boolean>(settings.toolSwitches, name, null) };
}

export function isChanged(name: string, { toolRules, toolSwitches }: Settings): boolean {
  return toolRules?.[name] !== undefined || toolSwitches?.[name] !== undefined;
}

/** What can be chosen beside a function's own way. */
export function rulesFor(tool: ToolChoice): ToolRule[] {
  if (tool.asks === "no") return ["ask", "never"];
  return tool.asks === "first" ? ["always", "never"] : ["never"];
}

/** Names with a permission that none of these functions has: of functions that went, or of servers. */
export function otherRules(toolbox: Toolbox, { toolRules }: Settings): [string, ToolRule][] {
  const ofServers = toolbox.servers.flatMap(({ key, tools }) => [allOf(key), readersOf(key), ...tools.map(nameOf)]);
  const known = new Set([...toolbox.tools.map(nameOf), ...ofServers]);
  return Object.entries(toolRules ?? {}).filter(([name]) => !known.has(name));
}

/** The name of a server's switch, and of its permission for all tools. */
const allOf = (key: string) => `${key}__*`;
/** The name of its permission for the tools that only read, as the server says. */
const readersOf = (key: string) => `${key}:read-only`;
const nameOf = ({ name }: ToolChoice) => name;

/** Whether a server runs. */
export function isServerOn({ key, onAtFirst }: ToolServer, { toolSwitches }: Settings): boolean {
  return toolSwitches?.[allOf(key)] ?? onAtFirst;
}

/** The settings with a server switched. */
export function serverSwitched({ key, onAtFirst }: ToolServer, settings: Settings, on: boolean): Partial<Settings> {
  return { toolSwitches: withEntry(settings.toolSwitches, allOf(key), on === onAtFirst ? null : on) };
}

/** What a server's tools may do without a question: nothing, what only reads, everything, or nothing even with one. */
export type ServerRule = "" | "readers" | "always" | "never";
export const SERVER_RULES: ServerRule[] = ["", "readers", "always", "never"];

/** The permission of all tools of a server that have none of their own. */
export function serverRule({ key }: ToolServer, { toolRules }: Settings): ServerRule {
  const all = toolRules?.[allOf(key)];
  if (all === "always" || all === "never") return all;
  return toolRules?.[readersOf(key)] === "always" ? "readers" : "";
}

/** The settings with another one. */
export function serverRuled({ key }: ToolServer, settings: Settings, rule: ServerRule): Partial<Settings> {
  const all = rule === "always" || rule === "never" ? rule : null;
  const readers: ToolRule | null = rule === "readers" ? "always" : null;
  return {
    toolRules: withEntry<ToolRule>(withEntry<ToolRule>(settings.toolRules, allOf(key), all), readersOf(key), readers),
  };
}

type Entries<Value> = Record<string, Value> | null;

function withEntry<Value>(entries: Entries<Value>, name: string, value: Value | null): Entries<Value> {
  const others = Object.entries(entries ?? {}).filter(([other]) => other !== name);
  const all = value === null ? others : [...others, [name, value]];
  return all.length === 0 ? null : Object.fromEntries<Value>(all as [string, Value][]);
}
