// The duration of a job that was looked at on its host.

import type { Measurement } from "../../model/duration.ts";
import { endOfState, shapeOfCommand } from "../../model/duration.ts";
import type { JobReport } from "../../model/host.ts";
import type { JobState } from "../../model/job-state.ts";
import { secondsOfDelta } from "./of-story.ts";

export interface EndedJob {
  readonly host: string;
  readonly report: JobReport;
  readonly state: JobState;
}

/**
 * In: a job that has ended, the project it is counted to, when it was seen to have ended (seconds since 1970), and who saw it.
 * Out: its measurement; undefined where nothing tells how long it took.
 */
export function measurementOf({ host, report, state }: EndedJob, around: { readonly project: string; readonly at: number; readonly source: string }): Measurement | undefined {
  const end = endOfState(state);
  const seconds = secondsOfDelta(report.delta ?? undefined) ?? (state === "timed-out" ? (report.limit ?? undefined) : undefined);
  if (end === undefined || seconds === undefined) return undefined;
  return {
    work: { project: around.project, file: "", play: "", task: "", module: report.module ?? "", shape: report.cmd === null ? "" : shapeOfCommand(report.cmd) },
    host,
    jid: report.jid,
    seconds,
    end,
    ...(report.limit === null ? {} : { limitSeconds: report.limit }),
    at: around.at,
    source: around.source,
  };
}
