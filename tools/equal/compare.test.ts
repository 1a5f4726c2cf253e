// The comparison of plain and supervised runs finds what differs, and forgives what is on the list alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ALLOWED } from "./allowed.ts";
import type { Json } from "./compare.ts";
import { differences, judge } from "./compare.ts";
import { generate } from "./generate.ts";
import { batches } from "./play.ts";

const verdict = (plain: Json, supervised: Json): ReturnType<typeof judge> => judge(differences(plain, supervised), ALLOWED);

test("job ids, times and attempts may differ", () => {
  const plain = { ansible_job_id: "j730164352418.4821", results_file: "<root>/j730164352418.4821", start: "2026-11-27 10:00:00.1", attempts: 3, rc: 0 };
  const supervised = { ansible_job_id: "j123456789012.99", results_file: "<root>/j123456789012.99", start: "2026-11-27 11:00:00.2", attempts: 2, rc: 0 };
  assert.deepEqual(verdict(plain, supervised), { allowed: ["attempts", "job ids, process ids, temporary paths", "times"], others: [] });
});

test("codes, output, missing keys, lists of another length and types may not", () => {
  const plain = { rc: 0, stdout: "a", results: [1, 2], finished: 1, attempts: 3, delta: "0:00:01" };
  const supervised = { rc: 1, stdout: "b", results: [1], finished: true };
  assert.deepEqual(verdict(plain, supervised).others.map(({ path }) => path.join(".")), ["rc", "stdout", "results", "finished", "attempts", "delta"]);
});

test("of a job that took too long the one or the other may tell, as long as it fails", () => {
  const plain = { failed: true, changed: false, msg: "async task did not complete within the requested time - 2s", async_result: { finished: 0 } };
  const supervised = { failed: true, changed: false, msg: "Timeout exceeded", child_pid: 12 };
  assert.deepEqual(verdict({ result: plain }, { result: supervised }), { allowed: ["who gave up on a job that took too long"], others: [] });
  const unread = { ...plain, msg: "async task produced unparsable results" };
  assert.deepEqual(verdict({ result: unread }, { result: supervised }).others, []);
  assert.ok(verdict({ result: { ...unread, async_result: { finished: 0, module_stdout: "no JSON" } } }, { result: supervised }).others.length > 0);
  assert.deepEqual(verdict({ jobFiles: 1, result: plain }, { jobFiles: 0, result: supervised }).others, []);
  assert.equal(verdict({ jobFiles: 1 }, { jobFiles: 0 }).others.length, 1);
  assert.equal(verdict({ result: plain }, { result: { ...supervised, failed: false } }).others.length, 1);
  const hidden = { censored: "hidden", changed: false };
  const marked = { exception: "(traceback unavailable)", ...hidden };
  assert.deepEqual(verdict({ result: hidden }, { result: marked }), { allowed: ["who gave up on a job that took too long"], others: [] });
  for (const other of [{ ...marked, changed: true }, { ...marked, exception: "a traceback" }, { ...marked, failed: true }]) assert.equal(verdict({ result: hidden }, { result: other }).others.length, 1);
});

test("a playbook is the same whenever it is generated, and however many are", () => {
  const text = (count: number): string => JSON.stringify(generate(count, 5).slice(0, 20).map(({ id, hosts, start, files }) => [id, hosts, start, [...files]]));
  assert.equal(text(20), text(200));
});

test("two hundred playbooks are all different and have every feature more than once", () => {
  const units = generate(200, 1);
  const texts = new Set(units.map(({ id, files }) => [...files].join("\n").replaceAll(id, "")));
  assert.equal(texts.size, 200);
  const counts = Map.groupBy(units.flatMap(({ features }) => features), (feature) => feature);
  for (const wanted of ["polled", "poll: 0", "loop", "handlers", "become", "delegate_to", "run_once", "rescue and always", "include_role", "import_tasks", "no_log", "check", "diff", "keep", "tags", "serial of the play", "limit is over", "actions that refuse async", "unreachable", "modules of one's own"]) {
    assert.ok((counts.get(wanted)?.length ?? 0) > 1, wanted);
  }
});

test("a start plays all that shares its options, and one that may end it stands last", () => {
  const units = generate(100, 3);
  const made = batches(units, 10);
  assert.equal(made.flat().length, 100);
  for (const batch of made) {
    assert.equal(new Set(batch.map(({ start }) => start)).size, 1);
    assert.ok(batch.slice(0, -1).every(({ isLast }) => !isLast));
  }
});
