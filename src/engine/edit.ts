// Applies edits to texts.

import type { Edit } from "../model/finding.ts";

/**
 * In: a text and edits of it, any order. Out: the new text, and the edits that were left out because they touch
 * a stretch that another edit changes (the earlier in the list wins; a later run can do the others).
 */
export function applyEdits(text: string, edits: readonly Edit[]): { readonly text: string; readonly skipped: readonly Edit[] } {
  const taken: Edit[] = [];
  const skipped: Edit[] = [];
  for (const edit of edits) {
    const inside = edit.span.start <= edit.span.end && edit.span.end <= text.length;
    if (inside && !taken.some((other) => overlaps(other, edit))) taken.push(edit);
    else skipped.push(edit);
  }
  let result = text;
  for (const edit of taken.toSorted((a, b) => b.span.start - a.span.start || b.span.end - a.span.end)) {
    result = result.slice(0, edit.span.start) + edit.text + result.slice(edit.span.end);
  }
  return { text: result, skipped };
}

/** True when two edits of one file touch the same stretch. Two insertions at one place clash as well: their order would be chance. */
export function overlaps(a: Edit, b: Edit): boolean {
  if (a.span.start === b.span.start) return true;
  return a.span.start < b.span.end && b.span.start < a.span.end;
}
