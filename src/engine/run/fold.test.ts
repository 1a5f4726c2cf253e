import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { jobKey } from "../../model/run.ts";
import { readRunEvent } from "../../model/run-event.ts";
import { createFold, foldRun } from "./fold.ts";

const lines = readFileSync(join(import.meta.dirname, "samples/journal-1.jsonl"), "utf8").split("\n");
const events = lines.flatMap((line) => readRunEvent(line) ?? []);

test("a journal with a torn last line and an event from a later version loads", () => {
  assert.equal(events.length, 12);
  const run = foldRun(events);
  assert.equal(run.run, "20261127-2242-57ca");
  assert.equal(run.core, "2.18.9");
  assert.deepEqual(run.ended, { at: 1795819501, code: 4, signal: null });
  assert.deepEqual(run.results, { ok: 0, changed: 1, failed: 0, ignored: 0, skipped: 0, unreachable: 1 });
  assert.deepEqual(run.failures, [{ host: "db2", task: "t1", status: "unreachable" }]);
  const first = run.jobs.get(jobKey({ host: "db1", jid: "j27915326346.22685" }));
  assert.equal(first?.state, "finished");
  assert.equal(first.durationSeconds, 98.5);
  assert.equal(first.becomeUser, "postgres");
  const second = run.jobs.get(jobKey({ host: "db2", jid: "j99915326346.331" }));
  assert.equal(second?.state, "unknown");
  assert.match(second.because ?? "", /connection was lost/);
  assert.equal(second.endedAt, null);
});

test("a journal that is folded in pieces tells the same run as the whole", () => {
  for (let cut = 0; cut <= events.length; cut += 1) {
    const fold = createFold();
    for (const event of events.slice(0, cut)) fold.take(event);
    assert.deepEqual(fold.run(), foldRun(events.slice(0, cut)));
    for (const event of events.slice(cut)) fold.take(event);
    assert.deepEqual(fold.run(), foldRun(events));
  }
});

test("any bytes are read as no event rather than as a wrong one", () => {
  for (const line of ["", "null", "[]", "{}", '{"type":"run-ended"}', '{"at":"now","type":"run-ended"}', '{"at":1,"type":"__proto__"}', '{"at":1,"type":"constructor"}', "\u0000"]) assert.equal(readRunEvent(line), undefined, line);
  const job = readRunEvent('{"at":1,"type":"job-launched","host":5,"limitSeconds":"soon","noLog":"yes"}');
  assert.deepEqual(job, { at: 1, type: "job-launched", host: "", jid: "", dir: null, task: "", delegatedBy: null, becomeUser: null, limitSeconds: 0, pollSeconds: 0, noLog: false, key: "", joined: null });
});
