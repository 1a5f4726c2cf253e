// A run's jobs as a person reads them.

import { printable } from "../../../model/printable.ts";
import type { Run, RunJob } from "../../../model/run.ts";
import { jobKey } from "../../../model/run.ts";
import type { RunEvent } from "../../../model/run-event.ts";
import { duration } from "../durations.ts";
import { etaText } from "../eta-text.ts";
import type { Expected } from "./expected.ts";

/** The line that an event is worth; undefined where it is worth none. */
export function eventLine(event: RunEvent, run: Run): string | undefined {
  switch (event.type) {
    case "playbook-started":
      return event.refused.length === 0 ? undefined : `ansible-core ${printable(event.core)} does not take all of the bridge (${printable(event.refused.join(", "))}); its own polling stays`;
    case "job-launched":
      // Told by whoever has joined it.
      return event.joined !== null && event.joined !== undefined ? undefined : `${jobTitle(run, event)}: started, limit ${duration(event.limitSeconds)}`;
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

/** What is told of jobs besides their run: the last line of a job's output, and what earlier runs say. */
export interface Told {
  readonly lastLine: (key: string) => string;
  readonly expected: Expected;
}

/** The lines of a footer. In: the run, the time in seconds since 1970, and what else is told. Out: one line for each job that runs. */
export function footerLines(run: Run, nowSeconds: number, { lastLine, expected }: Told): readonly string[] {
  return openJobs(run).map((job) => {
    const age = Math.max(0, nowSeconds - job.launchedAt);
    const left = job.limitSeconds - age;
    const eta = expected(run, job, age);
    const usual = eta === undefined ? "" : `, ${etaText(eta)}`;
    const limit = left <= 0 ? "over its limit" : eta === undefined ? `${duration(left)} left` : `limit in ${duration(left)}`;
    const time = `${duration(age)}${usual}, ${limit}`;
    const last = job.state === "unknown" ? `cannot be watched: ${job.because ?? "no reason given"}` : lastLine(jobKey(job));
    return `${jobTitle(run, job)}  ${time}${last === "" ? "" : `  ${printable(last)}`}`;
  });
}
