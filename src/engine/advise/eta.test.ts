import assert from "node:assert/strict";
import { test } from "node:test";
import type { Observation } from "../../model/duration.ts";
import { etaOf } from "./eta.ts";

const runs = (...seconds: readonly number[]): readonly Observation[] => seconds.map((each, index) => ({ seconds: each, end: "finished", at: index, host: "a" }));

test("what is left is the median of what the longer runs took, less what is over", () => {
  assert.deepEqual(etaOf(runs(60, 70, 100), 0)?.remainingSeconds, 70);
  assert.deepEqual(etaOf(runs(60, 70, 100), 65)?.remainingSeconds, 20);
});

test("a run that is longer than all before has no median left, and is unusual only beyond their bound", () => {
  const late = etaOf(runs(60, 70, 100), 110);
  assert.deepEqual([late?.remainingSeconds, late?.isUnusual, late?.count], [undefined, false, 3]);
  assert.equal(etaOf(runs(60, 70, 100), 1_000)?.isUnusual, true);
});

test("nothing that ended, nothing to tell", () => {
  assert.equal(etaOf([], 5), undefined);
  assert.equal(etaOf([{ seconds: 60, end: "timed-out", at: 0, host: "a" }], 5), undefined);
});
