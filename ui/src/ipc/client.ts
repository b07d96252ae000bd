// The only file that knows Tauri: each command by its name, and nothing else.
import { Channel, invoke } from "@tauri-apps/api/core";
import type { Backend } from "./backend";
import type { UiEnvelope } from "./bindings.gen";

export const tauri: Backend = {
  subscribe: async (take) => {
    const channel = new Channel<UiEnvelope[]>((batch) => batch.forEach(take));
    await invoke("subscribe", { channel });
  },
  eventsTaken: (seq) => invoke("events_taken", { seq }),
  preview: async (take) => invoke("preview", { channel: new Channel<ArrayBuffer>(take) }),
  previewTaken: () => invoke("preview_taken"),
  start: () => invoke("start"),
  end: () => invoke("end"),
  setMuted: (muted) => invoke("set_muted", { muted }),
  hold: (held) => invoke("hold", { held }),
  sendText: (text) => invoke("send_text", { text }),
  setCamera: (on) => invoke("set_camera", { on }),
  changeSettings: (settings) => invoke("change_settings", { settings }),
  choices: () => invoke("choices"),
  refreshModels: () => invoke("refresh_models"),
  setKey: (slot, key) => invoke("set_key", { slot, key }),
  forgetKey: (slot) => invoke("forget_key", { slot }),
  checkKey: (slot) => invoke("check_key", { slot }),
  setProxy: (url) => invoke("set_proxy", { url }),
  fetchParts: () => invoke("fetch_parts"),
  cancelParts: () => invoke("cancel_parts"),
  choosePart: () => invoke("choose_part"),
  setVolume: (percent) => invoke("set_volume", { percent }),
  checkSpeaker: () => invoke("check_speaker"),
  cancelSpeakerCheck: () => invoke("cancel_speaker_check"),
  saveReply: () => invoke("save_reply"),
  open: (url) => invoke("open_link", { url }),
};
