// What follows on lines below a beginning: the place of an error, the rest of a wrapped warning, the answer of an ad-hoc command.

import type { LoggedError, Quote } from "../../model/story.ts";
import { MAX_LINE_BYTES, MAX_MESSAGE_CHARS, MAX_QUOTE_CHARS } from "./limits.ts";
import { safeLine, safeName, safeQuote, safeValue } from "./safe-text.ts";

export interface Tail {
  /** One more line below, without colour. Out: false when the tail ended before this line. */
  more(text: string): boolean;
  /** The tail is over: it says what it found. */
  close(): void;
}

/** Ansible wraps at the width of the terminal, or at 79 without one. */
const WIDTH = 79;
const MAX_STOP_LINES = 20;
const MAX_ERROR_LINES = 80;
const MAX_EXCERPT_CHARS = 300;

interface Found {
  message: string;
  file?: string;
  fileLine?: number;
  fileColumn?: number;
  keyword?: string;
}

/** `ERROR! …`, up to 2.18: a message, then `The error appears to be in 'F': line N, column M`. */
export function stopTail(text: string, line: number, done: (error: LoggedError) => void): Tail {
  const quote = { line, text: safeQuote(text) };
  const found: Found = { message: text.slice("ERROR! ".length) };
  let lines = 0;
  let inMessage = true;
  return {
    more(next) {
      lines += 1;
      if (lines > MAX_STOP_LINES) return false;
      if (next.trim() === "") inMessage = false;
      else if (inMessage && found.message.length < MAX_MESSAGE_CHARS) found.message += ` ${next.trim()}`;
      const place = appearsIn(next);
      if (place !== undefined && found.file === undefined) Object.assign(found, place);
      return true;
    },
    close: () => done(errorOf(found, quote)),
  };
}

/** Reads `The error appears to be in 'F': line N, column M` out of a text. */
export function appearsIn(text: string): { readonly file: string; readonly fileLine: number; readonly fileColumn: number } | undefined {
  const at = text.indexOf("The error appears to be in '");
  if (at === -1) return undefined;
  const match = /^The error appears to be in '([^\n]{1,1000}?)': line (\d{1,9}), column (\d{1,9})/.exec(text.slice(at, at + 1200));
  return match === null ? undefined : { file: safeName(match[1] ?? ""), fileLine: Number(match[2]), fileColumn: Number(match[3]) };
}

/** `[ERROR]: …`, 2.19 and newer: a message, then `Origin: F:N:M` with a snippet; of a chain of causes the first origin is the task. */
export function errorTail(text: string, line: number, done: (error: LoggedError) => void): Tail {
  const quote = { line, text: safeQuote(text) };
  const found: Found = { message: text.trimStart().slice("[ERROR]: ".length) };
  const excerpt: string[] = [];
  let lines = 0;
  return {
    more(next) {
      lines += 1;
      if (lines > MAX_ERROR_LINES) return false;
      if (next.startsWith("Origin: ")) excerpt.length = 0;
      else if (/^ {0,8}\d{1,9}(?: |$)/.test(next.slice(0, 20))) excerpt.push(next.slice(0, MAX_EXCERPT_CHARS));
      else if (/^ *\^ column \d+/.test(next.slice(0, MAX_EXCERPT_CHARS))) {
        const keyword = keywordOf(excerpt);
        if (keyword === undefined) delete found.keyword;
        else found.keyword = keyword;
      }
      const origin = found.file === undefined ? /^Origin: (.{1,1000}?):(\d{1,9})(?::(\d{1,9}))?$/.exec(next.slice(0, 1100).trimEnd()) : null;
      if (origin !== null) {
        found.file = safeName(origin[1] ?? "");
        found.fileLine = Number(origin[2]);
        if (origin[3] !== undefined) found.fileColumn = Number(origin[3]);
      }
      return true;
    },
    close: () => done(errorOf(found, quote)),
  };
}

/** In: lines of a file with their numbers, the last being the one pointed at. Out: its key, or that of the list in which it is an item. */
function keywordOf(excerpt: readonly string[]): string | undefined {
  for (const line of excerpt.toReversed()) {
    const key = /^ *\d+ +(?:- +)?([A-Za-z_][\w.]{0,60}):(?: |$)/.exec(line)?.[1];
    if (key !== undefined) return key;
    if (!/^ *\d+ +- /.test(line)) return undefined;
  }
  return undefined;
}

function errorOf(found: Found, quote: Quote): LoggedError {
  return { ...found, message: safeLine(found.message.trim(), MAX_MESSAGE_CHARS), quote };
}

/** `[WARNING]: …`, which is wrapped up to 2.18: a line continues where the next word did not fit. */
export function warningTail(text: string, line: number, done: (warning: Quote) => void): Tail {
  let whole = text.trimEnd();
  let last = whole.length;
  return {
    more(next) {
      const word = /^\S{1,200}/.exec(next)?.[0];
      if (word === undefined || last + 1 + word.length <= WIDTH || whole.length > MAX_QUOTE_CHARS) return false;
      whole += ` ${next.trimEnd()}`;
      last = next.trimEnd().length;
      return true;
    },
    close: () => done({ line, text: safeQuote(whole) }),
  };
}

/** Text up to the next line that is Ansible's own: the answer of an ad-hoc command, or `MSG:` of the debug callback. */
export function textTail(first: string, done: (text: string) => void): Tail {
  let whole = first;
  return {
    more(next) {
      if (whole.length + next.length < MAX_LINE_BYTES) whole += whole === "" ? next : `\n${next}`;
      return true;
    },
    close: () => done(safeValue(whole.trim())),
  };
}
