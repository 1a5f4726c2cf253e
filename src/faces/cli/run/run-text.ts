// A run's jobs as a person reads them.

import { printable } from "../../../model/printable.ts";
import type { Run, RunJob } from "../../../model/run.ts";
import { jobKey } from "../../../model/run.ts";
import type { RunEvent } from "../../../model/run-event.ts";

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

/** 42 is "42s", 4000 is "1h06m". Two units at most. */
function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  const units: readonly (readonly [number, string])[] = [[86_400, "d"], [3600, "h"], [60, "m"], [1, "s"]];
  const at = units.findIndex(([size]) => whole >= size);
  const [[size, unit] = [1, "s"], [smaller, name] = [1, "s"]] = units.slice(at, at + 2);
  return `${Math.floor(whole / size)}${unit}${String(Math.floor((whole % size) / smaller)).padStart(2, "0")}${name}`;
}
