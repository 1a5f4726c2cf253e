// Reads Jinja2 expressions into trees, with the precedence of jinja2/parser.py (3.1). Never throws; time is linear in the text.

import type {
  Arguments,
  BinaryOperator,
  CompareOperator,
  Expression,
  ExpressionReading,
  NamedArgument,
} from "../model/expression.ts";
import type { Span } from "../model/place.ts";
import {
  atText,
  current,
  cursorOver,
  deeper,
  expect,
  fail,
  failUnexpected,
  grown,
  nothing,
  skip,
  spanFrom,
  take,
} from "./expression-cursor.ts";
import type { Cursor } from "./expression-cursor.ts";
import { tokenize } from "./expression-tokens.ts";
import type { Token, Tokens } from "./expression-tokens.ts";

const power = { or: 1, and: 2, not: 3, compare: 4, add: 5, concat: 6, multiply: 7, raise: 8 } as const;

type Infix = { readonly power: number; readonly words: number } & (
  | { readonly kind: "logic"; readonly operator: "and" | "or" }
  | { readonly kind: "compare"; readonly operator: CompareOperator }
  | { readonly kind: "binary"; readonly operator: BinaryOperator }
);

const compare = (operator: CompareOperator, words = 1): Infix => ({
  kind: "compare",
  operator,
  power: power.compare,
  words,
});
const binary = (operator: BinaryOperator, binds: number): Infix => ({ kind: "binary", operator, power: binds, words: 1 });

const infixes: ReadonlyMap<string, Infix> = new Map<string, Infix>([
  ["or", { kind: "logic", operator: "or", power: power.or, words: 1 }],
  ["and", { kind: "logic", operator: "and", power: power.and, words: 1 }],
  ...(["==", "!=", "<", "<=", ">", ">=", "in"] as const).map((operator) => [operator, compare(operator)] as const),
  ...(["+", "-"] as const).map((operator) => [operator, binary(operator, power.add)] as const),
  ["~", binary("~", power.concat)],
  ...(["*", "/", "//", "%"] as const).map((operator) => [operator, binary(operator, power.multiply)] as const),
  ["**", binary("**", power.raise)],
]);
const notIn = compare("not in", 2);

/**
 * Reads a bare expression, as `when`, `until` and `failed_when` hold it.
 * In: the text and its offset in the whole source. Out: the tree, its spans counted from the start of the whole source, or the fault.
 */
export function parseExpression(text: string, offset = 0): ExpressionReading {
  return parseTokens(tokenize(text, 0), { offset, tupleAllowed: false });
}

/** Reads tokens as one expression. `{{ a, b }}` is a tuple, which is allowed in templates only. */
export function parseTokens(
  { tokens, fault }: Tokens,
  { offset, tupleAllowed }: { readonly offset: number; readonly tupleAllowed: boolean },
): ExpressionReading {
  if (fault !== undefined) return { ok: false, why: fault.why, at: fault.at + offset };
  const cursor = cursorOver(tokens, offset);
  const start = current(cursor).start;
  if (current(cursor).type === "end") return { ok: false, why: "the expression is empty", at: start + offset };
  const first = parseConditional(cursor);
  const expression = tupleAllowed && atText(cursor, ",") ? parseTupleRest(cursor, first, start) : first;
  if (current(cursor).type !== "end") failUnexpected(cursor);
  if (cursor.fault !== undefined) return { ok: false, why: cursor.fault.why, at: cursor.fault.at + offset };
  return { ok: true, expression };
}

// --- operators

function parseConditional(cursor: Cursor): Expression {
  return deeper(cursor, () => {
    const start = current(cursor).start;
    let left = parseInfix(cursor, power.or);
    while (skip(cursor, "if")) {
      const test = parseInfix(cursor, power.or);
      const otherwise = skip(cursor, "else") ? { otherwise: parseConditional(cursor) } : {};
      left = grown(cursor, { kind: "conditional", then: left, test, ...otherwise, span: spanFrom(cursor, start) });
    }
    return left;
  });
}

