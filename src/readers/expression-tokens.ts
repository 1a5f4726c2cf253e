// Cuts Jinja2 expressions into tokens, by the rules of jinja2/lexer.py. Text outside the braces is expression-template.ts.

export type TokenType = "name" | "string" | "integer" | "float" | "operator" | "end";

export interface Token {
  readonly type: TokenType;
  /** As written; "" for the end. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface Tokens {
  /** Never empty: the last one is always of type "end". Offsets are into the text that was given. */
  readonly tokens: readonly [Token, ...Token[]];
  /** What stopped the reading short of its end. */
  readonly fault?: { readonly why: string; readonly at: number };
  /** Where the closing mark starts and stops; absent at the end of the text. */
  readonly close?: { readonly start: number; readonly end: number };
}

// Python's str.isspace, which is not JavaScript's \s.
const space = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/y;
const float = /(?<!\.)\d+(?:_\d+)*(?:(?:\.\d+(?:_\d+)*)?e[+-]?\d+(?:_\d+)*|\.\d+(?:_\d+)*)/iy;
const integer = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const name = /[\p{ID_Start}_]\p{ID_Continue}*/uy;
const operator = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;

const closerOf: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * Cuts a text into tokens.
 * In: the text, where to start, and the mark that ends the expression (`}}`, `%}`) or undefined for the end of the text.
 * Out: the tokens up to the mark, the end or the first fault. Inside quotes and open brackets the mark does not count.
 */
export function tokenize(text: string, from: number, mark?: "}}" | "%}"): Tokens {
  const tokens: Token[] = [];
  const open: string[] = [];
  let at = from;
  const finish = (rest: Omit<Tokens, "tokens">): Tokens => {
    const end: Token = { type: "end", text: "", start: at, end: at };
    const [first, ...more] = [...tokens, end];
    return { tokens: [first ?? end, ...more], ...rest };
  };
  while (at < text.length) {
    const close = mark === undefined || open.length > 0 ? undefined : closeAt(text, at, mark);
    if (close !== undefined) return finish({ close });
    const spaces = match(space, text, at);
    if (spaces > 0) {
      at += spaces;
      continue;
    }
    const token = tokenAt(text, at);
    if (token === undefined) return finish({ fault: { why: unreadable(text, at), at } });
    const why = token.type === "operator" ? balance(open, token.text) : undefined;
    if (why !== undefined) return finish({ fault: { why, at } });
    tokens.push(token);
    at = token.end;
  }
  if (mark !== undefined) return finish({ fault: { why: `the closing ${mark} is missing`, at } });
  return finish({});
}

function tokenAt(text: string, at: number): Token | undefined {
  for (const [type, pattern] of patterns) {
    const length = match(pattern, text, at);
    if (length > 0) return { type, text: text.slice(at, at + length), start: at, end: at + length };
  }
  const end = stringEnd(text, at);
  return end === undefined ? undefined : { type: "string", text: text.slice(at, end), start: at, end };
}

const patterns: readonly (readonly [TokenType, RegExp])[] = [
  ["float", float],
  ["integer", integer],
  ["name", name],
  ["operator", operator],
];

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex - at : 0;
}

function stringEnd(text: string, start: number): number | undefined {
  const quote = text[start];
  if (quote !== "'" && quote !== '"') return undefined;
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === quote) return at + 1;
  }
  return undefined;
}

function closeAt(text: string, at: number, mark: "}}" | "%}"): Tokens["close"] {
  // `+` before the mark is known for blocks only (jinja2/lexer.py, rules of block and variable).
  const trimmed = text[at] === "-" || (mark === "%}" && text[at] === "+") ? 1 : 0;
  if (text.startsWith(mark, at + trimmed)) return { start: at, end: at + trimmed + mark.length };
  return undefined;
}

function balance(open: string[], bracket: string): string | undefined {
  const closer = closerOf[bracket];
  if (closer !== undefined) {
    open.push(closer);
    return undefined;
  }
  if (bracket !== ")" && bracket !== "]" && bracket !== "}") return undefined;
  const expected = open.pop();
  if (expected === bracket) return undefined;
  return expected === undefined ? `unexpected ${bracket}` : `unexpected ${bracket}, expected ${expected}`;
}

function unreadable(text: string, at: number): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (character === "'" || character === '"') return "the closing quote is missing";
  return `unexpected character ${JSON.stringify(character)}`;
}
