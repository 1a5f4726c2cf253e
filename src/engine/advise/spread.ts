// The statistics of durations: mean and spread of their logarithms, with jobs that were cut short counted as "at least that long".

import type { Observation } from "../../model/duration.ts";

/** A duration as a logarithm; `ended` is false where it is only a lower bound. */
export interface Point {
  readonly value: number;
  readonly ended: boolean;
}

export interface Fit {
  readonly mean: number;
  readonly deviation: number;
  /** Degrees of freedom of the deviation. */
  readonly freedom: number;
  readonly count: number;
}

/**
 * What a spread is taken for before anything is known of it, and how many measurements that is worth. A factor of about 1.3 from
 * run to run; bench/advise.ts shows what other values do.
 */
const PRIOR_DEVIATION = 0.25;
const PRIOR_FREEDOM = 4;
/** Below half a second a duration says more about the machine than about the work. */
const FLOOR_SECONDS = 0.5;
const ROUNDS = 30;

export function pointOf({ seconds, end }: Observation): Point {
  return { value: Math.log(Math.max(FLOOR_SECONDS, seconds)), ended: end === "finished" };
}

/** Mean and spread of points, some of which are lower bounds: those are replaced by what is to be expected beyond them, until nothing moves. */
export function fitOf(points: readonly Point[]): Fit {
  const ended = points.filter((point) => point.ended).map((point) => point.value);
  const start = ended.length > 0 ? ended : points.map((point) => point.value);
  let mean = meanOf(start);
  let deviation = shrunk(start, mean);
  if (ended.length === points.length) return { mean, deviation, freedom: PRIOR_FREEDOM + points.length - 1, count: points.length };
  for (let round = 0; round < ROUNDS; round += 1) {
    const [at, spread] = [mean, deviation];
    const filled = points.map((point) => (point.ended ? { value: point.value, variance: 0 } : beyond(point.value, at, spread)));
    mean = meanOf(filled.map(({ value }) => value));
    deviation = shrunk(filled.map(({ value }) => value), mean, filled.reduce((sum, { variance }) => sum + variance, 0));
  }
  return { mean, deviation, freedom: PRIOR_FREEDOM + Math.max(0, ended.length - 1), count: points.length };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The spread, drawn towards what it is taken for beforehand: two equal runs are no proof that there is none. */
function shrunk(values: readonly number[], mean: number, more = 0): number {
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, more);
  return Math.sqrt((PRIOR_FREEDOM * PRIOR_DEVIATION ** 2 + squares) / (PRIOR_FREEDOM + values.length - 1));
}

/** Mean and variance of a normal value that is known to be above a bound. */
function beyond(bound: number, mean: number, deviation: number): { readonly value: number; readonly variance: number } {
  const at = (bound - mean) / deviation;
  const hazard = at > 6 ? at + 1 / at : density(at) / above(at);
  return { value: mean + deviation * hazard, variance: Math.max(0, deviation ** 2 * (1 + at * hazard - hazard ** 2)) };
}

function density(at: number): number {
  return Math.exp(-(at ** 2) / 2) / Math.sqrt(2 * Math.PI);
}

/** The part of a normal distribution above a value (Abramowitz and Stegun 26.2.17; error below 1e-7). */
function above(at: number): number {
  if (at < 0) return 1 - above(-at);
  const t = 1 / (1 + 0.2316419 * at);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return density(at) * series;
}

/** Student's t at 0.995, by degrees of freedom. */
const STUDENT: readonly (readonly [freedom: number, value: number])[] = [
  [3, 5.841], [4, 4.604], [5, 4.032], [6, 3.707], [7, 3.499], [8, 3.355], [10, 3.169], [12, 3.055], [15, 2.947], [20, 2.845], [30, 2.75], [60, 2.66], [Infinity, 2.576],
];

/** How many deviations above the mean 199 of 200 next runs stay below. */
function reach(freedom: number): number {
  const at = STUDENT.findIndex(([each]) => each >= freedom);
  const [upper, lower] = [STUDENT[at], STUDENT[at - 1]];
  if (upper === undefined || lower === undefined) return upper?.[1] ?? 2.576;
  // Nearly linear in 1/freedom.
  const part = (1 / lower[0] - 1 / freedom) / (1 / lower[0] - 1 / upper[0]);
  return lower[1] + (upper[1] - lower[1]) * part;
}

/** In: a fit. Out: the value that 199 of 200 next runs stay below, as far as the measured ones tell. */
export function upperOf({ mean, deviation, freedom, count }: Fit): number {
  return mean + reach(freedom) * deviation * Math.sqrt(1 + 1 / count);
}

/** In: sorted numbers, at least one, and 0 to 1. Out: the value there, between neighbours where it falls between them. */
export function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? 0;
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at - Math.floor(at));
}
