// @vitest-environment jsdom
import { flushSync, mount, unmount } from "svelte";
import { expect, it, vi } from "vitest";
import { FakeBackend } from "../../dev/fake";
import { Session } from "../../state/session.svelte";
import GlobalShortcut from "./GlobalShortcut.svelte";

const test = (id: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
  if (!found) throw new Error(`nothing is ${id}`);
  return found;
};
const keys = (code: string, more: Partial<KeyboardEventInit> = {}) => {
  test("talk-key").dispatchEvent(
    new KeyboardEvent("keydown", { code, key: code, bubbles: true, cancelable: true, ...more }),
  );
  flushSync();
};

it("takes the keys that are pressed next, but none that everything is typed with", async () => {
  const backend = new FakeBackend();
  const session = new Session(backend);
  const close = session.open();
  const app = mount(GlobalShortcut, { target: document.body, props: { session, id: "key", describedby: "hint" } });
  flushSync();
  keys("F8");
  expect(backend.requests).toEqual([]);
  test("talk-key").click();
  flushSync();
  expect(test("talk-key").textContent).toBe("Press keys…");
  keys("ControlLeft", { ctrlKey: true });
  keys("KeyA");
  expect(document.querySelector("#key-said")?.textContent).toContain("Add Ctrl or Alt");
  keys("KeyA", { ctrlKey: true });
  await vi.waitFor(() => expect(test("talk-key").textContent).toBe("Ctrl + A"));
  expect(backend.requests).toEqual(['changeSettings {"talkKey":"Control+KeyA"}']);
  test("no-talk-key").click();
  await vi.waitFor(() => expect(test("talk-key").textContent).toBe("Set shortcut"));
  void unmount(app);
  close();
});
