// Colour and line breaks for a terminal.

import { styleText } from "node:util";
import type { Severity } from "../../model/finding.ts";
import { shellQuoted } from "../../model/shell-quoting.ts";

type Format = Parameters<typeof styleText>[0];

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly severity: (severity: Severity) => string;
  readonly bad: (text: string) => string;
}

const COLORS: Record<Severity, Format> = { error: ["red", "bold"], warning: ["yellow", "bold"], info: ["cyan", "bold"] };

/** In: whether to colour. Out: functions that mark a text, or leave it as it is. */
export function createStyle(color: boolean): Style {
  const paint = (format: Format) => (text: string) => (color ? styleText(format, text, { validateStream: false }) : text);
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    good: paint("green"),
    bad: paint(["red", "bold"]),
    severity: (severity) => paint(COLORS[severity])(severity),
  };
}

/**
 * Breaks a text at blanks.
 * In: the text, the width of a line, and the indent of every line. Out: lines; a word that is longer than a line stays whole.
 */
export function wrap(text: string, columns: number, indent: string): string {
  const width = Math.max(20, columns - indent.length);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((each) => indent + each).join("\n");
}

/** A wrapped text after a label of four characters: `  why  text`, continued under the text. */
export function labelled(label: string, text: string, { columns, style }: { readonly columns: number; readonly style: Style }): string {
  const indent = "       ";
  return `  ${style.dim(label.padEnd(4))} ${wrap(text, columns, indent).slice(indent.length)}`;
}

/** "1 error", "2 errors"; a plural of its own where an s does not make it. */
export function count(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : nouns}`;
}

/** A word of a command that a person is to type: quoted where a shell would take it apart. */
export function shellWord(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : shellQuoted(word);
}
