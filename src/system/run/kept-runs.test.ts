import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Problem } from "../../model/problem.ts";
import { keptRuns } from "./kept-runs.ts";
import { createRun } from "./run-record.ts";

const set = process.env["LONGHAUL_STATE_DIR"];
let directory = "";
before(() => {
  directory = mkdtempSync(join(tmpdir(), "longhaul-kept-"));
});
after(() => {
  if (set === undefined) delete process.env["LONGHAUL_STATE_DIR"];
  else process.env["LONGHAUL_STATE_DIR"] = set;
  rmSync(directory, { recursive: true, force: true });
});

test("runs come newest first, also those of one minute, and files among them are none", () => {
  process.env["LONGHAUL_STATE_DIR"] = join(directory, "order");
  assert.deepEqual(keptRuns.ids(), []);
  const runs = join(directory, "order/runs");
  for (const [name, seconds] of [["20261127-2242-aaaa", 30], ["20261127-2242-bbbb", 20], ["20261127-2241-cccc", 99]] as const) {
    mkdirSync(join(runs, name), { recursive: true });
    utimesSync(join(runs, name), seconds, seconds);
  }
  writeFileSync(join(runs, "notes"), "");
  assert.deepEqual(keptRuns.ids(), ["20261127-2242-aaaa", "20261127-2242-bbbb", "20261127-2241-cccc"]);
});

test("a journal is read as it was written, and one that is missing is a problem that names it", () => {
  process.env["LONGHAUL_STATE_DIR"] = join(directory, "read");
  const record = createRun();
  record.append({ at: 1, type: "run-ended", code: 0, signal: null });
  record.close();
  assert.equal(keptRuns.journal(record.id), `{"at":1,"type":"run-ended","code":0,"signal":null}\n`);
  assert.equal(keptRuns.logPath(record.id), record.logPath);
  assert.throws(() => keptRuns.journal("gone"), (error) => error instanceof Problem && error.code === "cannot-read" && error.message.includes("gone/journal.jsonl"));
});

test("a journal that is opened again goes on after what is there, also after a torn line", () => {
  process.env["LONGHAUL_STATE_DIR"] = join(directory, "again");
  const record = createRun();
  record.append({ at: 1, type: "run-ended", code: 0, signal: null });
  record.close();
  appendFileSync(join(directory, "again/runs", record.id, "journal.jsonl"), '{"at":2,"ty');
  for (const at of [3, 4]) {
    const again = keptRuns.reopen(record.id);
    again.append({ at, type: "run-ended", code: 1, signal: null });
    assert.equal(again.problem(), undefined);
    again.close();
  }
  assert.deepEqual(keptRuns.journal(record.id).split("\n"), [
    '{"at":1,"type":"run-ended","code":0,"signal":null}',
    '{"at":2,"ty',
    '{"at":3,"type":"run-ended","code":1,"signal":null}',
    '{"at":4,"type":"run-ended","code":1,"signal":null}',
    "",
  ]);
  assert.throws(() => keptRuns.reopen("gone"), (error) => error instanceof Problem && error.code === "cannot-write");
});

test("a directory that is gone cannot be entered, and -i is the next step", () => {
  assert.throws(() => keptRuns.enter(join(directory, "gone")), (error) => error instanceof Problem && error.code === "no-such-path" && error.message.includes("give its inventory with -i"));
});

test("a process lives as who it was, not as one that got its id later", () => {
  const now = Date.now() / 1000;
  assert.equal(keptRuns.lives(process.pid, now), true);
  assert.equal(keptRuns.lives(process.pid, now - process.uptime() - 3600), false);
  assert.equal(keptRuns.lives(2 ** 30, now), false);
});
