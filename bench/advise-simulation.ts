// Made-up histories whose truth is known: how often would the next run have failed under a rule's limit, and how long would a hung job go unnoticed?

import type { Chance } from "./chance.ts";
import { chanceFrom } from "./chance.ts";
import { recommend } from "../src/engine/advise/recommend.ts";
import { endedSeconds } from "../src/engine/advise/bound.ts";
import type { Observation } from "../src/model/duration.ts";

function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
}

export interface Scenario {
  readonly name: string;
  /** In: chance. Out: a history, and a run that comes after it. */
  readonly draw: (chance: Chance) => { readonly history: readonly Observation[]; readonly nextSeconds: number; readonly nextHost?: string };
}

const TYPICAL_SECONDS = 300;
const DAY_SECONDS = 86_400;

function run(index: number, seconds: number, more: Partial<Observation> = {}): Observation {
  return { seconds, end: "finished", at: index * DAY_SECONDS, host: "a", ...more };
}

/** Runs whose logarithm is spread like a bell, times what `shift` says of their number. */
function spread(name: string, { runs, deviation, shift = () => 1, ahead = 0 }: { readonly runs: number; readonly deviation: number; readonly shift?: (index: number) => number; readonly ahead?: number }): Scenario {
  const draw = (chance: Chance, index: number): number => TYPICAL_SECONDS * Math.exp(deviation * normal(chance)) * shift(index);
  return {
    name,
    draw: (chance) => ({ history: Array.from({ length: runs }, (_, index) => run(index, draw(chance, index))), nextSeconds: draw(chance, runs + ahead) }),
  };
}

const lockWait = (chance: Chance): number => (chance() < 0.05 ? 3 + 7 * chance() : 1);

export const SCENARIOS: readonly Scenario[] = [
  spread("steady, 20 runs", { runs: 20, deviation: 0.1 }),
  spread("varying, 20 runs", { runs: 20, deviation: 0.4 }),
  spread("long tail, 30 runs", { runs: 30, deviation: 0.9 }),
  {
    name: "now and then a lock is waited for, 40 runs",
    draw: (chance) => {
      const draw = (): number => TYPICAL_SECONDS * Math.exp(0.2 * normal(chance)) * lockWait(chance);
      return { history: Array.from({ length: 40 }, (_, index) => run(index, draw())), nextSeconds: draw() };
    },
  },
  spread("1 run", { runs: 1, deviation: 0.4 }),
  spread("3 runs", { runs: 3, deviation: 0.4 }),
  spread("5 runs, long tail", { runs: 5, deviation: 0.7 }),
  spread("grows by 4 % a run, 40 runs, 10 more to come", { runs: 40, deviation: 0.15, shift: (index) => 1.04 ** index, ahead: 10 }),
  spread("four times as long since 4 of 30 runs", { runs: 30, deviation: 0.15, shift: (index) => (index >= 26 ? 4 : 1) }),
  {
    name: "10 hosts, 2 of them six times slower, 5 runs each",
    draw: (chance) => {
      const draw = (host: number): number => TYPICAL_SECONDS * Math.exp(0.15 * normal(chance)) * (host < 2 ? 6 : 1);
      const history = Array.from({ length: 50 }, (_, index) => run(Math.floor(index / 10), draw(index % 10), { host: String(index % 10) }));
      const next = Math.floor(chance() * 10);
      return { history, nextSeconds: draw(next), nextHost: String(next) };
    },
  },
  {
    name: "a limit cut every third run short, 20 runs",
    draw: (chance) => {
      const limit = TYPICAL_SECONDS * Math.exp(0.5 * 0.43);
      const draw = (): number => TYPICAL_SECONDS * Math.exp(0.5 * normal(chance));
      const history = Array.from({ length: 20 }, (_, index) => {
        const seconds = draw();
        return seconds > limit ? run(index, limit, { end: "timed-out" }) : run(index, seconds);
      });
      return { history, nextSeconds: draw() };
    },
  },
  {
    name: "every fifth run fails half-way, 20 runs",
    draw: (chance) => {
      const draw = (): number => TYPICAL_SECONDS * Math.exp(0.3 * normal(chance));
      const history = Array.from({ length: 20 }, (_, index) => (index % 5 === 4 ? run(index, draw() * chance(), { end: "failed" }) : run(index, draw())));
      return { history, nextSeconds: draw() };
    },
  },
];

/** In: what was measured, and the host of the next run. Out: a limit in seconds. */
type Rule = (history: readonly Observation[], nextHost?: string) => number;

function median(history: readonly Observation[]): number {
  const sorted = endedSeconds(history);
  const all = sorted.length > 0 ? sorted : history.map(({ seconds }) => seconds);
  return all[Math.floor(all.length / 2)] ?? 0;
}

type RuleName = "3 x median" | "3 x max" | "longhaul" | "longhaul, by host";

const RULES: Readonly<Record<RuleName, Rule>> = {
  "3 x median": (history) => 3 * median(history),
  "3 x max": (history) => 3 * Math.max(...(endedSeconds(history).length > 0 ? endedSeconds(history) : history.map(({ seconds }) => seconds))),
  longhaul: (history) => recommend(history)?.limitSeconds ?? 0,
  // What it proposes where some hosts are clearly slower.
  "longhaul, by host": (history, nextHost) => {
    const advised = recommend(history);
    const isSlow = advised?.slow === undefined || nextHost === undefined || advised.slow.hosts.includes(nextHost);
    return (isSlow ? advised?.limitSeconds : advised.slow?.othersLimitSeconds) ?? 0;
  },
};

export interface Score {
  /** Part of the next runs that the limit would have killed. */
  readonly failed: number;
  /** Mean limit over what the next run took in the middle: how many times the usual duration a hung job goes unnoticed. */
  readonly limit: number;
}

const TRIALS = 3_000;

/** In: a scenario and a seed. Out: the score of each rule, and of the multiple of the median that wastes as much as longhaul does. */
export function scoresOf(scenario: Scenario, seed: number, trials: number = TRIALS): Readonly<Record<RuleName | "as wasteful", Score>> & { readonly multiple: number } {
  const chance = chanceFrom(seed);
  const draws = Array.from({ length: trials }, () => scenario.draw(chance));
  const usual = draws.map(({ nextSeconds }) => nextSeconds).toSorted((a, b) => a - b)[Math.floor(trials / 2)] ?? 1;
  const score = (rule: Rule): Score => {
    const limits = draws.map(({ history, nextHost }) => rule(history, nextHost));
    const failed = draws.filter(({ nextSeconds }, index) => nextSeconds > (limits[index] ?? 0)).length;
    return { failed: failed / trials, limit: limits.reduce((sum, limit) => sum + limit, 0) / trials / usual };
  };
  const own = score(RULES.longhaul);
  const multiple = own.limit / (score(RULES["3 x median"]).limit / 3);
  return {
    "3 x median": score(RULES["3 x median"]),
    "3 x max": score(RULES["3 x max"]),
    longhaul: own,
    "longhaul, by host": score(RULES["longhaul, by host"]),
    "as wasteful": score((history) => multiple * median(history)),
    multiple,
  };
}
