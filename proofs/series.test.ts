import assert from "node:assert/strict";
import test from "node:test";
import { allSeries, compareSeries, holdsFor, parseRange } from "./series.ts";

test("the series stand in order, newest last", () => {
  const names = allSeries.map((series) => series.name);
  assert.deepEqual(names, [...names].sort(compareSeries));
});

test("a range holds for the series it names", () => {
  const held = (text: string): readonly string[] => {
    const range = parseRange(text);
    assert.ok(range !== undefined, text);
    return allSeries.map((series) => series.name).filter((name) => holdsFor(range, name));
  };
  assert.deepEqual(held("<2.16"), ["2.14", "2.15"]);
  assert.deepEqual(held("2.20+"), ["2.20", "2.21"]);
  assert.deepEqual(held("2.15-2.17"), ["2.15", "2.16", "2.17"]);
  assert.deepEqual(held("2.19"), ["2.19"]);
  assert.ok(holdsFor(undefined, "2.14"));
});

test("numbers are compared as numbers", () => {
  assert.ok(compareSeries("2.9", "2.14") < 0);
});

test("what is no range is none", () => {
  for (const text of ["", "runs", "2", "2.14.1", "2.14-", "<2.x", "4"]) assert.equal(parseRange(text), undefined, text);
});
