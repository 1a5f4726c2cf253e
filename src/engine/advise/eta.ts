// How long a job that runs will still take, and whether it has become unusually long: for the foot of `run`, `jobs` and `exec`.

import type { Observation } from "../../model/duration.ts";
import { boundOf, endedSeconds } from "./bound.ts";
import { quantile } from "./spread.ts";

export interface Eta {
  /** How many ended runs this rests on. */
  readonly count: number;
  /** The median of what is left, among runs that took longer than this one has by now; absent where none did. */
  readonly remainingSeconds?: number;
  /** From here on the run is longer than hardly any is. */
  readonly unusualAfterSeconds: number;
  readonly isUnusual: boolean;
}

/** In: what was measured of the same work, and how long this job runs by now. Out: undefined where nothing of it ever ended. */
export function etaOf(observations: readonly Observation[], elapsedSeconds: number): Eta | undefined {
  const sorted = endedSeconds(observations);
  const bound = boundOf(observations);
  if (sorted.length === 0 || bound === undefined) return undefined;
  const longer = sorted.filter((seconds) => seconds > elapsedSeconds);
  return {
    count: sorted.length,
    ...(longer.length === 0 ? {} : { remainingSeconds: quantile(longer, 0.5) - elapsedSeconds }),
    unusualAfterSeconds: bound.seconds,
    isUnusual: elapsedSeconds > bound.seconds,
  };
}
