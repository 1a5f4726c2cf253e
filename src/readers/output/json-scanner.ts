// Walks through JSON as it comes in, without keeping it, and hands out the values that matter: of a JSON callback's document
// the plays, tasks and each host's result, of any other object its values.

import { ByteStore } from "./byte-store.ts";
import { MAX_LINE_BYTES } from "./limits.ts";

/** Where in a document: the keys from the outside in, "" for an element of a list. */
export type JsonPath = readonly string[];

export interface JsonListener {
  /** A value; `cut` when it was longer than the bound. */
  value(path: JsonPath, text: string, cut: boolean): void;
  /** The end of an object that was not handed out as a whole. */
  left(path: JsonPath): void;
}

const MAX_NESTING = 500;
const MAX_KEY_BYTES = 1_000;

type Expect = "value" | "first-key" | "key" | "colon" | "comma" | "done";

export class JsonScanner {
  /** The number of the line that is fed. */
  line = 0;
  /** The line on which the value began that was handed out last. */
  keptLine = 0;
  readonly #listener: JsonListener;
  readonly #store = new ByteStore(MAX_LINE_BYTES);
  readonly #key = new ByteStore(MAX_KEY_BYTES);
  /** `{` or `[` of each open container. */
  readonly #stack: number[] = [];
  readonly #path: string[] = [];
  #expect: Expect = "value";
  /** In a string, and whether that is a key. */
  #string: "key" | "value" | undefined;
  #escaped = false;
  /** In a number or a word such as true. */
  #word = false;
  /** Nesting at which the value began that is being kept; -1 when none is. */
  #keptAt = -1;
  #keptFrom = 0;
  #keyFrom = 0;

  constructor(listener: JsonListener) {
    this.#listener = listener;
  }

  get isOpen(): boolean {
    return this.#stack.length > 0;
  }

