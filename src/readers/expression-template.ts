// Cuts templated strings such as `"a {{ expr }} b"` into parts, by the rules of jinja2/lexer.py and Ansible's `trim_blocks`.

import type { ExpressionReading, TemplatePart } from "../model/expression.ts";
import type { Span } from "../model/place.ts";
import { parseTokens } from "./expression.ts";
import { tokenize } from "./expression-tokens.ts";

/** A part that is not plain text, in offsets of the text, with what its marks do to the text around it. */
interface Tag {
  readonly part: TemplatePart;
  readonly start: number;
  readonly end: number;
  readonly trimsBefore: boolean;
  readonly trimsAfter: "space" | "newline" | "nothing";
}

const opening = /\{[{%#]/g;
const rawStart = /\{%[-+]?\s*raw\s*-?%\}/y;
const rawEnd = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g;
const leadingSpace = /^\s+/;

/**
 * Cuts a text into literal text, outputs, statements and comments.
 * In: the text and its offset in the whole source. Out: parts that cover the text in order; one whose end is missing reaches to the end of the text.
 */
export function parseTemplate(text: string, offset = 0): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let at = 0;
  let trimsAfter: Tag["trimsAfter"] = "nothing";
  for (;;) {
    opening.lastIndex = at;
    const start = opening.exec(text)?.index ?? text.length;
    const tag = start < text.length ? readTag(text, start, offset) : undefined;
    if (start > at) {
      const printed = trim(text.slice(at, start), { before: trimsAfter, after: tag?.trimsBefore ?? false });
      parts.push({ kind: "text", text: printed, span: { start: at + offset, end: start + offset } });
    }
    if (tag === undefined) return parts;
    parts.push(tag.part);
    at = tag.end;
    trimsAfter = tag.trimsAfter;
  }
}

function trim(text: string, sides: { readonly before: Tag["trimsAfter"]; readonly after: boolean }): string {
  let trimmed = text;
  if (sides.before === "space") trimmed = trimmed.replace(leadingSpace, "");
  if (sides.before === "newline") trimmed = trimmed.replace(/^\r?\n/, "");
  return sides.after ? trimmed.trimEnd() : trimmed;
}

function readTag(text: string, start: number, offset: number): Tag {
  if (text[start + 1] === "{") return readOutput(text, start, offset);
  if (text[start + 1] === "#") return readComment(text, start, offset);
  rawStart.lastIndex = start;
  return rawStart.test(text) ? readRaw(text, { start, inside: rawStart.lastIndex }, offset) : readStatement(text, start, offset);
}

function readOutput(text: string, start: number, offset: number): Tag {
  const tokens = tokenize(text, insideOf(text, start), "}}");
  const end = tokens.close?.end ?? endAfterFault(text, tokens.fault?.at ?? start, "}}");
  const reading: ExpressionReading = parseTokens(tokens, { offset, tupleAllowed: true });
  return tagOf(text, { kind: "output", reading, span: spanOf(start, end, offset) }, { start, end, newline: false });
}

function readStatement(text: string, start: number, offset: number): Tag {
  const { close, fault } = tokenize(text, insideOf(text, start), "%}");
  const end = close?.end ?? endAfterFault(text, fault?.at ?? start, "%}");
  const span = spanOf(start, end, offset);
  const part = { kind: "statement", span, ...(fault === undefined ? {} : { fault: fault.why }) } as const;
  return tagOf(text, part, { start, end, newline: true });
}

function readComment(text: string, start: number, offset: number): Tag {
  const close = text.indexOf("#}", start + 2);
  const end = close === -1 ? text.length : close + 2;
  const span = spanOf(start, end, offset);
  const part = { kind: "comment", span, ...(close === -1 ? { fault: "the closing #} is missing" } : {}) } as const;
  return tagOf(text, part, { start, end, newline: true });
}

function readRaw(text: string, { start, inside }: { readonly start: number; readonly inside: number }, offset: number): Tag {
  rawEnd.lastIndex = inside;
  const close = rawEnd.exec(text);
  if (close === null) {
    const part = { kind: "statement", span: spanOf(start, text.length, offset), fault: "the endraw is missing" } as const;
    return tagOf(text, part, { start, end: text.length, newline: true });
  }
  const before = text[inside - 3] === "-" ? "space" : "nothing";
  const printed = trim(text.slice(inside, close.index), { before, after: close[1] === "-" });
  const part = { kind: "text", text: printed, span: spanOf(start, rawEnd.lastIndex, offset) } as const;
  return tagOf(text, part, { start, end: rawEnd.lastIndex, newline: true });
}

function insideOf(text: string, start: number): number {
  const mark = text[start + 2];
  return mark === "-" || mark === "+" ? start + 3 : start + 2;
}

/** Jinja2 gives up on the whole text here; going on after the next closing mark finds the other expressions. */
function endAfterFault(text: string, faultAt: number, mark: string): number {
  const close = text.indexOf(mark, faultAt);
  return close === -1 ? text.length : close + mark.length;
}

function tagOf(
  text: string,
  part: TemplatePart,
  { start, end, newline }: { readonly start: number; readonly end: number; readonly newline: boolean },
): Tag {
  const closing = end - start >= 5 ? text[end - 3] : undefined;
  const trimsBlock = newline && closing !== "+" ? "newline" : "nothing";
  return {
    part,
    start,
    end,
    trimsBefore: text[start + 2] === "-",
    trimsAfter: closing === "-" ? "space" : trimsBlock,
  };
}

function spanOf(start: number, end: number, offset: number): Span {
  return { start: start + offset, end: end + offset };
}
