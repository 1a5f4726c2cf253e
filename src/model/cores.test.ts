import assert from "node:assert/strict";
import { test } from "node:test";
import { compareSeries, coresOfSpecifier, coresText, overlap, parseCores } from "./cores.ts";

test("ranges are read as people write them, and several are one from the oldest to the newest", () => {
  assert.deepEqual(parseCores(["2.16"]), { from: "2.16", to: "2.16" });
  assert.deepEqual(parseCores(["2.16.4"]), { from: "2.16", to: "2.16" });
  assert.deepEqual(parseCores(["2.14-2.18"]), { from: "2.14", to: "2.18" });
  assert.deepEqual(parseCores(["2.17+"]), { from: "2.17" });
  assert.deepEqual(parseCores(["2.19", "2.9"]), { from: "2.9", to: "2.19" });
  assert.deepEqual(parseCores(["2.19+", "2.9"]), { from: "2.9" });
  for (const wrong of ["", "latest", "2", "2.18-2.16", "2.16 or so"]) assert.equal(parseCores([wrong]), undefined, wrong);
});

test("requires_ansible gives the bounds that it has", () => {
  assert.deepEqual(coresOfSpecifier(">=2.15.0"), { from: "2.15" });
  assert.deepEqual(coresOfSpecifier(">=2.14.0,<2.18"), { from: "2.14", to: "2.17" });
  assert.deepEqual(coresOfSpecifier(">=2.14,<2.18.5,!=2.16.1"), { from: "2.14", to: "2.18" });
  assert.deepEqual(coresOfSpecifier("~=2.16.0"), { from: "2.16", to: "2.16" });
  assert.deepEqual(coresOfSpecifier("~=2.16"), { from: "2.16" });
  assert.equal(coresOfSpecifier("*"), undefined);
});

test("ranges overlap where some series belongs to both; numbers are compared as numbers", () => {
  assert.ok(overlap({ to: "2.16" }, { from: "2.16" }));
  assert.ok(!overlap({ to: "2.9" }, { from: "2.14" }));
  assert.ok(overlap({}, { from: "2.19" }));
  assert.ok(compareSeries("2.9", "2.14") < 0);
});

test("a range in words", () => {
  assert.deepEqual([{}, { to: "2.16" }, { from: "2.19" }, { from: "2.14", to: "2.18" }, { from: "2.16", to: "2.16" }].map(coresText), [
    "any version", "up to 2.16", "2.19 and newer", "2.14 to 2.18", "2.16",
  ]);
});
