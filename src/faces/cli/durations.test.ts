import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, secondsOf, took } from "./durations.ts";

test("times are read with their units", () => {
  assert.deepEqual(["90", "90s", "15m", "1.5h", "7d", "2w", "1d12h", "0"].map(secondsOf), [90, 90, 900, 5400, 604_800, 1_209_600, 129_600, 0]);
  for (const wrong of ["", "d", "7 days", "-1", "1x", "1h30", "h1", "1..5h"]) assert.throws(() => secondsOf(wrong), /A time is a number with s, m, h, d or w/, wrong);
});

test("times are written with two units at most", () => {
  assert.deepEqual([0, 42.9, 60, 4000, 90_000, 864_000].map(duration), ["0s", "42s", "1m00s", "1h06m", "1d01h", "10d00h"]);
});

test("what was measured has a tenth while it is short", () => {
  assert.deepEqual([0.42, 3, 9.96, 124.6].map(took), ["0.4s", "3s", "10s", "2m05s"]);
});
