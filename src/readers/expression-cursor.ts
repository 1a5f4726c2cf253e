// The expression reader's place in its tokens: stepping on, failing, and keeping trees low enough to be walked by recursion.

import { childrenOf } from "../model/expression.ts";
import type { Expression } from "../model/expression.ts";
import type { Span } from "../model/place.ts";
import type { Token, Tokens } from "./expression-tokens.ts";

/** How deep brackets and prefixes may nest, and how high a tree may grow by chains such as `a.b.c` or `1 + 2 + 3`. */
const maxDepth = 100;
const maxHeight = 300;

/** A place in a row of tokens. After a fault it stands at the end token, which no loop accepts, so every loop ends. */
export interface Cursor {
  readonly tokens: Tokens["tokens"];
  readonly offset: number;
  readonly heights: WeakMap<Expression, number>;
  at: number;
  depth: number;
  fault: { readonly why: string; readonly at: number } | undefined;
}

export function cursorOver(tokens: Tokens["tokens"], offset: number): Cursor {
  return { tokens, offset, heights: new WeakMap(), at: 0, depth: 0, fault: undefined };
}

export function current({ tokens, at }: Cursor): Token {
  return tokens[at] ?? tokens[0];
}

export function take(cursor: Cursor): Token {
  const token = current(cursor);
  if (token.type !== "end") cursor.at += 1;
  return token;
}

export function atText(cursor: Cursor, text: string): boolean {
  const token = current(cursor);
  return token.text === text && (token.type === "operator" || token.type === "name");
}

export function skip(cursor: Cursor, text: string): boolean {
  if (!atText(cursor, text)) return false;
  cursor.at += 1;
  return true;
}

export function expect(cursor: Cursor, text: string): void {
  if (!skip(cursor, text)) failUnexpected(cursor, text);
}

export function fail(cursor: Cursor, why: string, at: number): void {
  cursor.fault ??= { why, at };
  cursor.at = cursor.tokens.length - 1;
}

export function failUnexpected(cursor: Cursor, expected?: string): void {
  const token = current(cursor);
  const found = token.type === "end" ? "the expression ends too early" : `unexpected ${shorten(token.text)}`;
  fail(cursor, expected === undefined ? found : `${found}, expected ${expected}`, token.start);
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

export function spanFrom(cursor: Cursor, start: number): Span {
  const end = cursor.tokens[cursor.at - 1]?.end ?? start;
  return { start: start + cursor.offset, end: end + cursor.offset };
}

/** Counts the height of a new node, so that a tree is never too high to be walked by recursion. */
export function grown<T extends Expression>(cursor: Cursor, node: T): T {
  let height = 0;
  for (const child of childrenOf(node)) height = Math.max(height, cursor.heights.get(child) ?? 0);
  cursor.heights.set(node, height + 1);
  if (height >= maxHeight) fail(cursor, `more than ${maxHeight} operations in a row`, node.span.start - cursor.offset);
  return node;
}

export function deeper(cursor: Cursor, parse: (cursor: Cursor) => Expression): Expression {
  if (cursor.depth >= maxDepth) {
    fail(cursor, `nested more than ${maxDepth} deep`, current(cursor).start);
    return nothing(cursor);
  }
  cursor.depth += 1;
  const expression = parse(cursor);
  cursor.depth -= 1;
  return expression;
}

/** Stands in for what could not be read; the reading as a whole has failed then. */
export function nothing(cursor: Cursor): Expression {
  return { kind: "literal", value: null, span: spanFrom(cursor, current(cursor).start) };
}
