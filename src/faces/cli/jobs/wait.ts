// `longhaul jobs wait`: until jobs have ended, however often the connections to their hosts are lost meanwhile.

import type { HostLink } from "../../../engine/ports.ts";
import type { JobName } from "../../../model/host.ts";
import { measurementOf } from "../../../engine/durations/of-report.ts";
import { keepDurations } from "../../../engine/keep-durations.ts";
import { isOpen } from "../../../model/job-state.ts";
import { printable } from "../../../model/printable.ts";
import { PROBLEM_EXITS, Problem } from "../../../model/problem.ts";
import { duration } from "../durations.ts";
import type { Footer } from "../footer.ts";
import { withFooter } from "../footer.ts";
import { projectRoot } from "../project-root.ts";
import { steadily } from "../steady.ts";
import { count } from "../style.ts";
import type { World } from "../world.ts";
import type { FoundJob } from "./found.ts";
import { judged, problemLine, searchJobs } from "./found.ts";
import { endLine } from "./jobs-text.ts";
import { lastLogLines } from "./log-lines.ts";
import type { JobsOptions } from "./wanted.ts";
import { isWanted, jobDocument, jsonText, missingLines, nameOf } from "./wanted.ts";
import type { WaitView } from "./wait-view.ts";
import { createWaitView } from "./wait-view.ts";

export interface WaitOptions extends JobsOptions {
  /** How long to wait at most; for ever if undefined. */
  readonly timeoutSeconds: number | undefined;
  /** Until the first has ended, instead of all. */
  readonly any: boolean;
  /** How long a host may be away. */
  readonly awaySeconds: number;
  /** What JSON says besides. */
  readonly about?: Readonly<Record<string, unknown>>;
  /** Is told each end, as it came out at last. */
  readonly onEnd?: (job: FoundJob) => void;
}

/** As timeout(1) has it: not ended is neither well nor wrong. */
const TIMED_OUT_EXIT = 124;

/** Tells each end as it comes. Out: 0 where all ended well, 1 where one did not, 124 where the time was over first, or the exit code of a problem. */
export async function waitForJobs(world: World, options: WaitOptions): Promise<number> {
  return withFooter(world, async (footer) => {
    const wait = new Wait(world, footer, options);
    const release = world.onInterrupt(() => wait.interrupted());
    try {
      return await wait.run();
    } finally {
      release();
    }
  });
}

class Wait {
  readonly #world: World;
  readonly #footer: Footer;
  readonly #options: WaitOptions;
  readonly #stop = new AbortController();
  readonly #view: WaitView;
  /** By name: all that are waited for, each as it was seen last. */
  readonly #jobs = new Map<string, FoundJob>();
  readonly #ended = new Set<string>();
  readonly #found: FoundJob[] = [];
  #isTimedOut = false;
  #exit = 0;

  constructor(world: World, footer: Footer, options: WaitOptions) {
    this.#world = world;
    this.#footer = footer;
    this.#options = options;
    const { timeoutSeconds } = options;
    const untilMs = timeoutSeconds === undefined ? undefined : world.clock.nowMs() + timeoutSeconds * 1000;
    this.#view = createWaitView(world, footer, { signal: this.#stop.signal, untilMs });
    if (timeoutSeconds !== undefined) void this.#timer(timeoutSeconds);
  }

