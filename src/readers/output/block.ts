// A result that goes on over several lines: kept as bytes, and decoded only when it matters.

import { ByteStore } from "./byte-store.ts";
import { skipColour, visibleEnd } from "./line-bytes.ts";
import type { WordFinder } from "./line-bytes.ts";
import { MAX_LINE_BYTES } from "./limits.ts";
import type { Prefixes } from "./prefix.ts";
import { withoutColour } from "./safe-text.ts";

const NEWLINE = 10;
const SPACE = 32;
const CLOSING = 125;

export interface BlockStart {
  /** The first line, without colour. */
  readonly head: string;
  readonly line: number;
  readonly yaml: boolean;
  readonly host: string;
  readonly isItem: boolean;
  /** True for failures; others are kept only when one of the words occurs. */
  readonly always: boolean;
}

export interface ClosedBlock extends BlockStart {
  /** False when the block need not be read. */
  readonly wanted: boolean;
  /** Decodes the lines below the head; to be called before the next block opens. */
  readonly lines: () => readonly string[];
  /** More than the bound of a result. */
  readonly full: boolean;
  /** Closed by other text, not by its own end. */
  readonly broken: boolean;
}

/** What a line is to the open block. */
export type Part = "inside" | "last" | "outside";

export class Block {
  readonly #words: readonly WordFinder[];
  readonly #prefixes: Prefixes;
  readonly #store = new ByteStore(MAX_LINE_BYTES);
  #start: BlockStart | undefined;
  /** Where the lines of the block begin and end in the buffer under way. */
  #from = -1;
  #to = -1;
  #wanted = false;

  constructor(words: readonly WordFinder[], prefixes: Prefixes) {
    this.#words = words;
    this.#prefixes = prefixes;
  }

  get isOpen(): boolean {
    return this.#start !== undefined;
  }

  open(start: BlockStart): void {
    this.#start = start;
    this.#from = -1;
    this.#to = -1;
    this.#wanted = start.always;
    this.#store.clear();
  }

  /** In: the offsets of a line's text, prefix and colour taken off. */
  partOf(bytes: Buffer, body: number, end: number): Part {
    const first = body < end ? bytes[body] : NEWLINE;
    if (first === SPACE || first === NEWLINE || first === 13) return "inside";
    if (this.#start?.yaml !== true && first === CLOSING && visibleEnd(bytes, body, end) === body + 1) return "last";
    return "outside";
  }

  /** Takes a whole line in, prefix and colour included. Lines of one buffer must come without gaps. */
  take(start: number, end: number): void {
    if (this.#from === -1) this.#from = start;
    this.#to = end;
  }

  /** Copies what stands in a buffer that is about to go. */
  save(bytes: Buffer): void {
    if (this.#start === undefined || this.#from === -1) return;
    this.#wanted ||= this.#words.some((word) => word.occurs(bytes, this.#from, this.#to));
    this.#store.append(bytes, this.#from, this.#to);
    this.#store.append(LINE_END, 0, 1);
    this.#from = -1;
  }

  close(bytes: Buffer, broken: boolean): ClosedBlock | undefined {
    const start = this.#start;
    if (start === undefined) return undefined;
    if (this.#from !== -1) {
      this.#wanted ||= this.#words.some((word) => word.occurs(bytes, this.#from, this.#to));
      if (this.#wanted) this.save(bytes);
    }
    this.#start = undefined;
    return { ...start, wanted: this.#wanted, lines: () => this.#lines(), full: this.#store.full, broken };
  }

  #lines(): readonly string[] {
    const bytes = this.#store.view();
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const found = bytes.indexOf(NEWLINE, at);
      const end = found === -1 ? bytes.length : found;
      lines.push(this.#textOf(bytes, at, end));
      at = end + 1;
    }
    return lines;
  }

  #textOf(bytes: Buffer, start: number, end: number): string {
    const plain = skipColour(bytes, start, end);
    const body = this.#prefixes.known ? this.#prefixes.skip(bytes, plain, end) : plain;
    return withoutColour(bytes.toString("utf8", body, visibleEnd(bytes, body, end)));
  }
}

const LINE_END = Buffer.from("\n");
