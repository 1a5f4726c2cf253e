// What to set for each async task: from what was measured of it, or by rules of thumb, which are said to be such.

import type { Measurement } from "../../model/duration.ts";
import { limitAbove, ownDurationOf } from "../../model/limits.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { isLaunch, isPolled, numberOf, pollSecondsOf } from "../../model/playbook.ts";
import { retriesFor, waitSecondsOf } from "../../model/repairs.ts";
import { summaryOf } from "./bound.ts";
import type { Kind } from "./kinds.ts";
import { KIND_POLLS_SECONDS, kindOf } from "./kinds.ts";
import type { Measured } from "./match.ts";
import type { Recommendation } from "./recommend.ts";
import { LIMIT_MIN_SECONDS, costOf, pollFor, recommend } from "./recommend.ts";

/** How long work takes by somebody's own word. */
export interface Expected {
  readonly seconds: number;
  /** Who says so: `--expect`, or the words of the command. */
  readonly from: string;
}

export interface Context {
  readonly measured: Measured;
  /** What somebody expects of a task; undefined where nobody said anything. */
  readonly expected: (task: Task) => Expected | undefined;
}

/** A status task that waits for the launch. */
export interface StatusAdvice {
  readonly task: Task;
  /** How long it waits now; undefined where only the run knows. */
  readonly waitSeconds: number | undefined;
  readonly retries: number;
  readonly delaySeconds: number;
}

interface Shared {
  readonly task: Task;
  readonly flow: Flow;
  /** `async` and `poll` as they are; undefined where only the run knows. */
  readonly limitNow: number | undefined;
  readonly pollNow: number | undefined;
  readonly polled: boolean;
  readonly statuses: readonly StatusAdvice[];
}

export interface MeasuredAdvice extends Shared {
  readonly basis: "measured";
  readonly runs: readonly Measurement[];
  /** Of the runs that ended; absent where none did. */
  readonly summary: ReturnType<typeof summaryOf>;
  readonly recommendation: Recommendation;
  readonly limitWanted: number;
  readonly pollWanted: number;
  /** Runs of the same name that ran another command, and do not count. */
  readonly others: number;
}

export interface RuleAdvice extends Shared {
  readonly basis: "rule of thumb";
  readonly kind: Kind | undefined;
  readonly expected: Expected | undefined;
  /** Three times what is expected; undefined where nobody expects anything. */
  readonly limitWanted: number | undefined;
  readonly pollWanted: number | undefined;
  readonly others: number;
}

export type Advice = MeasuredAdvice | RuleAdvice;

/** The rule of thumb for a limit. */
const TIMES_EXPECTED = 3;

/** In: one play. Out: advice for each task of it that starts a job, in order. */
export function adviceOf(flow: Flow, context: Context): readonly Advice[] {
  return flow.tasks.filter(isLaunch).map((task) => adviceFor(task, flow, context));
}

function adviceFor(task: Task, flow: Flow, { measured, expected }: Context): Advice {
  const { own, others } = measured.of(task, flow);
  const shared = { task, flow, limitNow: numberOf(task.asyncLimit), pollNow: pollSecondsOf(task), polled: isPolled(task), others };
  const recommendation = recommend(own);
  const asked = expected(task);
  if (recommendation !== undefined) {
    const { pollSeconds } = recommendation;
    // A command that sleeps for ten minutes by its own words was perhaps never left alone for that long.
    const limitSeconds = Math.max(recommendation.limitSeconds, limitAbove(ownDurationOf(task)?.atLeast ?? 0));
    const statuses = statusAdvice(flow, task, { limitSeconds, delaySeconds: pollSeconds });
    return { ...shared, basis: "measured", runs: own, summary: summaryOf(own), recommendation, limitWanted: limitSeconds, pollWanted: pollSeconds, statuses };
  }
  const said = asked ?? ownWords(task);
  const kind = kindOf(task);
  const limitWanted = said === undefined ? undefined : Math.max(LIMIT_MIN_SECONDS, limitAbove(said.seconds * TIMES_EXPECTED - 10));
  const pollWanted = kind !== undefined ? KIND_POLLS_SECONDS[kind] : said === undefined ? undefined : pollFor(said.seconds);
  const limitSeconds = limitWanted ?? shared.limitNow;
  const statuses = limitSeconds === undefined ? [] : statusAdvice(flow, task, { limitSeconds, delaySeconds: pollWanted });
  return { ...shared, basis: "rule of thumb", kind, expected: said, limitWanted, pollWanted, statuses };
}

function ownWords(task: Task): Expected | undefined {
  const own = ownDurationOf(task);
  return own === undefined || own.upTo <= 0 ? undefined : { seconds: own.upTo, from: `\`${own.words}\`` };
}

function statusAdvice(flow: Flow, task: Task, wanted: { readonly limitSeconds: number; readonly delaySeconds: number | undefined }): readonly StatusAdvice[] {
  return flow.pairs.filter(({ launch, status }) => launch === task && status.until.length > 0).map(({ status }) => {
    const delaySeconds = wanted.delaySeconds ?? numberOf(status.delay) ?? 5;
    return { task: status, waitSeconds: waitSecondsOf(status), delaySeconds, retries: retriesFor(wanted.limitSeconds, delaySeconds) };
  });
}

/** A limit more than this many times the advised one is more than is needed. */
const TOO_LARGE = 3;
/** Fewer runs are no reason to lower anything. */
const RUNS_TO_LOWER = 5;

export type LimitVerdict = "unknown" | "too short" | "below advice" | "fits" | "larger than needed";

/** What the limit is worth: `too short` where a measured run would have been cut off, `below advice` where the next might be. */
export function limitVerdict(advice: Advice): LimitVerdict {
  const { limitNow, limitWanted } = advice;
  if (limitNow === undefined || limitWanted === undefined) return "unknown";
  if (advice.basis === "measured" && advice.summary !== undefined && limitNow < advice.summary.max) return "too short";
  if (limitNow < limitWanted) return "below advice";
  const lowers = advice.basis === "measured" && (advice.summary?.count ?? 0) >= RUNS_TO_LOWER;
  return lowers && limitNow > limitWanted * TOO_LARGE ? "larger than needed" : "fits";
}

/** A poll that costs more than twice as much as the advised one, in CPU seconds and seconds of waiting together. */
export function isPollDear(advice: Advice): boolean {
  const { pollNow, pollWanted, polled } = advice;
  if (!polled || pollNow === undefined || pollWanted === undefined) return false;
  if (advice.basis !== "measured" || advice.summary === undefined) return false;
  const cost = (poll: number): number => {
    const { cpuSeconds, lateSeconds } = costOf(advice.summary?.p50 ?? 0, poll);
    return cpuSeconds + lateSeconds;
  };
  return cost(pollNow) > 2 * cost(pollWanted) && Math.abs(pollNow - pollWanted) > 1;
}
