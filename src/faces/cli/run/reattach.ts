// What a run has to do with jobs of earlier ones: joins them where that is wanted, and else says that it starts them a second time.

import type { KeptRuns, RunRecord, RunWorld } from "../../../engine/ports.ts";
import type { EarlierJob } from "../../../engine/run/joiner.ts";
import { Joiner } from "../../../engine/run/joiner.ts";
import { printable } from "../../../model/printable.ts";
import { Problem } from "../../../model/problem.ts";
import type { Run } from "../../../model/run.ts";
import { jobKey } from "../../../model/run.ts";
import type { RunEvent } from "../../../model/run-event.ts";
import { duration } from "../durations.ts";
import { count } from "../style.ts";
import type { World } from "../world.ts";
import { earlierJobs } from "./earlier.ts";
import { jobTitle } from "./run-text.ts";
import type { RunOptions } from "./running.ts";

export interface Reattach {
  /** Says what is started a second time. */
  readonly warn: () => void;
  readonly joiner: Joiner;
  /** For ansible-playbook. */
  readonly environment: (record: RunRecord) => Readonly<Record<string, string>>;
  /** Tells of a job that is joined, also where jobs are not told of; writes its end into the journal of the run that has launched it, too. */
  readonly see: (event: RunEvent, run: Run) => void;
}

/** In: how to tell something at any time. */
export async function reattach(world: World, around: RunWorld, { options, note }: { readonly options: RunOptions; readonly note: (text: string) => void }): Promise<Reattach> {
  const runs = await world.runs();
  const earlier = options.own === undefined ? found(runs, { args: options.args, directory: world.directory }) : [];
  const jobs = options.isReattach === true ? earlier : [];
  const salt = around.saltPath();
  const say = (job: EarlierJob, state: string): void => note(`${title(job)}: job ${printable(job.jid)} of run ${printable(job.run)} has ended: ${state}; started anew`);
  return {
    warn: () => {
      if (options.isReattach !== true) warn(earlier, around.timer.now(), note);
    },
    joiner: new Joiner({ openHost: around.openHost, jobs, say }),
    environment: (record) => ({
      ...(salt === undefined ? {} : { LONGHAUL_SALT: salt }),
      ...(jobs.length === 0 ? {} : { LONGHAUL_REATTACH: record.keep("reattach.json", JSON.stringify(jobs.map(({ key }) => key))) }),
    }),
    see: (event, run) => {
      const joined = event.type === "job-launched" || event.type === "job-ended" ? run.jobs.get(jobKey(event))?.joined : undefined;
      if (joined === undefined || joined === null) return;
      if (event.type === "job-ended") return keepEnd(runs, { run: joined.run, event, note });
      if (event.type === "job-launched") note(`${jobTitle(run, event)}: joined job ${printable(event.jid)} of run ${printable(joined.run)}, which has run ${duration(Math.max(0, event.at - joined.launchedAt))}`);
    },
  };
}

function keepEnd(runs: KeptRuns, { run, event, note }: { readonly run: string; readonly event: RunEvent; readonly note: (text: string) => void }): void {
  try {
    const record = runs.reopen(run);
    record.append(event);
    record.close();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    note(`run ${printable(run)} does not learn how its job ended: ${printable(problem.message)}`);
  }
}

function found(runs: KeptRuns, start: Parameters<typeof earlierJobs>[1]): readonly EarlierJob[] {
  try {
    return earlierJobs(runs, start);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    // No run that was kept can be read: creating this one tells why.
    return [];
  }
}

/** The watcher of a job ends it so soon after its limit. */
const END_SECONDS = 30;

function warn(jobs: readonly EarlierJob[], now: number, note: (text: string) => void): void {
  const may = jobs.filter(({ launchedAt, limitSeconds }) => launchedAt + limitSeconds + END_SECONDS > now);
  const [first] = may;
  if (first === undefined) return;
  const more = may.length > 1 ? ` and ${count(may.length - 1, "other")}` : "";
  note(`${title(first)} (run ${printable(first.run)}, ${duration(now - first.launchedAt)} ago)${more} may still run, and ${may.length > 1 ? "are" : "is"} started a second time; --reattach joins ${may.length > 1 ? "them" : "it"} instead`);
}

function title({ host, task }: EarlierJob): string {
  return `${printable(host)}: ${printable(task)}`;
}
