// `longhaul jobs list` and `show`: the jobs on the hosts of an inventory, whoever started them.

import { createStyle, count } from "../style.ts";
import type { World } from "../world.ts";
import { earlierRuns, withEarlier } from "./earlier.ts";
import type { FoundJob } from "./found.ts";
import { inOrder, judged } from "./found.ts";
import { jobPage, jobsTable } from "./jobs-text.ts";
import { searchShown } from "./search-shown.ts";
import type { JobsOptions } from "./wanted.ts";
import { isWanted, jobDocument, jsonText, missingLines } from "./wanted.ts";

/** Prints a table of the jobs. Out: the exit code: 0, or that of a host that could not be looked at. */
export async function listJobs(world: World, options: JobsOptions): Promise<number> {
  const { jobs, exit, hosts } = await gathered(world, options);
  if (options.format === "json") world.out(jsonText({ jobs: jobs.map(jobDocument) }));
  else if (jobs.length === 0) world.out(`no jobs on ${count(hosts, "host")}\n`);
  else world.out(jobsTable(jobs, { columns: tableColumns(world), style: createStyle(world.color) }));
  return exit;
}

/** Prints everything known of the named jobs. Out: the exit code: 1 where one of them is nowhere. */
export async function showJobs(world: World, options: JobsOptions): Promise<number> {
  const { jobs, exit, hosts } = await gathered(world, options);
  if (options.format === "json") world.out(jsonText({ jobs: jobs.map(jobDocument) }));
  else for (const job of jobs) world.out(jobPage(job, { columns: world.columns, style: createStyle(world.color) }));
  const missing = missingLines(options, jobs, hosts);
  for (const line of missing) world.err(line);
  return Math.max(exit, missing.length > 0 ? 1 : 0);
}

/** Tables may be wider than texts. */
export function tableColumns(world: World): number {
  return world.live?.size().columns ?? world.columns;
}

async function gathered(world: World, options: JobsOptions): Promise<{ readonly jobs: readonly FoundJob[]; readonly exit: number; readonly hosts: number }> {
  const all: FoundJob[] = [];
  const earlier = earlierRuns(world);
  const { exit, hosts } = await searchShown(world, options, {
    use: async (jobs) => {
      for (const job of await withEarlier(jobs.filter((each) => isWanted(each, options)), earlier)) all.push(await detailed(job, options));
    },
  });
  return { jobs: inOrder(all), exit, hosts };
}

/** Of jobs that were asked for by name the whole result is fetched too. */
async function detailed(job: FoundJob, { jids }: JobsOptions): Promise<FoundJob> {
  if (jids.length === 0) return job;
  const { dir, jid } = job.report;
  for await (const event of job.link.request({ do: "show", dir, jid })) if (event.event === "job") return judged(job.link, event.job, job.earlier);
  return job;
}
