// The only file that knows Tauri: each command by its name, and nothing else.
import { invoke } from "@tauri-apps/api/core";
import type { Backend } from "./backend";
import type { UiEnvelope } from "./bindings.gen";

// The page asks for events and pictures, one answer after the other. A slow page asks less often, so nothing piles up.

/** Pause before a failed request is repeated, in ms. */
const AGAIN_AFTER = 1000;

/** Until another page has taken this one's place. */
async function takeEvents(subscription: number, take: (envelope: UiEnvelope) => void): Promise<void> {
  for (;;) {
    try {
      const batch = await invoke<UiEnvelope[] | null>("next_events", { subscription });
      if (batch === null) return;
      batch.forEach(take);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
    }
  }
}

let takePreview: ((message: ArrayBuffer) => void) | null = null;

/** An empty one is the end. */
async function takePicture(take: (message: ArrayBuffer) => void, first: boolean): Promise<void> {
  takePreview = take;
  try {
    const picture = await invoke<ArrayBuffer>("next_preview", { first });
    if (picture.byteLength > 0) take(picture);
  } catch {
    // Without another question no picture would ever come again.
    setTimeout(() => void takePicture(take, first), AGAIN_AFTER);
  }
}

export const tauri: Backend = {
  subscribe: async (take) => {
    const subscription = await invoke<number | null>("subscribe");
    if (subscription !== null) void takeEvents(subscription, take);
  },
  preview: async (take) => void takePicture(take, true),
  previewTaken: async () => {
    if (takePreview) void takePicture(takePreview, false);
  },
  start: () => invoke("start"),
  end: () => invoke("end"),
  setMuted: (muted) => invoke("set_muted", { muted }),
  hold: (held) => invoke("hold", { held }),
  sendText: (text) => invoke("send_text", { text }),
  askAgain: () => invoke("ask_again"),
  startFresh: () => invoke("start_fresh"),
  decideCall: (call, decision) => invoke("decide_call", { call, decision }),
  answerCall: (call, text) => invoke("answer_call", { call, text }),
  stopCall: (call) => invoke("stop_call", { call }),
  reconnect: () => invoke("reconnect"),
  setCamera: (on) => invoke("set_camera", { on }),
  changeSettings: (settings) => invoke("change_settings", { settings }),
  choices: () => invoke("choices"),
  refreshModels: () => invoke("refresh_models"),
  setKey: (slot, key) => invoke("set_key", { slot, key }),
  forgetKey: (slot) => invoke("forget_key", { slot }),
  checkKey: (slot) => invoke("check_key", { slot }),
  setProxy: (url) => invoke("set_proxy", { url }),
  findLocalModels: () => invoke("find_local_models"),
  reloadTools: () => invoke("reload_tools"),
  openToolsFile: () => invoke("open_tools_file"),
  saveTool: (old, tool) => invoke("save_tool", { old, tool }),
  deleteTool: (name) => invoke("delete_tool", { name }),
  reloadServers: () => invoke("reload_servers"),
  openServersFile: () => invoke("open_servers_file"),
  restartServer: (key) => invoke("restart_server", { key }),
  importServers: (program) => invoke("import_servers", { program }),
  changeNote: (id, text) => invoke("change_note", { id, text }),
  fetchSpeechAssets: () => invoke("fetch_speech_assets"),
  cancelSpeechAssets: () => invoke("cancel_speech_assets"),
  chooseSpeechAsset: () => invoke("choose_speech_asset"),
  setVolume: (percent) => invoke("set_volume", { percent }),
  checkSpeaker: () => invoke("check_speaker"),
  cancelSpeakerCheck: () => invoke("cancel_speaker_check"),
  testMicrophone: () => invoke("test_microphone"),
  stopMicrophoneTest: () => invoke("stop_microphone_test"),
  playVoiceSample: (voice) => invoke("play_voice_sample", { voice }),
  stopVoiceSample: () => invoke("stop_voice_sample"),
  saveSound: (turn) => invoke("save_sound", { turn }),
  savePicture: (png, at) => invoke("save_picture", { png, at }),
  soundShape: (turn) => invoke("sound_shape", { turn }),
  showSaved: () => invoke("show_saved"),
  open: (url) => invoke("open_link", { url }),
};
