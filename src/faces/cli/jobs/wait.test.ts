import assert from "node:assert/strict";
import { test } from "node:test";
import { runCli } from "../program.ts";
import type { Answers, FakeHost } from "./jobs.fake.ts";
import { NOW, ended, fakeHost, job, lost, over, running, worldOf } from "./jobs.fake.ts";

const one = (...answers: readonly (Answers | undefined)[]) => fakeHost({ host: "web1", answers });

test("wait tells each end once, and its exit code says whether all ended well", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(running), job(lost)], wait: [job(running), over(ended), over(ended)] }] }, seen)]);
  assert.equal(await runCli(world, ["jobs", "wait"]), 0);
  assert.equal(world.printed.out, "web1  j1.10  finished rc 0  all done\\x1b[2J\n");
  assert.deepEqual(seen.asked.at(-1), { do: "wait", jobs: [{ dir: "/d", jid: "j1.10" }] });
  const bad = worldOf([one({ list: [job(running)], wait: [over({ ...ended, rc: 3, failed: true })] })]);
  assert.equal(await runCli(bad, ["jobs", "wait", "j1.10"]), 1);
  const idle = worldOf([one({ list: [] })]);
  assert.equal(await runCli(idle, ["jobs", "wait"]), 0);
  assert.match(idle.printed.err, /nothing ran on 1 host/);
  assert.equal(await runCli(idle, ["jobs", "wait", "j7.7"]), 1);
});

test("a job that lost its processes is told at once, also while others run, and also when it is a moment old", async () => {
  const young = { ...running, jid: "j3.30", path: "/d/j3.30", processes: [], mtime: NOW - 1 };
  const world = worldOf([one({ list: [job(running), job(young)], wait: [over(young), job(running), over(ended)] })]);
  assert.equal(await runCli(world, ["jobs", "wait"]), 1);
  assert.equal(world.printed.out, "web1  j3.30  lost  the job file says that it runs; no process of the wrapper lives: nobody will write a result\nweb1  j1.10  finished rc 0  all done\\x1b[2J\n");
});

test("an agent that gives up is a problem with its host", async () => {
  const broken = worldOf([one({ list: [job(running)], wait: [{ event: "error", code: "internal", message: "no" }] })]);
  assert.equal(await runCli(broken, ["jobs", "wait"]), 2);
  assert.equal(broken.printed.err, "longhaul: web1: the wait ended early: no\n");
});

test("a link that drops is opened again until it is back, and the wait goes on for what has not ended", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const other = { ...running, jid: "j5.50", path: "/d/j5.50" };
  const host = fakeHost({ host: "web1", answers: [{ list: [job(running), job(other)], wait: [over(ended), "drop"] }, undefined, undefined, { wait: [job(other), "drop"] }, { wait: [over({ ...ended, jid: "j5.50" })] }] }, seen);
  const world = worldOf([host]);
  assert.equal(await runCli(world, ["jobs", "wait"]), 0);
  assert.equal(world.printed.out, "web1  j1.10  finished rc 0  all done\\x1b[2J\nweb1  j5.50  finished rc 0  all done\\x1b[2J\n");
  assert.match(world.printed.err, /^longhaul: web1: the connection was lost \(Broken pipe\); trying again for up to 30m00s\nlonghaul: web1: connected again after 3s\nlonghaul: web1: connected again after \d+s\n$/);
  assert.deepEqual(seen.asked.slice(1), [
    { do: "wait", jobs: [{ dir: "/d", jid: "j1.10" }, { dir: "/d", jid: "j5.50" }] },
    { do: "wait", jobs: [{ dir: "/d", jid: "j5.50" }] },
    { do: "wait", jobs: [{ dir: "/d", jid: "j5.50" }] },
  ]);
  assert.equal(seen.closed.length, 3);
});

test("a host that was started anew meanwhile has lost its jobs", async () => {
  const host = fakeHost({ host: "web1", answers: [{ list: [job(running)], wait: ["drop"] }, { wait: [over({ ...running, processes: [] })] }], ready: [{}, { boot_id: "c", uptime: 5 }] });
  const world = worldOf([host]);
  assert.equal(await runCli(world, ["jobs", "wait"]), 1);
  assert.match(world.printed.err, /connected again after 0s; the host was started anew meanwhile\n$/);
  assert.equal(world.printed.out, "web1  j1.10  lost  the job file says that it runs; the host was started after the file was written\n");
});

