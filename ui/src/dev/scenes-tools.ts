// Scenes of the tool calls and of their page in Settings.
import {
  ago,
  asking,
  asksEachTime,
  brokenToolbox,
  call,
  long,
  now,
  brokenServers,
  servers,
  serverToolbox,
  settings,
  talk,
  tokyo,
  toolbox,
  weather,
} from "./material";
import type { Scene } from "./scene";

export const TOOL_SCENES: Record<string, Scene> = {
  tools: {
    snapshot: {
      ...talk,
      phase: "thinking",
      turns: [...tokyo.slice(0, 1)],
      tools: [
        call("get_weather", { city: "Tokyo", date: "29 Nov" }, { at: ago(90), result: '{"celsius":19}' }),
        call("search_notes", { text: "eel" }, { at: ago(80), state: "cancelled", elapsedMs: 900 }),
        call(
          "read_file",
          { path: "~/Trips/tokyo.md" },
          { at: ago(70), state: "failed", elapsedMs: 80, result: "Not in a folder that tools may read." },
        ),
        call(
          "find_tables",
          { name: "Nodaiwa", people: 2, date: "29 Nov" },
          { at: ago(4), runningSince: ago(4), state: "running", elapsedMs: null },
        ),
      ],
    },
    press: "#tab-tools",
  },
  "tools-open": {
    snapshot: {
      ...talk,
      phase: "listening",
      turns: [...tokyo.slice(0, 1)],
      tools: [
        weather,
        call(
          "read_file",
          { path: "~/Trips/tokyo.md" },
          { at: ago(70), state: "failed", elapsedMs: 80, result: '{"error":"No such file.","code":"failed"}' },
        ),
      ],
    },
    press: "#tab-tools",
    press2: ".tool summary",
  },
  "tools-ask": {
    snapshot: { ...talk, phase: "listening", turns: tokyo.slice(0, 1), tools: [weather, asking] },
  },
  "tools-ask-tab": {
    snapshot: { ...talk, phase: "listening", turns: tokyo.slice(0, 1), tools: [weather, asking, asksEachTime] },
    press: "#tab-tools",
  },
  "tools-ask-long": {
    snapshot: {
      ...talk,
      phase: "thinking",
      turns: tokyo.slice(0, 1),
      tools: [
        call(
          `files__${long}`,
          { [long]: long, text: `<b>bold</b> ${"many words ".repeat(200)}` },
          { at: ago(8), state: "asking", elapsedMs: null },
        ),
        call(long, { people: 2 }, { at: ago(4), runningSince: ago(4), state: "running", elapsedMs: null }),
      ],
    },
    press: '[data-testid="review-call"]',
  },
  "tools-answer": {
    snapshot: {
      ...talk,
      phase: "thinking",
      turns: tokyo.slice(0, 1),
      tools: [
        call(
          "ask_me",
          { topic: "the order A-7" },
          {
            at: ago(8),
            runningSince: ago(8),
            state: "answering",
            elapsedMs: null,
            question: "The customer asks something. Type the answer.",
          },
        ),
      ],
    },
  },
  "tools-twelve": {
    snapshot: {
      ...talk,
      phase: "listening",
      turns: tokyo.slice(0, 1),
      tools: Array.from({ length: 12 }, (_, index) =>
        call(
          index === 7 ? `calendar__${long}` : `calendar__find_event_${index}`,
          { query: "dinner", from: "2026-11-29", attendees: ["me", "you"] },
          index < 8
            ? { at: ago(60 - index), state: index % 3 === 1 ? "failed" : "done", result: '{"events":[]}' }
            : index < 10
              ? { at: ago(20 - index), runningSince: ago(20 - index), state: "running", elapsedMs: null }
              : { at: ago(20 - index), state: "asking", elapsedMs: null },
        ),
      ),
    },
    press: "#tab-tools",
  },
  toolbox: {
    snapshot: {
      settings: {
        ...settings,
        toolRules: { order_state: "always", remember: "never", files__read: "always" },
        toolSwitches: { remember: true, open_url: true },
      },
      toolbox,
    },
    press: "#open-settings",
    press2: '[href="#group-tools"]',
  },
  "toolbox-broken": {
    snapshot: { settings, toolbox: brokenToolbox },
    press: "#open-settings",
    press2: '[href="#group-tools"]',
  },
  "toolbox-long": {
    snapshot: {
      settings,
      toolbox: {
        ...toolbox,
        tools: [
          ...toolbox.tools.slice(0, 1),
          ...Array.from({ length: 12 }, (_, index) => ({
            ...toolbox.tools[6]!,
            name: index % 2 ? `${long}_${index}` : `order_${index}`,
            description: index % 2 ? long : "Tells where an order is. Call it when the user asks about an order.",
          })),
        ],
        notes: [{ id: 1, at: now, text: `${long} ${long}` }],
      },
    },
    press: "#open-settings",
    press2: '[href="#group-tools"]',
  },
  "own-tool": {
    snapshot: { settings, toolbox },
    press: "#open-settings",
    press2: '[href="#group-tools"]',
    press3: '[data-tool="order_state"] .link',
  },
  "own-tool-new": {
    snapshot: { settings, toolbox },
    press: "#open-settings",
    press2: '[href="#group-tools"]',
    press3: '[data-testid="own-tool-add"]',
  },
  servers: {
    snapshot: {
      settings: { ...settings, toolRules: { "files:read-only": "always", files__write_file: "never" } },
      toolbox: serverToolbox,
    },
    press: "#open-settings",
    press2: '[href="#group-servers"]',
  },
  "servers-open": {
    snapshot: {
      settings: { ...settings, toolRules: { "files:read-only": "always", files__write_file: "never" } },
      toolbox: serverToolbox,
    },
    press: "#open-settings",
    press2: '[href="#group-servers"]',
    press3: '[data-server="files"] summary',
  },
  "servers-none": {
    snapshot: { settings, toolbox },
    press: "#open-settings",
    press2: '[href="#group-servers"]',
  },
  "servers-broken": {
    snapshot: { settings, toolbox: brokenServers },
    press: "#open-settings",
    press2: '[href="#group-servers"]',
  },
  "servers-imported": {
    snapshot: {
      settings,
      toolbox: {
        ...serverToolbox,
        servers: servers.slice(0, 2),
        programs: [],
        import: {
          code: "file",
          severity: "info",
          text: { id: "mcp-imported", args: { servers: "files, time" } },
          hints: [],
          detail: null,
        },
      },
    },
    press: "#open-settings",
    press2: '[href="#group-servers"]',
  },
  "servers-long": {
    snapshot: {
      settings,
      toolbox: {
        ...serverToolbox,
        servers: [
          { ...servers[0]!, name: long, title: `${long} 1.0`, tools: [{ ...servers[0]!.tools[0]!, name: long }] },
          { ...servers[3]!, name: `${long} 2`, reason: `${long} `.repeat(6) },
        ],
        serversFile: { path: `~/${long}/${long}/mcp.json`, exists: true, error: null },
      },
    },
    press: "#open-settings",
    press2: '[href="#group-servers"]',
  },
  "tools-ask-offline": {
    snapshot: {
      ...talk,
      phase: "reconnecting",
      connection: { attempt: 2, retryAt: now + 9000, keptMs: 4200, reason: "The connection broke: no reason given" },
      turns: tokyo.slice(0, 1),
      tools: [asking],
    },
  },
};
