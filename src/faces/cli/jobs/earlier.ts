// What earlier runs tell of the jobs on hosts: how long those that run will still take, and whether one has become unusually long.
// A job is known by the run of longhaul that started it, else by its command; where neither tells which work it is, nothing is said.

import { isSameWork, nameOf } from "../../../engine/advise/groups.ts";
import { measuredOfCommand } from "../../../engine/advise/of-command.ts";
import { workOfTask } from "../../../engine/durations/of-run.ts";
import type { KeptRuns } from "../../../engine/ports.ts";
import { runOfJournal } from "../../../engine/run/journal.ts";
import { recentJournals } from "../../../engine/run/recent-journals.ts";
import type { Measurement } from "../../../model/duration.ts";
import { isOpen } from "../../../model/job-state.ts";
import { Problem } from "../../../model/problem.ts";
import type { Run } from "../../../model/run.ts";
import { jobKey } from "../../../model/run.ts";
import { readRunEvent } from "../../../model/run-event.ts";
import { measurementsKept } from "../measurements-kept.ts";
import { projectRoot } from "../project-root.ts";
import type { World } from "../world.ts";
import type { Earlier, FoundJob } from "./found.ts";
import { programOf } from "./found.ts";

/** Out: undefined where nothing is known of the work of that job, and for one that has ended. */
export type EarlierOf = (job: FoundJob) => Promise<Earlier | undefined>;

/** Reads history and journals when the first job that runs asks, and once. What cannot be read tells nothing. */
export function earlierRuns(world: World): EarlierOf {
  let books: Promise<Books | undefined> | undefined;
  return async (job) => {
    if (!isOpen(job.state)) return undefined;
    books ??= openBooks(world);
    const open = await books;
    if (open === undefined) return undefined;
    const own = byRun(open, job) ?? byCommand(open, job);
    const [first] = own;
    return first === undefined ? undefined : { name: nameOf(first.work), measurements: own };
  };
}

/** In: jobs. Out: the same, with what earlier runs tell of each. */
export async function withEarlier(jobs: readonly FoundJob[], of: EarlierOf): Promise<readonly FoundJob[]> {
  return Promise.all(jobs.map(async (job) => {
    const earlier = await of(job);
    return earlier === undefined ? job : { ...job, earlier };
  }));
}

interface Books {
  readonly measurements: readonly Measurement[];
  /** The project here. */
  readonly project: string;
  /** The run that launched a job, by `jobKey`. */
  readonly runOf: (key: string) => Run | undefined;
}

async function openBooks(world: World): Promise<Books | undefined> {
  const measurements = await measurementsKept(world);
  if (measurements.length === 0) return undefined;
  return { measurements, project: projectRoot(world), runOf: launchesIn(await world.runs()) };
}

function launchesIn(runs: KeptRuns): Books["runOf"] {
  const journals = new Map<string, string>();
  try {
    for (const { journal } of recentJournals(runs)) {
      for (const line of journal.split("\n")) {
        const event = line.includes('"job-launched"') ? readRunEvent(line) : undefined;
        if (event?.type === "job-launched") journals.set(jobKey(event), journal);
      }
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
  return (key) => {
    const told = runOfJournal(journals.get(key) ?? "");
    return typeof told === "string" ? undefined : told.run;
  };
}

/** Out: undefined where no run of longhaul started it. */
function byRun({ measurements, runOf }: Books, { host, report }: FoundJob): readonly Measurement[] | undefined {
  const key = jobKey({ host, jid: report.jid });
  const run = runOf(key);
  const launched = run?.jobs.get(key);
  if (run === undefined || launched === undefined) return undefined;
  const projects = [...new Set(measurements.map(({ work }) => work.project))].filter((each) => `${run.directory}/`.startsWith(`${each}/`));
  const [project] = projects.toSorted((a, b) => b.length - a.length);
  return project === undefined ? [] : measurements.filter(({ work }) => isSameWork(work, workOfTask(run, launched, project)));
}

function byCommand({ measurements, project }: Books, { report }: FoundJob): readonly Measurement[] {
  return measuredOfCommand(measurements.filter(({ work }) => work.project === project), programOf(report)?.argv ?? "");
}
