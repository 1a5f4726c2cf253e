// How long the next run may take: a bound from what was measured, with few runs, long tails, growth, hosts that differ, and runs cut short.

import type { Observation } from "../../model/duration.ts";
import type { Fit, Point } from "./spread.ts";
import { fitOf, pointOf, quantile, upperOf } from "./spread.ts";

export interface Bound {
  /** Hardly any next run takes longer. */
  readonly seconds: number;
  /** What decided: the spread of all runs, their growth over time, a host that is slower than others, the longest run, one that was stopped at its limit, or that none ever ended. */
  readonly because: "spread" | "growth" | "host" | "longest" | "cut-short" | "never-ended";
  /** The host that decided. */
  readonly host?: string;
  /** Where some hosts are clearly slower than the rest: which, and what is enough for the others. */
  readonly slow?: { readonly hosts: readonly string[]; readonly othersSeconds: number };
  /** With growth: by how much of itself the work grew over the days that were measured; 0.1 is a tenth. */
  readonly growth?: { readonly part: number; readonly days: number };
}

/** More runs than these say nothing new of the next one. */
const RUNS_MAX = 400;
/** A change in the last runs is not to be drowned by the many before. */
const RECENT_RUNS = 12;
/** Above the longest run that was ever seen, at least this much. */
const ABOVE_LONGEST = 1.25;
/** Above a run that was cut short: nobody knows how much is missing. */
export const ABOVE_CUT = 2;
/** Runs that have nothing to do with each other give any number: above the longest of them, at most this much. */
const ABOVE_EVERYTHING = 8;
/** Nothing ever ended: as the rule of thumb has it, three times. */
const ABOVE_NEVER_ENDED = 3;
const GROWTH_RUNS_MIN = 8;
/** Slower hosts are told apart from this factor between the slowest of the others and the fastest of them on. */
const SLOWER_TIMES = 2;
/** A slope this many times its own error is no chance. */
const SLOPE_MIN = 3;
/** A bound is to hold for a while: a quarter of the time that was looked at, at most 90 days. */
const AHEAD = 0.25;
const AHEAD_MAX_SECONDS = 90 * 86_400;
/** What changes within hours is no growth. */
const GROWTH_SECONDS_MIN = 2 * 86_400;

/** In: measured runs, in any order. Out: the bound, or undefined for none. */
export function boundOf(observations: readonly Observation[]): Bound | undefined {
  const runs = observations.toSorted((a, b) => a.at - b.at).slice(-RUNS_MAX);
  if (runs.length === 0) return undefined;
  const ended = runs.filter(({ end }) => end === "finished");
  if (ended.length === 0) {
    return { seconds: ABOVE_NEVER_ENDED * Math.max(...runs.map(({ seconds }) => seconds)), because: "never-ended" };
  }
  const longest = Math.max(...ended.map(({ seconds }) => seconds)) * ABOVE_LONGEST;
  // A job that failed early would not have taken long; one that was stopped at its limit is known to have needed more.
  const cut = Math.max(0, ...runs.filter(({ end }) => end === "timed-out").map(({ seconds }) => seconds)) * ABOVE_CUT;
  const spread = bySpread(runs);
  const bounds: readonly Bound[] = [spread, ...byGrowth(runs), { seconds: longest, because: "longest" }, { seconds: cut, because: "cut-short" }];
  const highest = bounds.reduce((a, b) => (b.seconds > a.seconds ? b : a));
  // What grows does so on every host: nobody knows what would then be enough for some.
  const slow = highest.because === "growth" ? undefined : spread.slow;
  return { ...highest, ...(slow === undefined ? {} : { slow }), seconds: Math.min(highest.seconds, ABOVE_EVERYTHING * Math.max(longest, cut)) };
}

/** The spread of all runs and of the last ones; where hosts differ more than their runs do, of each host by itself. */
function bySpread(runs: readonly Observation[]): Bound {
  const all = runs.map(pointOf);
  const apart = byHost(runs, fitOf(all));
  if (apart !== undefined) return apart;
  const upper = Math.max(upperOf(fitOf(all)), upperOf(fitOf(all.slice(-RECENT_RUNS))));
  return { seconds: Math.exp(upper), because: "spread" };
}