function infixAt(cursor: Cursor): Infix | undefined {
  const token = current(cursor);
  if (token.type !== "operator" && token.type !== "name") return undefined;
  if (token.text === "not") {
    const next = cursor.tokens[cursor.at + 1];
    return next?.type === "name" && next.text === "in" ? notIn : undefined;
  }
  return infixes.get(token.text);
}

function parseInfix(cursor: Cursor, minPower: number): Expression {
  const start = current(cursor).start;
  // Elsewhere, as in `a == not b`, Jinja2 reads `not` as a variable's name.
  let left = minPower <= power.not && atText(cursor, "not") ? parseNot(cursor) : parseUnary(cursor, true);
  for (let infix = infixAt(cursor); infix !== undefined && infix.power >= minPower; infix = infixAt(cursor)) {
    left = parseRight(cursor, { left, infix, start });
  }
  return left;
}

function parseRight(
  cursor: Cursor,
  { left, infix, start }: { readonly left: Expression; readonly infix: Infix; readonly start: number },
): Expression {
  cursor.at += infix.words;
  const right = parseInfix(cursor, infix.power + 1);
  if (infix.kind === "binary") {
    return grown(cursor, { kind: "binary", operator: infix.operator, left, right, span: spanFrom(cursor, start) });
  }
  if (infix.kind === "logic") {
    const operands = [left, right];
    while (skip(cursor, infix.operator)) operands.push(parseInfix(cursor, infix.power + 1));
    return grown(cursor, { kind: "logic", operator: infix.operator, operands, span: spanFrom(cursor, start) });
  }
  const rest = [{ operator: infix.operator, operand: right }];
  for (let next = infixAt(cursor); next?.kind === "compare"; next = infixAt(cursor)) {
    cursor.at += next.words;
    rest.push({ operator: next.operator, operand: parseInfix(cursor, power.add) });
  }
  return grown(cursor, { kind: "compare", first: left, rest, span: spanFrom(cursor, start) });
}

function parseNot(cursor: Cursor): Expression {
  return deeper(cursor, () => {
    const { start } = take(cursor);
    const operand = parseInfix(cursor, power.not);
    return grown(cursor, { kind: "unary", operator: "not", operand, span: spanFrom(cursor, start) });
  });
}

/** A sign takes attributes and calls of its operand, but filters and tests apply to the signed value: `-x | abs` is `(-x) | abs`. */
function parseUnary(cursor: Cursor, filtersAllowed: boolean): Expression {
  const { start, text, type } = current(cursor);
  const operator = type === "operator" && (text === "-" || text === "+") ? text : undefined;
  let node: Expression;
  if (operator === undefined) {
    node = parsePrimary(cursor);
  } else {
    node = deeper(cursor, () => {
      take(cursor);
      const operand = parseUnary(cursor, false);
      return grown(cursor, { kind: "unary", operator, operand, span: spanFrom(cursor, start) });
    });
  }
  node = parsePostfix(cursor, node, start);
  return filtersAllowed ? parseFilters(cursor, node, start) : node;
}

// --- operands

function parsePrimary(cursor: Cursor): Expression {
  const { type, text, start } = current(cursor);
  if (type === "name") {
    take(cursor);
    const span = spanFrom(cursor, start);
    if (constants.has(text)) return { kind: "literal", value: constants.get(text) ?? null, span };
    return { kind: "name", name: text, span };
  }
  if (type === "integer" || type === "float") {
    take(cursor);
    const value = Number(text.replaceAll("_", ""));
    return { kind: "literal", value, ...(type === "float" ? { float: true } : {}), span: spanFrom(cursor, start) };
  }
  if (type === "string") return parseStrings(cursor);
  if (skip(cursor, "(")) return parseParentheses(cursor, start);
  if (skip(cursor, "[")) {
    const items = parseItems(cursor, "]", parseConditional);
    return grown(cursor, { kind: "list", items, span: spanFrom(cursor, start) });
  }
  if (skip(cursor, "{")) {
    const pairs = parseItems(cursor, "}", parsePair);
    return grown(cursor, { kind: "dict", pairs, span: spanFrom(cursor, start) });
  }
  failUnexpected(cursor);
  return nothing(cursor);
}

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

