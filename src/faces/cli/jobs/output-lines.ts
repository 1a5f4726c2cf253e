// Pieces of a job's output put together to lines that can be printed: nothing in them steers the terminal, none is endless.

import type { AgentEvent } from "../../../model/host.ts";
import { printable } from "../../../model/printable.ts";

type Stream = Extract<AgentEvent, { readonly event: "output" }>["stream"];

/** A longer line is printed in parts. */
const LONGEST_LINE = 32 * 1024;

export class OutputLines {
  readonly #print: (line: string, stream: Stream) => void;
  readonly #begun = new Map<Stream, string>();

  /** In: who prints a line, which comes without its break. */
  constructor(print: (line: string, stream: Stream) => void) {
    this.#print = print;
  }

  take(stream: Stream, text: string): void {
    const lines = ((this.#begun.get(stream) ?? "") + text).split("\n");
    let rest = lines.pop() ?? "";
    for (const line of lines) this.#print(shown(line), stream);
    for (; rest.length > LONGEST_LINE; rest = rest.slice(LONGEST_LINE)) this.#print(shown(rest.slice(0, LONGEST_LINE)), stream);
    this.#begun.set(stream, rest);
  }

  /** Prints what has no break at its end. */
  end(): void {
    for (const [stream, rest] of this.#begun) if (rest !== "") this.#print(shown(rest), stream);
    this.#begun.clear();
  }
}

/** Of a line that was written over again and again (progress), the last state. */
function shown(line: string): string {
  return printable(line.split("\r").findLast((each) => each !== "") ?? "");
}
