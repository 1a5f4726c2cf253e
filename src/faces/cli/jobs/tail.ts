// `longhaul jobs tail`: what jobs have printed, and with -f what they print until they end, however often the connection is lost meanwhile.

import type { HostLink } from "../../../engine/ports.ts";
import type { AgentEvent } from "../../../model/host.ts";
import { isOpen } from "../../../model/job-state.ts";
import { printable } from "../../../model/printable.ts";
import { PROBLEM_EXITS, Problem } from "../../../model/problem.ts";
import { steadily } from "../steady.ts";
import { count, createStyle } from "../style.ts";
import type { World } from "../world.ts";
import type { FoundJob } from "./found.ts";
import { inOrder, judged, problemLine } from "./found.ts";
import { OutputLines } from "./output-lines.ts";
import { searchShown } from "./search-shown.ts";
import type { JobsOptions } from "./wanted.ts";
import { isWanted, missingLines, nameOf } from "./wanted.ts";

export interface TailOptions extends JobsOptions {
  readonly follow: boolean;
  /** How many last lines to begin with. */
  readonly lines: number;
  /** How long a host may be away. */
  readonly awaySeconds: number;
}

type Output = Extract<AgentEvent, { readonly event: "output" }>;

/** Out: 0, 1 where a job is nowhere, or the exit code of a problem. */
export async function tailJobs(world: World, options: TailOptions): Promise<number> {
  const found: FoundJob[] = [];
  let worst = 0;
  const { exit, hosts } = await searchShown(world, options, {
    use: async (jobs) => {
      found.push(...jobs.filter((job) => isWanted(job, options) && (options.jids.length > 0 || options.states.length > 0 || isOpen(job.state))));
      await Promise.resolve();
    },
    atLast: async () => {
      const tails = inOrder(found).map((job) => new Tail(world, job, { ...options, isNamed: found.length > 1 }));
      const byHost = Map.groupBy(tails, ({ job }) => job.link);
      const followHost = async ([link, own]: readonly [HostLink, readonly Tail[]]): Promise<void> => {
        worst = Math.max(worst, await hostTails(world, link, { tails: own, options }));
      };
      if (options.follow) await Promise.all([...byHost].map(followHost));
      else for (const each of byHost) await followHost(each);
    },
  });
  const missing = missingLines(options, found, hosts);
  for (const line of missing) world.err(line);
  if (found.length === 0 && options.jids.length === 0 && hosts > 0) world.err(`longhaul: nothing runs on ${count(hosts, "host")}; name a job to see what it has printed\n`);
  return Math.max(exit, worst, missing.length > 0 ? 1 : 0);
}

/** All tails of one host, side by side while they follow, else one after the other. */
async function hostTails(world: World, link: HostLink, { tails, options }: { readonly tails: readonly Tail[]; readonly options: TailOptions }): Promise<number> {
  const patience = { clock: world.clock, awaySeconds: options.awaySeconds, note: world.err, signal: new AbortController().signal };
  try {
    await steadily(link, patience, async (now) => {
      const open = tails.filter(({ isOver }) => !isOver);
      if (options.follow) await Promise.all(open.map(async (tail) => tail.over(now)));
      else for (const tail of open) await tail.over(now);
    });
    return 0;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    world.err(problemLine(link.host, problem));
    return PROBLEM_EXITS[problem.code];
  }
}

class Tail {
  readonly job: FoundJob;
  isOver = false;
  readonly #world: World;
  readonly #options: TailOptions;
  readonly #lines: OutputLines;
  /** By stream: up to where it has been printed, in bytes. */
  readonly #seen: Partial<Record<Output["stream"], number>> = {};
  /** Of the log: the place of that. */
  #place: string | undefined;
  #isNoted = false;

  constructor(world: World, job: FoundJob, options: TailOptions & { readonly isNamed: boolean }) {
    this.#world = world;
    this.job = job;
    this.#options = options;
    const prefix = options.isNamed ? `${createStyle(world.color).dim(nameOf(job))}  ` : "";
    this.#lines = new OutputLines((line, stream) => world[stream === "stderr" ? "err" : "out"](`${prefix}${line}\n`));
  }

  /** Over one link, from where it was left. Throws Problem unreachable when the link is lost. */
  async over(link: HostLink): Promise<void> {
    const { dir, jid } = this.job.report;
    const { follow, lines } = this.#options;
    const from = this.#seen.log ?? this.#seen.stdout;
    const begin = from === undefined ? { from: 0, lines } : { from, ...(this.#place === undefined ? {} : { place: this.#place }) };
    for await (const event of link.request({ do: "tail", dir, jid, ...begin, follow })) {
      if (event.event === "output") this.#print(event);
      if (event.event === "note") this.#note(event.text);
      if (event.event === "error") throw new Problem("cannot-read", `${nameOf(this.job)}: ${event.message}`);
    }
    this.#lines.end();
    this.isOver = true;
    await this.#tellEnd(link);
  }

  #print(event: Output): void {
    const { stream, text, offset, place } = event;
    this.#place = place;
    // A stream of a result begins anew after a lost link, and has been printed so far already. A log goes on.
    if (stream !== "log" && offset <= (this.#seen[stream] ?? -1)) return;
    this.#seen[stream] = offset;
    if (this.#options.format === "json") this.#world.out(`${JSON.stringify({ host: this.job.host, jid: this.job.report.jid, stream, text, offset })}\n`);
    else this.#lines.take(stream, text);
  }

  #note(text: string): void {
    if (!this.#isNoted) this.#world.err(`longhaul: ${nameOf(this.job)}: ${printable(text)}\n`);
    this.#isNoted = true;
  }

  /** Of a job that was followed how it ended; of one without output that there is none. */
  async #tellEnd(link: HostLink): Promise<void> {
    const isSilent = Object.keys(this.#seen).length === 0 && !this.#isNoted;
    if (!this.#options.follow && !isSilent) return;
    const { dir, jid } = this.job.report;
    for await (const event of link.request({ do: "show", dir, jid })) {
      if (event.event !== "job") continue;
      const { state, report } = judged(link, event.job);
      this.#world.err(`longhaul: ${nameOf(this.job)}: ${isSilent ? "no output; " : ""}${state}${report.rc === null ? "" : ` rc ${report.rc}`}\n`);
    }
  }
}
