// What the history has, for those who do without where it cannot be read: whoever is about the history itself says so.

import type { Measurement } from "../../model/duration.ts";
import { Problem } from "../../model/problem.ts";
import type { World } from "./world.ts";

/** In: a project; without one, all. Out: oldest first; [] where nothing is kept or it cannot be read. */
export async function measurementsKept(world: Pick<World, "openHistory">, project?: string): Promise<readonly Measurement[]> {
  try {
    const history = await world.openHistory("read");
    try {
      return history.read(project);
    } finally {
      history.close();
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [];
  }
}
