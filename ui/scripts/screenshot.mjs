// Takes the picture of the window for the README from the dev page in Chromium, at twice its size: the left half by day,
// the right one by night. `node scripts/screenshot.mjs FILE [CHROMIUM]`
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "vite";
import { Chromium } from "./chromium.mjs";

const [file, program = "chromium"] = process.argv.slice(2);
if (!file) {
  console.error("usage: node scripts/screenshot.mjs FILE [CHROMIUM]");
  process.exit(2);
}
/** What is to be seen: a reply is spoken. */
const SCENE = "speaking";
const [WIDTH, HEIGHT, SCALE] = [1080, 720, 2];
/** Where day ends, as shares of the width: at the top and at the bottom. */
const [TOP, BOTTOM] = [0.4, 0.28];

const server = await createServer({
  root: join(import.meta.dirname, ".."),
  logLevel: "error",
  server: { port: 0, strictPort: false, hmr: false },
});
await server.listen();
const chromium = new Chromium(program);
try {
  await chromium.open();
  const size = { width: WIDTH, height: HEIGHT, deviceScaleFactor: SCALE, mobile: false };
  await chromium.send("Emulation.setDeviceMetricsOverride", size);
  const pictures = [];
  for (const theme of ["light", "dark"]) pictures.push(await take(theme));
  const both = await chromium.run(`(${besideOneAnother})(${JSON.stringify(pictures)}, ${TOP}, ${BOTTOM})`);
  writeFileSync(file, Buffer.from(both, "base64"));
  console.log(`${file}: ${WIDTH * SCALE} × ${HEIGHT * SCALE}`);
} finally {
  await chromium.close();
  await server.close();
}

/** A PNG of the scene in base64. */
async function take(theme) {
  const features = [
    { name: "prefers-color-scheme", value: theme },
    { name: "prefers-reduced-motion", value: "reduce" },
  ];
  await chromium.send("Emulation.setEmulatedMedia", { features });
  await chromium.send("Page.navigate", { url: `${server.resolvedUrls.local[0]}dev.html?scene=${SCENE}` });
  await chromium.run(`new Promise((done) => {
    const wait = () => (window.played ? window.played.then(done) : setTimeout(wait, 20));
    wait();
  })`);
  // The face that desktops bring today; the font of a bare system is what a browser finds first otherwise.
  const isThere = await chromium.run(`document.documentElement.style.setProperty("--font", "Inter"),
    document.fonts.load("16px Inter").then(() => document.fonts.check("16px Inter"))`);
  if (!isThere) throw new Error("The font Inter is missing: install fonts-inter.");
  await chromium.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 500)))");
  const { data } = await chromium.send("Page.captureScreenshot", { format: "png" });
  return data;
}

/** Runs in the page: the first picture before a slanted line, the second one after it. */
async function besideOneAnother(pictures, top, bottom) {
  const images = await Promise.all(
    pictures.map(async (data) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      return image;
    }),
  );
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  [canvas.width, canvas.height] = [images[0].width, images[0].height];
  context.drawImage(images[0], 0, 0);
  context.beginPath();
  context.moveTo(canvas.width * top, 0);
  context.lineTo(canvas.width, 0);
  context.lineTo(canvas.width, canvas.height);
  context.lineTo(canvas.width * bottom, canvas.height);
  context.clip();
  context.drawImage(images[1], 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}
