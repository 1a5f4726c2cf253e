// A growing store of bytes with an upper bound: what has to outlive the chunk it came in.

export class ByteStore {
  readonly #bound: number;
  #bytes: Buffer = Buffer.allocUnsafe(0);
  #length = 0;
  #full = false;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get length(): number {
    return this.#length;
  }

  /** True when bytes were left out since the last `clear`. */
  get full(): boolean {
    return this.#full;
  }

  /** Copies bytes in; what goes over the bound is left out. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const room = Math.min(end - start, this.#bound - this.#length);
    if (room < end - start) this.#full = true;
    if (room <= 0) return;
    if (this.#length + room > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.#bound, Math.max(1024, 2 * (this.#length + room))));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes.subarray(start, start + room), this.#length);
    this.#length += room;
  }

  /** The bytes so far; valid until the next `append` or `clear`. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    this.#full = false;
  }
}
