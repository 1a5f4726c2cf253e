// The terminal that the process finds itself in.

import { writeSync } from "node:fs";
import { Problem } from "../model/problem.ts";
import { codeOf, reasonOf } from "./reasons.ts";

/** Lines longer than this are hard to read, however wide the terminal. */
const COLUMNS_MAX = 100;
const COLUMNS_WITHOUT_TERMINAL = 80;
const ROWS_WITHOUT_TERMINAL = 24;
/** Node takes no longer ones. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly columns: number;
  readonly color: boolean;
  readonly terminal: boolean;
  /** Asks a question of yes or no; absent where nobody can answer. */
  readonly ask?: (question: string) => Promise<boolean>;
  /** Absent where the cursor cannot be moved. */
  readonly live?: { readonly size: () => { readonly columns: number; readonly rows: number }; readonly onResize: (act: () => void) => () => void };
  readonly clock: { readonly nowMs: () => number; readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void> };
  readonly onInterrupt: (act: () => void) => () => void;
}

/** Standard output and error, and how to print there (https://no-color.org, https://force-color.org). */
export function terminal(): Terminal {
  const isTerminal = process.stdout.isTTY === true;
  const { NO_COLOR, FORCE_COLOR, TERM, COLUMNS } = process.env;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== "" && FORCE_COLOR !== "0";
  const color = NO_COLOR === undefined || NO_COLOR === "" ? forced || (isTerminal && TERM !== "dumb") : false;
  const width = isTerminal ? process.stdout.columns : Number(COLUMNS ?? COLUMNS_WITHOUT_TERMINAL);
  const columns = Math.min(COLUMNS_MAX, Number.isFinite(width) && width >= 20 ? width : COLUMNS_WITHOUT_TERMINAL);
  return {
    out: (text) => write(1, text),
    err: (text) => write(2, text),
    columns,
    color,
    terminal: isTerminal,
    clock: { nowMs: () => performance.now(), sleep },
    onInterrupt,
    ...(isTerminal && TERM !== "dumb" ? { live: { size, onResize } } : {}),
    ...(isTerminal && process.stdin.isTTY === true ? { ask } : {}),
  };
}

function size(): { readonly columns: number; readonly rows: number } {
  const { columns, rows } = process.stdout;
  return { columns: columns > 0 ? columns : COLUMNS_WITHOUT_TERMINAL, rows: rows > 0 ? rows : ROWS_WITHOUT_TERMINAL };
}

function onResize(act: () => void): () => void {
  process.stdout.on("resize", act);
  return () => process.stdout.off("resize", act);
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal?.aborted === true) return resolve();
    const over = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
    signal?.addEventListener("abort", over, { once: true });
  });
}

const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const acts = new Set<() => void>();

/** The last act first; then the process ends as if it had not been caught, so that a shell sees by what. */
function interrupted(signal: NodeJS.Signals): void {
  for (const act of [...acts].toReversed()) act();
  for (const each of INTERRUPTS) process.off(each, interrupted);
  process.kill(process.pid, signal);
}

function onInterrupt(act: () => void): () => void {
  if (acts.size === 0) for (const signal of INTERRUPTS) process.on(signal, interrupted);
  acts.add(act);
  return () => {
    acts.delete(act);
    if (acts.size === 0) for (const signal of INTERRUPTS) process.off(signal, interrupted);
  };
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
export function write(descriptor: 1 | 2, text: string | Uint8Array): void {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
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
