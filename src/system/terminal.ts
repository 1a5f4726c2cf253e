// The terminal that the process finds itself in.

import { writeSync } from "node:fs";
import { Problem } from "../model/problem.ts";
import { codeOf, reasonOf } from "./reasons.ts";

/** Lines longer than this are hard to read, however wide the terminal. */
const COLUMNS_MAX = 100;
const COLUMNS_WITHOUT_TERMINAL = 80;

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly columns: number;
  readonly color: boolean;
  readonly terminal: boolean;
  /** Asks a question of yes or no; absent where nobody can answer. */
  readonly ask?: (question: string) => Promise<boolean>;
}

/** Standard output and error, and how to print there (https://no-color.org, https://force-color.org). */
export function terminal(): Terminal {
  const isTerminal = process.stdout.isTTY === true;
  const { NO_COLOR, FORCE_COLOR, TERM, COLUMNS } = process.env;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== "" && FORCE_COLOR !== "0";
  const color = NO_COLOR === undefined || NO_COLOR === "" ? forced || (isTerminal && TERM !== "dumb") : false;
  const width = isTerminal ? process.stdout.columns : Number(COLUMNS ?? COLUMNS_WITHOUT_TERMINAL);
  const columns = Math.min(COLUMNS_MAX, Number.isFinite(width) && width >= 20 ? width : COLUMNS_WITHOUT_TERMINAL);
  return { out: (text) => write(1, text), err: (text) => write(2, text), columns, color, terminal: isTerminal, ...(isTerminal && process.stdin.isTTY === true ? { ask } : {}) };
}

async function ask(question: string): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(?:es)?$/i.test((await reader.question(question)).trim());
  } finally {
    reader.close();
  }
}

/** Writes all of it before the process ends; a reader that has gone (`| head`) is no error. */
function write(descriptor: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EPIPE") return;
      // A pipe that another process set to non-blocking is full: try again until its reader has caught up.
      if (code !== "EAGAIN") throw new Problem("cannot-write", `standard ${descriptor === 1 ? "output" : "error"}: cannot be written (${reasonOf(error)})`, { cause: error });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
