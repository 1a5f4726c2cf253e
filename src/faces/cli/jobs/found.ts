// The jobs of many hosts, each with its state and what says so.

import type { HostLink, HostsRequest } from "../../../engine/ports.ts";
import type { JobReport } from "../../../model/host.ts";
import type { JobState } from "../../../model/job-state.ts";
import { stateOf } from "../../../model/job-state.ts";
import { printable } from "../../../model/printable.ts";
import { PROBLEM_EXITS, Problem } from "../../../model/problem.ts";
import type { World } from "../world.ts";

export interface FoundJob {
  readonly host: string;
  readonly link: HostLink;
  readonly report: JobReport;
  readonly state: JobState;
  readonly because: readonly string[];
  /** Seconds since the job file was made, or since the first process began. */
  readonly ageSeconds: number | undefined;
}

export interface Search {
  readonly hosts: HostsRequest;
  /** Async dirs to look in; without them that of the inventory, or ~/.ansible_async. */
  readonly directories: readonly string[];
  readonly allUsers: boolean;
}

const DEFAULT_DIRECTORY = "~/.ansible_async";

/**
 * Looks for jobs on all hosts at once, hands them on, and closes every link at the end.
 * In: where to look, and what to do with a host's jobs once they are known. Out: the exit code so far: 0, or that of the worst
 * problem, each of which is told on standard error with its host.
 */
export async function withJobs(world: World, search: Search, use: (jobs: readonly FoundJob[]) => Promise<void>): Promise<number> {
  let exit = 0;
  const told = (host: string, problem: Problem): void => {
    const text = printable(problem.message);
    world.err(`longhaul: ${text.startsWith(host) ? text : `${host}: ${text}`}\n`);
    exit = Math.max(exit, PROBLEM_EXITS[problem.code]);
  };
  const work: Promise<void>[] = [];
  for await (const opened of world.openHosts(search.hosts)) {
    if ("problem" in opened) told(opened.host, opened.problem);
    else work.push(onHost(opened.link, { search, use, told }));
  }
  await Promise.all(work);
  return exit;
}

interface Errand {
  readonly search: Search;
  readonly use: (jobs: readonly FoundJob[]) => Promise<void>;
  readonly told: (host: string, problem: Problem) => void;
}

async function onHost(link: HostLink, { search, use, told }: Errand): Promise<void> {
  try {
    const jobs: FoundJob[] = [];
    const directories = search.directories.length > 0 ? search.directories : [link.asyncDir ?? DEFAULT_DIRECTORY];
    for await (const event of link.request({ do: "list", dirs: directories, all_users: search.allUsers })) {
      if (event.event === "job") jobs.push(judged(link, event.job));
      if (event.event === "error") told(link.host, new Problem("cannot-read", `${link.host}: ${event.message}`));
    }
    await use(jobs);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    told(link.host, problem);
  } finally {
    await link.close();
  }
}

/** In: what an agent says of a job. Out: with its state. */
export function judged(link: HostLink, report: JobReport): FoundJob {
  const now = link.now();
  const { state, because } = stateOf(report, link.ready, now);
  const begins = report.processes.flatMap(({ start }) => start ?? []);
  const since = begins.length > 0 ? Math.min(...begins) : report.mtime;
  return { host: link.host, link, report, state, because, ageSeconds: since === null ? undefined : Math.max(0, now - since) };
}

/** Worst first among hosts in their order: what runs, then what went wrong, then the rest by age. */
export function inOrder(jobs: readonly FoundJob[]): readonly FoundJob[] {
  const rank: readonly JobState[] = ["running", "starting", "lost", "killed", "timed-out", "failed", "unreadable", "absent", "finished"];
  return jobs.toSorted((a, b) => (a.host < b.host ? -1 : Number(a.host > b.host)) || rank.indexOf(a.state) - rank.indexOf(b.state) || (a.ageSeconds ?? 0) - (b.ageSeconds ?? 0));
}
