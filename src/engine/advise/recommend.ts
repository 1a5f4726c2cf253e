// Numbers for a task: the limit, and how often to look.

import type { Observation } from "../../model/duration.ts";
import { limitAbove } from "../../model/limits.ts";
import { retriesFor } from "../../model/repairs.ts";
import type { Bound } from "./bound.ts";
import { boundOf, summaryOf } from "./bound.ts";

export interface Recommendation {
  readonly limitSeconds: number;
  readonly pollSeconds: number;
  /** For the task that waits for a detached job, with `pollSeconds` as its delay. */
  readonly retries: number;
  readonly bound: Bound;
  /** Where some hosts are clearly slower, and a limit of their own is worth it: which, and the limit that is enough for the others. */
  readonly slow?: { readonly hosts: readonly string[]; readonly othersLimitSeconds: number };
  /** The smallest limit under which every measured run would have ended well on every core; absent where none has ended. */
  readonly heldSeconds?: number;
}

/** A limit costs nothing while jobs end; below this a busy host alone may use it up. */
export const LIMIT_MIN_SECONDS = 30;

/** Two limits instead of one are worth the trouble where the smaller is at most half. */
const WORTH_A_LIMIT = 2;

/** In: what was measured of one task. Out: undefined for nothing. */
export function recommend(observations: readonly Observation[]): Recommendation | undefined {
  const bound = boundOf(observations);
  if (bound === undefined) return undefined;
  const summary = summaryOf(observations);
  const limitSeconds = Math.max(LIMIT_MIN_SECONDS, limitAbove(bound.seconds));
  const pollSeconds = pollFor(summary?.p50 ?? bound.seconds);
  const others = bound.slow === undefined ? limitSeconds : Math.max(LIMIT_MIN_SECONDS, limitAbove(bound.slow.othersSeconds));
  return {
    limitSeconds,
    pollSeconds,
    retries: retriesFor(limitSeconds, pollSeconds),
    bound,
    ...(bound.slow !== undefined && others * WORTH_A_LIMIT <= limitSeconds ? { slow: { hosts: bound.slow.hosts, othersLimitSeconds: others } } : {}),
    ...(summary === undefined ? {} : { heldSeconds: limitAbove(summary.max) }),
  };
}

/** CPU seconds of the host for one look by Ansible: Python and the module are started for it (measured on 2.14 with pipelining). */
const LOOK_CPU_SECONDS = 0.14;
const POLLS_SECONDS = [1, 2, 3, 5, 10, 15, 20, 30, 60] as const;

/**
 * The poll that costs least for work that takes so long: a second of the host's CPU counts as much as a second that Ansible notices the end
 * late. Looks cost `duration / poll x 0.14 s`, and the end is seen `poll / 2` late on average: the sum is least at the root of 0.28 x duration.
 */
export function pollFor(seconds: number): number {
  const best = Math.sqrt(2 * LOOK_CPU_SECONDS * seconds);
  const distance = (poll: number): number => Math.abs(Math.log(poll / Math.max(best, 0.5)));
  return POLLS_SECONDS.reduce((nearest, poll) => (distance(poll) < distance(nearest) ? poll : nearest));
}

/** What a poll costs for work that takes so long: looks, their CPU seconds on the host, and how late the end is seen on average. */
export function costOf(seconds: number, pollSeconds: number): { readonly looks: number; readonly cpuSeconds: number; readonly lateSeconds: number } {
  const looks = Math.ceil(seconds / pollSeconds);
  return { looks, cpuSeconds: looks * LOOK_CPU_SECONDS, lateSeconds: pollSeconds / 2 };
}
