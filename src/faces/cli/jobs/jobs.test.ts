import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostLink, OpenedHost } from "../../../engine/ports.ts";
import type { AgentEvent, AgentReady, AgentRequest, JobReport } from "../../../model/host.ts";
import { Problem } from "../../../model/problem.ts";
import { runCli } from "../program.ts";
import type { FakeWorld } from "../world.fake.ts";
import { fakeWorld } from "../world.fake.ts";
import type { World } from "../world.ts";

const NOW = 10_000;

const ready: AgentReady = { python: "3.11.2", user: "me", uid: 1000, home: "/home/me", home_env: "/home/me", cwd: "/", boot_id: "b", now: NOW, uptime: 5000, pid: 1, host: "node" };

const runner = { pid: 12, ppid: 11, pgid: 12, sid: 10, uid: 1000, start: NOW - 65, role: "runner", argv: "async_wrapper.py" } as const;
const watcher = { ...runner, pid: 11, ppid: 1, pgid: 10, role: "watcher" } as const;

const running: JobReport = {
  jid: "j1.10", dir: "/d", path: "/d/j1.10", owner: "me", uid: 1000, mode: 0o644, size: 60, mtime: NOW - 65, ctime: NOW - 65, file: "running", started: true,
  finished: false, failed: null, rc: null, msg: null, cmd: null, start: null, end: null, delta: null, child_pid: null, changed: null, stdout_last: null, stderr_last: null,
  tmp: null, log: null, limit: 600, module: "command", processes: [watcher, runner], processes_known: true, supervised: true,
};
const ended: JobReport = { ...running, file: "result", finished: true, rc: 0, cmd: "sleep 3", stdout_last: "all done\u001b[2J", limit: null, processes: [] };
const lost: JobReport = { ...running, jid: "j2.20", path: "/d/j2.20", processes: [], limit: null, mtime: NOW - 4000 };

interface FakeHost {
  readonly asked: AgentRequest[];
  readonly closed: string[];
}

/** In: events for each kind of request. Out: a link that answers with them, then with done. */
function link(host: string, answers: Partial<Record<AgentRequest["do"], readonly AgentEvent[]>>, seen: FakeHost): OpenedHost {
  const made: HostLink = {
    host,
    ready,
    now: () => NOW,
    request: async function* (request) {
      seen.asked.push(request);
      await Promise.resolve();
      yield* answers[request.do] ?? [];
      yield { event: "done", answer: {} };
    },
    close: async () => {
      seen.closed.push(host);
      await Promise.resolve();
    },
  };
  return { host, link: made };
}

function worldOf(hosts: readonly OpenedHost[]): FakeWorld {
  const world = fakeWorld({}, []);
  const openHosts: World["openHosts"] = async function* () {
    await Promise.resolve();
    yield* hosts;
  };
  return { ...world, openHosts };
}

const job = (report: JobReport): AgentEvent => ({ event: "job", job: report });

test("list shows the jobs of all hosts in a table that fits, and a host that is not there with its exit code", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const away: OpenedHost = { host: "away", problem: new Problem("unreachable", "away: Connection refused; try it by hand") };
  const world = worldOf([link("web2", { list: [job(lost)] }, seen), away, link("web1", { list: [job(running), job(ended)] }, seen)]);
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

test("only the states asked about, in JSON with what they rest on", async () => {
  const world = worldOf([link("web1", { list: [job(running), job(lost)] }, { asked: [], closed: [] })]);
  assert.equal(await runCli(world, ["jobs", "list", "--state", "lost", "-f", "json"]), 0);
  const { jobs } = JSON.parse(world.printed.out) as { jobs: { host: string; state: string; because: string[]; jid: string }[] };
  assert.deepEqual(jobs.map(({ host, state, jid }) => [host, state, jid]), [["web1", "lost", "j2.20"]]);
  assert.notEqual(jobs[0]?.because.length, 0);
  assert.equal(await runCli(world, ["jobs", "list", "--state", "gone"]), 2);
});

test("show tells everything of a job, with or without the process id, and says when there is none", async () => {
  const world = worldOf([link("web1", { list: [job(ended), job(lost)], show: [job(ended)] }, { asked: [], closed: [] })]);
  assert.equal(await runCli(world, ["jobs", "show", "j1"]), 0);
  assert.match(world.printed.out, /^j1\.10 on web1 {2}finished\n(?: {2}why .*\n)+ {2}file \/d\/j1\.10\n/);
  assert.doesNotMatch(world.printed.out, /j2\.20/);
  assert.equal(await runCli(world, ["jobs", "show", "j9.9"]), 1);
  assert.match(world.printed.err, /j9\.9: no such job on 1 host; look in other homes/);
});

test("wait tells each end once, and its exit code says whether all ended well", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const world = worldOf([link("web1", { list: [job(running), job(lost)], wait: [job(running), job(ended), job(ended)] }, seen)]);
  assert.equal(await runCli(world, ["jobs", "wait"]), 0);
  assert.equal(world.printed.out, "web1  j1.10  finished rc 0  all done\\x1b[2J\n");
  assert.deepEqual(seen.asked.at(-1), { do: "wait", jobs: [{ dir: "/d", jid: "j1.10" }] });
  const bad = worldOf([link("web1", { list: [job(running)], wait: [job({ ...ended, rc: 3, failed: true })] }, seen)]);
  assert.equal(await runCli(bad, ["jobs", "wait", "j1.10"]), 1);
  const gone = worldOf([link("web1", { list: [job(running)], wait: [job({ ...running, processes: [], limit: null, mtime: NOW - 4000 })] }, seen)]);
  assert.equal(await runCli(gone, ["jobs", "wait"]), 1);
  assert.match(gone.printed.out, /^web1 {2}j1\.10 {2}lost$/m);
  const broken = worldOf([link("web1", { list: [job(running)], wait: [{ event: "error", code: "internal", message: "no" }] }, seen)]);
  assert.equal(await runCli(broken, ["jobs", "wait"]), 1);
  assert.match(broken.printed.err, /web1: the wait ended early: no/);
  const idle = worldOf([link("web1", { list: [] }, seen)]);
  assert.equal(await runCli(idle, ["jobs", "wait"]), 0);
  assert.match(idle.printed.err, /nothing ran on 1 host/);
});
