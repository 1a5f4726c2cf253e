// Makes a story of JSON output: the document of a JSON callback, or one object a line (jsonl callback, job events of ansible-runner).

import { JsonScanner } from "./json-scanner.ts";
import type { JsonListener, JsonPath } from "./json-scanner.ts";
import { JsonEvents } from "./json-events.ts";
import { keepResult } from "./json-results.ts";
import type { JsonResult } from "./json-results.ts";
import { MAX_FIELDS_CHARS, MAX_OTHER_RESULTS } from "./limits.ts";
import { isRecord, parseObject, readFields, slimmed } from "./result-fields.ts";
import { readPlace } from "./short-lines.ts";
import { safeName, safeQuote } from "./safe-text.ts";
import type { StoryBuilder } from "./story-builder.ts";


const NEEDLES = ["ansible_job_id", "async", '"failed"', '"unreachable"'];

export class JsonRun implements JsonListener {
  readonly #story: StoryBuilder;
  readonly #scanner = new JsonScanner(this);
  readonly #events: JsonEvents;
  /** The line of the task's description. */
  #taskLine = 0;
  /** The line of the value that came last: the statistics close a run. */
  #statsLine = 0;
  /** Results that wait for their task, which stands behind them. */
  #waiting: JsonResult[] = [];
  #waitingChars = 0;
  #values = new Map<string, unknown>();
  /** What was said of the task under way, by key. */
  #described = new Map<string, unknown>();
  #isRun = false;

  constructor(story: StoryBuilder) {
    this.#story = story;
    this.#events = new JsonEvents(story);
  }

  get isOpen(): boolean {
    return this.#scanner.isOpen;
  }

  /** A line begins with `{`. */
  start(bytes: Buffer, body: number, end: number): void {
    this.#waiting = [];
    this.#values = new Map();
    this.#isRun = false;
    this.#scanner.feed(bytes, body, end);
  }

  /** The number of the line that comes next. Out: false when it cannot belong to the open object. */
  nextLine(line: number): boolean {
    const ok = !this.#scanner.isOpen || this.#scanner.newline();
    this.#scanner.line = line;
    return ok;
  }

  /** Out: false when this is no JSON. */
  feed(bytes: Buffer, start: number, end: number): boolean {
    return this.#scanner.feed(bytes, start, end) !== "broken";
  }

  /** The log is over: what was read of an open document. */
  end(): void {
    if (this.#waiting.length > 0) this.#task({});
  }

  value(path: JsonPath, text: string, cut: boolean): void {
    if (path.length === 1) {
      this.#statsLine = this.#scanner.keptLine;
      if (cut) this.#story.gaps.add("long-json");
      this.#values.set(path[0] ?? "", cut ? readFields(text).fields : parsed(text));
      return;
    }
    this.#run();
    const key = path.at(-1) ?? "";
    if (path.length === 6) this.#host(key, text, cut);
    else if (path.length === 5) this.#describe(key, text);
    else if (path.length === 3 && (key === "play" || key === "__play_name")) this.#play(parsed(text));
  }

  left(path: JsonPath): void {
    if (path.length === 4) {
      const values = this.#described;
      this.#described = new Map();
      const task = values.get("task");
      if (typeof task === "string") this.#events.artifactTask(Object.fromEntries(values), this.#taskLine);
      else this.#task(isRecord(task) ? task : {});
    }
    if (path.length > 0) return;
    const stats = this.#values.get("stats");
    if (this.#isRun && isRecord(stats)) this.#events.stats(stats, this.#statsLine);
    if (!this.#isRun) this.#events.event(this.#values, this.#scanner.line);
  }

  /** What a task says besides its hosts; in an artifact of ansible-navigator, everything. */
  #describe(key: string, text: string): void {
    this.#described.set(key, parsed(text));
    this.#taskLine = this.#scanner.keptLine;
  }

  #run(): void {
    this.#isRun = true;
    this.#story.seen("json");
  }

  #play(play: unknown): void {
    const name = isRecord(play) ? play["name"] : play;
    this.#story.startPlay(typeof name === "string" ? name : "");
  }

  #host(host: string, text: string, cut: boolean): void {
    // The results of a whole task wait at once: only those that may matter are parsed.
    if (!NEEDLES.some((needle) => text.includes(needle)) || this.#waiting.length >= 2 * MAX_OTHER_RESULTS) return;
    const read = readFields(text);
    this.#waitingChars += text.length;
    const fields = cut || this.#waitingChars > MAX_FIELDS_CHARS ? slimmed(read.fields) : read;
    if (cut) this.#story.gaps.add("long-json");
    const quote = { line: this.#scanner.keptLine, text: safeQuote(`${JSON.stringify(host)}: ${text.slice(0, 2_000).replaceAll(/\s+/g, " ")}`) };
    this.#waiting.push({ host: safeName(host), fields, chars: text.length, quote });
  }

  #task(task: Record<string, unknown>): void {
    const name = typeof task["name"] === "string" ? task["name"] : "";
    const started = this.#story.startTask(name, false, { line: this.#taskLine, text: safeQuote(JSON.stringify(name)) });
    const place = typeof task["path"] === "string" ? readPlace(task["path"]) : undefined;
    if (place !== undefined) this.#story.tasks.place(started, place.file, place.line);
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingChars = 0;
    for (const result of waiting) keepResult(this.#story, result);
  }
}

function parsed(text: string): unknown {
  return text.startsWith("{") ? parseObject(text) : text.startsWith('"') ? parseObject(`{"value":${text}}`)?.["value"] : undefined;
}
