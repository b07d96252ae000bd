// The window on a stand-in backend: dev.html?scene=speaking&theme=dark&dir=rtl&text=1.5. Never built for production.
import { mount } from "svelte";
import Root from "../components/Root.svelte";
import { Session } from "../state/session.svelte";
import "../styles/index.css";
import { FakeBackend } from "./fake";
import { CHOICES } from "./choices";
import { levelsOf, SCENES } from "./scenes";

const query = new URLSearchParams(location.search);
const name = query.get("scene") ?? "ready";
const scene = SCENES[name] ?? { snapshot: {} };
const theme = query.get("theme");
if (query.get("dir")) document.documentElement.dir = query.get("dir") ?? "";
if (query.get("text")) document.documentElement.style.setProperty("--text-scale", query.get("text"));

const backend = new FakeBackend(scene.snapshot, CHOICES);
if (theme === "light" || theme === "dark") backend.snapshot.settings = { ...backend.snapshot.settings, theme };
// The first steps would stand in front of every other scene.
if (!name.startsWith("first-run")) backend.snapshot.settings = { ...backend.snapshot.settings, introduced: true };
backend.start = async () => backend.emit({ type: "phase", phase: "listening" });
backend.end = async () => backend.emit({ type: "phase", phase: "ended" });
backend.setMuted = async (muted) => backend.emit({ type: "muted", muted });
backend.hold = async (held) => backend.emit({ type: "held", held });
const session = new Session(backend);
mount(Root, { target: document.body, props: { session } });

/** Brings the scene to where it is to be looked at. */
async function play(): Promise<void> {
  backend.emit({ type: "levels", levels: levelsOf(scene) });
  if (scene.later) await session.change(scene.later);
  if (scene.camera) backend.sendPicture(await drawnPicture());
  for (const press of [scene.press, scene.press2, scene.press3]) {
    if (!press) continue;
    document.querySelector<HTMLElement>(press)?.click();
    // A dialog opens and fades in before anything in it can be pressed.
    await new Promise((done) => setTimeout(done, 300));
  }
}
/** Settles when the scene stands. */
const played = new Promise<void>((done) => setTimeout(() => void play().then(done), 50));

// For the console, and for whoever drives this page from outside: `backend.emit({ … })`.
Object.assign(window, { backend, session, played, scenes: Object.keys(SCENES) });

/** A room with somebody in it, as one message of the preview channel. */
async function drawnPicture(): Promise<ArrayBuffer> {
  const canvas = new OffscreenCanvas(1280, 720);
  const context = canvas.getContext("2d")!;
  const fill = (colour: string, draw: () => void) => (
    (context.fillStyle = colour),
    context.beginPath(),
    draw(),
    context.fill()
  );
  fill("#b8ab9c", () => context.rect(0, 0, 1280, 720));
  fill("#e4e6e4", () => context.rect(820, 0, 300, 460));
  fill("#3f6a70", () => context.ellipse(640, 820, 330, 330, 0, 0, 7));
  fill("#b98b70", () => context.ellipse(640, 340, 130, 170, 0, 0, 7));
  const jpeg = await (await canvas.convertToBlob({ type: "image/jpeg" })).arrayBuffer();
  const message = new ArrayBuffer(8 + jpeg.byteLength);
  new DataView(message).setFloat64(0, Date.now(), true);
  new Uint8Array(message, 8).set(new Uint8Array(jpeg));
  return message;
}
