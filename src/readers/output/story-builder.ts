// Gathers what the lines say into a Story: joins results, jobs, retries and errors, whatever form the log has.

import { textOf } from "../../model/story.ts";
import type { LoggedError, LoggedResult, LoggedSkip, Quote, RecapLine, Story } from "../../model/story.ts";
import { GapBook } from "./gap-book.ts";
import { SENTENCES } from "./gap-sentences.ts";
import { JobBook } from "./job-book.ts";
import type { AsyncLine } from "./job-book.ts";
import { MAX_RECAP_LINES, MAX_SKIPS, MAX_WARNINGS } from "./limits.ts";
import type { Fields } from "./result-fields.ts";
import type { ResultHead } from "./result-head.ts";
import { ResultBook } from "./result-book.ts";
import { RetryBook } from "./retry-book.ts";
import type { RetryLine } from "./retry-book.ts";
import { appearsIn } from "./tails.ts";
import { TaskBook } from "./task-book.ts";
import type { Mutable, Task } from "./task-book.ts";

export interface ResultLine {
  readonly head: Omit<ResultHead, "text" | "yaml">;
  readonly fields: Fields;
  readonly chars: number;
  readonly quote: Quote;
}

export class StoryBuilder {
  readonly gaps: GapBook = new GapBook();
  readonly tasks: TaskBook = new TaskBook(this.gaps);
  readonly retries: RetryBook = new RetryBook(this.gaps);
  readonly #results = new ResultBook(this.gaps);
  readonly #jobs = new JobBook(this.gaps);
  readonly #warnings: Quote[] = [];
  readonly #recap: RecapLine[] = [];
  readonly #skips: LoggedSkip[] = [];
  #form: Story["form"] = "none";
  #core: string | undefined;
  #playbook: string | undefined;
  #verbosity = 0;
  #checkMode = false;

  get verbosity(): number {
    return this.#verbosity;
  }

  get form(): Story["form"] {
    return this.#form;
  }

  /** The default callback's text outranks JSON, which outranks ad-hoc results: a pipeline may print all three. */
  seen(form: "text" | "json" | "adhoc"): void {
    const rank = ["none", "adhoc", "json", "text"];
    if (rank.indexOf(form) > rank.indexOf(this.#form)) this.#form = form;
  }

  atLeast(verbosity: number): void {
    this.#verbosity = Math.min(4, Math.max(this.#verbosity, verbosity));
  }

  core(version: string): void {
    this.#core ??= version;
  }

  playbook(name: string): void {
    this.#playbook ??= name;
  }

  check(): void {
    this.#checkMode = true;
  }

  startPlay(name: string): void {
    this.tasks.startPlay(name);
    this.#results.startTask();
  }

  startTask(name: string, handler: boolean, quote: Quote): Task {
    this.#results.startTask();
    return this.tasks.startTask({ name, handler, quote });
  }

  /** A result of the task under way that is kept. Out: the result, unless a bound is hit. */
  result(line: ResultLine): Mutable<LoggedResult> | undefined {
    const task = this.tasks.here(() => line.quote);
    const kept = this.#results.add({ ...line, task });
    const polled = this.#close(line.head.host, line.head.item, task);
    if (kept === undefined) return undefined;
    const action = textOf(kept, "action");
    if (action !== undefined) task.action ??= action;
    this.#look(kept, task);
    this.#jobs.result(kept, { polled, play: this.tasks.play, verbose: this.#verbosity > 0 || this.#form === "json" });
    return kept;
  }

  /** Out: true when a bound is hit: what the result says besides is noted, and its fields need not be read. */
  leavesOut(head: ResultLine["head"]): boolean {
    const task = this.tasks.task;
    if (task === undefined || !this.#results.leavesOut(head)) return false;
    this.#close(head.host, head.item, task);
    return true;
  }

  /** A result of the task under way that is not kept. */
  passed(host: string, isItem: boolean, quote: () => Quote): void {
    this.#results.passed(host);
    this.#close(host, isItem ? "" : undefined, this.tasks.here(quote));
  }

  /** A skipped task or item. */
  skipped(host: string, isItem: boolean, quote: () => Quote): void {
    if (this.#skips.length < MAX_SKIPS) this.#skips.push({ task: this.tasks.here(quote), host, isItem, quote: quote() });
    this.passed(host, isItem, quote);
  }

  /** A message that came below its result. */
  addMessage(result: Mutable<LoggedResult>, message: string): void {
    result.fields = { ...result.fields, msg: message };
    this.#look(result, result.task);
  }

  ignoring(): void {
    this.#results.ignoring();
  }

  async(line: AsyncLine): void {
    this.#jobs.line(line, this.tasks.of(line.host), this.tasks.play);
  }

  limit(base: string, seconds: number): void {
    this.#jobs.limit(base, seconds);
  }

  retry(line: RetryLine, quote: () => Quote): void {
    this.retries.line(line, this.tasks, quote);
  }

  error(error: LoggedError): void {
    this.#results.error(error);
  }

  warning(quote: Quote): void {
    if (this.#warnings.length < MAX_WARNINGS) this.#warnings.push(quote);
    else this.gaps.add("warnings");
  }

  recap(line: RecapLine): void {
    if (this.#recap.length < MAX_RECAP_LINES) this.#recap.push(line);
    else this.gaps.add("recap");
  }

  build(size: { readonly lines: number; readonly bytes: number }): Story {
    this.#results.settle(this.#recap);
    // Errors and warnings alone do not tell which form follows; without any result the log is text.
    const isText = this.#form === "none" && (this.#results.errors.length > 0 || this.#warnings.length > 0 || this.#core !== undefined);
    if (this.#form === "none" && !isText) this.gaps.add("nothing");
    return {
      form: isText ? "text" : this.#form,
      ...(this.#core === undefined ? {} : { core: this.#core }),
      verbosity: this.#verbosity,
      ...(this.#playbook === undefined ? {} : { playbook: this.#playbook }),
      checkMode: this.#checkMode,
      tasks: this.tasks.tasks,
      results: this.#results.results,
      jobs: this.#jobs.finish(),
      retries: this.retries.retries,
      skips: this.#skips,
      errors: this.#results.errors,
      warnings: this.#warnings,
      recap: this.#recap,
      ...size,
      gaps: this.gaps.sentences(SENTENCES),
    };
  }

  #close(host: string, item: string | undefined, task: Task): readonly string[] {
    if (item === undefined) this.tasks.finished(host);
    return this.#jobs.settle(host, task);
  }

  /** What a message tells besides: the task's place, and check mode. */
  #look(result: Mutable<LoggedResult>, task: Mutable<LoggedResult["task"]>): void {
    const message = textOf(result, "msg");
    if (message === undefined) return;
    if (/check mode and async cannot be used|would have run if not in check mode|does not support check mode/.test(message.slice(0, 500))) {
      this.#checkMode = true;
    }
    if (result.status !== "failed" && result.status !== "unreachable") return;
    const place = appearsIn(message);
    if (place !== undefined) this.tasks.place(task, place.file, place.fileLine);
    this.#results.placeTask(result, task, this.tasks);
  }
}
