// YAML 1.1 as Ansible's loader (PyYAML) reads it, with a span for every node. Typing of scalars follows
// PyYAML's resolver.py, which differs from the YAML 1.1 text (`y` is a string, `1e3` is a string).

import { Composer, CST, isAlias, isMap, isScalar, isSeq, Lexer, Parser } from "yaml";
import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import type { Span } from "../model/place.ts";
import type { ScalarValue, YamlField, YamlList, YamlMap, YamlNode, YamlScalar } from "../model/yaml.ts";

/** Nodes of one file after aliases are resolved; ordinary projects stay below a few thousand. */
const NODES_MAX = 500_000;
const DEPTH_MAX = 150;

export type YamlReading =
  | { readonly ok: true; readonly documents: readonly YamlNode[] }
  | { readonly ok: false; readonly why: string; readonly at: number };

/**
 * Reads every document of a YAML text.
 * In: the text. Out: a node for each document that is not empty, or why the text is no YAML and where. Never throws.
 */
export function readYaml(text: string): YamlReading {
  try {
    const { documents, read } = parse(text);
    const nodes: YamlNode[] = [];
    for (const document of documents) {
      const error = document.errors[0];
      if (error !== undefined) return refusal(error.message, read.offsetOf(error.pos[0]));
      if (document.contents === null) continue;
      nodes.push(new Converter(document, read).convert(document.contents, { depth: 0, shared: false }));
    }
    return { ok: true, documents: nodes };
  } catch (error) {
    if (error instanceof TooMuch) return { ok: false, why: `too much for a playbook: ${error.message}`, at: 0 };
    if (error instanceof RangeError) return refusal(error.message, 0);
    throw error;
  }
}

/** What the library was given: the file's text, or that text with some lines indented. */
interface ReadText {
  readonly text: string;
  /** The offset in the file for one in this text. */
  readonly offsetOf: (offset: number) => number;
}

/** Characters that the lexer reads at most for the sake of one file: about a second's work. Each piece that is indented costs one more pass. */
const LEXED_MAX = 1_500_000;

/**
 * PyYAML lets a quoted text and a flow collection go on at any indentation, the YAML specification and the library do not. Where
 * the library cuts one short its lines are indented, which changes no value of it.
 */
function parse(file: string): { readonly documents: readonly Document[]; readonly read: ReadText } {
  // PyYAML passes over a byte order mark, the library takes it for content.
  const start = file.startsWith("\ufeff") ? 1 : 0;
  const written = file.slice(start);
  let text = written;
  let lexemes = [...new Lexer().lex(text)];
  for (let lexed = 0; lexed < LEXED_MAX; lexed += text.length) {
    const indented = indentedFirst(text, lexemes);
    if (indented === undefined) break;
    text = indented;
    lexemes = [...new Lexer().lex(text)];
  }
  const composer = new Composer({ version: "1.1", schema: "failsafe", merge: false, uniqueKeys: false, prettyErrors: false, logLevel: "silent" });
  const offsets = text === written ? undefined : offsetsWithout(written, text);
  return { documents: [...composer.compose(tokensOf(lexemes))], read: { text, offsetOf: (offset) => start + (offsets?.[offset] ?? offset) } };
}

function* tokensOf(lexemes: readonly string[]): Generator<CST.Token> {
  const parser = new Parser();
  for (const lexeme of lexemes) yield* parser.next(lexeme);
  yield* parser.end();
}

/** In: a text and its lexemes. Out: the text with the first piece that was cut short indented; undefined where none was, or it has no end. */
function indentedFirst(text: string, lexemes: readonly string[]): string | undefined {
  const cut = firstCut(lexemes);
  if (cut === undefined) return undefined;
  // By itself it stands at the root of a document, where any indentation is enough.
  const { value: piece } = piecesOf(new Lexer().lex(text.slice(cut.start))).next();
  if (piece?.whole !== true) return undefined;
  const end = cut.start + piece.end;
  const indentation = " ".repeat(cut.start - text.lastIndexOf("\n", cut.start - 1));
  return text.slice(0, cut.start) + text.slice(cut.start, end).replaceAll("\n", `\n${indentation}`) + text.slice(end);
}

