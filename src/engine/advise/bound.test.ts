import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Observation } from "../../model/duration.ts";
import { boundOf, summaryOf } from "./bound.ts";
import { pollFor, recommend } from "./recommend.ts";

const DAY = 86_400;
const run = (seconds: number, more: Partial<Observation> = {}): Observation => ({ seconds, end: "finished", at: 0, host: "a", ...more });
const daily = (seconds: readonly number[], more: Partial<Observation> = {}): readonly Observation[] => seconds.map((each, index) => run(each, { at: index * DAY, ...more }));

test("nothing measured, no bound", () => {
  assert.equal(boundOf([]), undefined);
  assert.equal(recommend([]), undefined);
  assert.equal(summaryOf([run(5, { end: "failed" })]), undefined);
});

test("what never ended gets three times what it lasted", () => {
  assert.deepEqual(boundOf([run(60, { end: "timed-out" }), run(40, { end: "killed" })]), { seconds: 180, because: "never-ended" });
});

test("a run that was cut short at its limit asks for twice that at least", () => {
  assert.ok((boundOf([...daily([50, 51, 52, 50, 51, 52, 50]), run(60, { end: "timed-out", at: 8 * DAY })])?.seconds ?? 0) >= 120);
});

test("a job that failed early lowers nothing", () => {
  const well = daily([300, 310, 290, 305, 295, 300]);
  const with2 = [...well, run(2, { end: "failed", at: 7 * DAY }), run(1, { end: "failed", at: 8 * DAY })];
  assert.ok((boundOf(with2)?.seconds ?? 0) >= (boundOf(well)?.seconds ?? 0) * 0.95);
});

test("work that grows gets room for a quarter of the time that was measured", () => {
  const bound = boundOf(daily(Array.from({ length: 40 }, (_, index) => 100 * 1.03 ** index * (index % 2 === 0 ? 0.97 : 1.03))));
  assert.equal(bound?.because, "growth");
  assert.ok(bound.seconds > 100 * 1.03 ** 48, String(bound.seconds));
  assert.equal(Math.round(bound.growth?.days ?? 0), 39);
  assert.ok(Math.abs((bound.growth?.part ?? 0) - (1.03 ** 39 - 1)) < 0.3);
});

test("what changes within an hour is no growth", () => {
  const bound = boundOf(Array.from({ length: 20 }, (_, index) => run(100 + index * 10, { at: index * 60 })));
  assert.equal(bound?.growth, undefined);
});

test("where hosts differ the slowest one decides, by its own spread", () => {
  const fast = ["b", "c", "d"].flatMap((host) => daily([30, 31, 32, 30], { host }));
  const bound = boundOf([...fast, ...daily([300, 310, 305, 295], { host: "slow" })]);
  assert.deepEqual([bound?.because, bound?.host], ["host", "slow"]);
  assert.ok((bound?.seconds ?? 0) < 600, String(bound?.seconds));
});

test("of hosts that are clearly slower than the rest it is told which, and what is enough for the others", () => {
  const fast = ["b", "c", "d"].flatMap((host) => daily([30, 31, 32, 30], { host }));
  const slow = ["x", "y"].flatMap((host) => daily([300, 310, 305, 295], { host }));
  const advised = recommend([...fast, ...slow]);
  assert.deepEqual(advised?.slow?.hosts, ["x", "y"]);
  assert.ok((advised?.slow?.othersLimitSeconds ?? 0) >= 32 * 1.25 && (advised?.slow?.othersLimitSeconds ?? 0) <= 70, JSON.stringify(advised));
  // A run of the others that was cut short asks for twice that.
  assert.ok((recommend([...fast, run(60, { end: "timed-out", at: 5 * DAY, host: "b" }), ...slow])?.slow?.othersLimitSeconds ?? 0) >= 120);
});

test("hosts that hardly differ, and one host, have one limit; where the work grows the others get room for that too", () => {
  const like = ["b", "c", "d"].flatMap((host, at) => daily([30, 31, 32, 30].map((seconds) => seconds * (1 + at * 0.2)), { host }));
  assert.equal(recommend(like)?.slow, undefined);
  assert.equal(recommend(daily([30, 31, 300, 30]))?.slow, undefined);
  const grows = ["b", "x"].flatMap((host, at) => daily(Array.from({ length: 20 }, (_, day) => (at === 0 ? 30 : 300) * 1.08 ** day), { host }));
  assert.ok((recommend(grows)?.slow?.othersLimitSeconds ?? Infinity) > 30 * 1.08 ** 23);
});

const OBSERVATION = fc.record({
  seconds: fc.double({ min: 0, max: 1e6, noNaN: true }),
  end: fc.constantFrom("finished" as const, "failed" as const, "timed-out" as const, "killed" as const, "lost" as const),
  at: fc.integer({ min: 0, max: 2e9 }),
  host: fc.constantFrom("a", "b", "c"),
});

test("a limit is a finite number above every run that ended, whatever was measured", () => {
  fc.assert(fc.property(fc.array(OBSERVATION, { minLength: 1, maxLength: 60 }), (observations) => {
    const advised = recommend(observations);
    assert.ok(advised !== undefined && Number.isSafeInteger(advised.limitSeconds) && advised.limitSeconds >= 30);
    for (const { seconds, end } of observations) if (end === "finished") assert.ok(advised.limitSeconds >= seconds * 1.25);
    assert.ok(advised.retries * advised.pollSeconds >= advised.limitSeconds);
  }), { seed: 7, numRuns: 300 });
});

test("the poll weighs looks against the late end: seldom for long work", () => {
  assert.deepEqual([1, 30, 300, 1_200, 3_600, 86_400].map(pollFor), [1, 3, 10, 20, 30, 60]);
});
