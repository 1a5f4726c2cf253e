// Counts the `FAILED - RETRYING` lines of each task on each host.

import type { LoggedRetries, LoggedTask, Quote } from "../../model/story.ts";
import type { GapBook } from "./gap-book.ts";
import { MAX_RETRIES } from "./limits.ts";
import { readLabel } from "./result-head.ts";
import { safeName } from "./safe-text.ts";
import type { Mutable, TaskBook } from "./task-book.ts";

const MARK = "FAILED - RETRYING: ";
const LEFT = / \((\d{1,9}) retries left\)\./g;

export interface RetryLine {
  /** "" in the form without a host, up to 2.10. */
  readonly host: string;
  readonly name: string;
  readonly left: number;
}

/** In: a line that begins with the mark. Out: what it says, or nothing. The verbose form has the result behind it. */
export function readRetry(line: string): RetryLine | undefined {
  const verbose = line.indexOf(" retries left).Result was: ");
  const told = verbose === -1 ? line.trimEnd() : line.slice(0, verbose + " retries left).".length);
  const last = [...told.slice(-200).matchAll(LEFT)].at(-1);
  if (last === undefined) return undefined;
  const body = told.slice(MARK.length, told.length - last[0].length);
  const bracket = body.startsWith("[") ? body.indexOf("]: ") : -1;
  const host = bracket === -1 ? "" : readLabel(body.slice(1, bracket)).host;
  return { host, name: safeName(bracket === -1 ? body : body.slice(bracket + 3)), left: Number(last[1]) };
}

interface Row {
  readonly retries: Mutable<LoggedRetries>;
  lastLeft: number;
}

export class RetryBook {
  readonly retries: LoggedRetries[] = [];
  readonly #gaps: GapBook;
  readonly #rows = new Map<string, Row>();

  constructor(gaps: GapBook) {
    this.#gaps = gaps;
  }

  line(line: RetryLine, tasks: TaskBook, quote: () => Quote): void {
    const key = `${line.host}\n${line.name}`;
    const row = this.#rows.get(key);
    const task = taskOf(line, tasks, quote);
    // An item of a loop begins anew with more retries left than the item before it had at its end: still the same task.
    const same = row !== undefined && (row.retries.task === task || row.lastLeft > line.left);
    if (same) {
      row.retries.count += 1;
      row.lastLeft = line.left;
      return;
    }
    if (this.retries.length >= MAX_RETRIES) {
      this.#gaps.add("retries");
      return;
    }
    const retries = { task, host: line.host, count: 1, firstLeft: line.left, first: quote() };
    this.retries.push(retries);
    this.#rows.set(key, { retries, lastLeft: line.left });
  }
}

/** The line names its task: the heading above it, unless the names differ or headings come late. */
function taskOf(line: RetryLine, tasks: TaskBook, quote: () => Quote): LoggedTask {
  const here = tasks.of(line.host);
  if (here !== undefined && (here.name === line.name || line.name === fullName(here) || here.name.includes("{{"))) return here;
  const known = tasks.tasks.slice(-50).findLast((task) => task.play === tasks.play.name && (task.name === line.name || fullName(task) === line.name));
  if (known !== undefined) return known;
  const play = tasks.play.name;
  return { name: line.name, handler: false, heading: quote(), ...(play === undefined ? {} : { play }) };
}

function fullName(task: LoggedTask): string {
  return task.role === undefined ? task.name : `${task.role} : ${task.name}`;
}
