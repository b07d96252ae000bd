import { expect, it } from "vitest";
import { NO_OPTIONS } from "./choices";
import { suggestions } from "./suggestions";
import { INITIAL, NO_SETTINGS, type State } from "./state";
import type { Settings } from "../ipc/bindings.gen";

const tried = (settings: Partial<Settings>, key: State["key"] = "keyring") =>
  suggestions({ ...INITIAL, known: true, key, settings: { ...NO_SETTINGS, ...settings } }, NO_OPTIONS);

it("the practice partner is asked what it can answer alone", () => {
  expect(tried({}, "missing")).toEqual(["What time is it?", "What is 12 times 7?", "Set a timer for ten seconds."]);
});

it("what is switched on comes first", () => {
  expect(tried({})).not.toContain("What do you see?");
  expect(tried({ cameraOn: true })[0]).toBe("What do you see?");
  expect(tried({ cameraOn: true, googleSearch: true })[1]).toBe("What’s in the news today?");
});

it("a translating model gets something to translate", () => {
  expect(tried({ translateTo: "de" })).toHaveLength(3);
  expect(tried({ translateTo: "de" })[0]).toBe("Where is the nearest train station?");
});

it("there are never more than five", () => {
  expect(tried({ cameraOn: true, googleSearch: true })).toHaveLength(5);
  expect(tried({ endpoint: "wss://a.example" })).not.toContain("What’s the weather in Tokyo?");
});
