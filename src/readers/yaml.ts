// YAML 1.1 as Ansible's loader (PyYAML) reads it, with a span for every node. Typing of scalars follows
// PyYAML's resolver.py, which differs from the YAML 1.1 text (`y` is a string, `1e3` is a string).

import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from "yaml";
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
  // PyYAML passes over a byte order mark, the library takes it for content: it is taken off, and every offset moved back.
  if (text.startsWith("\ufeff")) return moved(readYaml(text.slice(1)));
  try {
    const nodes: YamlNode[] = [];
    for (const document of parseLeniently(text)) {
      const error = document.errors[0];
      if (error !== undefined) return refusal(error.message, error.pos[0]);
      if (document.contents === null) continue;
      nodes.push(new Converter(document, text).convert(document.contents, { depth: 0, shared: false }));
    }
    return { ok: true, documents: nodes };
  } catch (error) {
    if (error instanceof TooMuch) return { ok: false, why: `too much for a playbook: ${error.message}`, at: 0 };
    if (error instanceof RangeError) return refusal(error.message, 0);
    throw error;
  }
}

function moved(reading: YamlReading): YamlReading {
  if (!reading.ok) return { ...reading, at: reading.at + 1 };
  return { ok: true, documents: reading.documents.map(movedNode) };
}

function movedNode(node: YamlNode): YamlNode {
  const span = movedSpan(node.span);
  if (node.kind === "scalar") return { ...node, span };
  if (node.kind === "list") return { ...node, span, items: node.items.map(movedNode) };
  return { ...node, span, fields: node.fields.map((field) => ({ ...field, keySpan: movedSpan(field.keySpan), value: movedNode(field.value) })) };
}

function movedSpan({ start, end }: Span): Span {
  return { start: start + 1, end: end + 1 };
}

function parse(text: string): readonly Document[] {
  const documents = parseAllDocuments(text, {
    version: "1.1",
    schema: "failsafe",
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  return Array.isArray(documents) ? documents : [];
}

/** Quoted texts that are mended in one file; each costs one more reading. */
const MENDED_MAX = 50;

/**
 * PyYAML lets a quoted text go on at any indentation, the YAML specification does not. Where the library stops at such a line
 * its breaks are read as blanks: that is what they fold to, and every offset stays.
 */
function parseLeniently(text: string): readonly Document[] {
  let mended = text;
  for (let count = 0; ; count += 1) {
    const documents = parse(mended);
    const error = documents.flatMap((document) => document.errors).find((each) => each.message.startsWith("Missing closing "));
    const quote = error?.message["Missing closing ".length];
    if (error === undefined || quote === undefined || count === MENDED_MAX) return documents;
    const end = closingQuote(mended, error.pos[0], quote);
    if (end === undefined) return documents;
    mended = mended.slice(0, error.pos[0]) + mended.slice(error.pos[0], end).replaceAll(/[\r\n]/g, " ") + mended.slice(end);
  }
}

function closingQuote(text: string, from: number, quote: string): number | undefined {
  for (let at = from; at < text.length; at += 1) {
    if (quote === '"' && text[at] === "\\") at += 1;
    else if (text[at] === quote && quote === "'" && text[at + 1] === "'") at += 1;
    else if (text[at] === quote) return at;
  }
  return undefined;
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
  readonly #text: string;

  constructor(document: Document, text: string) {
    this.#document = document;
    this.#text = text;
  }

  convert(node: Node, where: Where): YamlNode {
    this.#count += 1;
    if (this.#count > NODES_MAX) throw new TooMuch(`more than ${NODES_MAX} YAML nodes`);
    if (where.depth > DEPTH_MAX) throw new TooMuch(`nested more than ${DEPTH_MAX} levels deep`);
    if (isAlias(node)) return this.#alias(node, where);
    const inner = { depth: where.depth + 1, shared: where.shared };
    if (isMap(node)) return this.#map(node, inner);
    if (isSeq(node)) return this.#list(node, inner);
    return readScalar(node as Scalar<string>, where.shared, this.#text);
  }

  #alias(node: Alias, where: Where): YamlNode {
    const target = node.resolve(this.#document);
    if (target === undefined) return emptyScalar(spanOf(node));
    const known = this.#anchors.get(target);
    if (known !== undefined) return known;
    // A placeholder first: an alias inside its own anchor must not run for ever.
    this.#anchors.set(target, emptyScalar(spanOf(node)));
    const converted = this.convert(target, { depth: where.depth + 1, shared: true });
    this.#anchors.set(target, converted);
    return converted;
  }

  #map(node: YAMLMap, where: Where): YamlMap {
    const own = new Map<string, YamlField>();
    const merged: YamlField[] = [];
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const keySpan = spanOf(pair.key);
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      const value = pair.value === null ? emptyScalar(keySpan) : this.convert(pair.value, where);
      if (key === "<<" && isPlain(pair.key)) merged.push(...mergedFields(value));
      else own.set(key, { key, keySpan, value, merged: where.shared });
    }
    for (const field of merged) if (!own.has(field.key)) own.set(field.key, { ...field, merged: true });
    return { kind: "map", span: spanOf(node), fields: [...own.values()], flow: node.flow === true, shared: where.shared };
  }

  #list(node: YAMLSeq, where: Where): YamlList {
    const items = (node.items as Node[]).map((item) => this.convert(item, where));
    return { kind: "list", span: spanOf(node), items, flow: node.flow === true, shared: where.shared };
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

function spanOf(node: Node): Span {
  const range = node.range ?? [0, 0, 0];
  return { start: range[0], end: range[1] };
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

function readScalar(node: Scalar<string>, shared: boolean, text: string): YamlScalar {
  const style = STYLES[node.type ?? ""] ?? "plain";
  const raw = String(node.value ?? "");
  const tag = tagOf(node.tag);
  const whole = spanOf(node);
  // A block scalar's range includes the line ends after it; an edit must not.
  const end = style === "literal" || style === "folded" ? trimmedEnd(text, whole) : whole.end;
  const value = style === "plain" && tag === undefined ? typedScalar(raw) : raw;
  const span = { start: whole.start, end };
  return { kind: "scalar", span, value, raw, style, shared, ...(tag === undefined ? {} : { tag }) };
}

function trimmedEnd(text: string, span: Span): number {
  let end = span.end;
  while (end > span.start && /\s/.test(text[end - 1] ?? "")) end -= 1;
  return end;
}

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
