// `longhaul jobs`: the jobs on the hosts of an inventory, whoever started them.

import type { JobState } from "../../../model/job-state.ts";
import { isOpen } from "../../../model/job-state.ts";
import { printable } from "../../../model/printable.ts";
import { Problem } from "../../../model/problem.ts";
import { count, createStyle } from "../style.ts";
import type { World } from "../world.ts";
import type { FoundJob, Search } from "./found.ts";
import { inOrder, judged, withJobs } from "./found.ts";
import { jobPage, jobsTable } from "./jobs-text.ts";

export interface JobsOptions extends Search {
  readonly format: "text" | "json";
  /** Only jobs in these states; none: all. */
  readonly states: readonly JobState[];
  /** Only jobs with these ids, with or without the process id after the dot; none: all. */
  readonly jids: readonly string[];
}

/** Prints a table of the jobs. Out: the exit code: 0, or that of a host that could not be looked at. */
export async function listJobs(world: World, options: JobsOptions): Promise<number> {
  const { jobs, exit, hosts } = await gathered(world, options);
  if (options.format === "json") world.out(json(jobs));
  else if (jobs.length === 0) world.out(`no jobs on ${count(hosts, "host")}\n`);
  else world.out(jobsTable(jobs, { columns: world.columns, style: createStyle(world.color) }));
  return exit;
}

/** Prints everything known of the named jobs. Out: the exit code: 1 where one of them is nowhere. */
export async function showJobs(world: World, options: JobsOptions): Promise<number> {
  const { jobs, exit, hosts } = await gathered(world, options);
  if (options.format === "json") world.out(json(jobs));
  else for (const job of jobs) world.out(jobPage(job, { columns: world.columns, style: createStyle(world.color) }));
  return Math.max(exit, missing(world, options, { jobs, hosts }));
}

/** Waits until the jobs have ended, and tells each end as it comes. Out: 0 where all ended well, else 1, or the exit code of a problem. */
export async function waitForJobs(world: World, options: JobsOptions): Promise<number> {
  const found: FoundJob[] = [];
  let hosts = 0;
  let failed = false;
  const exit = await withJobs(world, options, async (jobs) => {
    hosts += 1;
    const wanted = jobs.filter((job) => isWanted(job, options));
    found.push(...wanted);
    const open = options.jids.length === 0 ? wanted.filter(({ state }) => isOpen(state)) : wanted;
    for (const ended of await endsOf(open, (job) => world.out(endLine(job)))) failed ||= ended.state !== "finished";
  });
  const absent = missing(world, options, { jobs: found, hosts });
  if (options.jids.length === 0 && found.every(({ state }) => !isOpen(state))) world.err(`longhaul: nothing ran on ${count(hosts, "host")}\n`);
  return Math.max(exit, absent, failed ? 1 : 0);
}

/** In: jobs of one host. Out: each as it was when it had ended; told as they end. */
async function endsOf(jobs: readonly FoundJob[], tell: (job: FoundJob) => void): Promise<readonly FoundJob[]> {
  const [first] = jobs;
  if (first === undefined) return [];
  const ended = new Map<string, FoundJob>();
  // A watcher that is alone for a moment may still write the result: lost is only said when the agent has given up.
  const lost = new Map<string, FoundJob>();
  for await (const event of first.link.request({ do: "wait", jobs: jobs.map(({ report: { dir, jid } }) => ({ dir, jid })) })) {
    if (event.event === "error") throw new Problem("unreachable", `${first.host}: the wait ended early: ${event.message}`);
    if (event.event !== "job") continue;
    const job = judged(first.link, event.job);
    const key = `${event.job.dir}/${event.job.jid}`;
    lost.delete(key);
    if (isOpen(job.state) || ended.has(key)) continue;
    if (job.state === "lost") lost.set(key, job);
    else {
      ended.set(key, job);
      tell(job);
    }
  }
  for (const job of lost.values()) tell(job);
  return [...ended.values(), ...lost.values()];
}

function endLine({ host, state, report }: FoundJob): string {
  const rc = report.rc === null ? "" : ` rc ${report.rc}`;
  const last = report.stdout_last ?? report.msg ?? "";
  return `${printable(host)}  ${printable(report.jid)}  ${state}${rc}${last === "" ? "" : `  ${printable(last)}`}\n`;
}

async function gathered(world: World, options: JobsOptions): Promise<{ readonly jobs: readonly FoundJob[]; readonly exit: number; readonly hosts: number }> {
  const all: FoundJob[] = [];
  let hosts = 0;
  const exit = await withJobs(world, options, async (jobs) => {
    hosts += 1;
    for (const job of jobs.filter((each) => isWanted(each, options))) all.push(await detailed(job, options));
  });
  return { jobs: inOrder(all), exit, hosts };
}

/** Of jobs that were asked for by name the whole result is fetched too. */
async function detailed(job: FoundJob, { jids }: JobsOptions): Promise<FoundJob> {
  if (jids.length === 0) return job;
  const { dir, jid } = job.report;
  for await (const event of job.link.request({ do: "show", dir, jid })) if (event.event === "job") return judged(job.link, event.job);
  return job;
}

function isWanted({ report, state }: FoundJob, { jids, states }: JobsOptions): boolean {
  const isNamed = jids.length === 0 || jids.some((jid) => jid === report.jid || jid.split(".")[0] === report.jid.split(".")[0]);
  return isNamed && (states.length === 0 || states.includes(state));
}

/** Says which of the named jobs are on none of the hosts. Out: 1 where there is such a one. */
function missing(world: World, { jids }: JobsOptions, { jobs, hosts }: { readonly jobs: readonly FoundJob[]; readonly hosts: number }): number {
  const gone = jids.filter((jid) => !jobs.some(({ report }) => report.jid.split(".")[0] === jid.split(".")[0]));
  for (const jid of gone) world.err(`longhaul: ${printable(jid)}: no such job on ${count(hosts, "host")}; look in other homes with --all-users -b, in other directories with --dir\n`);
  return gone.length > 0 ? 1 : 0;
}

function json(jobs: readonly FoundJob[]): string {
  const documents = jobs.map(({ host, state, because, ageSeconds, report }) => ({ host, state, because, ageSeconds: ageSeconds ?? null, ...report }));
  return `${JSON.stringify({ schema: 1, jobs: documents }, null, 2)}\n`;
}
