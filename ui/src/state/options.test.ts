import { modelOf } from "../dev/models";
import { describe, expect, it } from "vitest";
import type { Choices, ModelChoice, ModelOptions, Settings } from "../ipc/bindings.gen";
import { NO_CHOICES } from "./choices";
import {
  bareId,
  coverageSelection,
  isOn,
  languageSelection,
  limitOf,
  optionsOf,
  thinkingChange,
  thinkingSelection,
} from "./options";
import { NO_SETTINGS } from "./state";

const none: ModelOptions = {
  thinking: { kind: "none", reason: { id: "limit-unknown", args: {} } },
  limits: [
    {
      option: "proactive",
      reason: { id: "limit-always-on", args: { model: "A", option: "proactive" } },
      alwaysOn: true,
    },
  ],
  turnCoverage: null,
  takesHistory: true,
};
const level: ModelOptions = {
  thinking: { kind: "level", levels: ["low", "high"], default: "low" },
  limits: [],
  turnCoverage: "activity",
  takesHistory: true,
};
const budget: ModelOptions = { thinking: { kind: "budget" }, limits: [], turnCoverage: null, takesHistory: true };
const model = (id: string, options: ModelOptions): ModelChoice => modelOf(id, id, { options });
const choices: Choices = { ...NO_CHOICES, models: [model("first", none), model("thinks", level)], unlisted: budget };
const settings = (more: Partial<Settings>): Settings => ({ ...NO_SETTINGS, ...more });

describe("the rules", () => {
  it("are those of the chosen model, of the first when none is, and of an unlisted one for any other id", () => {
    expect(optionsOf(choices, "thinks")).toBe(level);
    expect(optionsOf(choices, "models/thinks")).toBe(level);
    expect(optionsOf(choices, null)).toBe(none);
    expect(optionsOf(choices, "gemini-9")).toBe(budget);
  });
  it("say what is always on, and what can be chosen", () => {
    const limit = limitOf(none, "proactive");
    expect([isOn(limit, false), isOn(undefined, true), isOn({ ...limit!, alwaysOn: false }, true)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(limitOf(none, "voice")).toBeUndefined();
  });
});

it("an id is taken with and without what stands before it", () => {
  expect(["models/a", " a ", "projects/p/locations/l/publishers/google/models/a"].map(bareId)).toEqual(["a", "a", "a"]);
});

describe("thinking", () => {
  it("by level offers the model's levels and keeps another model's to itself", () => {
    expect(thinkingSelection(level, settings({ thinkingLevel: "high" }))).toMatchObject({
      value: "high",
      options: [{ label: "Default (low)" }, { value: "low" }, { value: "high" }],
    });
    expect(thinkingSelection(level, settings({ thinkingLevel: "minimal" })).value).toBe("");
    expect([thinkingChange(level, "high"), thinkingChange(level, "")]).toEqual([
      { thinkingLevel: "high" },
      { thinkingLevel: null },
    ]);
  });
  it("by budget is a number of tokens, and a saved one of another size is kept", () => {
    expect(thinkingSelection(budget, settings({ thinkingBudget: 0 })).value).toBe("0");
    expect(thinkingSelection(budget, settings({ thinkingBudget: 512 })).options.at(-1)).toEqual({
      value: "512",
      label: "512 tokens",
    });
    expect([thinkingChange(budget, "0"), thinkingChange(budget, "")]).toEqual([
      { thinkingBudget: 0 },
      { thinkingBudget: null },
    ]);
  });
  it("that a model does not do has one entry, whatever was saved", () =>
    expect(thinkingSelection(none, settings({ thinkingLevel: "high", thinkingBudget: 5 })).options).toHaveLength(1));
});

it("what is listened to names the model's own way", () => {
  expect(coverageSelection(level, settings({})).options[0]?.label).toBe("Default (speech)");
  expect(coverageSelection(none, settings({ turnCoverage: "everything" }))).toMatchObject({
    value: "everything",
    options: [{ label: "Default" }, {}, {}, {}],
  });
});

describe("languages", () => {
  it("stand by their names in their order", () => {
    const { options, value } = languageSelection(null, false, "en");
    expect(value).toBe("");
    expect(options.slice(0, 3).map(({ label }) => label)).toEqual(["Don’t translate", "Arabic", "Bangla"]);
    expect(languageSelection(null, true, "en").options[0]).toEqual({ value: "", label: "Default (English)" });
  });
  it("keep a code that is not among them, even one that is none", () => {
    expect(languageSelection("gsw", false, "en").options).toContainEqual({ value: "gsw", label: "Swiss German" });
    expect(languageSelection("no language", false, "en").options).toContainEqual({
      value: "no language",
      label: "no language",
    });
  });
});
