// What running jobs write, where they have a log beside the job file: its last line as it grows.

import type { HostLink } from "../../../engine/ports.ts";
import { Problem } from "../../../model/problem.ts";
import type { FoundJob } from "./found.ts";

export interface LogListener {
  readonly signal: AbortSignal;
  readonly says: (job: FoundJob, line: string) => void;
}

/** Each log that is followed costs the host a look five times a second. */
const LOGS_AT_MOST = 20;
const BEFORE_BYTES = 4096;

/** Follows the logs of some jobs of a host, as long as the link holds. */
export function lastLogLines(link: HostLink, jobs: ReadonlyMap<string, FoundJob>, listener: LogListener): void {
  const logged = [...jobs.values()].filter(({ report }) => report.log !== null).slice(0, LOGS_AT_MOST);
  for (const job of logged) void follow(link, job, listener);
}

async function follow(link: HostLink, job: FoundJob, { signal, says }: LogListener): Promise<void> {
  const { dir, jid } = job.report;
  try {
    for await (const event of link.request({ do: "tail", dir, jid, from: -BEFORE_BYTES })) {
      if (signal.aborted) return;
      const line = event.event === "output" && event.stream === "log" ? event.text.split(/[\r\n]+/).findLast((each) => each.trim() !== "") : undefined;
      if (line !== undefined) says(job, line.slice(-300));
    }
  } catch (problem) {
    // The wait over the same link says so.
    if (!(problem instanceof Problem)) throw problem;
  }
}
