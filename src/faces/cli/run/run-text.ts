// A run's jobs as a person reads them.

import { printable } from "../../../model/printable.ts";
import type { Run, RunJob } from "../../../model/run.ts";
import { jobKey } from "../../../model/run.ts";
import type { RunEvent } from "../../../model/run-event.ts";
import { duration } from "../durations.ts";

/** The line that an event is worth; undefined where it is worth none. */
export function eventLine(event: RunEvent, run: Run): string | undefined {
  switch (event.type) {
    case "playbook-started":
      return event.refused.length === 0 ? undefined : `ansible-core ${printable(event.core)} does not take all of the bridge (${printable(event.refused.join(", "))}); its own polling stays`;
    case "job-launched":
      return `${jobTitle(run, event)}: started, limit ${duration(event.limitSeconds)}`;
    case "job-seen":
      return event.state === "unknown" ? `${jobTitle(run, event)}: cannot be watched, Ansible polls it (${printable(event.because ?? "no reason given")})` : undefined;
    case "job-ended": {
      const rc = event.rc === null ? "" : `, rc ${event.rc}`;
      const after = event.durationSeconds === null ? "" : ` after ${duration(event.durationSeconds)}`;
      return `${jobTitle(run, event)}: ${event.state}${rc}${after}`;
    }
    case "run-started":
    case "play":
    case "task":
    case "result":
    case "diagnosed":
    case "interrupted":
    case "run-ended":
      return undefined;
  }
}

/** `web1: Compact the database` */
export function jobTitle(run: Run, place: { readonly host: string; readonly jid: string }): string {
  const job = run.jobs.get(jobKey(place));
  const name = job === undefined ? undefined : run.tasks.get(job.task)?.name;
  return `${printable(place.host)}: ${printable(name ?? place.jid)}`;
}

/** Jobs whose end nobody has seen. */
export function openJobs(run: Run): readonly RunJob[] {
  return [...run.jobs.values()].filter(({ endedAt }) => endedAt === null);
}

/** The lines of a footer. In: the run, the time in seconds since 1970, and the last line of each job's output. Out: one line for each job that runs. */
export function footerLines(run: Run, nowSeconds: number, lastLine: (key: string) => string): readonly string[] {
  return openJobs(run).map((job) => {
    const age = Math.max(0, nowSeconds - job.launchedAt);
    const left = job.limitSeconds - age;
    const time = `${duration(age)}${left > 0 ? `, ${duration(left)} left` : ", over its limit"}`;
    const last = job.state === "unknown" ? `cannot be watched: ${job.because ?? "no reason given"}` : lastLine(jobKey(job));
    return `${jobTitle(run, job)}  ${time}${last === "" ? "" : `  ${printable(last)}`}`;
  });
}
