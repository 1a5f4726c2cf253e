import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeRuns } from "../../../engine/ports.fake.ts";
import type { RunFact } from "../../../model/run-event.ts";
import { earlierJobs } from "./earlier.ts";

const ARGV = ["ansible-playbook", "-i", "hosts.yml", "site.yml"];

function journal(run: string, facts: readonly RunFact[], argv: readonly string[] = ARGV): string {
  const start: RunFact = { type: "run-started", journal: 1, run, argv, directory: "/project", pid: 7 };
  return [start, ...facts].map((fact, at) => `${JSON.stringify({ at: 100 + at, ...fact })}\n`).join("");
}

const launched = (host: string, jid: string): RunFact => ({ type: "job-launched", host, jid, dir: "/jobs", task: "t", delegatedBy: null, becomeUser: null, limitSeconds: 600, pollSeconds: 5, noLog: false, key: "k" });
const ended: RunFact = { type: "job-ended", host: "db2", jid: "j2.2", state: "finished", rc: 0, durationSeconds: 1, outputBytes: 0 };
const start = { args: ["site.yml", "-i", "/project/hosts.yml", "-v"], directory: "/project" };

test("of a run that was cut off the jobs whose end nobody saw are found, by playbook and inventory wherever they are called from", () => {
  const runs = fakeRuns({ r1: journal("r1", [launched("db1", "j1.2"), launched("db2", "j2.2"), ended]) });
  assert.deepEqual(earlierJobs(runs, start), [{ run: "r1", launchedAt: 101, host: "db1", jid: "j1.2", dir: "/jobs", key: "k", limitSeconds: 600, task: "j1.2" }]);
  assert.equal(earlierJobs(runs, { args: ["-i", "hosts.yml", "../project/site.yml"], directory: "/project" }).length, 1);
  assert.deepEqual(earlierJobs(runs, { ...start, directory: "/elsewhere" }), []);
  assert.deepEqual(earlierJobs(runs, { ...start, args: ["-i", "other.yml", "site.yml"] }), []);
});

test("runs that go on, and those that ended well, keep their jobs", () => {
  const open = journal("r1", [launched("db1", "j1.2")]);
  assert.deepEqual(earlierJobs(fakeRuns({ r1: open }, [7]), start), []);
  const over = (code: number): string => journal("r1", [launched("db1", "j1.2"), { type: "run-ended", code, signal: null }]);
  assert.deepEqual(earlierJobs(fakeRuns({ r1: over(0) }), start), []);
  assert.equal(earlierJobs(fakeRuns({ r1: over(99) }), start).length, 1);
});

test("a job that a second run has joined is still that of the first", () => {
  const joined = { ...launched("db1", "j1.2"), joined: { run: "r1", launchedAt: 101 } } as RunFact;
  const [job, ...more] = earlierJobs(fakeRuns({ r1: journal("r1", [launched("db1", "j1.2")]), r2: journal("r2", [joined]) }), start);
  assert.deepEqual([job?.run, job?.launchedAt, more], ["r1", 101, []]);
});
