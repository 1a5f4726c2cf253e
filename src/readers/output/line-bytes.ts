// Looks at the bytes of a line before anything is decoded: colours, known beginnings, and whether a word occurs.

const ESCAPE = 27;
const BRACKET = 91;
const M = 109;

/** What a line is, by its first bytes. */
export type LineKind =
  | "banner" | "async" | "retry" | "failure" | "pass" | "ignoring" | "path" | "stop" | "error" | "warning" | "deprecation"
  | "exec" | "version" | "brace" | "config" | "cli" | "section";

const BEGINNINGS: readonly (readonly [LineKind, readonly string[]])[] = [
  ["banner", ["PLAY [", "PLAY *", "PLAY RECAP ", "PLAYBOOK: ", "TASK [", "RUNNING HANDLER [", "CLEANUP TASK [", "DRY RUN *", "NO MORE HOSTS LEFT *"]],
  ["async", ["ASYNC POLL on ", "ASYNC OK on ", "ASYNC FAILED on "]],
  ["retry", ["FAILED - RETRYING: "]],
  ["failure", ["fatal: [", "failed: ["]],
  ["pass", ["ok: [", "changed: [", "skipping: ["]],
  ["ignoring", ["...ignoring"]],
  ["path", ["task path: "]],
  ["stop", ["ERROR! "]],
  // With a blank before it up to 2.18, where only an interruption is told like this.
  ["error", ["[ERROR]: ", " [ERROR]: "]],
  ["warning", ["[WARNING]: "]],
  ["deprecation", ["[DEPRECATION WARNING]: "]],
  ["exec", ["<"]],
  ["version", ["ansible-playbook [core ", "ansible-playbook 2.", "ansible [core ", "ansible 2."]],
  ["brace", ["{"]],
  ["config", ["No config file found; using defaults", "Using /"]],
  ["cli", ["verbosity: ", "check: True", "Loading callback plugin "]],
  ["section", ["MSG:", "STDOUT:", "STDERR:", "MODULE_STDERR:", "MODULE_STDOUT:"]],
];

interface Beginning {
  readonly kind: LineKind;
  readonly bytes: Buffer;
}

const BY_FIRST_BYTE: readonly (readonly Beginning[] | undefined)[] = table();

function table(): (Beginning[] | undefined)[] {
  const byByte: (Beginning[] | undefined)[] = Array.from({ length: 256 });
  for (const [kind, texts] of BEGINNINGS) {
    for (const text of texts) {
      const bytes = Buffer.from(text, "latin1");
      (byByte[bytes[0] ?? 0] ??= []).push({ kind, bytes });
    }
  }
  return byByte;
}

/** What the line is that begins at `at`. */
export function kindAt(bytes: Buffer, at: number, end: number): LineKind | undefined {
  if (at >= end) return undefined;
  const candidates = BY_FIRST_BYTE[bytes[at] ?? 0];
  if (candidates === undefined) return undefined;
  for (const candidate of candidates) {
    const length = candidate.bytes.length;
    if (at + length > end) continue;
    let same = 1;
    while (same < length && bytes[at + same] === candidate.bytes[same]) same += 1;
    if (same === length) return candidate.kind;
  }
  return undefined;
}

/** Skips colour sequences, also those that lost their escape character on the way (`[0;31m`). */
export function skipColour(bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (;;) {
    const bracket = bytes[at] === ESCAPE ? at + 1 : at;
    if (bytes[bracket] !== BRACKET || !isColourByte(bytes[bracket + 1])) return at;
    let close = bracket + 1;
    while (close < end && isColourByte(bytes[close])) close += 1;
    // A K erases to the end of the line; GitLab begins lines with it.
    if (close >= end || (bytes[close] !== M && !(bytes[close] === 75 && bracket !== at))) return at;
    at = close + 1;
  }
}

/** Digits and semicolons. */
function isColourByte(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 48 && byte <= 57) || byte === 59);
}

/** The end of the line without carriage return, blanks and closing colour sequences. */
export function visibleEnd(bytes: Buffer, start: number, end: number): number {
  let at = end;
  for (;;) {
    const last = bytes[at - 1];
    if (at > start && (last === 13 || last === 32)) {
      at -= 1;
      continue;
    }
    if (at - start < 3 || last !== M) return at;
    let open = at - 2;
    while (open > start && isColourByte(bytes[open])) open -= 1;
    if (bytes[open] !== BRACKET || open === at - 2) return at;
    at = bytes[open - 1] === ESCAPE && open > start ? open - 1 : open;
  }
}

/** Says whether a word occurs in stretches of one buffer that are asked for from front to back, searching every byte once. */
export class WordFinder {
  readonly #word: Buffer;
  readonly #rare: Buffer;
  readonly #offset: number;
  #since = Number.POSITIVE_INFINITY;
  #next = -1;

  /**
   * In: a word, and the part of it that is searched for. A search jumps from one first letter to the next: with a part whose first
   * letter is rare in logs it is several times as fast as with the word itself.
   */
  constructor(word: string, rare: string) {
    this.#word = Buffer.from(word, "latin1");
    this.#rare = Buffer.from(rare, "latin1");
    this.#offset = word.indexOf(rare);
  }

  /** To be called when the buffer changes. */
  reset(): void {
    this.#since = Number.POSITIVE_INFINITY;
  }

  occurs(bytes: Buffer, start: number, end: number): boolean {
    if (start < this.#since || (this.#next < start && this.#next !== -1)) {
      this.#since = start;
      this.#next = this.#search(bytes, start);
    }
    return this.#next !== -1 && this.#next + this.#word.length <= end;
  }

  #search(bytes: Buffer, start: number): number {
    for (let at = bytes.indexOf(this.#rare, start + this.#offset); at !== -1; at = bytes.indexOf(this.#rare, at + 1)) {
      const begin = at - this.#offset;
      if (stands(this.#word, bytes, begin)) return begin;
    }
    return -1;
  }
}

function stands(word: Buffer, bytes: Buffer, at: number): boolean {
  let same = 0;
  while (same < word.length && bytes[at + same] === word[same]) same += 1;
  return same === word.length;
}
