// How much room a text takes in a terminal. Wide characters take two cells, marks none, colours none.

import stringWidth from "string-width";

const GRAPHEMES = new Intl.Segmenter();
/** What `styleText` writes around a text. */
const COLOUR = /(\u001b\[[\d;]*m)/;
const PLAIN = /^[ -~]*$/;

/** In: one line. Out: how many cells it takes. */
export function cellsOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** Fills up with blanks to a number of cells; a longer text stays as it is. */
export function padded(text: string, cells: number): string {
  return text + " ".repeat(Math.max(0, cells - cellsOf(text)));
}

/** Shortens to a number of cells, with an ellipsis for what is left out. Colours stay, and end where they would have. */
export function shortened(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text;
  let [room, out, isFull] = [cells - 1, "", false];
  for (const part of text.split(COLOUR)) {
    if (COLOUR.test(part)) {
      out += part;
      continue;
    }
    for (const { segment } of GRAPHEMES.segment(part)) {
      room -= isFull ? 0 : cellsOf(segment);
      if (isFull) break;
      isFull = room < 0;
      out += isFull ? "…" : segment;
    }
  }
  return out;
}