  async run(): Promise<number> {
    const err = (text: string): void => this.#footer.print(text, "err");
    const search = searchJobs(this.#world, this.#options, {
      err,
      progress: (text) => this.#view.progress(text),
      use: async (jobs, link) => this.#onHost(jobs.filter((job) => isWanted(job, this.#options)), link),
    });
    const { exit, hosts } = await search;
    this.#stop.abort();
    this.#footer.stop();
    await this.#measure();
    const missing = missingLines(this.#options, this.#found, hosts);
    for (const line of missing) err(line);
    if (this.#options.jids.length === 0 && this.#options.namedOn === undefined && this.#jobs.size === 0 && hosts > 0) err(`longhaul: nothing ran on ${count(hosts, "host")}\n`);
    if (this.#isTimedOut) err(`longhaul: ${this.#left()} after ${duration(this.#options.timeoutSeconds ?? 0)}; wait again, or see them with longhaul jobs list\n`);
    if (this.#options.format === "json") this.#world.out(jsonText({ ...this.#options.about, timedOut: this.#isTimedOut, jobs: [...this.#jobs].map(([name, job]) => ({ ...jobDocument(job), ended: this.#ended.has(name) })) }));
    return Math.max(exit, this.#exit, missing.length > 0 ? 1 : 0, this.#isTimedOut ? TIMED_OUT_EXIT : 0);
  }

  /** The history learns how long it took what was waited for. */
  async #measure(): Promise<void> {
    const around = { project: projectRoot(this.#world), at: Date.now() / 1000, source: "jobs" };
    const ended = [...this.#jobs].flatMap(([name, job]) => (this.#ended.has(name) ? (measurementOf(job, around) ?? []) : []));
    const told = await keepDurations(this.#world.openHistory, ended);
    if (told !== undefined) this.#world.err(`longhaul: ${printable(told)}\n`);
  }

  interrupted(): void {
    this.#footer.stop();
    if (this.#jobs.size > this.#ended.size) this.#world.err(`longhaul: no longer waiting, ${this.#left()}; nothing was stopped on the hosts\n`);
  }

  #left(): string {
    const left = this.#jobs.size - this.#ended.size;
    return left === 1 ? "1 job has not ended" : `${left} jobs have not ended`;
  }

  async #timer(seconds: number): Promise<void> {
    await this.#world.clock.sleep(seconds * 1000, this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    this.#isTimedOut = true;
    this.#stop.abort();
  }

  async #onHost(wanted: readonly FoundJob[], link: HostLink): Promise<void> {
    this.#found.push(...wanted);
    const { jids, awaySeconds, namedOn } = this.#options;
    const open = new Map<string, FoundJob>();
    for (const job of jids.length === 0 && namedOn === undefined ? wanted.filter(({ state }) => isOpen(state)) : wanted) {
      open.set(nameOf(job), job);
      this.#jobs.set(nameOf(job), job);
      this.#view.runs(job);
    }
    if (open.size === 0) return;
    const note = (text: string): void => {
      this.#view.away(link.host, text.includes("trying again"));
      this.#footer.print(text, "err");
    };
    try {
      await steadily(link, { clock: this.#world.clock, awaySeconds, note, signal: this.#stop.signal }, async (now) => this.#follow(now, open));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#footer.print(problemLine(link.host, problem), "err");
      this.#exit = Math.max(this.#exit, PROBLEM_EXITS[problem.code]);
    }
  }

  /** Over one link, until all of them have ended. Throws Problem unreachable when it is lost. */
  async #follow(link: HostLink, open: Map<string, FoundJob>): Promise<void> {
    const names = [...open.values()].map(({ report: { dir, jid } }): JobName => ({ dir, jid }));
    const stop = new AbortController();
    if (this.#world.live !== undefined) lastLogLines(link, open, { signal: stop.signal, says: this.#view.says });
    try {
      for await (const event of link.request({ do: "wait", jobs: names })) {
        if (event.event === "error") throw new Problem("cannot-read", `${link.host}: the wait ended early: ${event.message}`);
        if (event.event === "job") this.#news(judged(link, event.job), { hasEnded: event.ended === true, open });
        if (this.#stop.signal.aborted) return;
      }
    } finally {
      stop.abort();
    }
  }

  #news(job: FoundJob, { hasEnded, open }: { readonly hasEnded: boolean; readonly open: Map<string, FoundJob> }): void {
    const name = nameOf(job);
    const before = open.get(name);
    if (before === undefined) return;
    if (!hasEnded) {
      if (before.report.path !== null && job.report.path === null) this.#footer.print(`longhaul: ${name}: its job file was removed; how it ends can no longer be known\n`, "err");
      open.set(name, job);
      this.#jobs.set(name, job);
      this.#view.runs(job);
      return;
    }
    open.delete(name);
    const ended = settled(job);
    this.#jobs.set(name, ended);
    this.#ended.add(name);
    this.#view.ended(job);
    if (ended.state !== "finished") this.#exit = Math.max(this.#exit, 1);
    if (this.#options.format === "text") this.#footer.print(endLine(ended));
    this.#options.onEnd?.(ended);
    if (this.#options.any) this.#stop.abort();
  }
}

/** A file that says running and is only a moment old counts as a start, unless the agent has looked twice and found nobody. */
function settled(job: FoundJob): FoundJob {
  if (!isOpen(job.state)) return job;
  return { ...job, state: "lost", because: ["the job file says that it runs", "no process of the wrapper lives: nobody will write a result"] };
}