/** Hosts with two runs each can be told apart. */
function byHost(runs: readonly Observation[], whole: Fit): Bound | undefined {
  const groups = [...Map.groupBy(runs, ({ host }) => host)].map(([host, own]) => ({ host, points: own.map(pointOf), fit: fitOf(own.map(pointOf)) }));
  if (groups.length < 2 || groups.some(({ points }) => points.length < 2)) return undefined;
  const within = fitOf(groups.flatMap(({ points, fit }) => points.map((point): Point => ({ value: point.value - fit.mean, ended: point.ended }))));
  // The spread between hosts has to be the larger part, or there is nothing to tell apart.
  if (within.deviation > whole.deviation * 0.6) return undefined;
  const freedom = Math.max(3, within.freedom - groups.length);
  const uppers = groups.map(({ host, points, fit }) => ({ host, mean: fit.mean, upper: upperOf({ mean: fit.mean, deviation: within.deviation, freedom, count: points.length }) }));
  const slow = slowerThanTheRest(uppers, runs);
  const [slowest] = uppers.toSorted((a, b) => b.upper - a.upper);
  return slowest === undefined ? undefined : { seconds: Math.exp(slowest.upper), because: "host", host: slowest.host, ...(slow === undefined ? {} : { slow }) };
}

/** The hosts above the widest gap, where that is wide enough. What is enough for the others is found as for all. */
function slowerThanTheRest(hosts: readonly { readonly host: string; readonly mean: number; readonly upper: number }[], runs: readonly Observation[]): Bound["slow"] {
  const sorted = hosts.toSorted((a, b) => a.mean - b.mean);
  const gaps = sorted.slice(1).map(({ mean }, at) => ({ at: at + 1, gap: mean - (sorted[at]?.mean ?? mean) }));
  const [widest] = gaps.toSorted((a, b) => b.gap - a.gap);
  if (widest === undefined || widest.gap < Math.log(SLOWER_TIMES)) return undefined;
  const [others, slow] = [sorted.slice(0, widest.at), sorted.slice(widest.at)];
  const names = new Set(others.map(({ host }) => host));
  const own = runs.filter(({ host }) => names.has(host));
  const spread = Math.exp(Math.max(...others.map(({ upper }) => upper)));
  return { hosts: slow.map(({ host }) => host).toSorted(), othersSeconds: Math.max(spread, boundOf(own)?.seconds ?? 0) };
}

/** A straight line through the logarithms over time, where it rises beyond doubt. */
function byGrowth(runs: readonly Observation[]): readonly Bound[] {
  const ended = runs.filter(({ end }) => end === "finished");
  const [first, last] = [ended[0]?.at ?? 0, ended.at(-1)?.at ?? 0];
  if (ended.length < GROWTH_RUNS_MIN || last - first < GROWTH_SECONDS_MIN) return [];
  const line = lineThrough(ended.map((run) => ({ x: run.at - first, y: pointOf(run).value })));
  if (line === undefined || line.slope < SLOPE_MIN * line.error) return [];
  const fit = fitOf(ended.map((run) => ({ value: pointOf(run).value - line.slope * (run.at - first), ended: true })));
  const ahead = last - first + Math.min(AHEAD_MAX_SECONDS, (last - first) * AHEAD);
  const seconds = Math.exp(upperOf(fit) + line.slope * ahead);
  return [{ seconds, because: "growth", growth: { part: Math.expm1(line.slope * (last - first)), days: (last - first) / 86_400 } }];
}

function lineThrough(points: readonly { readonly x: number; readonly y: number }[]): { readonly slope: number; readonly error: number } | undefined {
  const middle = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x0, y0] = [middle(points.map(({ x }) => x)), middle(points.map(({ y }) => y))];
  const spread = points.reduce((sum, { x }) => sum + (x - x0) ** 2, 0);
  if (spread === 0) return undefined;
  const slope = points.reduce((sum, { x, y }) => sum + (x - x0) * (y - y0), 0) / spread;
  const rest = points.reduce((sum, { x, y }) => sum + (y - y0 - slope * (x - x0)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / Math.max(1, points.length - 2) / spread) };
}

/** Seconds of the runs that ended, sorted. */
export function endedSeconds(observations: readonly Observation[]): readonly number[] {
  return observations.filter(({ end }) => end === "finished").map(({ seconds }) => seconds).toSorted((a, b) => a - b);
}

/** The usual numbers of the runs that ended; undefined where none did. */
export function summaryOf(observations: readonly Observation[]): { readonly count: number; readonly p50: number; readonly p95: number; readonly max: number } | undefined {
  const sorted = endedSeconds(observations);
  if (sorted.length === 0) return undefined;
  return { count: sorted.length, p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), max: sorted.at(-1) ?? 0 };
}
