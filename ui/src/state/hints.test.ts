import { describe, expect, it } from "vitest";
import type { Hint, UiError } from "../ipc/bindings.gen";
import { BILLING_PAGE, actionFor, hintWords, KEY_PAGE, noticeIcon, settles } from "./hints";

const notice = (code: UiError["code"], more: Partial<UiError> = {}): UiError => ({
  code,
  severity: "danger",
  text: { id: "network", args: {} },
  hints: [],
  detail: null,
  ...more,
});

describe("a hint", () => {
  it.each<[Hint, unknown]>([
    ["askAgain", { do: "askAgain" }],
    ["startFresh", { do: "startFresh" }],
    ["enterKey", { do: "settings", place: "key" }],
    ["getKey", { do: "openPage", url: KEY_PAGE }],
    ["openBilling", { do: "openPage", url: BILLING_PAGE }],
    ["practice", { do: "practice" }],
    ["chooseMicrophone", { do: "pick", control: "microphone" }],
    ["chooseSpeaker", { do: "settings", place: "speaker" }],
    ["chooseCamera", { do: "pick", control: "camera" }],
    ["chooseModel", { do: "pick", control: "model" }],
    ["choosePartner", { do: "settings", place: "endpoint" }],
    ["chooseProxy", { do: "settings", place: "proxy" }],
    ["checkKey", { do: "checkKey" }],
    ["openSettings", { do: "settings", place: "conversation" }],
  ])("%s has one action", (hint, wanted) => {
    expect(actionFor(hint, notice("internal"), false)).toEqual(wanted);
    expect(actionFor(hint, notice("internal"), true)).toEqual(wanted);
  });

  it("to try again starts, starts over, or opens the camera that failed meanwhile", () => {
    expect(actionFor("tryAgain", notice("network"), false)).toEqual({ do: "start" });
    expect(actionFor("tryAgain", notice("network"), true)).toEqual({ do: "restart" });
    expect(actionFor("tryAgain", notice("cameraBusy"), true)).toEqual({ do: "openCamera" });
  });

  it("for a key has a word more when there was one", () => {
    expect([
      hintWords("enterKey", notice("keyRefused")),
      hintWords("enterKey", notice("keyExpired")),
      hintWords("enterKey", notice("keyMissing")),
    ]).toEqual(["Replace API key", "Replace API key", "Add API key"]);
  });
});

it("a model's notice names the one to take instead, and leads to the picker when there is none", () => {
  const gone = notice("model", { suggestion: { id: "new", label: "The New" } });
  expect([hintWords("useModel", gone), actionFor("useModel", gone, false)]).toEqual([
    "Use The New",
    { do: "useModel", model: "new" },
  ]);
  expect(actionFor("useModel", notice("model"), false)).toEqual({ do: "pick", control: "model" });
});

it("a notice waits while one looks elsewhere, and is done when one began anew", () => {
  expect([
    settles({ do: "start" }),
    settles({ do: "practice" }),
    settles({ do: "useModel", model: "m" }),
    settles({ do: "settings", place: "key" }),
  ]).toEqual([true, true, true, false]);
});

it("each device has its own icon, and one for being unplugged", () => {
  expect(
    (["microphoneDenied", "microphoneLost", "speakerFailed", "cameraBusy", "keyRefused", "internal"] as const).map(
      noticeIcon,
    ),
  ).toEqual(["mic-off", "unplug", "speaker", "camera-off", "key", "warn"]);
});
