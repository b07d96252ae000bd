import { describe, expect, it } from "vitest";
import type { ModelPrices } from "../ipc/bindings.gen";
import { modelOf } from "../dev/models";
import { CHOICES } from "../dev/choices";
import {
  abilityWords,
  chosenModel,
  modelName,
  modelRows,
  priceDetails,
  priceWords,
  shortName,
  stateWords,
} from "./models";

const prices: ModelPrices = {
  inText: 0.75,
  inAudio: 3,
  inImage: 1,
  outText: 4.5,
  outAudio: 12,
  estimated: false,
  date: "2026-11",
};
const models = [
  modelOf("live", "The live"),
  modelOf("old", "The old", { state: "deprecated", successor: { id: "live", label: "The live" } }),
  modelOf("gone", "The gone", { state: "retired", offered: false }),
  modelOf("cloud", "The cloud", { vertexOnly: true }),
];
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

describe("models", () => {
  it("on offer stand in their order; not those that are gone or only elsewhere", () => {
    expect(ids(modelRows([...models, models[0]!], null))).toEqual(["live", "old"]);
    expect(ids(modelRows(models, null, true))).toEqual(["live", "old", "cloud"]);
  });
  it("keep a saved one that is not offered any more", () => {
    expect(ids(modelRows(models, "gone"))).toEqual(["live", "old", "gone"]);
  });
  it("are chosen by what is saved, or are the first", () => {
    expect([chosenModel(models, null), chosenModel(models, "new"), chosenModel([], null)]).toEqual(["live", "new", ""]);
    expect([modelName(models, "old"), modelName(models, "new")]).toEqual(["The old", "new"]);
  });
  it("are called in the header by what tells them apart", () => {
    expect(["Gemini 3.8 Live", "Gemini", "Gemini Ultra", "Live"].map(shortName)).toEqual([
      "3.8 Live",
      "Gemini",
      "Gemini Ultra",
      "Live",
    ]);
  });
});

describe("a model", () => {
  it("says how it stands, and what to use instead of one that ends", () => {
    expect(models.map(stateWords)).toEqual(["", "Deprecated · Use The live", "Retired", ""]);
    expect(stateWords(modelOf("a", "A", { state: "preview", served: false }))).toBe("Preview · Not in your account");
    expect(stateWords(modelOf("a", "A", { state: "unlisted", served: true }))).toBe("Not in Vivavoce’s list");
    expect(stateWords(modelOf("a", "A", { vertexOnly: true, served: false }))).toBe("");
  });
  it("says what it can do, the languages after how it answers", () => {
    const model = modelOf("a", "A", { abilities: ["speech", "thinking"], languages: 99 });
    expect([abilityWords(model), abilityWords(modelOf("a", "A", { abilities: [] }))]).toEqual([
      "Speaks · 99 languages · Thinks",
      "",
    ]);
  });
  it("says what an hour costs and from when that is", () => {
    const priced = (more: Partial<ModelPrices>) => modelOf("a", "A", { prices: { ...prices, ...more } });
    expect(priceWords(priced({}))).toBe("About $0.27 an hour to listen, $1.08 an hour to speak (Nov 2026)");
    expect(priceWords(priced({ outAudio: null, date: "soon" }))).toBe("About $0.27 an hour to listen (soon)");
    expect([priceWords(priced({ inAudio: null })), priceWords(models[0]!)]).toEqual(["Price unknown", "Price unknown"]);
    expect(priceDetails(priced({}))).toBe(
      "Per million tokens: audio $3.00 in, $12.00 out; text $0.75 in, $4.50 out; images $1.00.",
    );
    expect(priceDetails(priced({ inText: null, outAudio: null, inImage: null, estimated: true }))).toBe(
      "Per million tokens: audio $3.00 in; text $4.50 out. Some of these are estimates.",
    );
    expect(priceDetails(models[0]!)).toBeNull();
  });
  it("differs in its words from every other one of the scenes", () => {
    const words = CHOICES.models.map((model) => `${model.label} ${abilityWords(model)} ${stateWords(model)}`);
    expect(new Set(words).size).toBe(words.length);
  });
});
