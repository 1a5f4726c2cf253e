import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeFiles } from "../engine/ports.fake.ts";
import { assemble } from "../engine/project/assemble.ts";
import { createLibrary } from "../engine/project/library.ts";
import type { OwnDuration } from "./limits.ts";
import { killTimes, limitAbove, ownDurationOf } from "./limits.ts";

function ownOf(module: string): OwnDuration | undefined {
  const text = `- hosts: all\n  tasks:\n    - ${module}\n      async: 60\n      poll: 0\n`;
  const [task] = assemble(createLibrary(fakeFiles({ "site.yml": text })), ["site.yml"]).flows.flatMap((flow) => flow.tasks);
  assert.ok(task !== undefined);
  return ownDurationOf(task);
}

/** At least, up to: seconds. */
function durationOf(module: string): string {
  const own = ownOf(module);
  return own === undefined ? "unknown" : `${own.atLeast} ${own.upTo}`;
}

test("a job is killed at its limit in steps of five seconds, on older releases one step later", () => {
  assert.deepEqual([1, 5, 6, 7, 10, 60].map((limit) => killTimes(limit).late), [10, 10, 15, 15, 15, 65]);
  assert.deepEqual([1, 5, 6, 7, 10, 60].map((limit) => killTimes(limit).exact), [1, 5, 10, 10, 10, 60]);
});

test("a limit leaves ten seconds and is a round number", () => {
  assert.deepEqual([2, 60, 90, 299, 300, 1200].map(limitAbove), [15, 70, 100, 310, 360, 1260]);
});

const DURATIONS: readonly (readonly [string, string])[] = [
  ["shell: sleep 2 && reboot", "2 2"],
  ["shell: a; sleep 1m 30s; sleep 0.5h", "1890 1890"],
  ["command: /usr/bin/timeout -k 10 -s KILL 20m a", "0 1200"],
  ["shell: sleep 5 && timeout --foreground 60 a", "5 65"],
  ["command: {argv: [sleep, 20]}", "20 20"],
  ["wait_for: timeout=300", "300 300"],
  ["wait_for: {port: 80, timeout: 300}", "0 300"],
  ["wait_for: {port: 80}", "unknown"],
  ["command: timeout 0 a", "unknown"],
  ["command: sleep infinity", "unknown"],
  ["shell: sleep {{ n }}", "unknown"],
  ["shell: a || sleep 60", "unknown"],
  ["shell: sleep 60 &", "unknown"],
  ["command: echo a; sleep 60", "unknown"],
  ["command: a sleep 60", "unknown"],
  ["get_url: {url: a, dest: b, timeout: 300}", "unknown"],
];

const WHOLE: readonly (readonly [string, boolean])[] = [
  ["shell: sleep 3 && echo done", true],
  ["shell: sleep 3; backup", false],
  ["command: timeout 5m backup", true],
  ["shell: cd /srv && timeout 5m backup", true],
];

for (const [module, whole] of WHOLE) {
  test(`${module} says ${whole ? "all" : "part"} of what it takes`, () => {
    assert.equal(ownOf(module)?.isAll, whole);
  });
}

for (const [module, expected] of DURATIONS) {
  test(`${module} takes ${expected}`, () => {
    assert.equal(durationOf(module), expected);
  });
}
