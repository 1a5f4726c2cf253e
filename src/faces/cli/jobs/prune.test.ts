import assert from "node:assert/strict";
import { test } from "node:test";
import { runCli } from "../program.ts";
import type { Answers, FakeHost } from "./jobs.fake.ts";
import { NOW, ended, fakeHost, job, lost, running, worldOf } from "./jobs.fake.ts";

const old = { ...ended, jid: "j3.3", path: "/d/j3.3", mtime: NOW - 9000, size: 1500, log: { size: 40, mtime: NOW - 9000 } };
const recent = { ...old, jid: "j4.4", path: "/d/j4.4", log: { size: 40, mtime: NOW - 10 } };
const failed = { ...old, jid: "j5.5", path: "/d/j5.5", rc: 1, failed: true, log: null };
const lively = { ...old, jid: "j6.6", path: "/d/j6.6", processes: running.processes };
const ALL: Answers = { list: [old, recent, failed, lively, lost, { ...running, mtime: NOW - 9000 }].map(job), prune: [{ event: "done", answer: { removed: ["/d/x"] } }] };

const asked = (seen: FakeHost): readonly string[] => seen.asked.flatMap((each) => (each.do === "prune" ? [each.jid] : []));

test("prune removes what has ended long ago, and tells what and how much", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const world = worldOf([fakeHost({ host: "web1", answers: [ALL] }, seen)]);
  assert.equal(await runCli(world, ["jobs", "prune", "--older", "2h"]), 0);
  assert.equal(world.printed.out, "web1  j5.5  failed  2h30m old  1.5 kB\nweb1  j3.3  finished  2h30m old  1.5 kB\n2 jobs removed, 3.0 kB\n");
  assert.equal(world.printed.err, "longhaul: web1/j6.6: stays: a process of it still lives: 11, 12\n");
  assert.deepEqual(asked(seen), ["j3.3", "j5.5"]);
  assert.deepEqual(seen.asked.find((each) => each.do === "prune"), { do: "prune", dir: "/d", jid: "j3.3", expect: { mtime: NOW - 9000, size: 1500 } });
});

test("a dry run removes nothing and says the same", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const world = worldOf([fakeHost({ host: "web1", answers: [ALL] }, seen)]);
  assert.equal(await runCli(world, ["jobs", "prune", "--older", "2h", "--dry-run", "-f", "json"]), 0);
  const { removed, kept, dryRun } = JSON.parse(world.printed.out) as { removed: { jid: string; files: string[]; bytes: number }[]; kept: { jid: string }[]; dryRun: boolean };
  assert.deepEqual([dryRun, ...removed.map(({ jid, files, bytes }) => [jid, files, bytes])], [true, ["j5.5", ["/d/j5.5"], 1500], ["j3.3", ["/d/j3.3", "/d/j3.3.log"], 1540]]);
  assert.deepEqual(kept.map(({ jid }) => jid), ["j6.6"]);
  assert.deepEqual(asked(seen), []);
});

test("lost jobs go only when they are named, running ones never, and young ones not within a week", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const hosts = (): readonly ReturnType<typeof fakeHost>[] => [fakeHost({ host: "web1", answers: [ALL] }, seen)];
  assert.equal(await runCli(worldOf(hosts()), ["jobs", "prune", "--older", "1h", "--state", "lost", "--state", "running"]), 0);
  assert.deepEqual(asked(seen), ["j2.20"]);
  const world = worldOf(hosts());
  assert.equal(await runCli(world, ["jobs", "prune"]), 0);
  assert.equal(world.printed.out, "nothing to remove: no such job is older than 7d00h\n");
  assert.equal(await runCli(world, ["jobs", "prune", "--older", "soon"]), 2);
});

test("what the agent does not remove stays with its reason; only rights and disks make it a failure", async () => {
  for (const [code, exit] of [["alive", 0], ["changed", 0], ["not-removed", 1]] as const) {
    const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(old)], prune: [{ event: "error", code, message: "for a reason" }] }] })]);
    assert.equal(await runCli(world, ["jobs", "prune", "--older", "0"]), exit);
    assert.equal(world.printed.err, "longhaul: web1/j3.3: stays: for a reason\n");
  }
});
