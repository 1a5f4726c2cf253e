import assert from "node:assert/strict";
import { test } from "node:test";
import { SCENARIOS, scoresOf } from "./advise-simulation.ts";

const SEED = 1;
const TRIALS = 600;
/** Two hundred and fifty trials or so are a handful of failures: differences below this are chance. */
const CHANCE = 0.006;

for (const scenario of SCENARIOS) {
  test(`${scenario.name}: hardly any next run fails, and none more than under three times the median`, () => {
    const scores = scoresOf(scenario, SEED, TRIALS);
    assert.ok(scores.longhaul.failed <= scores["3 x median"].failed + CHANCE, JSON.stringify(scores));
    assert.ok(scores.longhaul.failed <= 0.03, JSON.stringify(scores));
  });
}

test("where three times the median is enough the advised limit wastes no more than a fifth over it, and half of it where runs are steady", () => {
  for (const scenario of SCENARIOS) {
    const scores = scoresOf(scenario, SEED, TRIALS);
    const isSafe = scores["3 x median"].failed <= CHANCE;
    if (isSafe && scenario.name !== "3 runs") assert.ok(scores.longhaul.limit <= scores["3 x median"].limit * 1.2, `${scenario.name}: ${JSON.stringify(scores)}`);
  }
  const [steady] = SCENARIOS;
  assert.ok(steady !== undefined);
  const scores = scoresOf(steady, SEED, TRIALS);
  assert.ok(scores.longhaul.limit < scores["3 x median"].limit * 0.67, JSON.stringify(scores));
});

test("two limits, where some hosts are clearly slower, waste less than two thirds of what one does, and no more runs fail", () => {
  const apart = SCENARIOS.find(({ name }) => name.startsWith("10 hosts"));
  assert.ok(apart !== undefined);
  const scores = scoresOf(apart, SEED, TRIALS);
  assert.ok(scores["longhaul, by host"].failed <= scores.longhaul.failed + CHANCE, JSON.stringify(scores));
  assert.ok(scores["longhaul, by host"].limit < scores.longhaul.limit * 0.67, JSON.stringify(scores));
});

test("three times the longest run wastes more than the advised limit wherever there are eight runs that all ended", () => {
  for (const scenario of SCENARIOS.filter(({ name }) => !/^\d runs?\b|cut/.test(name))) {
    const scores = scoresOf(scenario, SEED, TRIALS);
    assert.ok(scores.longhaul.limit < scores["3 x max"].limit, `${scenario.name}: ${JSON.stringify(scores)}`);
  }
});
