// Reads the lines of a log: what each is, and what it says. Most lines are passed over without being decoded.

import type { LoggedResult, Quote } from "../../model/story.ts";
import { Block } from "./block.ts";
import type { ClosedBlock } from "./block.ts";
import { JsonRun } from "./json-run.ts";
import { MAX_DONE_HOSTS } from "./limits.ts";
import { kindAt, skipColour, visibleEnd, WordFinder } from "./line-bytes.ts";
import type { LineKind } from "./line-bytes.ts";
import type { LineSink } from "./line-splitter.ts";
import { endsInStars, Prefixes } from "./prefix.ts";
import { parseObject, readFields } from "./result-fields.ts";
import { endsInSummary, maybeAdhoc, readAdhocHead, readHead, readLabel, readSummary } from "./result-head.ts";
import type { AdhocHead, ResultHead } from "./result-head.ts";
import { copied, safeQuote, withoutColour } from "./safe-text.ts";
import { readRecap } from "./short-lines.ts";
import { noteBanner, noteCommand, noteLimit, noteStatement } from "./statements.ts";
import type { QuotedText } from "./statements.ts";
import type { StoryBuilder } from "./story-builder.ts";
import { errorTail, stopTail, textTail, warningTail } from "./tails.ts";
import type { Tail } from "./tails.ts";
import { readYamlFields } from "./yaml-fields.ts";
import type { Mutable } from "./task-book.ts";

const SPACE = 32;
const OPEN_BRACE = 123;
/** Of the lines that pass only `skipping: [` begins with it. */
const LETTER_S = 115;
const BRACKET = 91;
const PARENTHESIS = 40;
const MAX_LABEL_BYTES = 600;
const MAX_EARLY_LINES = 200;
const MAX_EARLY_BYTES = 2_000;
const CLOSE_BRACKET = 93;
const ARROW = 62;

export class TextLog implements LineSink {
  lines = 0;
  readonly #story: StoryBuilder;
  readonly #prefixes = new Prefixes();
  readonly #wrapper = new WordFinder("async_wrapper.py", "wra");
  readonly #words = [new WordFinder("ansible_job_id", "job"), new WordFinder("async", "ync")] as const;
  readonly #block = new Block(this.#words, this.#prefixes);
  readonly #json: JsonRun;
  /** Hosts by label. */
  readonly #hosts = new Map<string, string>();
  #tail: Tail | undefined;
  /** True while the tail is the answer of an ad-hoc command, in which any line may stand. */
  #inAnswer = false;
  #inRecap = false;
  /** Before and after the plays of a playbook. */
  #mayBeAdhoc = true;
  /** Where the line under way stands, and where its text begins. */
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  #body = 0;
  #early: { readonly line: number; readonly bytes: Buffer }[] = [];
  /** The last kept failure, for a message that follows below it. */
  #failure: Mutable<LoggedResult> | undefined;

  constructor(story: StoryBuilder) {
    this.#story = story;
    this.#json = new JsonRun(story);
  }

