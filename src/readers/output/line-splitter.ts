// Cuts a stream of chunks into lines without decoding them. The result does not depend on how the stream was chunked.

import { ByteStore } from "./byte-store.ts";
import { MAX_LINE_BYTES } from "./limits.ts";

const NEWLINE = 10;

export interface LineSink {
  /** The bytes of a line, without its newline. Of a line over the bound only the first part; the others come by `rest`. */
  line(bytes: Buffer, start: number, end: number): void;
  /** More of the line before, which was too long. */
  rest(bytes: Buffer, start: number, end: number): void;
  /** The bytes of the lines so far are about to go: copy what is still needed. */
  released(): void;
}

export class LineSplitter {
  readonly #sink: LineSink;
  readonly #held = new ByteStore(MAX_LINE_BYTES);
  /** Inside a line of which the first part was given to the sink. */
  #overlong = false;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let from = 0;
    if (this.#held.length > 0 || this.#overlong) {
      const newline = chunk.indexOf(NEWLINE);
      this.#more(chunk, newline === -1 ? chunk.length : newline);
      if (newline === -1) return;
      this.#finish();
      from = newline + 1;
    }
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= from) {
      this.#scan(chunk, from, last + 1);
      from = last + 1;
    }
    if (from < chunk.length) this.#more(chunk.subarray(from), chunk.length - from);
  }

  /** The end of the stream. Out: true when the last line had no newline. */
  end(): boolean {
    const open = this.#held.length > 0 || this.#overlong;
    if (open) this.#finish();
    return open;
  }

  #scan(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at < to; ) {
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline - at > MAX_LINE_BYTES) {
        this.#sink.line(bytes, at, at + MAX_LINE_BYTES);
        this.#sink.rest(bytes, at + MAX_LINE_BYTES, newline);
      } else {
        this.#sink.line(bytes, at, newline);
      }
      at = newline + 1;
    }
    this.#sink.released();
  }

  /** More bytes of the line that no chunk has ended yet. */
  #more(bytes: Buffer, end: number): void {
    const room = this.#overlong ? 0 : Math.min(end, MAX_LINE_BYTES - this.#held.length);
    this.#held.append(bytes, 0, room);
    if (room === end) return;
    if (!this.#overlong) {
      this.#giveHeld();
      this.#overlong = true;
    }
    this.#sink.rest(bytes, room, end);
    this.#sink.released();
  }

  #finish(): void {
    if (!this.#overlong) this.#giveHeld();
    this.#overlong = false;
  }

  #giveHeld(): void {
    const bytes = this.#held.view();
    this.#sink.line(bytes, 0, bytes.length);
    this.#sink.released();
    this.#held.clear();
  }
}
