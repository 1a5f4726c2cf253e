import assert from "node:assert/strict";
import { test } from "node:test";
import { modes } from "../../catalogue/index.ts";
import type { AgentEvent, JobReport } from "../../model/host.ts";
import { Problem } from "../../model/problem.ts";
import type { OpenedHost } from "../../engine/ports.ts";
import type { FakeHost } from "./jobs/jobs.fake.ts";
import { ended, fakeHost, job, lost, running, worldOf } from "./jobs/jobs.fake.ts";
import { runCli } from "./program.ts";
import type { FakeWorld } from "./world.fake.ts";
import { fakeWorld } from "./world.fake.ts";

const LOG = `
PLAY [db] **********************************************************************

TASK [Wait] ********************************************************************
fatal: [db1]: FAILED! => {"ansible_job_id": "j1.10", "changed": false, "finished": 1, "msg": "could not find job", "results_file": "/root/.ansible_async/j1.10", "started": 1}

PLAY RECAP *********************************************************************
db1                        : ok=1    changed=1    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
db2                        : ok=1    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
`;

/** An agent that finds a job in a directory, or nothing. */
function host(name: string, report?: JobReport, { closed = [], seen, more = [] }: { closed?: readonly string[]; seen?: FakeHost; more?: readonly AgentEvent[] } = {}): OpenedHost {
  const places = report === undefined ? [] : [{ dir: report.dir, jid: report.jid, home: "deploy", sure: true }];
  const dirs = [{ path: "/root/.ansible_async", home: "root", exists: true, owner: "root", mode: 0o755, refused_to: null, free: 1e9, inodes_free: 1e5, open: false }];
  const search: AgentEvent = { event: "probe", probe: "find-job", facts: { places, searched: 7, complete: true, closed, async_dir: "/root/.ansible_async", dirs, left: [], left_known: true }, why: null };
  const kernel: AgentEvent = { event: "probe", probe: "kernel-log", facts: { oom: [], unreadable: null }, why: null };
  const cleaners: AgentEvent = { event: "probe", probe: "cleaners", facts: null, why: "not here" };
  return fakeHost({ host: name, answers: [{ probe: [search, kernel, cleaners, ...more], show: report === undefined ? [] : [job(report)] }] }, seen);
}

const HOME: JobReport = { ...running, dir: "/home/deploy/.ansible_async", path: "/home/deploy/.ansible_async/j1.10", owner: "deploy" };

function world(...hosts: readonly OpenedHost[]): FakeWorld {
  const files = fakeWorld({ "run.log": LOG }, modes);
  return worldOf(hosts, { modes: () => Promise.resolve(modes), readChunks: files.readChunks, files: files.files });
}

test("a log with an inventory: what the hosts show decides, and is marked with the host", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const here = world(host("db1", HOME, { seen }), host("db2", undefined, { seen }));
  assert.equal(await runCli(here, ["diagnose", "-i", "hosts.yml", "--dir", "/srv/jobs", "run.log"]), 1);
  assert.equal(here.printed.out, `FAILED  Wait on db1

  The status task runs as another user than the job  [status-as-another-user]
  Job files are in ~/.ansible_async of the user a task runs as. A status task
  that becomes another user, or none, looks in another home and finds nothing,
  while the job goes on.

  seen There was no job file of j1.10 in /root/.ansible_async on db1.
       line 5: fatal: [db1]: FAILED! => {… "msg": "could not find job" …
  host db1: The job file is /home/deploy/.ansible_async/j1.10, of deploy.
  host db1: job /home/deploy/.ansible_async/j1.10 is running: the job file says
       that it runs; its runner lives (process 12).
  note The log alone cannot tell job-file-removed, status-as-another-user,
       status-in-another-dir, status-on-another-host apart; the hosts do.
  not  job-file-removed, status-in-another-dir, status-on-another-host: host
       db1: The job file is /home/deploy/.ansible_async/j1.10, of deploy.
  not  status-of-polled-task: Ansible says ASYNC OK when it has polled a job to
       its end; the log has no such line about this job. (line 4)

  do   Give the status task the become, become_user (and remote_user) with which
       deploy runs the job: longhaul lint --fix does it. The job runs on db1: do
       not start it a second time.
  more longhaul explain status-as-another-user

`);
  const [first] = seen.asked;
  assert(first?.do === "probe");
  assert.deepEqual([first["jids"], first["dirs"]], [["j1.10"], ["/srv/jobs", "/root/.ansible_async"]]);
  assert.deepEqual(seen.closed.toSorted(), ["db1", "db2"], "every host of the run was asked for it, and every link is closed");
});

