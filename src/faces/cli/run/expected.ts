// What earlier runs tell of a job that runs: how long it will still take, and whether it has become unusually long.

import type { Eta } from "../../../engine/advise/eta.ts";
import { etaOf } from "../../../engine/advise/eta.ts";
import { isSameWork } from "../../../engine/advise/groups.ts";
import { workOfTask } from "../../../engine/durations/of-run.ts";
import type { Measurement } from "../../../model/duration.ts";
import type { Run, RunJob } from "../../../model/run.ts";
import { measurementsKept } from "../measurements-kept.ts";
import { projectRoot } from "../project-root.ts";
import type { World } from "../world.ts";

/** In: a run, a job of it and how long that runs by now. Out: undefined where no run of the same task ever ended. */
export type Expected = (run: Run, job: RunJob, ageSeconds: number) => Eta | undefined;

/** Reads the history once. One that cannot be read tells nothing: the end of the run says so, when it cannot be added to either. */
export async function expectedFromHistory(world: World): Promise<Expected> {
  const project = projectRoot(world);
  const measurements = await measurementsKept(world, project);
  if (measurements.length === 0) return () => undefined;
  const byTask = new Map<string, readonly Measurement[]>();
  return (run, job, ageSeconds) => {
    const own = byTask.get(job.task) ?? measurements.filter(({ work }) => isSameWork(work, workOfTask(run, job, project)));
    byTask.set(job.task, own);
    return etaOf(own, ageSeconds);
  };
}
