// Where something stands in a text. Lines and columns are made from spans at the edges (terminal, JSON), not here.

/** A stretch of a source text: UTF-16 offsets from its start, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A stretch of a named file. */
export interface Place {
  readonly file: string;
  readonly span: Span;
}

/** A position as people read it: both numbers start at 1; the column counts UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Line and column of an offset.
 * In: the whole text and an offset into it (clamped to the text). Out: the position, 1-based.
 */
export function positionAt(text: string, offset: number): Position {
  const end = Math.min(Math.max(offset, 0), text.length);
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: end - lineStart + 1 };
}