test("a host that stays away is given up, and the others are waited for", async () => {
  const world = worldOf([one({ list: [job(running)], wait: ["drop"] }), fakeHost({ host: "web2", answers: [{ list: [job(running)], wait: [over(ended)] }] })]);
  assert.equal(await runCli(world, ["jobs", "wait", "--reconnect", "1m"]), 1);
  assert.match(world.printed.err, /web1: away for 1m\d\ds and given up \(Connection refused\); its jobs may still run: look with longhaul jobs list -l web1\n$/);
  assert.match(world.printed.out, /^web2 {2}j1\.10 {2}finished/);
});

test("the time to wait ends the wait, also while a host is away, with an exit code of its own", async () => {
  for (const wait of [["hang"], ["drop"]] as const) {
    const world = worldOf([one({ list: [job(running)], wait })]);
    assert.equal(await runCli(world, ["jobs", "wait", "--timeout", "90s", "-T", "5"]), 124);
    assert.match(world.printed.err, /longhaul: 1 job has not ended after 1m30s; wait again, or see them with longhaul jobs list\n$/);
  }
});

test("any ends the wait with the first job on any host", async () => {
  const world = worldOf([one({ list: [job(running)], wait: ["hang"] }), fakeHost({ host: "web2", answers: [{ list: [job(running)], wait: [over(ended)] }] })]);
  assert.equal(await runCli(world, ["jobs", "wait", "--any"]), 0);
  assert.equal(world.printed.out, "web2  j1.10  finished rc 0  all done\\x1b[2J\n");
  assert.equal(world.printed.err, "");
});

test("a job file that is removed meanwhile is told, and the wait does not hang", async () => {
  const bare = { ...running, path: null, file: "absent" as const, mtime: null };
  const world = worldOf([one({ list: [job(running)], wait: [job(running), job(bare), over({ ...bare, processes: [] })] })]);
  assert.equal(await runCli(world, ["jobs", "wait"]), 1);
  assert.equal(world.printed.err, "longhaul: web1/j1.10: its job file was removed; how it ends can no longer be known\n");
  assert.equal(world.printed.out, "web1  j1.10  absent  there is no job file\n");
});

test("JSON has every job as it was at last, and whether it has ended", async () => {
  const world = worldOf([one({ list: [job(running), job({ ...running, jid: "j5.50" })], wait: [over(ended), "hang"] })]);
  assert.equal(await runCli(world, ["jobs", "wait", "-f", "json", "--timeout", "10"]), 124);
  const { timedOut, jobs } = JSON.parse(world.printed.out) as { timedOut: boolean; jobs: { jid: string; state: string; ended: boolean }[] };
  assert.deepEqual([timedOut, ...jobs.map(({ jid, state, ended: isOver }) => [jid, state, isOver])], [true, ["j1.10", "finished", true], ["j5.50", "running", false]]);
});

test("at a terminal the jobs that run stand below what is told, and Ctrl-C says that they go on", async () => {
  const acts: (() => void)[] = [];
  const onInterrupt = (act: () => void): (() => void) => {
    acts.push(act);
    return () => undefined;
  };
  const world = worldOf([one({ list: [job({ ...running, log: { size: 9, mtime: NOW } })], wait: [job(running), "hang"], tail: [{ event: "output", stream: "log", text: "10 %\r20 %\n", offset: 9 }, "hang"] })], {
    live: { size: () => ({ columns: 60, rows: 24 }), onResize: () => () => undefined },
    onInterrupt,
  });
  const waiting = runCli(world, ["jobs", "wait", "--timeout", "5"]);
  await world.clock.sleep(2500);
  for (const act of acts.toReversed()) act();
  assert.match(world.printed.out.replaceAll("\u001b", "^"), /web1\/j1\.10 {2}1m05s {2}left 8m55s {2}20 %\nwaiting for 1 job, 2s, at most 3s more\n\r\^\[2A\^\[J$/);
  assert.equal(world.printed.err, "longhaul: no longer waiting, 1 job has not ended; nothing was stopped on the hosts\n");
  assert.equal(await waiting, 124);
});