/** Strings that stand next to each other are one. */
function parseStrings(cursor: Cursor): Expression {
  const { start } = current(cursor);
  const written: string[] = [];
  while (current(cursor).type === "string") written.push(take(cursor).text.slice(1, -1));
  const text = written.join("").replace(/\r\n?/g, "\n");
  const span = spanFrom(cursor, start);
  if (!text.includes("\\")) return { kind: "literal", value: text, span };
  const value = text.replace(/\\([\\'"nrt\n])/g, (_, character: string) => unescaped.get(character) ?? character);
  return { kind: "literal", value, escapes: true, span };
}

const unescaped: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["\n", ""],
]);

function parseParentheses(cursor: Cursor, start: number): Expression {
  if (skip(cursor, ")")) return { kind: "tuple", items: [], span: spanFrom(cursor, start) };
  const first = parseConditional(cursor);
  if (skip(cursor, ")")) return first;
  if (!skip(cursor, ",")) {
    failUnexpected(cursor, ")");
    return first;
  }
  const items = [first, ...parseItems(cursor, ")", parseConditional)];
  return grown(cursor, { kind: "tuple", items, span: spanFrom(cursor, start) });
}

function parseTupleRest(cursor: Cursor, first: Expression, start: number): Expression {
  const items = [first];
  while (skip(cursor, ",") && current(cursor).type !== "end") items.push(parseConditional(cursor));
  return grown(cursor, { kind: "tuple", items, span: spanFrom(cursor, start) });
}

/** Items up to the closing bracket, which is taken too; a comma may stand before it. */
function parseItems<T>(cursor: Cursor, closer: string, parseItem: (cursor: Cursor) => T): T[] {
  const items: T[] = [];
  while (!skip(cursor, closer)) {
    items.push(parseItem(cursor));
    if (skip(cursor, closer)) break;
    if (!skip(cursor, ",")) {
      failUnexpected(cursor, `, or ${closer}`);
      break;
    }
  }
  return items;
}

function parsePair(cursor: Cursor): { key: Expression; value: Expression } {
  const key = parseConditional(cursor);
  expect(cursor, ":");
  return { key, value: parseConditional(cursor) };
}

// --- what follows an operand

function parsePostfix(cursor: Cursor, operand: Expression, start: number): Expression {
  let node = operand;
  for (;;) {
    if (skip(cursor, ".")) node = parseAttribute(cursor, node, start);
    else if (skip(cursor, "[")) node = parseSubscript(cursor, node, start);
    else if (atText(cursor, "(")) node = parseCall(cursor, node, start);
    else return node;
  }
}

function parseAttribute(cursor: Cursor, target: Expression, start: number): Expression {
  const token = current(cursor);
  const nameSpan = { start: token.start + cursor.offset, end: token.end + cursor.offset };
  if (token.type === "name") {
    take(cursor);
    return grown(cursor, { kind: "attribute", target, name: token.text, nameSpan, span: spanFrom(cursor, start) });
  }
  if (token.type === "integer") {
    take(cursor);
    const index: Expression = { kind: "literal", value: Number(token.text.replaceAll("_", "")), span: nameSpan };
    return grown(cursor, { kind: "index", target, index, span: spanFrom(cursor, start) });
  }
  failUnexpected(cursor, "a name or a number after the dot");
  return target;
}

function parseSubscript(cursor: Cursor, target: Expression, start: number): Expression {
  const stop = (): boolean => atText(cursor, ":") || atText(cursor, "]");
  const from = atText(cursor, ":") ? undefined : parseConditional(cursor);
  if (from !== undefined && !atText(cursor, ":")) {
    // `a[1, 2]` is allowed by Jinja2, but nothing in Ansible can be indexed so.
    expect(cursor, "]");
    return grown(cursor, { kind: "index", target, index: from, span: spanFrom(cursor, start) });
  }
  expect(cursor, ":");
  const to = stop() ? undefined : parseConditional(cursor);
  const step = skip(cursor, ":") && !stop() ? parseConditional(cursor) : undefined;
  expect(cursor, "]");
  return grown(cursor, {
    kind: "slice",
    target,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(step === undefined ? {} : { step }),
    span: spanFrom(cursor, start),
  });
}

function parseCall(cursor: Cursor, target: Expression, start: number): Expression {
  const args = parseArguments(cursor);
  return grown(cursor, { kind: "call", target, args, span: spanFrom(cursor, start) });
}

const noArguments: Arguments = { positional: [], named: [], spread: [] };

/** Stands at the opening parenthesis. The order is that of Python: positional, named, `*x`, `**x`. */
function parseArguments(cursor: Cursor): Arguments {
  const positional: Expression[] = [];
  const named: NamedArgument[] = [];
  const stars: { readonly mark: string; readonly value: Expression }[] = [];
  take(cursor);
  parseItems(cursor, ")", () => {
    const mark = current(cursor);
    const next = cursor.tokens[cursor.at + 1];
    if (skip(cursor, "*") || skip(cursor, "**")) {
      if (stars.some((star) => star.mark !== "*" || mark.text === "*")) failAt(cursor, mark);
      stars.push({ mark: mark.text, value: parseConditional(cursor) });
    } else if (mark.type === "name" && next?.type === "operator" && next.text === "=") {
      if (stars.some((star) => star.mark === "**")) failAt(cursor, mark);
      cursor.at += cursor.fault === undefined ? 2 : 0;
      named.push({ name: mark.text, value: parseConditional(cursor) });
    } else {
      if (named.length > 0 || stars.length > 0) failAt(cursor, mark);
      positional.push(parseConditional(cursor));
    }
  });
  return { positional, named, spread: stars.map((star) => star.value) };
}

function failAt(cursor: Cursor, token: Token): void {
  fail(cursor, "arguments in the wrong order", token.start);
}

/** After a filter or a test come further filters, tests and calls, but no attributes. */
function parseFilters(cursor: Cursor, operand: Expression, start: number): Expression {
  let node = operand;
  for (;;) {
    if (skip(cursor, "|")) node = parseFilter(cursor, node, start);
    else if (skip(cursor, "is")) node = parseTest(cursor, node, start);
    else if (atText(cursor, "(")) node = parseCall(cursor, node, start);
    else return node;
  }
}

function parseFilter(cursor: Cursor, target: Expression, start: number): Expression {
  const named = parseDottedName(cursor, "a filter's name");
  const args = atText(cursor, "(") ? parseArguments(cursor) : noArguments;
  return grown(cursor, { kind: "filter", target, ...named, args, span: spanFrom(cursor, start) });
}

function parseTest(cursor: Cursor, target: Expression, start: number): Expression {
  const negated = skip(cursor, "not");
  const named = parseDottedName(cursor, "a test's name");
  const args = atText(cursor, "(") ? parseArguments(cursor) : parseBareArgument(cursor);
  return grown(cursor, { kind: "test", target, negated, ...named, args, span: spanFrom(cursor, start) });
}

/** `is sameas true`, `is in [1, 2]`: one operand without parentheses; any word but else, or, and is one, even `if` and `in`. */
function parseBareArgument(cursor: Cursor): Arguments {
  const { type, text, start } = current(cursor);
  if (type === "end" || (type === "operator" && text !== "[" && text !== "{")) return noArguments;
  if (type === "name" && (text === "else" || text === "or" || text === "and")) return noArguments;
  if (type === "name" && text === "is") {
    fail(cursor, "tests cannot be chained with is", start);
    return noArguments;
  }
  return { ...noArguments, positional: [parsePostfix(cursor, parsePrimary(cursor), start)] };
}

function parseDottedName(cursor: Cursor, expected: string): { readonly name: string; readonly nameSpan: Span } {
  const { start } = current(cursor);
  const words: string[] = [];
  do {
    if (current(cursor).type !== "name") failUnexpected(cursor, expected);
    words.push(take(cursor).text);
  } while (skip(cursor, "."));
  return { name: words.join("."), nameSpan: spanFrom(cursor, start) };
}