function firstCut(lexemes: readonly string[]): Piece | undefined {
  // Most texts have none, and this is the quick way to see it.
  if (!lexemes.some((lexeme) => lexeme === CST.FLOW_END || (/^["']/.test(lexeme) && !isClosed(lexeme)))) return undefined;
  for (const piece of piecesOf(lexemes)) if (!piece.whole) return piece;
  return undefined;
}

/** A quoted text or a flow collection that stands in no other one. */
interface Piece {
  readonly start: number;
  readonly end: number;
  /** False where the lexer cut it short. */
  readonly whole: boolean;
}

function* piecesOf(lexemes: Iterable<string>): Generator<Piece, undefined> {
  let [start, at, level] = [0, 0, 0];
  let previous: string | undefined;
  for (const lexeme of lexemes) {
    // A plain or block scalar follows its mark and may look like anything.
    const kind = previous === CST.SCALAR ? "text" : CST.tokenType(lexeme);
    previous = kind === "text" ? undefined : lexeme;
    if (kind === "scalar" || kind === "doc-mode") continue;
    if (kind === "flow-error-end") {
      yield { start, end: at, whole: false };
      level = 0;
      continue;
    }
    if (level === 0) start = at;
    at += lexeme.length;
    const isQuoted = kind === "single-quoted-scalar" || kind === "double-quoted-scalar";
    const isEnd = kind === "flow-map-end" || kind === "flow-seq-end";
    if (kind === "flow-map-start" || kind === "flow-seq-start") level += 1;
    else if (isEnd && level > 0) level -= 1;
    else if (isQuoted && !isClosed(lexeme)) yield { start, end: at, whole: false };
    else if (!isQuoted) continue;
    if (level === 0) yield { start, end: at, whole: true };
  }
}

/** True for a quoted text that has its second quote. */
function isClosed(quoted: string): boolean {
  if (quoted.startsWith("'")) return quoted.replaceAll(/[^']/g, "").length % 2 === 0;
  let backslashes = 0;
  while (quoted[quoted.length - 2 - backslashes] === "\\") backslashes += 1;
  return quoted.length > 1 && quoted.endsWith('"') && backslashes % 2 === 0;
}

/** For each offset in a text with indented lines, the offset in the text as it was. */
function offsetsWithout(written: string, indented: string): Int32Array {
  const offsets = new Int32Array(indented.length + 1);
  const before = written.split("\n");
  let [from, to] = [0, 0];
  for (const [number, line] of indented.split("\n").entries()) {
    const added = line.length - (before[number]?.length ?? 0);
    for (let column = 0; column <= line.length; column += 1) offsets[to + column] = from + Math.max(0, column - added);
    from += line.length - added + 1;
    to += line.length + 1;
  }
  return offsets;
}

/** The library reports its own overflow of the stack as an error of the text. */
function refusal(message: string, at: number): YamlReading {
  const why = message.includes("call stack") ? "too much for a playbook: nested too deeply" : `not valid YAML: ${firstLine(message)}`;
  return { ok: false, why, at };
}

class TooMuch extends Error {}

interface Where {
  readonly depth: number;
  readonly shared: boolean;
}

/** Turns the library's nodes into ours; a class because it counts and remembers aliases. */
class Converter {
  #count = 0;
  readonly #anchors = new Map<Node, YamlNode>();
  readonly #document: Document;
  readonly #read: ReadText;

  constructor(document: Document, read: ReadText) {
    this.#document = document;
    this.#read = read;
  }

  convert(node: Node, where: Where): YamlNode {
    this.#count += 1;
    if (this.#count > NODES_MAX) throw new TooMuch(`more than ${NODES_MAX} YAML nodes`);
    if (where.depth > DEPTH_MAX) throw new TooMuch(`nested more than ${DEPTH_MAX} levels deep`);
    if (isAlias(node)) return this.#alias(node, where);
    const inner = { depth: where.depth + 1, shared: where.shared };
    if (isMap(node)) return this.#map(node, inner);
    if (isSeq(node)) return this.#list(node, inner);
    return this.#scalar(node as Scalar<string>, where.shared);
  }

  #alias(node: Alias, where: Where): YamlNode {
    const target = node.resolve(this.#document);
    if (target === undefined) return emptyScalar(this.#spanOf(node));
    const known = this.#anchors.get(target);
    if (known !== undefined) return known;
    // A placeholder first: an alias inside its own anchor must not run for ever.
    this.#anchors.set(target, emptyScalar(this.#spanOf(node)));
    const converted = this.convert(target, { depth: where.depth + 1, shared: true });
    this.#anchors.set(target, converted);
    return converted;
  }

  #map(node: YAMLMap, where: Where): YamlMap {
    const own = new Map<string, YamlField>();
    const merged: YamlField[] = [];
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const keySpan = this.#spanOf(pair.key);
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      const value = pair.value === null ? emptyScalar(keySpan) : this.convert(pair.value, where);
      if (key === "<<" && isPlain(pair.key)) merged.push(...mergedFields(value));
      else own.set(key, { key, keySpan, value, merged: where.shared });
    }
    for (const field of merged) if (!own.has(field.key)) own.set(field.key, { ...field, merged: true });
    return { kind: "map", span: this.#spanOf(node), fields: [...own.values()], flow: node.flow === true, shared: where.shared };
  }

  #list(node: YAMLSeq, where: Where): YamlList {
    const items = (node.items as Node[]).map((item) => this.convert(item, where));
    return { kind: "list", span: this.#spanOf(node), items, flow: node.flow === true, shared: where.shared };
  }

  #scalar(node: Scalar<string>, shared: boolean): YamlScalar {
    const style = STYLES[node.type ?? ""] ?? "plain";
    const raw = String(node.value ?? "");
    const tag = tagOf(node.tag);
    const value = style === "plain" && tag === undefined ? typedScalar(raw) : raw;
    return { kind: "scalar", span: this.#spanOf(node), value, raw, style, shared, ...(tag === undefined ? {} : { tag }) };
  }

  #spanOf(node: Node): Span {
    const [start, whole] = node.range ?? [0, 0];
    const { text, offsetOf } = this.#read;
    // A block scalar's range includes the line ends after it; an edit must not.
    const isBlock = isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED");
    const end = isBlock ? start + text.slice(start, whole).trimEnd().length : whole;
    return { start: offsetOf(start), end: offsetOf(end) };
  }
}

function mergedFields(value: YamlNode): readonly YamlField[] {
  if (value.kind === "map") return value.fields;
  if (value.kind === "list") return value.items.flatMap((item) => (item.kind === "map" ? item.fields : []));
  return [];
}

function isPlain(node: Node): boolean {
  return isScalar(node) && node.type === "PLAIN";
}

function emptyScalar(span: Span): YamlScalar {
  return { kind: "scalar", span, value: null, raw: "", style: "plain", shared: false };
}

const STYLES: Record<string, YamlScalar["style"]> = {
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "literal",
  BLOCK_FOLDED: "folded",
};

function tagOf(tag: string | undefined): YamlScalar["tag"] | undefined {
  if (tag === undefined || tag === "tag:yaml.org,2002:str") return undefined;
  if (tag === "!vault" || tag === "!vault-encrypted") return "vault";
  return tag === "!unsafe" ? "unsafe" : "other";
}

const BOOLEANS = new Map([
  ...["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
]);
const NULLS = new Set(["", "~", "null", "Null", "NULL"]);
const FLOAT = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;
const DECIMAL = /^[-+]?(?:0|[1-9][0-9_]*)$/;
const SEXAGESIMAL = /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/;

/** The type that PyYAML gives to a plain scalar (resolver.py and constructor.py of PyYAML 6). @internal for tests */
export function typedScalar(raw: string): ScalarValue {
  if (NULLS.has(raw)) return null;
  const boolean = BOOLEANS.get(raw);
  if (boolean !== undefined) return boolean;
  const digits = raw.replaceAll("_", "");
  if (DECIMAL.test(raw) || FLOAT.test(raw)) return Number(digits);
  if (/^[-+]?0[0-7_]+$/.test(raw)) return signed(digits, (text) => Number.parseInt(text, 8));
  if (/^[-+]?0b[0-1_]+$/.test(raw)) return signed(digits, (text) => Number.parseInt(text.slice(2), 2));
  if (/^[-+]?0x[0-9a-fA-F_]+$/.test(raw)) return signed(digits, (text) => Number.parseInt(text, 16));
  if (SEXAGESIMAL.test(raw)) {
    return signed(digits, (text) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0));
  }
  return raw;
}

function signed(text: string, read: (unsigned: string) => number): number {
  const unsigned = text.replace(/^[-+]/, "");
  return text.startsWith("-") ? -read(unsigned) : read(unsigned);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
