// Adds finished jobs to the history without ever getting in the way of the command that ran them.

import type { Measurement } from "../model/duration.ts";
import { Problem } from "../model/problem.ts";
import type { OpenHistory } from "./ports.ts";

/**
 * In: how to open the history, and the jobs that have ended. Out: undefined, or one line on why they were not kept; it is for standard
 * error, and no reason to fail.
 */
export async function keepDurations(openHistory: OpenHistory, measurements: readonly Measurement[]): Promise<string | undefined> {
  if (measurements.length === 0) return undefined;
  try {
    const history = await openHistory("write");
    try {
      history.add(measurements);
    } finally {
      history.close();
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return `${error.message}; the durations of this run are not kept`;
  }
}