  /** In: part of a line. Out: how far it got; `broken` when this is no JSON, and then nothing is open any more. */
  feed(bytes: Buffer, start: number, end: number): "open" | "done" | "broken" {
    this.#keptFrom = start;
    this.#keyFrom = start;
    for (let at = start; at < end; at += 1) {
      const ok = this.#byte(bytes, at);
      if (!ok) return this.#reset("broken");
      if (this.#expect === "done") return this.#reset("done");
    }
    if (this.#keptAt !== -1) this.#store.append(bytes, this.#keptFrom, end);
    if (this.#string === "key") this.#key.append(bytes, this.#keyFrom, end);
    return "open";
  }

  /** The end of a line. Out: false when that cannot be here. */
  newline(): boolean {
    if (this.#string !== undefined) {
      this.#reset("broken");
      return false;
    }
    if (this.#word) this.#endWord(NEWLINE, 0);
    if (this.#keptAt !== -1) this.#store.append(NEWLINE, 0, 1);
    return true;
  }

  #reset<T>(outcome: T): T {
    this.#stack.length = 0;
    this.#path.length = 0;
    this.#expect = "value";
    this.#string = undefined;
    this.#escaped = false;
    this.#word = false;
    this.#keptAt = -1;
    this.#store.clear();
    this.#key.clear();
    return outcome;
  }

  #byte(bytes: Buffer, at: number): boolean {
    const byte = bytes[at] ?? 0;
    if (this.#string !== undefined) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === 92) this.#escaped = true;
      else if (byte === 34) this.#endString(bytes, at);
      return byte >= 32;
    }
    if (this.#word) {
      if (isWordByte(byte)) return true;
      this.#endWord(bytes, at);
    }
    if (byte === 32 || byte === 9 || byte === 13) return true;
    switch (byte) {
      case 34:
        return this.#startString(at);
      case 123:
      case 91:
        return this.#open(byte, at);
      case 125:
      case 93:
        return this.#close(byte, bytes, at);
      case 44:
        if (this.#expect !== "comma") return false;
        this.#expect = this.#stack.at(-1) === 123 ? "key" : "value";
        return true;
      case 58:
        if (this.#expect !== "colon") return false;
        this.#expect = "value";
        return true;
      default:
        if (this.#expect !== "value" || this.#stack.length === 0 || !isWordByte(byte)) return false;
        this.#word = true;
        this.#begin(at);
        return true;
    }
  }

  #startString(at: number): boolean {
    if (this.#expect === "key" || this.#expect === "first-key") {
      this.#string = "key";
      this.#key.clear();
      this.#keyFrom = at;
      return true;
    }
    if (this.#expect !== "value" || this.#stack.length === 0) return false;
    this.#string = "value";
    this.#begin(at);
    return true;
  }

  #endString(bytes: Buffer, at: number): void {
    if (this.#string === "key") {
      this.#expect = "colon";
      if (this.#keptAt === -1) {
        this.#key.append(bytes, this.#keyFrom, at + 1);
        this.#path[this.#stack.length - 1] = keyOf(this.#key);
      }
      this.#string = undefined;
      return;
    }
    this.#string = undefined;
    this.#end(bytes, at + 1);
  }

  #endWord(bytes: Buffer, at: number): void {
    this.#word = false;
    this.#end(bytes, at);
  }

  #open(byte: number, at: number): boolean {
    if (this.#expect !== "value") return false;
    if (this.#stack.length >= MAX_NESTING || (this.#stack.length === 0 && byte !== 123)) return false;
    if (this.#stack.length > 0) this.#begin(at);
    this.#stack.push(byte);
    if (this.#keptAt === -1) this.#path[this.#stack.length - 1] = "";
    this.#expect = byte === 123 ? "first-key" : "value";
    return true;
  }

  #close(byte: number, bytes: Buffer, at: number): boolean {
    const open = this.#stack.at(-1);
    // An empty list closes where a value was expected.
    const mayClose = this.#expect === "comma" || (byte === 125 ? this.#expect === "first-key" : this.#expect === "value");
    if (!mayClose || open !== byte - 2) return false;
    this.#stack.pop();
    if (this.#keptAt === -1) this.#listener.left(this.#path.slice(0, this.#stack.length));
    this.#path.length = Math.min(this.#path.length, this.#stack.length);
    this.#end(bytes, at + 1);
    if (this.#stack.length === 0) this.#expect = "done";
    return true;
  }

  /** A value begins: kept, unless it is a container that has to be walked into. */
  #begin(at: number): void {
    if (this.#keptAt !== -1 || isWalked(this.#path, this.#stack.length)) return;
    this.#keptAt = this.#stack.length;
    this.#keptFrom = at;
    this.keptLine = this.line;
    this.#store.clear();
  }

  #end(bytes: Buffer, at: number): void {
    this.#expect = "comma";
    if (this.#keptAt === -1 || this.#keptAt !== this.#stack.length) return;
    this.#keptAt = -1;
    this.#store.append(bytes, this.#keptFrom, at);
    this.#listener.value(this.#path.slice(0, this.#stack.length), this.#store.view().toString("utf8"), this.#store.full);
    this.#store.clear();
  }
}

const NEWLINE = Buffer.from("\n");

/** The containers of a JSON callback's document on the way to a host's result. */
const WALKED: readonly JsonPath[] = [
  ["plays"], ["plays", ""], ["plays", "", "tasks"], ["plays", "", "tasks", ""], ["plays", "", "tasks", "", "hosts"],
];

function isWalked(path: JsonPath, depth: number): boolean {
  return depth < 6 && WALKED.some((walked) => walked.length === depth && walked.every((part, index) => path[index] === part));
}

function isWordByte(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === 45 || byte === 43 || byte === 46;
}

function keyOf(key: ByteStore): string {
  try {
    return String(JSON.parse(key.view().toString("utf8")));
  } catch {
    return "?";
  }
}
