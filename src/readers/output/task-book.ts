// The plays and task headings of a log, and which of them a line belongs to.

import type { LoggedTask, Quote } from "../../model/story.ts";
import type { GapBook } from "./gap-book.ts";
import { MAX_DONE_HOSTS, MAX_TASKS } from "./limits.ts";
import { copied, safeName } from "./safe-text.ts";

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Task = Mutable<LoggedTask>;

/** A play as far as the order of its lines goes. */
export interface Play {
  readonly name?: string;
  /**
   * True once the log showed that lines may come before the heading they belong to: strategy free, or hosts that are not displayed.
   * Then only results, which come right after their heading, say what belongs where.
   */
  loose: boolean;
}

export interface Heading {
  /** `role : name` or `name`. */
  readonly name: string;
  readonly handler: boolean;
  readonly quote: Quote;
}

export class TaskBook {
  readonly tasks: Task[] = [];
  readonly #gaps: GapBook;
  #play: Play = { loose: false };
  #task: Task | undefined;
  /** Hosts that gave their result of the task under way. */
  #done = new Set<string>();

  constructor(gaps: GapBook) {
    this.#gaps = gaps;
  }

  get play(): Play {
    return this.#play;
  }

  get task(): Task | undefined {
    return this.#task;
  }

  startPlay(name: string): void {
    this.#play = name === "" ? { loose: false } : { name: safeName(name), loose: false };
    this.#task = undefined;
    this.#done.clear();
  }

  startTask(heading: Heading): Task {
    const split = /^([\w.\-/]{1,200}) : (.*)$/.exec(heading.name);
    const task: Task = {
      name: safeName(split?.[2] ?? heading.name),
      handler: heading.handler,
      heading: heading.quote,
      ...(split?.[1] === undefined ? {} : { role: copied(split[1]) }),
      ...(this.#play.name === undefined ? {} : { play: this.#play.name }),
    };
    if (this.tasks.length < MAX_TASKS) this.tasks.push(task);
    else this.#gaps.add("tasks");
    this.#task = task;
    this.#done.clear();
    return task;
  }

  /** The task under way; where the log shows no heading, a task without a name. */
  here(quote: () => Quote): Task {
    return this.#task ?? this.startTask({ name: "", handler: false, quote: quote() });
  }

  /** The task that a line belongs to which is no result: a poll or a retry of a host. Nothing where it cannot be told. */
  of(host: string): Task | undefined {
    // Both mean that headings come late: nothing of a task before its heading, nothing of a host after its result.
    if ((this.#task === undefined && this.#play.name !== undefined) || this.#done.has(host)) this.#play.loose = true;
    return this.#play.loose ? undefined : this.#task;
  }

  /** A host gave its result of the task under way. */
  finished(host: string): void {
    if (this.#done.size < MAX_DONE_HOSTS) this.#done.add(host);
  }

  /** Where the task stands, told by a line below its heading. */
  place(task: Task | undefined, file: string, line: number): void {
    if (task === undefined || task.file !== undefined) return;
    task.file = safeName(file);
    task.fileLine = line;
  }
}
