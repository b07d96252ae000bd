// Where the focus goes in a list whose rows have several buttons: by arrows, by the ends of rows and list, and by the
// first letters of a name (ARIA's patterns for grids and list boxes). Pure.

/** A place in the list, both from 0 on. */
export interface Cell {
  row: number;
  column: number;
}

/** Rows that a page key moves. */
const PAGE = 8;

export interface GridKey {
  key: string;
  ctrlKey: boolean;
}

/** Returns where a key leads in a list of this many rows and columns; null for keys that lead nowhere. */
export function moved(
  from: Cell,
  { key, ctrlKey }: GridKey,
  rows: number,
  columns: number,
  rightToLeft = false,
): Cell | null {
  const last = { row: rows - 1, column: columns - 1 };
  const to = (row: number, column: number): Cell => ({ row: clamp(row, last.row), column: clamp(column, last.column) });
  const ahead = rightToLeft ? -1 : 1;
  switch (key) {
    case "ArrowDown":
      return to(from.row + 1, from.column);
    case "ArrowUp":
      return to(from.row - 1, from.column);
    case "ArrowRight":
      return columns > 1 ? to(from.row, from.column + ahead) : null;
    case "ArrowLeft":
      return columns > 1 ? to(from.row, from.column - ahead) : null;
    case "PageDown":
      return to(from.row + PAGE, from.column);
    case "PageUp":
      return to(from.row - PAGE, from.column);
    case "Home":
      return columns > 1 && !ctrlKey ? to(from.row, 0) : to(0, 0);
    case "End":
      return columns > 1 && !ctrlKey ? to(from.row, last.column) : to(last.row, last.column);
    default:
      return null;
  }
}

function clamp(value: number, last: number): number {
  return Math.min(Math.max(value, 0), Math.max(last, 0));
}

/** Letters that follow one another within this time, in ms, are one word. */
const PAUSE = 800;

/** Finds a row by the first letters of its name. The same letter again leads to the next row that begins with it. */
export class Typeahead {
  #typed = "";
  #at = -Infinity;

  /** Returns the row to go to, looking from `from` on; null when no name begins so. `now` in ms. */
  find(letter: string, names: readonly string[], from: number, now: number): number | null {
    this.#typed = now - this.#at > PAUSE ? "" : this.#typed;
    this.#at = now;
    const typed = this.#typed + letter.toLowerCase();
    const isRepeated = [...typed].every((each) => each === typed[0]);
    this.#typed = typed;
    const begins = (row: number, start: string) => names[row]?.toLowerCase().startsWith(start) === true;
    // While a word is typed, the row itself still fits; one letter alone goes on to the next.
    const first = isRepeated ? from + 1 : from;
    const sought = isRepeated ? typed.slice(0, 1) : typed;
    for (let step = 0; step < names.length; step++) {
      const row = (first + step) % names.length;
      if (begins(row, sought)) return row;
    }
    return null;
  }
}

/** Returns whether a key types a letter. The space is none: it presses what has the focus. */
export function isLetter({ key, ctrlKey, altKey, metaKey }: GridKey & { altKey: boolean; metaKey: boolean }): boolean {
  return [...key].length === 1 && key !== " " && !ctrlKey && !altKey && !metaKey;
}
