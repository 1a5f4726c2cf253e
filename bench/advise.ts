// `npm run bench -- advise`: the limits that longhaul advises, the plain rules of thumb, and what became of the next run, in simulated histories.

import type { Score } from "./advise-simulation.ts";
import { SCENARIOS, scoresOf } from "./advise-simulation.ts";

const SEED = 20_261_127;

const cell = ({ failed, limit }: Score): string => `${(failed * 100).toFixed(1)} %, ${limit.toFixed(1)} x`;

/** Prints the table. */
export function benchAdvice(): void {
  console.log("Next runs that the limit would have killed, and the mean limit in usual durations (how long a hung job goes unnoticed).");
  console.log("The last column knows the scenario: the multiple of the median that wastes as much as longhaul's limit.\n");
  console.log("| history | 3 x median | 3 x max | longhaul | k x median, as wasteful |\n|---|---|---|---|---|");
  for (const scenario of SCENARIOS) {
    const scores = scoresOf(scenario, SEED);
    console.log(`| ${scenario.name} | ${cell(scores["3 x median"])} | ${cell(scores["3 x max"])} | ${cell(scores.longhaul)} | ${cell(scores["as wasteful"])} (k = ${scores.multiple.toFixed(1)}) |`);
  }
  const [apart] = SCENARIOS.filter(({ draw }) => draw(Math.random).nextHost !== undefined);
  if (apart !== undefined) console.log(`\n${apart.name}: with the two limits that are proposed by hand ${cell(scoresOf(apart, SEED)["longhaul, by host"])}`);
}
