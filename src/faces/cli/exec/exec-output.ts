// What is seen of a command on hosts: each line as it comes, and at the end what became of it on each host.

import type { JobOutput } from "../../../engine/run/supervisor.ts";
import type { BridgeJob } from "../../../model/bridge-message.ts";
import { printable } from "../../../model/printable.ts";
import { PROBLEM_EXITS } from "../../../model/problem.ts";
import type { RunJob } from "../../../model/run.ts";
import { jobKey } from "../../../model/run.ts";
import { took } from "../durations.ts";
import { OutputLines } from "../jobs/output-lines.ts";
import { waitCommand } from "../run/closing.ts";
import type { Running } from "../run/running.ts";
import { openJobs } from "../run/run-text.ts";
import type { Style } from "../style.ts";
import { count } from "../style.ts";
import type { World } from "../world.ts";

/** Where lines of several hosts came between each other the last ones of each stand together at the end. */
const LINES_KEPT = 10;

interface Printed {
  readonly lines: OutputLines;
  readonly last: string[];
  count: number;
}

export interface ExecOutputOptions {
  readonly pattern: string;
  readonly isDetached: boolean;
  readonly style: Style;
}

export class ExecOutput {
  readonly #world: World;
  readonly #options: ExecOutputOptions;
  #isHushed = false;
  readonly #printed = new Map<string, Printed>();

  constructor(world: World, options: ExecOutputOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** Lines are only kept from now on. */
  hush(): void {
    this.#isHushed = true;
  }

  take({ screen }: Running, job: BridgeJob, { stream, text }: JobOutput): void {
    if (this.#options.isDetached) return;
    const key = jobKey(job);
    const printed: Printed = this.#printed.get(key) ?? { last: [], count: 0, lines: new OutputLines((line) => {
      printed.count += 1;
      printed.last.push(line);
      if (printed.last.length > LINES_KEPT) printed.last.shift();
      if (!this.#isHushed) screen.line(`${this.#options.style.dim(`${printable(job.host)} |`)} ${line}`);
    }) };
    this.#printed.set(key, printed);
    printed.lines.take(stream, text);
  }

  /** In: the run after its end, and ansible-playbook's exit code. Out: ours. */
  end(running: Running, code: number): number {
    const { out, err } = this.#world;
    const run = running.fold.run();
    for (const { lines } of this.#printed.values()) lines.end();
    const jobs = [...run.jobs.values()];
    if (jobs.length > 0) out("\n");
    for (const job of jobs) out(this.#endOf(job, jobs.length > 1));
    for (const { host, problem } of running.supervisor.unwatched()) err(`longhaul: ${printable(host)}: nothing was seen of the output (${printable(problem.message)}); -v shows it in Ansible's result\n`);
    const open = openJobs(run);
    if (this.#options.isDetached && open.length > 0) {
      err(`longhaul: ${open.length === 1 ? "it runs" : `${open.length} jobs run`} on; to come back:\n  longhaul attach ${running.record.id}\n  ${waitCommand(running.options, open)}\n`);
    }
    if (run.interrupted !== null) return INTERRUPTED;
    if (run.results.failed + run.results.unreachable > 0) return 1;
    if (code !== 0) return PROBLEM_EXITS["bad-usage"];
    if (jobs.length > 0) return 0;
    err(`longhaul: ${printable(this.#options.pattern)}: no host of the inventory is meant by that, so nothing was run; see -i and -l\n`);
    return PROBLEM_EXITS["bad-usage"];
  }

  #endOf(job: RunJob, isOneOfMany: boolean): string {
    const { style, isDetached } = this.#options;
    const host = style.bold(printable(job.host));
    if (job.endedAt === null) return `${host}  ${isDetached ? "started" : "no end was seen"}  ${printable(job.jid)}\n`;
    const word = job.state === "finished" ? job.state : style.bad(job.state);
    const rc = job.rc === null ? "" : `  rc ${job.rc}`;
    const time = job.durationSeconds === null ? "" : `  ${took(job.durationSeconds)}`;
    return `${host}  ${word}${rc}${time}\n${isOneOfMany ? this.#lastLines(jobKey(job)) : ""}`;
  }

  #lastLines(key: string): string {
    const { last, count: all } = this.#printed.get(key) ?? { last: [], count: 0 };
    const left = all - last.length;
    return [...(left > 0 ? [`… ${count(left, "line")} before`] : []), ...last].map((line) => `  ${line}\n`).join("");
  }
}

const INTERRUPTED = 130;
