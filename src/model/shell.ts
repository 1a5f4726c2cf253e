// A command line as a shell splits it: simple commands, their words, and what stands between them.
// Enough to see what runs in what order; nothing is expanded. `{{ … }}` counts as part of a word, its text is unknown.

import type { Span } from "./place.ts";

export interface ShellWord {
  /** Without quotes and backslashes. */
  readonly text: string;
  /** Offsets into the command line. */
  readonly span: Span;
  /** False where something in it is expanded or templated. */
  readonly literal: boolean;
}

/** What ends a simple command. */
export type ShellOperator = ";" | "\n" | "&&" | "||" | "|" | "&" | "(" | ")" | "end";

export interface ShellCommand {
  /** Leading assignments and redirections are not among them. */
  readonly words: readonly ShellWord[];
  readonly operator: ShellOperator;
  /** Where the operator stands. */
  readonly operatorAt: number;
}

export interface ShellLine {
  readonly commands: readonly ShellCommand[];
  /** True for simple commands one after the other: no pipe, no `||`, no background, no group, no `if` or loop. */
  readonly sequence: boolean;
  /** The `chdir=…`, `executable=…` that Ansible takes out of a free-form line. */
  readonly options: ReadonlyMap<string, string>;
}

/** Words of the shell that stand where a program could. */
export const RESERVED: ReadonlySet<string> = new Set(["if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "select", "function", "{", "}", "!", "[[", "time", "coproc"]);
/** plugins/action, parsing/splitter.py, parse_kv, 2.14 to 2.21. */
const OPTION = /^(creates|removes|chdir|executable|warn|stdin|stdin_add_newline|strip_empty_ends)=(.*)$/s;
const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;

/** In: a command line. Out: its simple commands in order; an unfinished quote ends with the text. Never throws. */
export function readShell(text: string): ShellLine {
  const reader: Reader = { text, at: 0, heredocs: [] };
  const commands: ShellCommand[] = [];
  const options = new Map<string, string>();
  let words: ShellWord[] = [];
  const close = (operator: ShellOperator, operatorAt: number): void => {
    if (words.length > 0 || operator === "(" || operator === ")" || operator === "&") commands.push({ words, operator, operatorAt });
    words = [];
  };
  while (reader.at < text.length) {
    const operatorAt = reader.at;
    const operator = takeOperator(reader);
    if (operator === "blank") continue;
    if (operator !== undefined) {
      close(operator, operatorAt);
      continue;
    }
    const word = takeWord(reader);
    const option = OPTION.exec(word.text);
    if (option !== null) options.set(option[1] ?? "", option[2] ?? "");
    else if (words.length > 0 || !ASSIGNMENT.test(word.text)) words.push(word);
  }
  close("end", text.length);
  return { commands, options, sequence: commands.every(isPlain) };
}

function isPlain({ words, operator }: ShellCommand): boolean {
  return (operator === ";" || operator === "\n" || operator === "&&" || operator === "end") && !RESERVED.has(words[0]?.text ?? "");
}

interface Reader {
  readonly text: string;
  at: number;
  /** Ends of here-documents that begin at the next line. */
  heredocs: string[];
}

/** Blanks, comments, redirections and operators; undefined where a word stands. */
function takeOperator(reader: Reader): ShellOperator | "blank" | undefined {
  const { text, at } = reader;
  const rest = text.slice(at, at + 3);
  const skip = (length: number): "blank" => {
    reader.at += length;
    return "blank";
  };
  if (rest[0] === "\n") return takeNewline(reader);
  if (/\s/.test(rest[0] ?? "")) return skip(1);
  if (rest.startsWith("\\\n")) return skip(2);
  if (rest[0] === "#") return skip(Math.max(1, lineEnd(text, at) - at));
  if (takeRedirection(reader)) return "blank";
  for (const operator of ["&&", "||"] as const) {
    if (rest.startsWith(operator)) {
      reader.at += 2;
      return operator;
    }
  }
  for (const operator of [";", "|", "&", "(", ")"] as const) {
    if (rest[0] !== operator) continue;
    reader.at += operator === "|" && rest[1] === "&" ? 2 : 1;
    return operator;
  }
  return undefined;
}

function takeNewline(reader: Reader): "\n" {
  reader.at += 1;
  for (const end of reader.heredocs) {
    while (reader.at < reader.text.length) {
      const next = lineEnd(reader.text, reader.at);
      const line = reader.text.slice(reader.at, next).trim();
      reader.at = Math.min(reader.text.length, next + 1);
      if (line === end) break;
    }
  }
  reader.heredocs = [];
  return "\n";
}

/** `2>&1`, `> file`, `&> file`, `<<END`: the operator and its word. */
function takeRedirection(reader: Reader): boolean {
  const match = /^(?:\d*(?:<<-?|<<<|<&|<>|<|>>|>&|>\||>)|&>>?)/.exec(reader.text.slice(reader.at, reader.at + 12));
  if (match === null) return false;
  reader.at += match[0].length;
  while (reader.text[reader.at] === " " || reader.text[reader.at] === "\t") reader.at += 1;
  if (reader.at >= reader.text.length || /[\s;|()]/.test(reader.text[reader.at] ?? "")) return true;
  const { text } = takeWord(reader);
  if (/<<-?$/.test(match[0])) reader.heredocs.push(text);
  return true;
}

function takeWord(reader: Reader): ShellWord {
  const start = reader.at;
  let text = "";
  let literal = true;
  while (reader.at < reader.text.length && !/[\s;|&()<>]/.test(reader.text[reader.at] ?? "")) {
    const piece = takePiece(reader);
    text += piece.text;
    literal &&= piece.literal;
  }
  // A character that no rule takes must not stop the reading.
  if (reader.at === start) {
    text = reader.text[start] ?? "";
    reader.at += 1;
  }
  return { text, literal, span: { start, end: reader.at } };
}

function takePiece(reader: Reader): { readonly text: string; readonly literal: boolean } {
  const { text, at } = reader;
  const pass = (end: number, literal: boolean): { readonly text: string; readonly literal: boolean } => {
    reader.at = Math.min(text.length, end);
    return { text: text.slice(at, reader.at), literal };
  };
  const character = text[at] ?? "";
  const pair = text.slice(at, at + 2);
  if (pair === "{{") return pass(after(text, "}}", at + 2), false);
  if (pair === "{%") return pass(after(text, "%}", at + 2), false);
  if (pair === "$(") return pass(closing(text, at + 2), false);
  if (pair === "${") return pass(after(text, "}", at + 2), false);
  if (character === "`") return pass(after(text, "`", at + 1), false);
  if (character === "$") return pass(at + 1, false);
  if (character === "\\") {
    reader.at = Math.min(text.length, at + 2);
    return { text: text.slice(at + 1, at + 2), literal: true };
  }
  if (character === "'") {
    const { text: quoted } = pass(after(text, "'", at + 1), true);
    return { text: quoted.slice(1, -1), literal: !quoted.includes("{{") };
  }
  if (character === '"') return takeDoubleQuoted(reader);
  return pass(at + 1, !/[*?~[]/.test(character));
}

function takeDoubleQuoted(reader: Reader): { readonly text: string; readonly literal: boolean } {
  reader.at += 1;
  let text = "";
  let literal = true;
  while (reader.at < reader.text.length && reader.text[reader.at] !== '"') {
    const special = /^(?:\\|\$|`|\{\{|\{%)/.test(reader.text.slice(reader.at, reader.at + 2));
    const piece = special ? takePiece(reader) : { text: reader.text[reader.at] ?? "", literal: true };
    if (!special) reader.at += 1;
    text += piece.text;
    literal &&= piece.literal;
  }
  reader.at = Math.min(reader.text.length, reader.at + 1);
  return { text, literal };
}

function after(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from);
  return at === -1 ? text.length : at + end.length;
}

/** The end of `$( … )`. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "(") depth += 1;
    if (text[at] === ")") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}
