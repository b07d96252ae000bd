// Looks at every scene of dev.html in Chromium, in all sizes and colours, and prints what is wrong: what lies on something
// else, is cut off or spills over, and what axe finds. `node scripts/looks.mjs --help` tells the options.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createServer } from "vite";
import { Chromium } from "./chromium.mjs";

const HELP = `node scripts/looks.mjs [options]
  --scenes A,B      these scenes alone
  --sizes A,B       of: wide, middle, narrow, small, zoom, huge
  --colours A,B     of: light, dark, forced
  --axe FILE        axe.min.js of the npm package axe-core; without it axe is left out
  --pictures DIR    save a picture of each
  --query TEXT      more of the page's query: dir=rtl, text=1.5, pseudo
  --walk            Tab through each scene: each stop must be seen and have a ring
  --chromium FILE   default: chromium`;

const SIZES = {
  wide: [1080, 720, 1],
  middle: [720, 720, 1],
  narrow: [420, 720, 1],
  small: [420, 500, 1],
  // 1080 × 720 at 200 %.
  zoom: [540, 360, 2],
  huge: [1920, 1080, 1],
};
const COLOURS = {
  light: [{ name: "prefers-color-scheme", value: "light" }],
  dark: [{ name: "prefers-color-scheme", value: "dark" }],
  forced: [
    { name: "forced-colors", value: "active" },
    { name: "prefers-color-scheme", value: "dark" },
  ],
};
/** Most presses of Tab in one scene. */
const MOST_STOPS = 120;

const { values: options } = parseArgs({
  options: {
    scenes: { type: "string" },
    sizes: { type: "string", default: "wide,middle,narrow,small,zoom" },
    colours: { type: "string", default: "light,dark,forced" },
    axe: { type: "string" },
    pictures: { type: "string" },
    query: { type: "string", default: "" },
    walk: { type: "boolean", default: false },
    chromium: { type: "string", default: "chromium" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

const inspect = readFileSync(new URL("inspect.js", import.meta.url), "utf8");
const axe = options.axe && existsSync(options.axe) ? readFileSync(options.axe, "utf8") : null;
const server = await createServer({
  root: join(import.meta.dirname, ".."),
  logLevel: "error",
  server: { port: 0, strictPort: false, hmr: false },
});
await server.listen();
const address = server.resolvedUrls.local[0];
const chromium = new Chromium(options.chromium);
await chromium.open();

let [looked, wrong] = [0, 0];
function report(scene, size, colour, sentences) {
  looked += 1;
  wrong += sentences.length;
  for (const sentence of sentences) console.log(`${scene} ${size} ${colour}: ${sentence}`);
}

async function show(size, colour) {
  const [width, height, deviceScaleFactor] = SIZES[size];
  await chromium.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor, mobile: false });
  await chromium.send("Emulation.setEmulatedMedia", { features: COLOURS[colour] });
}

async function load(scene) {
  const url = `${address}dev.html?scene=${scene}${options.query && `&${options.query}`}`;
  await chromium.send("Page.navigate", { url });
  await chromium.run(`new Promise((done) => {
    const wait = () => (window.played ? window.played.then(done) : setTimeout(wait, 20));
    wait();
  })`);
  if (axe) await chromium.run(`${axe}; 0`);
}

/** Waits until what fades has faded, but not for what never does. */
const frames = () =>
  chromium.run(`new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60))).then(() => Promise.race([
    new Promise((done) => setTimeout(done, 1000)),
    Promise.allSettled(document.getAnimations()
      .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity).map(({ finished }) => finished)),
  ]))`);

async function axeFinds() {
  const violations = await chromium.run(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => "axe " + id + ": " + nodes.map(({ target, any }) => target.join(" ") + " " + (any[0]?.message ?? "")).join("; ")))`);
  return violations;
}

/** Tabs through the page. Each stop has to be seen and to have a ring. */
async function walk() {
  const sentences = [];
  // A menu would go with the first press; without the focus in it it stays.
  await chromium.run(`document.querySelector(":popover-open")?.hidePopover(); document.activeElement?.blur()`);
  let first = null;
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    await chromium.press("Tab");
    const at = await chromium.run(`new Promise((done) => requestAnimationFrame(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return done(null);
      const box = element.getBoundingClientRect();
      const say = element.tagName.toLowerCase() + "#" + element.id + "." + element.className + " " + (element.getAttribute("aria-label") ?? element.textContent).trim().slice(0, 30);
      const ringed = [element, element.closest(".more-devices")].some((it) => it && getComputedStyle(it).outlineStyle !== "none" && parseFloat(getComputedStyle(it).outlineWidth) >= 2);
      const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
      const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 1), innerHeight - 1);
      const top = document.elementFromPoint(x, y);
      const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && top && (element.contains(top) || top.contains(element) || top.closest("label")?.control === element);
      element.dataset.stop ??= String(Math.random());
      done({ say, ringed, seen: Boolean(seen), id: element.dataset.stop, top: top?.className });
    }))`);
    if (at === null) break;
    if (at.id === first) break;
    first ??= at.id;
    if (!at.ringed) sentences.push(`no ring at ${at.say}`);
    if (!at.seen) sentences.push(`hidden at its stop, under ${JSON.stringify(at.top)}: ${at.say}`);
    stops += 1;
  }
  return sentences;
}
let stops = 0;

try {
  await load("ready");
  const all = await chromium.run("window.scenes");
  for (const scene of options.scenes?.split(",") ?? all) {
    await show(options.sizes.split(",")[0], options.colours.split(",")[0]);
    await load(scene);
    for (const size of options.sizes.split(","))
      for (const colour of options.colours.split(",")) {
        await show(size, colour);
        await frames();
        if (options.walk) {
          await load(scene);
          report(scene, size, colour, await walk());
          continue;
        }
        const sentences = await chromium.run(inspect);
        if (axe) sentences.push(...(await axeFinds()));
        report(scene, size, colour, sentences);
        if (options.pictures) {
          mkdirSync(options.pictures, { recursive: true });
          const { data } = await chromium.send("Page.captureScreenshot", { format: "png" });
          writeFileSync(join(options.pictures, `${scene}-${size}-${colour}.png`), Buffer.from(data, "base64"));
        }
      }
  }
  console.log(`${looked} screens, ${wrong} findings${options.walk ? `, ${stops} stops` : ""}`);
} finally {
  await chromium.close();
  await server.close();
}
process.exit(wrong > 0 ? 1 : 0);
