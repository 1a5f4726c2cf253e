// What earlier runs tell of a job that runs, in a few words.

import type { Eta } from "../../engine/advise/eta.ts";
import { duration } from "./durations.ts";

export function etaText({ isUnusual, remainingSeconds }: Eta): string {
  if (isUnusual) return "unusually long";
  return remainingSeconds === undefined ? "longer than ever" : `about ${duration(remainingSeconds)} to go`;
}
