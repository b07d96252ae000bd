// The functions that can be offered: which are on, what their permission is, and how a choice changes the settings. Pure.
import type { Settings, Toolbox, ToolChoice, ToolRule } from "../ipc/bindings.gen";

export const NO_TOOLBOX: Toolbox = { tools: [], file: { path: null, exists: false, error: null }, notes: [] };

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
  const known = new Set(toolbox.tools.map(({ name }) => name));
  return Object.entries(toolRules ?? {}).filter(([name]) => !known.has(name));
}

type Entries<Value> = Record<string, Value> | null;

function withEntry<Value>(entries: Entries<Value>, name: string, value: Value | null): Entries<Value> {
  const others = Object.entries(entries ?? {}).filter(([other]) => other !== name);
  const all = value === null ? others : [...others, [name, value]];
  return all.length === 0 ? null : Object.fromEntries<Value>(all as [string, Value][]);
}
