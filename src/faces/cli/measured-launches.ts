// What lint is told of earlier runs: nothing where no history is kept, and never a reason to fail.

import { normalize, join } from "node:path/posix";
import { summaryOf } from "../../engine/advise/bound.ts";
import { measuredIn } from "../../engine/advise/match.ts";
import { recommend } from "../../engine/advise/recommend.ts";
import { fileIn } from "../../engine/durations/of-story.ts";
import type { Project } from "../../model/playbook.ts";
import { printable } from "../../model/printable.ts";
import { Problem } from "../../model/problem.ts";
import { projectRoot } from "./project-root.ts";
import type { World } from "./world.ts";

/** Out: what was measured of each launch of this project; undefined where nothing was, or where the history cannot be read (one line says so). */
export async function measuredLaunches(world: World): Promise<Project["measured"]> {
  const project = projectRoot(world);
  try {
    const history = await world.openHistory("read");
    try {
      const measurements = history.read(project);
      if (measurements.length === 0) return undefined;
      const measured = measuredIn(measurements, (path) => fileIn(project, path.startsWith("/") ? path : normalize(join(world.directory, path))));
      return (task, flow) => launchOf(measured.of(task, flow).own);
    } finally {
      history.close();
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    world.err(`longhaul: ${printable(error.message)}; lint goes on without what was measured\n`);
    return undefined;
  }
}

function launchOf(own: Parameters<typeof recommend>[0]): ReturnType<NonNullable<Project["measured"]>> {
  const [summary, recommendation] = [summaryOf(own), recommend(own)];
  if (summary === undefined || recommendation === undefined) return undefined;
  return {
    runs: summary.count,
    longerThan: (seconds) => own.filter((run) => run.end === "finished" && run.seconds > seconds).length,
    maxSeconds: summary.max,
    limitSeconds: recommendation.limitSeconds,
  };
}