  line(bytes: Buffer, start: number, end: number): void {
    this.lines += 1;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    // Of a verbose log most lines are these: the inside of a result.
    if (bytes[start] === SPACE && this.#block.isOpen && !this.#prefixes.known) {
      this.#block.take(start, end);
      return;
    }
    const plain = skipColour(bytes, start, end);
    this.#body = this.#prefixes.known ? this.#prefixes.skip(bytes, plain, end) : plain;
    if (this.#json.isOpen && this.#inJson()) return;
    if (this.#block.isOpen && this.#inBlock()) return;
    const kind = kindAt(bytes, this.#body, end);
    if (kind === undefined || this.#inAnswer) this.#other(kind);
    else this.#known(kind);
  }

  rest(bytes: Buffer, start: number, end: number): void {
    if (this.#json.isOpen) this.#json.feed(bytes, start, end);
  }

  released(): void {
    this.#block.save(this.#bytes);
    this.#wrapper.reset();
    for (const word of this.#words) word.reset();
  }

  /** The end of the log. */
  end(): void {
    if (this.#json.isOpen) this.#story.gaps.add("end-in-json");
    this.#json.end();
    const block = this.#block.close(this.#bytes, false);
    // Results in YAML have no end of their own.
    if (block !== undefined && !block.yaml) this.#story.gaps.add("end-in-result");
    if (block !== undefined) this.#blockResult(block);
    this.#closeTail();
  }

  /** Out: true when the line belongs to the open JSON. */
  #inJson(): boolean {
    return this.#json.nextLine(this.lines) && this.#json.feed(this.#bytes, this.#body, this.#end);
  }

  /** Out: true when the line belongs to the open block. */
  #inBlock(): boolean {
    const part = this.#block.partOf(this.#bytes, this.#body, this.#end);
    if (part !== "outside") this.#block.take(this.#start, this.#end);
    if (part === "inside") return true;
    const block = this.#block.close(this.#bytes, part === "outside");
    if (block !== undefined) this.#blockResult(block);
    return part === "last";
  }

  #known(kind: LineKind): void {
    if (kind === "exec") {
      if (this.#story.verbosity < 3) noteCommand(this.#story, this.#bytes.toString("latin1", this.#body, Math.min(this.#end, this.#body + 300)));
      if (this.#wrapper.occurs(this.#bytes, this.#body, this.#end)) noteLimit(this.#story, this.#text());
      return;
    }
    if (kind === "section") {
      this.#section();
      return;
    }
    this.#closeTail();
    if (kind !== "ignoring") this.#failure = undefined;
    switch (kind) {
      case "pass":
        this.#pass();
        break;
      case "failure":
        this.#failureLine();
        break;
      case "ignoring":
        this.#story.ignoring();
        break;
      case "brace":
        this.#json.nextLine(this.lines);
        this.#json.start(this.#bytes, this.#body, this.#end);
        break;
      case "stop":
      case "error":
      case "warning":
      case "deprecation":
        this.#openTail(kind);
        break;
      case "banner":
        this.#inRecap = noteBanner(this.#story, this.#quoted()) ?? this.#inRecap;
        this.#mayBeAdhoc = this.#inRecap;
        break;
      default:
        noteStatement(this.#story, kind, this.#quoted());
    }
  }

  #text(): string {
    return withoutColour(this.#bytes.toString("utf8", this.#body, visibleEnd(this.#bytes, this.#body, this.#end)));
  }

  #quoted(): QuotedText {
    const text = this.#text();
    const line = this.lines;
    return { text, quote: () => ({ line, text: safeQuote(text) }) };
  }

  #quote(): Quote {
    return this.#quoted().quote();
  }

  /** ok, changed, skipping: decoded only when a job is spoken of. */
  #pass(): void {
    const bytes = this.#bytes;
    const end = visibleEnd(bytes, this.#body, this.#end);
    const last = bytes[end - 1];
    const opens = last === OPEN_BRACE ? "json" : last === ARROW || endsInSummary(bytes, this.#body, end) ? "yaml" : undefined;
    if (opens === undefined && last !== CLOSE_BRACKET && this.#words.some((word) => word.occurs(bytes, this.#body, end))) {
      const head = readHead(this.#text());
      if (head !== undefined && head.text.startsWith("{")) {
        this.#story.atLeast(1);
        this.#lineResult(head);
        return;
      }
    }
    const open = bytes.indexOf(BRACKET, this.#body) + 1;
    const close = labelEnd(bytes, open, end);
    if (close === -1) return;
    this.#story.seen("text");
    // Behind the label: ` => (item=`, or ` => {` where the result is shown.
    const sign = bytes[close + 5];
    const isItem = sign === PARENTHESIS;
    const host = this.#hostOf(bytes.toString("utf8", open, close));
    if (opens !== undefined) {
      this.#block.open({ head: this.#text(), line: this.lines, yaml: opens === "yaml", host, isItem, always: false });
      return;
    }
    if (sign === OPEN_BRACE && this.#story.verbosity < 1) this.#story.atLeast(1);
    if (bytes[this.#body] === LETTER_S) this.#story.skipped(host, isItem, () => this.#quote());
    else this.#story.passed(host, isItem, () => this.#quote());
  }

  /** The host of a label; the labels of a run are few and come again and again. */
  #hostOf(label: string): string {
    const known = this.#hosts.get(label);
    if (known !== undefined) return known;
    const { host } = readLabel(label);
    if (this.#hosts.size < MAX_DONE_HOSTS) this.#hosts.set(copied(label), host);
    return host;
  }

  #failureLine(): void {
    const text = this.#text();
    const head = readHead(text);
    if (head === undefined) return;
    this.#story.seen("text");
    const isBlock = head.text === "{" || head.yaml;
    if (isBlock) this.#block.open({ head: text, line: this.lines, yaml: head.yaml, host: head.host, isItem: head.item !== undefined, always: true });
    else this.#lineResult(head);
  }

  #lineResult(head: ResultHead): void {
    this.#story.seen("text");
    if (this.#story.leavesOut(head)) return;
    const fields = readFields(head.text);
    if (fields.partial) this.#story.gaps.add("cut");
    this.#keep(this.#story.result({ head, fields, chars: head.text.length, quote: this.#quote() }));
  }

  #keep(result: Mutable<LoggedResult> | undefined): void {
    this.#failure = result?.status === "failed" || result?.status === "unreachable" ? result : undefined;
  }

  #blockResult(block: ClosedBlock): void {
    if (!block.wanted) {
      this.#story.passed(block.host, block.isItem, () => ({ line: block.line, text: safeQuote(block.head) }));
      return;
    }
    const head = readAdhocHead(block.head) ?? readHead(block.head);
    if (head === undefined || this.#story.leavesOut(head)) return;
    const lines = block.lines();
    const text = `{\n${lines.join("\n")}`;
    const fields = block.yaml ? readYamlFields(lines) : readFields(text);
    const all = block.yaml ? { ...readSummary(head.text), ...fields.fields } : fields.fields;
    const partial = fields.partial || block.full;
    if (partial && !block.yaml) this.#story.gaps.add(block.broken ? "interrupted" : "cut");
    const quote = { line: block.line, text: safeQuote(`${block.head} ${lines.slice(0, 40).map((line) => line.trim()).join(" ")}`) };
    const kept = this.#story.result({ head, fields: { fields: all, partial }, chars: text.length, quote });
    this.#keep(kept);
  }

  #openTail(kind: "stop" | "error" | "warning" | "deprecation"): void {
    const text = this.#text();
    if (kind === "stop") this.#tail = stopTail(text, this.lines, (error) => this.#story.error(error));
    else if (kind === "error") this.#tail = errorTail(text, this.lines, (error) => this.#story.error(error));
    else this.#tail = warningTail(text, this.lines, (quote) => (kind === "warning" ? this.#story.warning(quote) : undefined));
  }

  #closeTail(): void {
    const tail = this.#tail;
    this.#tail = undefined;
    this.#inAnswer = false;
    tail?.close();
  }

  /** `MSG:` of the debug callback: the message of the failure above. */
  #section(): void {
    const failure = this.#failure;
    const text = this.#text();
    this.#closeTail();
    if (failure === undefined || text !== "MSG:" || failure.fields["msg"] !== undefined) return;
    this.#tail = textTail("", (message) => this.#story.addMessage(failure, message));
  }

  /** Lines that begin like nothing known, and all lines of an ad-hoc answer. */
  #other(kind: LineKind | undefined): void {
    if (this.#mayBeAdhoc || this.#inAnswer) {
      if (this.#adhoc()) return;
      if (this.#inAnswer && kind === "banner" && endsInStars(this.#bytes, this.#body, this.#end)) {
        this.#known(kind);
        return;
      }
    }
    if (this.#tail !== undefined) {
      if (this.#tail.more(this.#text())) return;
      this.#closeTail();
    }
    if (this.#inRecap && this.#recapLine()) return;
    const isUnsure = this.#story.form === "none";
    if (!isUnsure && !endsInStars(this.#bytes, this.#body, this.#end)) return;
    if (this.#body === skipColour(this.#bytes, this.#start, this.#end) && this.#prefixes.learn(this.#bytes, this.#body, this.#end)) this.#again();
    else if (isUnsure) this.#remember();
  }

  /** Keeps a line from before the first that is known: its prefix may become known. */
  #remember(): void {
    if (this.#early.length >= MAX_EARLY_LINES || this.#end - this.#start > MAX_EARLY_BYTES) return;
    this.#early.push({ line: this.lines, bytes: Buffer.from(this.#bytes.subarray(this.#start, this.#end)) });
  }

  /** A prefix was learned: looks once more at the lines so far and at this one. */
  #again(): void {
    const now = { bytes: this.#bytes, start: this.#start, end: this.#end, line: this.lines };
    const early = this.#early;
    this.#early = [];
    for (const { line, bytes } of early) {
      this.lines = line - 1;
      this.line(bytes, 0, bytes.length);
      this.released();
    }
    this.lines = now.line - 1;
    this.line(now.bytes, now.start, now.end);
  }

  #recapLine(): boolean {
    const recap = readRecap(this.#text());
    if (recap === undefined) return false;
    this.#story.recap({ ...recap, quote: this.#quote() });
    return true;
  }

  /** `host | FAILED! => {…}` and its kin. */
  #adhoc(): boolean {
    if (!maybeAdhoc(this.#bytes, this.#body, this.#end)) return false;
    const text = this.#text();
    const head = readAdhocHead(text);
    if (head === undefined) return false;
    this.#closeTail();
    this.#story.seen("adhoc");
    // A playbook before it in the same log has ended: its last task is not meant.
    if (this.#inRecap) this.#story.startPlay("");
    this.#inRecap = false;
    if (head.rc === undefined && (head.text === "{" || head.yaml)) {
      this.#block.open({ head: text, line: this.lines, yaml: head.yaml, host: head.host, isItem: false, always: isFailure(head) });
    } else if (head.rc !== undefined) {
      this.#answer(head, head.rc);
    } else {
      this.#adhocLine(head);
    }
    return true;
  }

  /** The plain answer of a command: kept for failures. */
  #answer(head: AdhocHead, rc: number): void {
    const quote = this.#quote();
    const done = (message: string): void => {
      if (!isFailure(head)) {
        this.#story.passed(head.host, false, () => quote);
        return;
      }
      this.#story.result({ head, fields: { fields: { rc, msg: message }, partial: true }, chars: message.length, quote });
    };
    this.#tail = textTail(head.text, done);
    if (head.follows) this.#inAnswer = true;
    else this.#closeTail();
  }

  #adhocLine(head: AdhocHead): void {
    const speaks = head.text.includes("ansible_job_id") || head.text.includes("async");
    if (!isFailure(head) && !speaks) {
      this.#story.passed(head.host, false, () => this.#quote());
      return;
    }
    if (this.#story.leavesOut(head)) return;
    const parsed = parseObject(head.text);
    const fields = parsed === undefined && !head.text.startsWith("{") ? { fields: { msg: head.text }, partial: true } : readFields(head.text);
    this.#story.result({ head, fields, chars: head.text.length, quote: this.#quote() });
  }
}

/** A search in the whole buffer would read all of it for each line without a bracket. */
function labelEnd(bytes: Buffer, open: number, end: number): number {
  const last = Math.min(end, open + MAX_LABEL_BYTES);
  for (let at = open; at < last; at += 1) if (bytes[at] === CLOSE_BRACKET) return at;
  return -1;
}

function isFailure(head: ResultHead): boolean {
  return head.status === "failed" || head.status === "unreachable";
}