test("the same in JSON, with names that stay", async () => {
  const here = world(host("db1", HOME), host("db2"));
  assert.equal(await runCli(here, ["diagnose", "-i", "hosts.yml", "-f", "json", "run.log"]), 1);
  const { logs: [log] } = JSON.parse(here.printed.out) as { logs: { diagnoses: { causes: { mode: string; evidence: { host: string | null }[] }[]; openWithoutHosts: string[]; onHosts: object[] }[] }[] };
  const [diagnosis] = log?.diagnoses ?? [];
  assert.deepEqual(diagnosis?.causes.map(({ mode, evidence }) => [mode, evidence.map((each) => each.host)]), [["status-as-another-user", [null, "db1"]]]);
  assert.equal(diagnosis?.openWithoutHosts.length, 4);
  assert.deepEqual(diagnosis?.onHosts, [{ host: "db1", jid: "j1.10", state: "running", foundOn: "db1", path: "/home/deploy/.ansible_async/j1.10", why: "the job file says that it runs; its runner lives (process 12)" }]);
});

test("what could not be looked at is said, and the log's verdict stays", async () => {
  const alone = world();
  await runCli(alone, ["diagnose", "run.log"]);
  const titles = (text: string): readonly string[] => text.split("\n").filter((line) => /\[[a-z-]+\]$/.test(line));
  const cases: readonly (readonly [RegExp, readonly OpenedHost[]])[] = [
    [/\? The state of job j1\.10 is not known\. db1: Connection refused; try it by hand\./, [{ host: "db1", problem: new Problem("unreachable", "db1: Connection refused; try it by hand") }, host("db2")]],
    [/me may not look into \/home\/deploy\/\.ansible_async; look again with -b\./, [host("db1", undefined, { closed: ["/home/deploy/.ansible_async"] }), host("db2")]],
    [/the inventory \(with the limit, if one is given\) has no host of this name; check -i and -l\./, []],
    [/the connection was lost/, [fakeHost({ host: "db1", answers: [{ probe: ["drop"] }] }), host("db2")]],
    [/could not be looked for \(MemoryError\)/, [fakeHost({ host: "db1", answers: [{ probe: [{ event: "probe", probe: "find-job", facts: null, why: "MemoryError" }] }] }), host("db2")]],
  ];
  for (const [words, hosts] of cases) {
    const here = world(...hosts);
    assert.equal(await runCli(here, ["diagnose", "-i", "hosts.yml", "run.log"]), 1);
    assert.match(here.printed.out.replaceAll(/\s+/g, " "), words);
    assert.deepEqual(titles(here.printed.out), titles(alone.printed.out));
  }
});

test("an inventory without a host of the log is told host by host; one that cannot be read is a problem", async () => {
  const openHosts = (code: "bad-usage" | "cannot-read"): FakeWorld["openHosts"] => async function* () {
    yield* [];
    await Promise.resolve();
    throw new Problem(code, "no host matches");
  };
  const none = { ...world(), openHosts: openHosts("bad-usage") };
  assert.equal(await runCli(none, ["diagnose", "-i", "hosts.yml", "run.log"]), 1);
  assert.match(none.printed.out, /has no host of this name/);
  const broken = { ...world(), openHosts: openHosts("cannot-read") };
  assert.equal(await runCli(broken, ["diagnose", "-i", "hosts.yml", "run.log"]), 2);
});

