import assert from "node:assert/strict";
import { test } from "node:test";
import type { OpenedHost } from "../../../engine/ports.ts";
import type { AgentEvent, JobReport } from "../../../model/host.ts";
import { Problem } from "../../../model/problem.ts";
import { runCli } from "../program.ts";
import type { FakeHost } from "./jobs.fake.ts";
import { ended, fakeHost, job, lost, running, worldOf } from "./jobs.fake.ts";

test("list shows the jobs of all hosts in a table that fits, and a host that is not there with its exit code", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const away: OpenedHost = { host: "away", problem: new Problem("unreachable", "away: Connection refused; try it by hand") };
  const world = worldOf([fakeHost({ host: "web2", answers: [{ list: [job(lost)] }] }, seen), away, fakeHost({ host: "web1", answers: [{ list: [job(running), job(ended)] }] }, seen)]);
  assert.equal(await runCli(world, ["jobs", "list", "-i", "hosts.yml"]), 1);
  assert.equal(world.printed.out, [
    "HOST  STATE     AGE    LEFT   RC  JID    LAST LINE OR COMMAND",
    "web1  running   1m05s  8m55s  -   j1.10  command",
    "web1  finished  1m05s  -      0   j1.10  all done\\x1b[2J",
    "web2  lost      1h06m  -      -   j2.20  command",
    "",
  ].join("\n"));
  assert.equal(world.printed.err, "longhaul: away: Connection refused; try it by hand\n");
  assert.deepEqual(seen.closed.toSorted(), ["web1", "web2"]);
  assert.deepEqual(seen.asked[0], { do: "list", dirs: ["~/.ansible_async"], all_users: false });
});

test("wide characters keep the columns of the table and its width", async () => {
  const wide = { ...running, processes: running.processes, module: "再構築しています".repeat(10) };
  const world = worldOf([fakeHost({ host: "日本", answers: [{ list: [job(wide)] }] }), fakeHost({ host: "web1", answers: [{ list: [job(running)] }] })]);
  assert.equal(await runCli(world, ["jobs", "list"]), 0);
  assert.match(world.printed.out, /^web1 {2}running .*\n日本 {2}running .* j1\.10 {2}(?:再構築しています){2}再構築…\n$/m);
});

test("only the states asked about, in JSON with what they rest on", async () => {
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(running), job(lost)] }] })]);
  assert.equal(await runCli(world, ["jobs", "list", "--state", "lost", "-f", "json"]), 0);
  const { jobs } = JSON.parse(world.printed.out) as { jobs: { host: string; state: string; because: string[]; jid: string }[] };
  assert.deepEqual(jobs.map(({ host, state, jid }) => [host, state, jid]), [["web1", "lost", "j2.20"]]);
  assert.notEqual(jobs[0]?.because.length, 0);
  assert.equal(await runCli(world, ["jobs", "list", "--state", "gone"]), 2);
});

test("a directory that was asked for and cannot be read is no empty one", async () => {
  const answer = (why: string): AgentEvent => ({ event: "done", answer: { dirs: [{ asked: "~/.ansible_async", readable: false, why }, { asked: null, readable: false, why: "Permission denied" }] } });
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [answer("Permission denied")] }] })]);
  assert.equal(await runCli(world, ["jobs", "list"]), 2);
  assert.equal(world.printed.err, "longhaul: web1: ~/.ansible_async: Permission denied; -b looks as another user, --dir in another directory\n");
  const unused = worldOf([fakeHost({ host: "web1", answers: [{ list: [answer("No such file or directory")] }, { list: [answer("No such file or directory")] }] })]);
  assert.equal(await runCli(unused, ["jobs", "list"]), 0);
  assert.equal(unused.printed.out + unused.printed.err, "no jobs on 1 host\n");
  assert.equal(await runCli(unused, ["jobs", "list", "--dir", "~/.ansible_async"]), 2);
});

test("show tells everything of a job, with or without the process id, and says when there is none", async () => {
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(ended), job(lost)], show: [job(ended)] }] })]);
  assert.equal(await runCli(world, ["jobs", "show", "j1"]), 0);
  assert.match(world.printed.out, /^j1\.10 on web1 {2}finished\n(?: {2}why .*\n)+ {2}file \/d\/j1\.10\n/);
  assert.doesNotMatch(world.printed.out, /j2\.20/);
  assert.equal(await runCli(world, ["jobs", "show", "j9.9"]), 1);
  assert.match(world.printed.err, /j9\.9: no such job on 1 host; look in other homes/);
  assert.equal(await runCli(world, ["jobs", "show", "j1.11"]), 1);
});

test("of a job that has failed the last line of its errors is shown, of one that says nothing its output or command", async () => {
  const failed = { ...ended, rc: 2, failed: true, msg: "non-zero return code" };
  const shown = async (report: Partial<JobReport>): Promise<string> => {
    const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job({ ...failed, ...report })] }] })]);
    assert.equal(await runCli(world, ["jobs", "list"]), 0);
    return world.printed.out.trim().split("  ").at(-1) ?? "";
  };
  assert.equal(await shown({ stderr_last: "no such table" }), "no such table");
  assert.equal(await shown({ stdout_last: "half done" }), "half done");
  assert.equal(await shown({ stdout_last: "half done", msg: "The command exited with a non-zero return code." }), "half done", "as 2.21 says it");
  assert.equal(await shown({ stdout_last: null }), "sleep 3");
  assert.equal(await shown({ stdout_last: null, msg: "Permission denied" }), "Permission denied");
});
