import { describe, expect, it } from "vitest";
import type { OwnTool } from "../ipc/bindings.gen";
import { draftOf, nameFrom, toolOf } from "./own-tool";

const tools: OwnTool[] = [
  { name: "a", description: "A.", arguments: [], way: { is: "program", program: "p", args: ["--one", "two words"] } },
  { name: "b", description: "B.", arguments: null, way: { is: "request", url: "https://b.example", posts: true } },
  { name: "c", description: "C.", arguments: [], way: { is: "answer", text: "yes\nno" } },
  {
    name: "d",
    description: "D.",
    arguments: [{ name: "n", description: "", kind: "whole", required: false }],
    way: { is: "ask", question: "How many?" },
  },
];

describe("a function in the form", () => {
  it("comes out as it went in", () => expect(tools.map((tool) => toolOf(draftOf(tool)))).toEqual(tools));

  it("has no rows without a name, and no spaces around", () => {
    const draft = { ...draftOf(null), name: " x ", is: "ask" as const, question: " Well? " };
    draft.arguments = [
      { name: " place ", description: " Where ", kind: "text", required: true },
      { name: "", description: "left over", kind: "text", required: true },
    ];
    expect(toolOf(draft)).toEqual({
      name: "x",
      description: "",
      arguments: [{ name: "place", description: "Where", kind: "text", required: true }],
      way: { is: "ask", question: "Well?" },
    });
  });

  it("gets a name that the service takes", () => {
    const typed = ["Order state", "get__x", "Öffnungszeiten", "7 days", "  ", "a-b.c"];
    expect(typed.map(nameFrom)).toEqual(["order_state", "get_x", "offnungszeiten", "days", "", "a_b_c"]);
  });
});
