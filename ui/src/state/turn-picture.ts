// What a picture of a turn shows, before it is drawn: its words in lines, and its sound as the swings of a string. Pure.

/** Returns the width of a text in the font that it is drawn with, in px. */
export type Measure = (text: string) => number;

const CUT = "…";
const WORDS = new Intl.Segmenter(undefined, { granularity: "word" });
const LETTERS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Breaks a text into lines of this width, `most` at most; the last one of a longer text ends with an ellipsis. Breaks
    where the language allows it, and within a word that is too long for a line. */
export function wrapped(text: string, width: number, most: number, measure: Measure): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    const before = lines.length;
    let line = "";
    for (const piece of pieces(paragraph)) {
      if (measure(line + piece.trimEnd()) <= width) {
        line += piece;
        continue;
      }
      if (line.trim() !== "") lines.push(line.trim());
      line = piece.trimStart();
      while (measure(line.trimEnd()) > width) {
        const head = fitting(line, width, measure);
        lines.push(head);
        line = line.slice(head.length);
      }
      // The rest is not drawn, however long it is.
      if (lines.length > most) return cutAt(lines, most, width, measure);
    }
    if (line.trim() !== "" || lines.length === before) lines.push(line.trim());
    if (lines.length > most) return cutAt(lines, most, width, measure);
  }
  return lines;
}

/** Scripts that put no spaces between words. */
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** What stays together: words with the marks around them and the spaces that follow. Not further than is asked for: a turn
    may be long, and little of it is drawn. */
function* pieces(text: string): Generator<string> {
  let last: string | undefined;
  for (const { segment, isWordLike } of WORDS.segment(text)) {
    const isNext =
      last !== undefined && ((/\s$/.test(last) && /\S/.test(segment)) || (isWordLike && UNSPACED.test(segment)));
    if (isNext && last !== undefined) {
      yield last;
      last = segment;
    } else last = (last ?? "") + segment;
  }
  if (last !== undefined) yield last;
}

/** As many letters as fit, one at least. */
function fitting(text: string, width: number, measure: Measure): string {
  let head = "";
  for (const { segment } of LETTERS.segment(text)) {
    if (head !== "" && measure(head + segment) > width) break;
    head += segment;
  }
  return head;
}

function cutAt(lines: string[], most: number, width: number, measure: Measure): string[] {
  const shown = lines.slice(0, most);
  const last = shown.pop() ?? "";
  return [...shown, (measure(last + CUT) <= width ? last : fitting(last, width - measure(CUT), measure)) + CUT];
}

/** The first letter with a direction decides, as in `dir="auto"`. */
export function isRightToLeft(text: string): boolean {
  const strong = /\p{L}/u.exec(text)?.[0] ?? "";
  return /\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}/u.test(strong);
}

/** How far a string swings at each of `count` places, 0 to 1, of a sound's shape (0 to 255 each). The loudest is 1, so that
    a quiet voice can be seen, too; near the pegs nothing swings. Silence is a straight string. */
export function swings(shape: readonly number[], count: number): number[] {
  const loudest = Math.max(0, ...shape);
  return Array.from({ length: count }, (_, place) => {
    if (loudest < SILENT) return 0;
    const [from, to] = [place, place + 1].map((edge) => Math.floor((edge * shape.length) / count));
    const loud = Math.max(...shape.slice(from, Math.max(to!, from! + 1))) / loudest;
    const along = (place + 0.5) / count;
    return loud * Math.min(1, Math.sin(Math.PI * along) * 4);
  });
}

/** Below this of 255 a sound is silence: −42 dB. */
const SILENT = 2;
