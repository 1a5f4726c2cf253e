// The jobs that earlier runs of the same playbook have started and that may still run: what --reattach joins, or else warns of.

import { resolve } from "node:path/posix";
import type { KeptRuns } from "../../../engine/ports.ts";
import { inventoriesOf, playbooksOf } from "../../../engine/run/arguments.ts";
import type { EarlierJob } from "../../../engine/run/joiner.ts";
import { runOfJournal } from "../../../engine/run/journal.ts";
import { recentJournals } from "../../../engine/run/recent-journals.ts";
import type { Run } from "../../../model/run.ts";
import { jobKey } from "../../../model/run.ts";
import { readRunEvent } from "../../../model/run-event.ts";
import { openJobs } from "./run-text.ts";

interface Start {
  /** ansible-playbook's arguments. */
  readonly args: readonly string[];
  readonly directory: string;
}

/** Out: the open jobs of runs that did not end well, newest first. A journal that cannot be read has none. */
export function earlierJobs(runs: KeptRuns, start: Start): readonly EarlierJob[] {
  const same = sameness(start);
  const found = new Map<string, EarlierJob>();
  for (const { id, journal } of recentJournals(runs)) {
    const [line = ""] = journal.split("\n", 1);
    const first = readRunEvent(line);
    if (first?.type !== "run-started" || sameness({ args: first.argv.slice(1), directory: first.directory }) !== same) continue;
    const told = runOfJournal(journal);
    if (typeof told === "string" || !isCutOff(told.run, runs)) continue;
    for (const job of openJobs(told.run)) {
      const { host, jid, dir, key, limitSeconds, launchedAt } = job;
      const task = told.run.tasks.get(job.task)?.name ?? jid;
      // Joined by the next run, which was cut off too: it is the same job, of the first.
      if (key !== "") found.set(jobKey(job), { run: job.joined?.run ?? id, launchedAt, host, jid, dir, key, limitSeconds, task });
    }
  }
  return [...found.values()];
}

/** The same for runs of the same playbooks on the same inventories. */
function sameness({ args, directory }: Start): string {
  const isList = (inventory: string): boolean => inventory.includes(",");
  const inventories = inventoriesOf(args).map((each) => (isList(each) ? each : resolve(directory, each)));
  return JSON.stringify([playbooksOf(args).map((path) => resolve(directory, path)), inventories, inventories.length === 0 ? directory : ""]);
}

/** It did not come to its end by itself and well, and nobody looks after its jobs any more. */
function isCutOff({ ended, pid, startedAt }: Run, runs: KeptRuns): boolean {
  return ended === null ? !runs.lives(pid, startedAt) : ended.code !== 0;
}
