// What CI systems and loggers put before each line: found on a line that is Ansible's beyond doubt, then taken off all lines of that shape.

import { kindAt, skipColour, visibleEnd } from "./line-bytes.ts";
import { maybeAdhoc, readAdhocHead } from "./result-head.ts";

const WORD = -1;
const BLANKS = -2;
const STAR = 42;
const MAX_PREFIX_BYTES = 160;
const MAX_SHAPES = 4;

/** Prefixes that are believed before any heading: a time, alone or with what journals, loggers and GitLab add, or ansible's own log file. */
const LOG_FILE = String.raw`p=\d+ u=\S+ n=\S+ (?:[A-Z]+ ?)?\|`;
const TIMES = [
  String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\w.,:+-]*`,
  String.raw`\[\d{4}-\d\d-\d\d[^\]]{1,40}\]`,
  String.raw`\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?`,
  String.raw`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d`,
];
const AFTER_TIME = [` ${LOG_FILE}`, String.raw` \d\d[OE]`, " std(?:out|err) [FP]", String.raw` \S+ [\w.@/-]+(?:\[\d+\])?:`];
/** `gh run view --log`: job and step, each with a tab behind it, before the time. */
const STEP = String.raw`(?:[^\t]{1,80}\t[^\t]{1,120}\t)?`;
const KNOWN = new RegExp(`^${STEP}(?:(?:${TIMES.join("|")})(?:${AFTER_TIME.join("|")})?|${LOG_FILE}) {1,2}`);
const BANNER = /(?:PLAY \[|PLAY RECAP \*|PLAYBOOK: |TASK \[|RUNNING HANDLER \[)/;

export class Prefixes {
  readonly #shapes: (readonly number[])[] = [];

  /** True when lines may have a prefix. */
  get known(): boolean {
    return this.#shapes.length > 0;
  }

  /** Where the line begins once its prefix is off. A line that begins as Ansible's own lines do has none. */
  skip(bytes: Buffer, start: number, end: number): number {
    if (this.#shapes.length === 0 || kindAt(bytes, start, end) !== undefined) return start;
    for (const shape of this.#shapes) {
      const after = matchShape(shape, bytes, { start, end: Math.min(end, start + 2 * MAX_PREFIX_BYTES) });
      if (after !== -1) return skipColour(bytes, after, end);
    }
    return start;
  }

  /** Learns from a line that looks like nothing known. Out: true when a new shape was found and the line should be looked at again. */
  learn(bytes: Buffer, start: number, end: number): boolean {
    if (this.#shapes.length >= MAX_SHAPES) return false;
    const text = bytes.toString("latin1", start, Math.min(end, start + MAX_PREFIX_BYTES));
    const prefix = KNOWN.exec(text)?.[0];
    if (prefix !== undefined) {
      const body = skipColour(bytes, start + prefix.length, end);
      const kind = kindAt(bytes, body, end);
      const isAnsible = kind === undefined ? isAdhoc(bytes, body, end) : kind !== "exec";
      if (isAnsible) return this.#add(prefix);
    }
    return endsInStars(bytes, start, end) && this.#learnFromBanner(text);
  }

  #learnFromBanner(text: string): boolean {
    const at = BANNER.exec(text)?.index ?? -1;
    const prefix = text.slice(0, Math.max(at, 0)).replace(/\u001b?\[[0-9;]*m$/, "");
    // Quotes and braces: the heading is told inside of something else. A prefix ends in a blank after a sign or a time.
    if (at < 2 || /["'\\{}]/.test(prefix) || !/^\[?\d{4}-\d\d-\d\d[T ].* $|[:|\])>] +$/.test(prefix)) return false;
    return this.#add(prefix);
  }

  #add(prefix: string): boolean {
    const shape = shapeOf(prefix);
    if (this.#shapes.some((other) => other.join() === shape.join())) return false;
    this.#shapes.push(shape);
    return true;
  }
}

function isAdhoc(bytes: Buffer, body: number, end: number): boolean {
  return maybeAdhoc(bytes, body, end) && readAdhocHead(bytes.toString("latin1", body, Math.min(end, body + 400))) !== undefined;
}

export function endsInStars(bytes: Buffer, start: number, end: number): boolean {
  const last = bytes[end - 1];
  if (last !== STAR && last !== 13 && last !== 109 && last !== 32) return false;
  const at = visibleEnd(bytes, start, end);
  return at - start > 3 && bytes[at - 1] === STAR && bytes[at - 2] === STAR && bytes[at - 3] === STAR;
}

/** Words stand for any word, inner blanks for any number of blanks, everything else and the blanks at the end for themselves. */
function shapeOf(prefix: string): number[] {
  const shape: number[] = [];
  const inner = prefix.trimEnd().length;
  for (let at = 0; at < prefix.length; at += 1) {
    const code = prefix.charCodeAt(at);
    const token = isWordByte(code) ? WORD : code === 32 && at < inner ? BLANKS : code;
    if (token < 0 && shape.at(-1) === token) continue;
    shape.push(token);
  }
  return shape;
}

/** Out: the offset after the prefix, or -1. The blanks at the end may be missing at the end of the line. */
function matchShape(shape: readonly number[], bytes: Buffer, { start, end }: { readonly start: number; readonly end: number }): number {
  let at = start;
  for (const token of shape) {
    const from = at;
    if (token === WORD) {
      while (at < end && isWordByte(bytes[at] ?? 0)) at += 1;
    } else if (token === BLANKS) {
      while (at < end && bytes[at] === 32) at += 1;
    } else if (at < end && bytes[at] === token) {
      at += 1;
    } else if (token === 32 && (at >= end || bytes[at] === 13)) {
      return end;
    }
    if (at === from) return -1;
  }
  return at;
}

function isWordByte(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}
