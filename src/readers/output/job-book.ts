// The jobs of a log: polls, ends, launches and looks, joined by host and jid.

import { jidOf, numberOf, textOf } from "../../model/story.ts";
import type { LoggedJob, LoggedResult, Quote } from "../../model/story.ts";
import type { GapBook } from "./gap-book.ts";
import { MAX_JOBS, MAX_LIMITS, MAX_LOOKS_PER_JOB } from "./limits.ts";
import { safeName } from "./safe-text.ts";
import type { Mutable, Play, Task } from "./task-book.ts";

interface Entry {
  readonly job: Mutable<Omit<LoggedJob, "looks">> & { readonly looks: LoggedResult[] };
  /** The task was told by a result, not by the place of a poll. */
  certain: boolean;
  play: Play;
}

export interface AsyncLine {
  readonly what: "poll" | "ok" | "failed";
  readonly host: string;
  readonly jid: string;
  readonly quote: Quote;
}

export interface Around {
  /** The jids that the same task polled. */
  readonly polled: readonly string[];
  readonly play: Play;
  /** True where the log also shows the results that did not fail. */
  readonly verbose: boolean;
}

export class JobBook {
  readonly #gaps: GapBook;
  readonly #entries = new Map<string, Entry>();
  /** Per host, the jobs that were spoken of since its last result. */
  readonly #open = new Map<string, Entry[]>();
  readonly #limits = new Map<string, number>();

  constructor(gaps: GapBook) {
    this.#gaps = gaps;
  }

  line(line: AsyncLine, task: Task | undefined, play: Play): void {
    if (line.jid === "None" || line.jid === "") {
      this.#gaps.add("unnamed-job");
      return;
    }
    const entry = this.#entry(line.host, line.jid, play);
    if (entry === undefined) return;
    if (task !== undefined) entry.job.task ??= task;
    if (line.what === "poll") {
      entry.job.polls += 1;
      entry.job.firstPoll ??= line.quote;
      entry.job.lastPoll = line.quote;
    } else {
      entry.job.ended = { as: line.what, quote: line.quote };
    }
    const open = this.#open.get(line.host);
    if (open === undefined) this.#open.set(line.host, [entry]);
    else if (!open.includes(entry) && open.length < MAX_LOOKS_PER_JOB) open.push(entry);
  }

  /** A host gave a result of a task: what it polled before belongs to that task. */
  settle(host: string, task: Task): readonly string[] {
    const open = this.#open.get(host);
    if (open === undefined) return [];
    this.#open.delete(host);
    for (const entry of open) {
      entry.job.task = task;
      entry.certain = true;
    }
    return open.map((entry) => entry.job.jid);
  }

  /** A result that speaks of a job. */
  result(result: LoggedResult, around: Around): void {
    const jid = jidOf(result);
    if (jid === undefined || jid === "" || jid === "None") return;
    const entry = this.#entry(result.host, jid, around.play);
    if (entry === undefined) return;
    const kind = around.polled.includes(entry.job.jid) ? "end" : kindOf(result, entry, around.verbose);
    if (kind === "look") {
      addLook(entry.job.looks, result);
      return;
    }
    if (kind === "launch") entry.job.launch = result;
    if (!entry.certain) entry.job.task = result.task;
    entry.certain = true;
  }

  /** The limit of a wrapper. In: the jid as the wrapper gets it, without the part behind the dot. */
  limit(base: string, seconds: number): void {
    if (this.#limits.size < MAX_LIMITS) this.#limits.set(base, seconds);
  }

  finish(): readonly LoggedJob[] {
    return [...this.#entries.values()].map(({ job, certain, play }) => {
      const limitSeconds = this.#limits.get(job.jid.replace(/\.[^.]*$/, ""));
      const { task, ...rest } = job;
      return {
        ...rest,
        ...(task === undefined || (!certain && play.loose) ? {} : { task }),
        ...(limitSeconds === undefined ? {} : { limitSeconds }),
      };
    });
  }

  #entry(host: string, jid: string, play: Play): Entry | undefined {
    const key = `${host}\n${jid}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    if (this.#entries.size >= MAX_JOBS) {
      this.#gaps.add("jobs");
      return undefined;
    }
    const entry: Entry = { job: { host, jid: safeName(jid), polls: 0, looks: [] }, certain: false, play };
    this.#entries.set(key, entry);
    return entry;
  }
}

/** Keeps the first looks and the last. */
function addLook(looks: LoggedResult[], result: LoggedResult): void {
  if (looks.length >= MAX_LOOKS_PER_JOB) looks.pop();
  looks.push(result);
}

/**
 * A launch has no output yet; a status task has its `stdout` key even while the job runs, and `attempts` where it repeats.
 * The end of a polled task looks like the last look of a status task: where polls are not shown (JSON callbacks, the log file
 * that ansible writes itself) the action tells them apart, or that a verbose log would have shown the launch.
 */
function kindOf(result: LoggedResult, { job }: Entry, verbose: boolean): "launch" | "look" | "end" {
  const action = textOf(result, "action") ?? result.task.action;
  const isStatus = action === undefined ? undefined : /(?:^|\.)async_status$/.test(action);
  const running = numberOf(result, "started") === 1 && numberOf(result, "finished") === 0;
  const fresh = result.fields["attempts"] === undefined && result.fields["stdout"] === undefined;
  if (isStatus !== true && running && fresh && job.launch === undefined) return "launch";
  if (isStatus !== undefined) return isStatus ? "look" : "end";
  if (result.fields["async_result"] !== undefined) return "end";
  const known = job.launch !== undefined || job.polls > 0 || job.ended !== undefined;
  if (running || known || result.fields["attempts"] !== undefined || textOf(result, "msg") === "could not find job") return "look";
  return verbose ? "end" : "look";
}
