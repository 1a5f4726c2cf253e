// The results that are kept, which of them were ignored, and the errors (2.19 and newer) that say where their tasks stand.

import { textOf } from "../../model/story.ts";
import type { LoggedError, LoggedResult, Quote, RecapLine } from "../../model/story.ts";
import type { GapBook } from "./gap-book.ts";
import { MAX_ERRORS, MAX_FAILURES, MAX_FIELDS_CHARS, MAX_OTHER_RESULTS, MAX_WAITING_ERRORS } from "./limits.ts";
import { slimmed } from "./result-fields.ts";
import type { Fields } from "./result-fields.ts";
import type { ResultHead } from "./result-head.ts";
import type { Mutable, Task, TaskBook } from "./task-book.ts";

type Result = Mutable<LoggedResult>;

export interface NewResult {
  readonly head: Omit<ResultHead, "text" | "yaml">;
  readonly task: Task;
  readonly fields: Fields;
  /** Length of the text that the fields were read from. */
  readonly chars: number;
  readonly quote: Quote;
}

export class ResultBook {
  readonly results: Result[] = [];
  readonly errors: LoggedError[] = [];
  readonly #gaps: GapBook;
  #failures = 0;
  #chars = 0;
  /** The host of the last result line, and its result where that was kept. */
  #last: { readonly host: string; readonly result?: Result } | undefined;
  /** Failed items of the task under way, whose loop may yet be ignored. */
  #items: Result[] = [];
  readonly #waiting: LoggedError[] = [];

  constructor(gaps: GapBook) {
    this.#gaps = gaps;
  }

  /** Out: the result as kept, or nothing where a bound is hit. */
  add(found: NewResult): Result | undefined {
    if (this.leavesOut(found.head)) return undefined;
    const failed = isFailure(found.head);
    if (failed) this.#failures += 1;
    const { fields, partial } = this.#withinBounds(found);
    const { host, status, delegatedTo, item } = found.head;
    const result: Result = {
      task: found.task,
      host,
      ...(delegatedTo === undefined ? {} : { delegatedTo }),
      ...(item === undefined ? {} : { item }),
      status,
      ignored: false,
      fields,
      partial,
      quote: found.quote,
    };
    this.results.push(result);
    this.#last = { host, result };
    if (failed && item !== undefined) this.#items.push(result);
    return result;
  }

  /** Out: true when a bound is hit: the result is counted, and need not be read. */
  leavesOut(head: NewResult["head"]): boolean {
    const failed = isFailure(head);
    if (failed ? this.#failures < MAX_FAILURES : this.results.length - this.#failures < MAX_OTHER_RESULTS) return false;
    this.#gaps.add(failed ? "failures" : "others");
    this.#last = { host: head.host };
    return true;
  }

  /** A result line that is not kept. */
  passed(host: string): void {
    this.#last = { host };
  }

  startTask(): void {
    this.#last = undefined;
    this.#items = [];
  }

  /** `...ignoring`: the failure just before it, or, of a loop, all failed items of the host whose line came last. */
  ignoring(): void {
    const last = this.#last?.result;
    if (last !== undefined && last.item === undefined) {
      if (last.status === "failed" || last.status === "unreachable") last.ignored = true;
      return;
    }
    const hosts = new Set(this.#items.map((item) => item.host));
    const lastHost = this.#last?.host ?? "";
    const host = hosts.has(lastHost) || hosts.size !== 1 ? lastHost : [...hosts][0];
    const own = this.#items.filter((item) => item.host === host);
    if (own.length === 0) this.#gaps.add("unclear-ignoring");
    for (const item of own) item.ignored = true;
    this.#items = this.#items.filter((item) => item.host !== host);
  }

  /** The recap of a host without failures says that all it had were ignored or rescued; two recaps may be of two runs. */
  settle(recap: readonly RecapLine[]): void {
    const rows = new Map<string, RecapLine | undefined>();
    for (const row of recap) rows.set(row.host, rows.has(row.host) ? undefined : row);
    for (const result of this.results) {
      const row = rows.get(result.host);
      if (row?.failed === 0 && result.status === "failed") result.ignored = true;
    }
  }

  error(error: LoggedError): void {
    if (this.errors.length >= MAX_ERRORS) {
      this.#gaps.add("errors");
      return;
    }
    this.errors.push(error);
    if (error.file === undefined || error.fileLine === undefined) return;
    this.#waiting.push(error);
    if (this.#waiting.length > MAX_WAITING_ERRORS) this.#waiting.shift();
  }

  /**
   * Finds the error that was printed for a failed result and takes the place of its task from it. Errors go to stderr, which may
   * run ahead of stdout in a merged log: not their neighbourhood but their message joins them, first come first served.
   */
  placeTask(result: Result, task: Task, tasks: TaskBook): void {
    const message = textOf(result, "msg")?.split("\n", 1)[0]?.trim();
    if (message === undefined || message === "" || this.#waiting.length === 0) return;
    const isOwn = (error: LoggedError): boolean => error.message === message || error.message.endsWith(`: ${message}`);
    const at = this.#waiting.findIndex((error) =>
      task.file === undefined ? isOwn(error) : error.file === task.file && error.fileLine === task.fileLine,
    );
    const error = this.#waiting[at];
    if (error?.file === undefined || error.fileLine === undefined) return;
    this.#waiting.splice(at, 1);
    if (error.keyword !== undefined) result.keyword = error.keyword;
    tasks.place(task, error.file, error.fileLine);
  }

  #withinBounds(found: NewResult): Fields {
    this.#chars += found.chars;
    if (this.#chars <= MAX_FIELDS_CHARS) return found.fields;
    this.#gaps.add("slim");
    return slimmed(found.fields.fields);
  }
}

function isFailure(head: NewResult["head"]): boolean {
  return head.status === "failed" || head.status === "unreachable";
}
