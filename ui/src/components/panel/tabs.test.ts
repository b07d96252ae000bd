import { expect, it } from "vitest";
import { nextTab } from "./tabs";

it("arrow keys walk the tabs along the line of text", () => {
  const tabs = ["a", "b", "c"];
  expect(nextTab(tabs, "a", "ArrowRight", false)).toBe("b");
  expect(nextTab(tabs, "a", "ArrowLeft", false)).toBe("c");
  expect(nextTab(tabs, "a", "ArrowLeft", true)).toBe("b");
  expect(nextTab(tabs, "b", "End", false)).toBe("c");
  expect(nextTab(tabs, "b", "x", false)).toBeNull();
});