test("a job by its id: its state first, a cause where there is one, and the exit code", async () => {
  const ask = async (...hosts: readonly OpenedHost[]): Promise<{ exit: number; out: string }> => {
    const here = world(...hosts);
    const exit = await runCli(here, ["diagnose", "-i", "hosts.yml", "--host", "db*", "--jid", "j1.10"]);
    return { exit, out: here.printed.out };
  };
  const well = await ask(host("db1"), host("db2", HOME));
  assert.deepEqual([well.exit, well.out.split("\n")[0]], [0, "RUNNING  j1.10 on db2"]);
  assert.match(well.out, /do {3}Nothing is wrong with it\. To wait for its end: longhaul jobs wait j1\.10\./);
  assert.equal((await ask(host("db1", ended))).exit, 0);
  const gone = await ask(host("db1", { ...lost, jid: "j1.10" }));
  assert.equal(gone.exit, 1);
  assert.match(gone.out, /^LOST {2}j1\.10 on db1\n\n {2}Something on the host killed the job {2}\[killed-from-outside\]$/m);
  const failed = await ask(host("db1", { ...ended, rc: 3, failed: true }));
  assert.deepEqual([failed.exit, failed.out.split("\n")[0]], [1, "FAILED  j1.10 on db1"]);
  const nowhere = await ask(host("db1"));
  assert.match(nowhere.out, /^ABSENT {2}j1\.10 on db1\n {2}host db1: job j1\.10 is absent: no file and no process of it; 7 directories\n {7}were looked into\.$/m);
  const away = await ask({ host: "db1", problem: new Problem("unreachable", "db1: Connection refused") });
  assert.deepEqual([away.exit, away.out.split("\n")[0]], [1, "UNKNOWN  j1.10 on db1"]);
  const json = world(host("db1", HOME));
  assert.equal(await runCli(json, ["diagnose", "--jid", "j1.10", "-f", "json"]), 0);
  assert.deepEqual((JSON.parse(json.printed.out) as { jobs: { jid: string; causes: object[] }[] }).jobs.map(({ jid, causes }) => [jid, causes]), [["j1.10", []]]);
});

test("a failure that no mode explains comes with what the hosts show", async () => {
  const log = LOG.replace('"could not find job"', '"non-zero return code", "rc": 127, "cmd": "shopctl", "stderr": "/bin/sh: 1: shopctl: not found"');
  const files = fakeWorld({ "run.log": log }, modes);
  const report: JobReport = { ...ended, jid: "j1.10", rc: 127, failed: true, mtime: 1_700_000_000 };
  const environment: AgentEvent = { event: "probe", probe: "environment", facts: { needs: [{ name: "shopctl", job: { variable: false, program: null }, login: { variable: false, program: null } }] }, why: null };
  const wrappers: AgentEvent = { event: "probe", probe: "wrapper-log", facts: { said: [{ jid: "j1.10", at: 1_700_000_000, text: "Module complete (40)\u001b[31m" }], unreadable: null }, why: null };
  const here = worldOf([host("db1", report, { more: [environment, wrappers] })], { modes: () => Promise.resolve(modes), readChunks: files.readChunks, files: files.files });
  assert.equal(await runCli(here, ["diagnose", "-i", "hosts.yml", "run.log"]), 1);
  assert.equal(here.printed.out.split("\n").slice(4, -1).join("\n"), `         rc 127
  host db1: job /d/j1.10 is failed: the job file holds a result with rc 127.
  host db1: The last that the job's wrapper has written to the host's log:
       "Module complete (40)\\x1b[31m", at 2023-11-14 22:13:20 UTC.
  not  not-a-login-shell: host db1: A login of me does not find shopctl either:
       it is not installed, or in no directory of any PATH.
`);
});

test("what goes not together is said", async () => {
  for (const argv of [["--jid", "not/a/job"], ["--host", "db1"], ["--jid", "j1.10", "run.log"]]) {
    const here = world();
    assert.equal(await runCli(here, ["diagnose", ...argv]), 2);
    assert.match(here.printed.err, /^longhaul: .*; (?:it is|name it|leave one)|^longhaul: .*: no id of a job; /);
  }
});
