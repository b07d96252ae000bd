// Draws a turn as a picture to share: its words, and its sound as a string. In the window's own colours, always on a light
// ground. Words of others are drawn as text and are nothing else.
import { t } from "../../i18n";
import type { Turn } from "../../ipc/bindings.gen";
import { clock } from "../../state/format";
import { cut } from "../../state/transcript";
import { isRightToLeft, swings, wrapped } from "../../state/turn-picture";

/** All sizes in px, drawn at twice the size. */
const SCALE = 2;
const WIDTH = 640;
const EDGE = 40;
const INNER = WIDTH - 2 * EDGE;
const NAME = 15;
const WORDS = 22;
const LEADING = 33;
const SMALL = 13;
const HEAD = 34;
const GAP = 28;
const STRING = 88;
const FOOT = 40;
/** Most lines of words: a turn of two minutes. */
const MOST = 40;
const PEG = 5;
/** Places along the string, and the shares of its swing that are drawn; the outermost are heavier. */
const PLACES = 80;
const SHARES = [1, 0.8, 0.55, 0.28, 0, -0.28, -0.55, -0.8, -1];

interface Colours {
  ground: string;
  ink: string;
  soft: string;
  voice: string;
  warn: string;
}

/** Returns a PNG in base64. `shape` is how loud the turn is over its length; without it there is no string. */
export function drawTurn(turn: Turn, name: string, shape: readonly number[] | null): string {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  const family = getComputedStyle(document.body).fontFamily;
  const font = (size: number, weight = 400) => [weight, `${size}px`, family].join(" ");
  const parts = cut(turn);
  const said = (parts ? parts.heard : turn.text).trim();
  context.font = font(WORDS);
  const lines = wrapped(said, INNER, MOST, (text) => context.measureText(text).width);
  const isCut = parts !== null;
  const body = lines.length * LEADING + (isCut ? LEADING : 0);
  const height = EDGE + HEAD + body + (shape ? GAP + STRING : 0) + FOOT + EDGE / 2;
  canvas.width = WIDTH * SCALE;
  canvas.height = height * SCALE;
  const { ground, ink, soft, voice, warn } = colours(turn.speaker);
  context.scale(SCALE, SCALE);
  context.fillStyle = ground;
  context.fillRect(0, 0, WIDTH, height);
  context.textBaseline = "alphabetic";

  const rightToLeft = isRightToLeft(said);
  context.direction = rightToLeft ? "rtl" : "ltr";
  const [start, end] = rightToLeft ? [WIDTH - EDGE, EDGE] : [EDGE, WIDTH - EDGE];
  const inwards = rightToLeft ? -1 : 1;
  const text = (
    words: string,
    x: number,
    y: number,
    colour: string,
    face: string,
    align: CanvasTextAlign = "start",
  ) => {
    [context.fillStyle, context.font, context.textAlign] = [colour, face, align];
    context.fillText(words, x, y, INNER);
  };

  let y = EDGE + NAME;
  disc(context, start + inwards * PEG, y - PEG, voice, turn.speaker === "you" ? voice : ground);
  text(name, start + inwards * (2 * PEG + 10), y, voice, font(NAME, 600));
  // A time of day reads from left to right in any script.
  context.direction = "ltr";
  text(clock(turn.at), end, y, soft, font(SMALL), rightToLeft ? "left" : "right");
  context.direction = rightToLeft ? "rtl" : "ltr";
  y = EDGE + HEAD;
  for (const line of lines) text(line, start, (y += LEADING), ink, font(WORDS));
  if (isCut) text(t("turn-interrupted"), start, (y += LEADING), warn, font(SMALL));
  if (shape) {
    string(context, y + GAP + STRING / 2, shape, voice);
  }
  text(t("window-name"), end, height - EDGE / 2 - SMALL / 2, soft, font(SMALL, 600), "end");
  return canvas.toDataURL("image/png").split(",")[1] ?? "";
}

/** The string runs from edge to edge, and swings between its pegs. */
function string(context: CanvasRenderingContext2D, y: number, shape: readonly number[], colour: string): void {
  const [from, to] = [EDGE + PEG, WIDTH - EDGE - PEG];
  context.strokeStyle = colour;
  context.globalAlpha = 0.55;
  line(context, [
    [0, y],
    [WIDTH, y],
  ]);
  const far = swings(shape, PLACES);
  for (const share of SHARES) {
    const isEdge = Math.abs(share) === 1;
    context.globalAlpha = isEdge ? 1 : 0.5;
    context.lineWidth = isEdge ? 1.6 : 1;
    const points = far.map((swing, place): [number, number] => [
      from + ((to - from) * (place + 0.5)) / PLACES,
      y - swing * share * (STRING / 2),
    ]);
    line(context, [[from, y], ...points, [to, y]]);
  }
  context.globalAlpha = 1;
  context.lineWidth = 1;
  for (const x of [from, to]) disc(context, x, y, colour, colour);
}

/** A smooth line: through the middles between the points, bent by the points. */
function line(context: CanvasRenderingContext2D, points: [number, number][]): void {
  context.beginPath();
  points.forEach(([x, y], index) => {
    const next = points[index + 1];
    if (index === 0) context.moveTo(x, y);
    else if (next) context.quadraticCurveTo(x, y, (x + next[0]) / 2, (y + next[1]) / 2);
    else context.lineTo(x, y);
  });
  context.stroke();
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, stroke: string, fill: string): void {
  context.beginPath();
  context.arc(x, y, PEG - 0.75, 0, 2 * Math.PI);
  [context.strokeStyle, context.fillStyle, context.lineWidth] = [stroke, fill, 1.5];
  context.fill();
  context.stroke();
}

/** The tokens' colours by day, whatever the window's theme is. */
function colours(speaker: Turn["speaker"]): Colours {
  const probe = document.createElement("i");
  probe.dataset["theme"] = "light";
  probe.hidden = true;
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const of = (token: string) => {
    probe.style.color = `var(${token})`;
    return style.color;
  };
  const found = {
    ground: of("--ground"),
    ink: of("--ink"),
    soft: of("--ink-soft"),
    voice: of(speaker === "you" ? "--you" : "--gemini"),
    warn: of("--warn"),
  };
  probe.remove();
  return found;
}
