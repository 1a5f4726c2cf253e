import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHistory } from "../../../engine/ports.fake.ts";
import { createFold } from "../../../engine/run/fold.ts";
import type { Measurement } from "../../../model/duration.ts";
import { Problem } from "../../../model/problem.ts";
import type { RunEvent, RunFact } from "../../../model/run-event.ts";
import { fakeWorld } from "../world.fake.ts";
import { expectedFromHistory } from "./expected.ts";
import { footerLines } from "./run-text.ts";

const FACTS: readonly RunFact[] = [
  { type: "play", play: "p", name: "Shop", strategy: "linear" },
  { type: "task", task: "t", play: "p", name: "Migrate", action: "ansible.builtin.command", path: "/project/site.yml:4", handler: false },
  { type: "job-launched", host: "db1", jid: "j1.2", dir: null, task: "t", delegatedBy: null, becomeUser: null, limitSeconds: 600, pollSeconds: 5, noLog: false, key: "k" },
];

function run(): ReturnType<ReturnType<typeof createFold>["run"]> {
  const fold = createFold();
  for (const fact of FACTS) fold.take({ at: 1_000, ...fact } as RunEvent);
  return fold.run();
}

const KEPT = [300, 320, 310, 305].map((seconds, index): Measurement => ({
  work: { project: "/project", file: "site.yml", play: "Shop", task: "Migrate", module: "command", shape: "migrate" }, host: "db1", jid: `j${index}.1`, seconds, end: "finished", at: index, source: "run",
}));

async function footer(seconds: number, openHistory = fakeHistory(KEPT)): Promise<readonly string[]> {
  const expected = await expectedFromHistory({ ...fakeWorld({}, []), openHistory });
  return footerLines(run(), 1_000 + seconds, { expected, lastLine: () => "" });
}

test("a job that was measured before says how long it will still take, or that it takes unusually long", async () => {
  assert.deepEqual(await footer(60), ["db1: Migrate  1m00s, about 4m07s to go, limit in 9m00s"]);
  assert.deepEqual(await footer(330), ["db1: Migrate  5m30s, longer than ever, limit in 4m30s"]);
  assert.deepEqual(await footer(599), ["db1: Migrate  9m59s, longer than ever, limit in 1s"]);
  assert.deepEqual(await footer(900), ["db1: Migrate  15m00s, unusually long, over its limit"]);
});

test("without a history, or with one that cannot be read, only the limit is told", async () => {
  assert.deepEqual(await footer(60, fakeHistory()), ["db1: Migrate  1m00s, 9m00s left"]);
  assert.deepEqual(await footer(60, () => Promise.reject(new Problem("history-unusable", "x"))), ["db1: Migrate  1m00s, 9m00s left"]);
});
