import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunEvent, RunFact } from "../../model/run-event.ts";
import { createFold } from "../run/fold.ts";
import { measurementsOfRun } from "./of-run.ts";

const PLACE = { host: "db1", jid: "j1.2" };
const LAUNCH = { type: "job-launched", ...PLACE, dir: null, task: "t", delegatedBy: null, becomeUser: null, limitSeconds: 600, pollSeconds: 5, noLog: false, key: "k" } as const;

function measured(...facts: readonly RunFact[]): ReturnType<typeof measurementsOfRun> {
  const fold = createFold();
  const before: readonly RunFact[] = [
    { type: "play", play: "p", name: "Shop", strategy: "linear" },
    { type: "task", task: "t", play: "p", name: "shop.db : Migrate: now", action: "ansible.builtin.command", path: "/srv/shop/roles/shop.db/tasks/main.yml:12", handler: false },
  ];
  for (const [index, fact] of [...before, ...facts].entries()) fold.take({ at: 1_000 + index, ...fact } as RunEvent);
  return measurementsOfRun(fold.run(), "/srv/shop");
}

test("a job of a run is measured with its task's file, play and module, without the role before the name", () => {
  assert.deepEqual(measured(LAUNCH, { type: "job-ended", ...PLACE, state: "finished", rc: 0, durationSeconds: 61.5, outputBytes: 0 }), [{
    work: { project: "/srv/shop", file: "roles/shop.db/tasks/main.yml", play: "Shop", task: "Migrate: now", module: "command", shape: "" },
    host: "db1", jid: "j1.2", seconds: 61.5, end: "finished", limitSeconds: 600, pollSeconds: 5, at: 1_003, source: "run",
  }]);
});

test("a job whose end nobody has seen, or of which nothing tells how long it took, is not measured", () => {
  assert.deepEqual(measured(LAUNCH), []);
  assert.deepEqual(measured(LAUNCH, { type: "job-seen", ...PLACE, state: "unknown", because: "away" }), []);
  assert.deepEqual(measured(LAUNCH, { type: "job-ended", ...PLACE, state: "absent", rc: null, durationSeconds: 5, outputBytes: null }), []);
  assert.deepEqual(measured(LAUNCH, { type: "job-ended", ...PLACE, state: "finished", rc: 0, durationSeconds: null, outputBytes: null }), []);
});
