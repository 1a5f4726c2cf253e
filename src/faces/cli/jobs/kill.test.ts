import assert from "node:assert/strict";
import { test } from "node:test";
import { runCli } from "../program.ts";
import type { Answers, FakeHost } from "./jobs.fake.ts";
import { ended, fakeHost, job, lost, running, worldOf } from "./jobs.fake.ts";

const program = { pid: 13, ppid: 12, pgid: 12, sid: 10, uid: 1000, start: 9940, role: "program", argv: "sleep 100\u001b[2J", by: "parent" } as const;
const full = { ...running, processes: [...running.processes, program] };
const KILLED = [{ pid: 12, role: "runner", signal: "TERM" }, { pid: 13, role: "program", signal: "KILL" }, { pid: 11, role: "watcher", signal: null }];
const WELL: Answers = { list: [job(running)], show: [job(full)], kill: [{ event: "done", answer: { killed: KILLED, left: [] } }] };

test("kill shows the job with its processes, asks, and tells what has ended", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const questions: string[] = [];
  const ask = async (question: string): Promise<boolean> => {
    questions.push(question);
    return Promise.resolve(true);
  };
  const world = worldOf([fakeHost({ host: "web1", answers: [WELL] }, seen)], { ask });
  assert.equal(await runCli(world, ["jobs", "kill", "j1", "--grace", "2s"]), 0);
  assert.deepEqual(questions, ["End 3 processes of 1 job? [y/N] "]);
  assert.equal(world.printed.out, [
    "web1/j1.10  running for 1m05s  sleep 100\\x1b[2J",
    "       11 watcher  async_wrapper.py",
    "       12 runner   async_wrapper.py",
    "       13 program  sleep 100\\x1b[2J",
    "web1  j1.10  3 processes ended",
    "  TERM runner 12",
    "  KILL program 13",
    "  self watcher 11",
    "",
  ].join("\n"));
  assert.match(world.printed.err, /^longhaul: its job file says "running" for ever now.*prune --state lost --older 0 removes it\n$/);
  assert.deepEqual(seen.asked.find((asked) => asked.do === "kill"), { do: "kill", dir: "/d", jid: "j1.10", grace: 2, orphans: false });
});

test("without a terminal it needs --yes, and nothing is ended on a no", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const silent = worldOf([fakeHost({ host: "web1", answers: [WELL] }, seen)]);
  assert.equal(await runCli(silent, ["jobs", "kill", "j1"]), 2);
  assert.match(silent.printed.err, /no terminal to ask at; .*--yes/);
  const unwilling = worldOf([fakeHost({ host: "web1", answers: [WELL] }, seen)], { ask: async () => Promise.resolve(false) });
  assert.equal(await runCli(unwilling, ["jobs", "kill", "j1"]), 1);
  assert.match(unwilling.printed.err, /nothing was ended/);
  assert.equal(seen.asked.some((asked) => asked.do === "kill"), false);
});

test("what is left is told with its reason, and the exit code says so", async () => {
  const answer = { killed: [], left: [{ pid: 13, role: "program", why: "Operation not permitted" }] };
  const world = worldOf([fakeHost({ host: "web1", answers: [{ ...WELL, kill: [{ event: "done", answer }] }] })]);
  assert.equal(await runCli(world, ["jobs", "kill", "--yes", "j1"]), 1);
  assert.match(world.printed.out, /^web1 {2}j1\.10 {2}nothing ended\n {2}left program 13: Operation not permitted$/m);
  assert.equal(world.printed.err, "");
});

test("a process that is only guessed stays, unless orphans are asked for", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const guessed = { ...lost, processes: [{ ...program, by: "time" }] };
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(lost)], show: [job(guessed)] }] }, seen)]);
  assert.equal(await runCli(world, ["jobs", "kill", "--yes", "j2"]), 0);
  assert.match(world.printed.out, /13 program .*\(stays: only its start fits the job; --orphans ends it\)$/m);
  assert.equal(await runCli(world, ["jobs", "kill", "--yes", "--orphans", "j2"]), 0);
  assert.deepEqual(seen.asked.flatMap((asked) => (asked.do === "kill" ? [asked.orphans] : [])), [false, true]);
});

test("jobs without processes, or with hidden ones, and jobs that are nowhere are told", async () => {
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(ended)], show: [job(ended)] }] })]);
  assert.equal(await runCli(world, ["jobs", "kill", "--yes", "j1"]), 0);
  assert.equal(world.printed.err, "longhaul: web1/j1.10: no process of it lives (finished)\n");
  assert.equal(await runCli(world, ["jobs", "kill", "--yes", "j9"]), 1);
  const hidden = { ...running, processes: [], processes_known: false };
  const blind = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(hidden)], show: [job(hidden)] }] })]);
  assert.equal(await runCli(blind, ["jobs", "kill", "--yes", "j1"]), 1);
  assert.match(blind.printed.err, /its processes cannot be seen by me; look as root with -b/);
});

test("a link that is lost in the middle is opened again, and what is left is ended; who was ended meanwhile is told", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const [, last] = KILLED;
  const after: Answers = { kill: [{ event: "done", answer: { killed: [last], left: [] } }], show: [job({ ...running, processes: [] })] };
  const world = worldOf([fakeHost({ host: "web1", answers: [{ ...WELL, kill: ["drop"] }, undefined, { kill: ["drop"] }, after] }, seen)]);
  assert.equal(await runCli(world, ["jobs", "kill", "--yes", "j1"]), 0);
  assert.equal(seen.asked.filter((asked) => asked.do === "kill").length, 3);
  assert.deepEqual(world.printed.out.split("\n").slice(4), ["web1  j1.10  3 processes ended", "  KILL program 13", "  gone watcher 11, runner 12", ""]);
  assert.match(world.printed.err, /connection was lost \(Broken pipe\); trying again for up to 30m00s\n(?:.*\n)*longhaul: web1: connected again after /);
});

test("a host that stays away, or an agent that cannot, is a problem of that job", async () => {
  const dropped = worldOf([fakeHost({ host: "web1", answers: [{ ...WELL, kill: ["drop"] }] })]);
  assert.equal(await runCli(dropped, ["jobs", "kill", "--yes", "--reconnect", "20s", "j1"]), 1);
  assert.match(dropped.printed.err, /web1: away for .* and given up \(Connection refused\).*; what is left of j1\.10 is not known, look with longhaul jobs show/);
  const unable = worldOf([fakeHost({ host: "web1", answers: [{ ...WELL, kill: [{ event: "error", code: "not-supported", message: "cannot be seen" }] }] })]);
  assert.equal(await runCli(unable, ["jobs", "kill", "--yes", "j1"]), 1);
  assert.match(unable.printed.err, /web1\/j1\.10: not ended: cannot be seen/);
});

test("JSON has what was killed and what is left", async () => {
  const world = worldOf([fakeHost({ host: "web1", answers: [WELL] })]);
  assert.equal(await runCli(world, ["jobs", "kill", "--yes", "j1", "-f", "json"]), 0);
  assert.deepEqual(JSON.parse(world.printed.out), { schema: 1, jobs: [{ host: "web1", dir: "/d", jid: "j1.10", killed: KILLED, left: [], saysRunning: true }] });
});
