// The durations of the jobs of a run that longhaul supervised, from its journal.

import type { JobEnd, Measurement, Work } from "../../model/duration.ts";
import { endOfState } from "../../model/duration.ts";
import type { Run, RunJob } from "../../model/run.ts";
import { isExecPlaybook } from "../../model/run.ts";
import { moduleName } from "../../readers/playbook/keywords.ts";
import { fileIn } from "./of-story.ts";

/** In: a run and the project it is counted to. Out: a measurement for each job whose end was seen. */
export function measurementsOfRun(run: Run, project: string): readonly Measurement[] {
  return [...run.jobs.values()].flatMap((job) => {
    const end = job.state === "unknown" ? undefined : endOfState(job.state);
    return end === undefined || job.durationSeconds === null || job.endedAt === null ? [] : [measurement(run, job, { project, end, seconds: job.durationSeconds, at: job.endedAt })];
  });
}

function measurement(run: Run, job: RunJob, { project, end, seconds, at }: { readonly project: string; readonly end: JobEnd; readonly seconds: number; readonly at: number }): Measurement {
  return {
    work: workOfTask(run, job, project),
    host: job.host,
    jid: job.jid,
    seconds,
    end,
    limitSeconds: job.limitSeconds,
    pollSeconds: job.pollSeconds,
    at,
    source: "run",
  };
}

/** The work of a job of a run, as it is called in the history. */
export function workOfTask(run: Run, job: Pick<RunJob, "task">, project: string): Work {
  const task = run.tasks.get(job.task);
  const path = (task?.path ?? "").replace(/:\d+$/, "");
  const play = run.plays.find((each) => each.play === task?.play);
  return {
    project,
    // Each `longhaul exec` has a file of its own; its work is the same under the same name.
    file: isExecPlaybook(run, path) ? "longhaul exec" : fileIn(project, path),
    play: play?.name ?? "",
    // As Ansible prints it in its headings a role stands before the name.
    task: task?.name.replace(/^[\w.-]+ : /, "") ?? "",
    module: moduleName(task?.action ?? ""),
    shape: "",
  };
}
