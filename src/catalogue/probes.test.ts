// What the hosts show, for every mode that looks there: it supports the right mode, rules out the others, and what could not be looked at changes nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DiagnoseResult } from "../engine/diagnose.ts";
import { diagnose } from "../engine/diagnose.ts";
import type { HostLooks, HostSeen } from "../model/host-looks.ts";
import { ALIVE, NOW, fakeHost, fakeLooks, fakeReport, fakeSighting } from "../model/host-looks.fake.ts";
import type { JobReport } from "../model/host.ts";
import { readOutput } from "../readers/output/read-output.ts";
import { modes } from "./index.ts";

const JID = "j11.22";
const DIR = "/root/.ansible_async";
const HOME = "/home/deploy/.ansible_async";
const DAY = 86_400;

const play = (...lines: readonly string[]): string => ["PLAY [shop] ********", "", ...lines, "", ""].join("\n");
const recap = (line = "ok=1    changed=1    unreachable=0    failed=1"): string => `PLAY RECAP *****\ndb1                        : ${line}    skipped=0    rescued=0    ignored=0`;
const task = (name: string): string => `TASK [${name}] ********`;
const failed = (fields: object, host = "db1"): string => `fatal: [${host}]: FAILED! => ${JSON.stringify(fields)}`;

/** Without the launch in it: nothing tells where the job was started. */
const MISSING = play(task("Wait"), failed({ ansible_job_id: JID, changed: false, finished: 1, msg: "could not find job", results_file: `${DIR}/${JID}`, started: 1 }));
const LIMIT = play(task("Work"), `ASYNC POLL on db1: jid=${JID} started=1 finished=0`, `ASYNC FAILED on db1: jid=${JID}`, failed({ changed: false, msg: "async task did not complete within the requested time - 5s" }), recap());
const TIMEOUT = play(task("Work"), `ASYNC POLL on db1: jid=${JID} started=1 finished=0`, `ASYNC FAILED on db1: jid=${JID}`, failed({ ansible_job_id: JID, changed: false, child_pid: 40, finished: 1, msg: "Timeout exceeded" }), recap());
const USED_UP = play(task("Wait"), `FAILED - RETRYING: [db1]: Wait (1 retries left).`, failed({ ansible_job_id: JID, attempts: 2, changed: false, finished: 0, started: 1, results_file: `${DIR}/${JID}` }), recap());

function judged(log: string, hosts?: HostLooks): DiagnoseResult {
  const result = diagnose({ story: readOutput(Buffer.from(log)), modes, ...(hosts === undefined ? {} : { hosts }) });
  assert.deepEqual(result.crashed, []);
  return result;
}

function causes(log: string, hosts?: HostLooks): readonly string[] {
  return judged(log, hosts).diagnoses[0]?.causes.map(({ mode }) => mode) ?? [];
}

/** db1 with a job on it. */
function withJob(over: Partial<JobReport> = {}, host: Partial<HostSeen> = {}): HostLooks {
  return fakeLooks(fakeHost("db1", { sightings: [fakeSighting(fakeReport(JID, over))], ...host }));
}

const ENDED: Partial<JobReport> = { file: "result", finished: true, rc: 0, mtime: NOW - 10 };

test("a job that was not found: the log alone leaves a tie, the place of its file decides it", () => {
  const tie = causes(MISSING);
  assert.ok(tie.length > 3, tie.join());
  const cases: readonly (readonly [string, HostLooks])[] = [
    ["status-as-another-user", withJob({ dir: HOME, owner: "deploy", processes: ALIVE })],
    ["status-in-another-dir", withJob({ dir: "/var/tmp/jobs", processes: ALIVE })],
    ["status-on-another-host", fakeLooks(fakeHost("db1"), fakeHost("db2", { sightings: [fakeSighting(fakeReport(JID, { processes: ALIVE }))] }))],
    ["job-file-removed", withJob({ path: null, file: "absent", mtime: null, processes: ALIVE })],
    ["job-file-removed", withJob(ENDED)],
    ["disk-full", withJob({ path: null, file: "absent", mtime: null, tmp: { size: 0, mtime: NOW } })],
  ];
  for (const [mode, hosts] of cases) {
    const { diagnoses: [diagnosis] } = judged(MISSING, hosts);
    assert.deepEqual(diagnosis?.causes.map((cause) => cause.mode), [mode]);
    assert.deepEqual(diagnosis?.openWithoutHosts, tie, "what the hosts were good for is told");
    assert.ok(diagnosis?.causes[0]?.evidence.some(({ host }) => host !== undefined), "the host is named with its evidence");
    assert.ok(diagnosis?.ruledOut.every(({ because }) => because.host !== undefined));
  }
});

test("a directory that the job's user may not write, and a file system without room, tell why there never was a job file", () => {
  const [directory] = fakeHost("db1").directories;
  assert.ok(directory);
  assert.deepEqual(causes(MISSING, fakeLooks(fakeHost("db1", { closed: ["/home/x"], directories: [{ ...directory, owner: "root", refusedTo: "deploy" }] }))), ["async-dir-unwritable"]);
  assert.deepEqual(causes(MISSING, fakeLooks(fakeHost("db1", { closed: ["/home/x"], directories: [{ ...directory, freeBytes: 0 }] }))), ["disk-full"]);
  assert.deepEqual(causes(MISSING, fakeLooks(fakeHost("db1", { closed: ["/home/x"], directories: [{ ...directory, freeInodes: 0 }] }))), ["disk-full"]);
});

test("a job that is nowhere was removed by somebody; a cleaner that covers its directory is named", () => {
  const nowhere = causes(MISSING, fakeLooks(fakeHost("db1")));
  assert.ok(nowhere.includes("job-file-removed") && !nowhere.includes("status-as-another-user"), nowhere.join());
  const cleaner = { dir: DIR, tool: "systemd-tmpfiles", file: "/etc/tmpfiles.d/x.conf", line: 3, path: "/root", age: 3 * DAY, at_boot: false, sure: true, text: "d" };
  const [cause] = judged(MISSING, fakeLooks(fakeHost("db1", { cleaners: [cleaner] }))).diagnoses[0]?.causes ?? [];
  assert.equal(cause?.mode, "job-file-removed");
  assert.ok(cause.evidence.some(({ says }) => says === "systemd-tmpfiles removes what is in /root when it is older than 3 days (/etc/tmpfiles.d/x.conf:3)."));
});

test("a host that could not be looked at, or not everywhere, leaves the verdict to the log and is said", () => {
  const unseen = fakeLooks({ host: "db1", seen: false, why: "Connection refused; try it by hand" });
  for (const log of [MISSING, LIMIT, TIMEOUT, USED_UP]) {
    assert.deepEqual(causes(log, unseen), causes(log));
    assert.deepEqual(judged(log, unseen).diagnoses[0]?.jobs, [{ host: "db1", jid: JID, state: undefined, why: "Connection refused; try it by hand" }]);
  }
  const closed = fakeLooks(fakeHost("db1", { user: "me", closed: ["/home/deploy/.ansible_async"] }));
  assert.deepEqual(causes(MISSING, closed), causes(MISSING));
  const [now] = judged(MISSING, closed).diagnoses[0]?.jobs ?? [];
  assert.ok(now?.state === undefined);
  assert.match(now?.why ?? "", /me may not look into \/home\/deploy\/\.ansible_async; look again with -b/);
  assert.deepEqual(causes(MISSING, fakeLooks(fakeHost("db1", { isComplete: false }))), causes(MISSING), "a search that was ended by its bounds");
});

test("a process whose directory may not be seen is no proof of a removed file", () => {
  const hosts = fakeLooks(fakeHost("db1", { closed: [HOME], sightings: [fakeSighting(fakeReport(JID, { path: null, file: "absent", mtime: null, processes: ALIVE }), { isSure: false })] }));
  assert.deepEqual(causes(MISSING, hosts), causes(MISSING));
});

test("a job file that is there after all speaks against a job that Ansible has polled to its end", () => {
  const log = play(task("Work"), `ASYNC OK on db1: jid=${JID}`, "changed: [db1]", "", task("Wait"), failed({ ansible_job_id: JID, finished: 1, msg: "could not find job", results_file: `${DIR}/${JID}` }), recap());
  assert.deepEqual(causes(log), ["status-of-polled-task"]);
  assert.deepEqual(causes(log, fakeLooks(fakeHost("db1"))), ["status-of-polled-task"]);
  assert.ok(judged(log, withJob()).diagnoses[0]?.ruledOut.some(({ mode }) => mode === "status-of-polled-task"));
});

test("a limit that is over: what became of the job, or that it was not the limit", () => {
  for (const log of [LIMIT, USED_UP]) {
    const mode = log === LIMIT ? "limit-too-short" : "retries-too-short";
    const running = judged(log, withJob({ processes: ALIVE })).diagnoses[0];
    assert.deepEqual(running?.causes.map((cause) => cause.mode), [mode]);
    assert.match(running?.causes[0]?.do ?? "", /longhaul jobs wait j11\.22/);
    assert.deepEqual(running?.causes[0]?.evidence.at(-1)?.host, "db1");
    assert.deepEqual(causes(log, withJob(ENDED)), [mode]);
    assert.deepEqual(causes(log, withJob()), ["killed-from-outside"], "nobody was left to watch");
    assert.deepEqual(causes(log, withJob({ file: "empty", size: 0 })), ["job-file-damaged"]);
    assert.deepEqual(causes(log, withJob({ tmp: { size: 0, mtime: NOW - 30 } })), ["disk-full"]);
  }
  assert.deepEqual(causes(TIMEOUT, withJob({ file: "timeout", finished: null, msg: "Timeout exceeded", child_pid: 40 })), ["limit-too-short"]);
});

test("a program that the kill at the limit has not reached", () => {
  const timeout: Partial<JobReport> = { file: "timeout", finished: null, msg: "Timeout exceeded", child_pid: 40 };
  const left = { pid: 45, uid: 0, start: NOW - 63, argv: "sleep 300" };
  const [cause] = judged(TIMEOUT, withJob(timeout, { left: [left] })).diagnoses[0]?.causes ?? [];
  assert.equal(cause?.mode, "limit-too-short", "another job of the same user may have started it");
  assert.match(judged(TIMEOUT, withJob(timeout, { left: [left] })).diagnoses[0]?.unknown[0]?.what ?? "", /process 45 \(sleep 300\) is of this job/);
  const program = { pid: 45, ppid: 1, pgid: 45, sid: 45, uid: 0, start: NOW - 63, role: "program", argv: "sleep 300", by: "session" } as const;
  assert.deepEqual(causes(TIMEOUT, withJob({ ...timeout, processes: [program] })), ["limit-kill-escapes"], "tied to the job");
  for (const other of [{ ...left, uid: 7 }, { ...left, pid: 39 }, { ...left, start: NOW - 50 }, { ...left, start: NOW - 7 * 3600 }]) {
    assert.deepEqual(judged(TIMEOUT, withJob(timeout, { left: [other] })).diagnoses[0]?.unknown, [], "not of this job");
  }
  assert.deepEqual(causes(TIMEOUT, withJob(timeout, { left: undefined })), ["limit-too-short"], "not all processes could be looked at");
});

test("who has killed a job: the kernel for want of memory, a restart, or nobody known", () => {
  const kill = { at: NOW - 30, pid: 77, name: "java" };
  const [oom] = judged(USED_UP, withJob({}, { kills: { oom: [kill, { ...kill, at: NOW - 4000, pid: 5 }], unknown: null, cgroups: [] } })).diagnoses[0]?.causes ?? [];
  assert.equal(oom?.mode, "killed-from-outside");
  assert.ok(oom.evidence.some(({ says }) => says.startsWith("The kernel killed process 77 (java) for want of memory at 2023-")));
  assert.ok(!oom.evidence.some(({ says }) => says.includes("process 5")), "not before the job began");
  assert.match(oom.do, /more memory/);
  const unreadable = judged(USED_UP, withJob({}, { kills: { oom: [], unknown: "the kernel's log may not be read: Permission denied", cgroups: [] } })).diagnoses[0];
  assert.match(unreadable?.unknown[0]?.what ?? "", /is not known either: the kernel's log may not be read/);
  const restarted = judged(USED_UP, withJob({ mtime: NOW - 9000 })).diagnoses[0];
  assert.deepEqual(restarted?.causes.map(({ mode }) => mode), ["killed-from-outside"]);
  assert.match(restarted?.causes[0]?.evidence[1]?.says ?? "", /The host was started at 2023-11-14 20:50:00 UTC, after that/);
});

test("a cgroup that has counted kills makes want of memory likely, and does not say when", () => {
  const counted = (over: object): HostLooks => withJob({}, { kills: { oom: [], unknown: null, cgroups: [{ path: "/user.slice/user-7.slice", kills: 2, uid: 7, isOwn: false, jids: [], ...over }] } });
  for (const over of [{ uid: 0 }, { isOwn: true }, { jids: [JID] }]) {
    const [diagnosis] = judged(USED_UP, counted(over)).diagnoses;
    assert.deepEqual(diagnosis?.causes.map(({ mode }) => mode), ["killed-from-outside"]);
    assert.match(diagnosis?.causes[0]?.evidence.at(-1)?.says ?? "", /^The cgroup \/user\.slice\/user-7\.slice, in which .*, has counted 2 kills for want of memory; it does not say when\.$/);
    assert.match(diagnosis?.unknown[0]?.what ?? "", /^Who has killed it\. It may have been the kernel/);
  }
  assert.match(judged(USED_UP, counted({})).diagnoses[0]?.unknown[0]?.what ?? "", /It was not the kernel/, "the cgroup of other users");
});

test("what a job's wrapper has written to the log of its host is told with the mode that it speaks for", () => {
  const line = (text: string): Partial<HostSeen> => ({ wrapperLog: { said: [{ jid: JID, at: NOW - 40, text }, { jid: "j9.9", at: NOW, text: "of another job" }], unknown: null } });
  const told = (log: string, hosts: HostLooks): readonly string[] => {
    const [cause] = judged(log, hosts).diagnoses[0]?.causes ?? [];
    return cause === undefined ? [] : [cause.mode, ...cause.evidence.flatMap(({ says }) => (says.includes("wrapper has written") ? [says.replace(/^.*?: /, "").slice(0, 32)] : []))];
  };
  const timeout: Partial<JobReport> = { file: "timeout", finished: null, msg: "Timeout exceeded", child_pid: 40 };
  const noRoom = `failed to write to ${DIR}/${JID}: [Errno 28] No space left on device`;
  assert.deepEqual(told(USED_UP, withJob({}, line("40 still running (20)"))), ["killed-from-outside", '"40 still running (20)", at 2023']);
  assert.deepEqual(told(USED_UP, withJob({ mtime: NOW - 9000 }, line("40 still running (20)")))[0], "killed-from-outside");
  assert.deepEqual(told(TIMEOUT, withJob(timeout, line("Timeout reached, now killing 40"))), ["limit-too-short", '"Timeout reached, now killing 40']);
  assert.deepEqual(told(TIMEOUT, withJob(timeout, line("40 still running (20)"))), ["limit-too-short"]);
  assert.equal(told(MISSING, fakeLooks(fakeHost("db1", line(noRoom))))[0], "disk-full");
  assert.equal(told(MISSING, fakeLooks(fakeHost("db1", { closed: ["/home/x"], ...line(`error: [Errno 13] Permission denied: '${DIR}/${JID}.tmp'`) })))[0], "async-dir-unwritable");
  assert.deepEqual(told(MISSING, fakeLooks(fakeHost("db1", line("Module complete (40)")))), ["job-file-removed", '"Module complete (40)", at 2023-']);
});

test("where no mode fits, what the hosts have kept about the job is told all the same", () => {
  const log = play(task("Wait"), failed({ ansible_job_id: JID, finished: 1, msg: "non-zero return code", rc: 3, cmd: "import", stderr: "bad row" }), recap());
  const own: Partial<HostSeen> = { kills: { oom: [{ at: NOW - 11, pid: 77, name: "java" }], unknown: null, cgroups: [] }, wrapperLog: { said: [{ jid: JID, at: NOW - 10, text: "Module complete (40)" }], unknown: null } };
  const { diagnoses, unexplained: [other] } = judged(log, withJob({ ...ENDED, rc: 3, failed: true, delta: "0:00:05.000000" }, own));
  assert.deepEqual(diagnoses, []);
  assert.deepEqual(other?.seen.map(({ host, says }) => [host, says.slice(0, 40)]), [["db1", "The kernel killed process 77 (java) for "], ["db1", "The last that the job's wrapper has writ"]]);
  assert.deepEqual(judged(log).unexplained[0]?.seen, []);
  const missed = play(task("Work"), failed({ ansible_job_id: JID, cmd: "shopctl", finished: 1, msg: "non-zero return code", rc: 127, stderr: "/bin/sh: 1: shopctl: not found" }), recap());
  const nowhere = fakeLooks(fakeHost("db1", { needs: [{ name: "shopctl", job: { variable: false, program: null }, login: { variable: false, program: null } }] }));
  assert.deepEqual(judged(missed, nowhere).unexplained[0]?.ruledOut.map(({ mode, because }) => [mode, because.host]), [["not-a-login-shell", "db1"]]);
});

test("a killed program and a killed module are told from failures of their own", () => {
  const log = play(task("Wait"), failed({ ansible_job_id: JID, finished: 1, msg: "non-zero return code", rc: 137, cmd: "import", stderr: "Killed" }), recap());
  assert.deepEqual(causes(log), ["killed-from-outside"]);
  assert.deepEqual(causes(log, withJob({ ...ENDED, rc: 137, failed: true })), ["killed-from-outside"]);
  assert.deepEqual(causes(log.replace('"import"', '"timeout -s KILL 5 import"')), [], "a command may send the signal itself");
  assert.deepEqual(causes(log.replace("137", "3")), []);
  const module: Partial<JobReport> = { file: "result", finished: true, failed: true, msg: "Traceback … No start of json char found", mtime: NOW - 10 };
  const sight = (printed: { data: string; stderr: string }): HostLooks => fakeLooks(fakeHost("db1", { sightings: [fakeSighting(fakeReport(JID, module), { printed })] }));
  const asked = (hosts: HostLooks): readonly string[] => diagnose({ story: readOutput(Buffer.from("")), modes, hosts, jobs: [{ host: "db1", jid: JID }] }).jobs[0]?.causes.map(({ mode }) => mode) ?? [];
  assert.deepEqual(asked(sight({ data: "", stderr: "" })), ["killed-from-outside"]);
  assert.deepEqual(asked(sight({ data: "", stderr: "Traceback of the module" })), []);
});

test("a job that began too late ends before its module runs", () => {
  const look = (fields: object): string => failed({ ansible_job_id: JID, results_file: `${DIR}/${JID}`, ...fields });
  const log = play(task("Look"), look({ finished: 1, msg: "could not find job", started: 1 }), "...ignoring", "", task("Wait"), look({ attempts: 3, finished: 0, started: 1 }), recap());
  assert.deepEqual(causes(log, withJob()), ["slow-start"]);
  assert.ok(judged(log, withJob(ENDED)).diagnoses.every(({ causes: [cause] }) => cause?.mode !== "slow-start"), "it has run and ended");
});

test("jobs that a run has left are told as they are now", () => {
  const launched = `changed: [db1] => ${JSON.stringify({ ansible_job_id: JID, changed: true, finished: 0, results_file: `${DIR}/${JID}`, started: 1 })}`;
  const lost = play(task("Work"), launched, "", task("Wait"), 'fatal: [db1]: UNREACHABLE! => {"changed": false, "msg": "Failed to connect to the host via ssh: No route to host", "unreachable": true}', recap("ok=1    changed=1    unreachable=1    failed=0"));
  const interrupted = play(task("Work"), launched, "", "[ERROR]: User interrupted execution");
  const forgotten = play(task("Work"), launched, "", recap("ok=1    changed=1    unreachable=0    failed=0"));
  for (const [log, mode] of [[lost, "connection-lost-while-waiting"], [interrupted, "controller-interrupted"], [forgotten, "launch-never-checked"]] as const) {
    assert.deepEqual(causes(log), [mode]);
    const running = judged(log, withJob({ processes: ALIVE })).diagnoses[0];
    assert.deepEqual(running?.causes.map((cause) => cause.mode), [mode]);
    assert.match(running?.causes[0]?.do ?? "", /do not start it a second time/);
    assert.deepEqual(running?.unknown, [], "the hosts have answered");
    assert.match(judged(log, withJob({ ...ENDED, rc: 1, failed: true })).diagnoses[0]?.causes[0]?.do ?? "", /has failed meanwhile/);
    assert.equal(judged(log, fakeLooks({ host: "db1", seen: false, why: "away" })).diagnoses[0]?.unknown.length, 1, "still not known");
  }
});

test("a log that ends in the middle comes with how its jobs are now", () => {
  const log = play(task("Work"), `ASYNC POLL on db1: jid=${JID} started=1 finished=0`);
  assert.deepEqual(judged(log, withJob({ processes: ALIVE })).leftRunning[0]?.now.map(({ state }) => state), ["running"]);
  assert.deepEqual(judged(log).leftRunning[0]?.now, []);
});

test("a program that only a login finds, one that nobody finds, and one that is there", () => {
  const log = play(task("Work"), failed({ ansible_job_id: JID, cmd: "shopctl", finished: 1, msg: "non-zero return code", rc: 127, stderr: "/bin/sh: 1: shopctl: not found" }), recap());
  const need = (job: string | null, login: string | null): HostLooks => fakeLooks(fakeHost("db1", { needs: [{ name: "shopctl", job: { variable: false, program: job }, login: { variable: false, program: login } }] }));
  const [cause] = judged(log, need(null, "/opt/shop/bin/shopctl")).diagnoses[0]?.causes ?? [];
  assert.equal(cause?.mode, "not-a-login-shell");
  assert.match(cause.do, /full path, \/opt\/shop\/bin\/shopctl/);
  const nobody = judged(log, need(null, null));
  assert.deepEqual(nobody.diagnoses, []);
  assert.equal(nobody.unexplained.length, 1);
  assert.deepEqual(causes(log, need("/usr/bin/shopctl", "/usr/bin/shopctl")), causes(log), "its PATH may have been another then");
  assert.deepEqual(causes(log, fakeLooks(fakeHost("db1", { needs: [{ name: "shopctl", job: { variable: false, program: null }, login: null }] }))), causes(log), "no login could be made");
});

test("a Python that is not there, one that is there now, and a host on which none could be started", () => {
  const log = play(task("Work"), failed({ changed: true, module_stderr: "/bin/sh: 1: /opt/py/bin/python: not found\n", module_stdout: "", msg: "The module failed to execute correctly, you probably need to set the interpreter.\nSee stdout/stderr for the exact error", rc: 127 }), recap());
  const need = (program: string | null): HostLooks => fakeLooks(fakeHost("db1", { python: "/usr/bin/python3 (3.11.2)", needs: [{ name: "/opt/py/bin/python", job: { variable: false, program }, login: null }] }));
  const [cause] = judged(log, need(null)).diagnoses[0]?.causes ?? [];
  assert.equal(cause?.mode, "interpreter-missing");
  assert.match(cause.do, /such as \/usr\/bin\/python3 \(3\.11\.2\)/);
  assert.deepEqual(judged(log, need("/opt/py/bin/python")).diagnoses, []);
  const unseen = judged(log, fakeLooks({ host: "db1", seen: false, why: "no Python to run there; install python3 on it" })).diagnoses[0];
  assert.equal(unseen?.causes[0]?.evidence.at(-1)?.host, "db1");
});

test("a shell that has left its program behind", () => {
  const done: Partial<JobReport> = { ...ENDED, cmd: "nohup worker &", delta: "0:00:00.100000", mtime: NOW - 60 };
  const left = { pid: 45, uid: 0, start: NOW - 60, argv: "worker" };
  const asked = (hosts: HostLooks): readonly string[] => diagnose({ story: readOutput(Buffer.from("")), modes, hosts, jobs: [{ host: "db1", jid: JID }] }).jobs[0]?.causes.map(({ mode }) => mode) ?? [];
  assert.deepEqual(asked(withJob(done, { left: [left] })), ["background-under-async"]);
  assert.deepEqual(asked(withJob(done, { left: [{ ...left, start: NOW - 600 }] })), []);
  assert.deepEqual(asked(withJob(done, { left: [{ ...left, argv: "sleep 300" }] })), [], "its command line does not name it");
  assert.deepEqual(asked(withJob(done)), []);
});

test("a job that was asked about by its id, without a log", () => {
  const asked = (hosts: HostLooks): readonly string[] => diagnose({ story: readOutput(Buffer.from("")), modes, hosts, jobs: [{ host: "db1", jid: JID }] }).jobs[0]?.causes.map(({ mode }) => mode) ?? [];
  assert.deepEqual(asked(withJob({ processes: ALIVE })), []);
  assert.deepEqual(asked(withJob(ENDED)), []);
  assert.deepEqual(asked(withJob()), ["killed-from-outside"]);
  assert.deepEqual(asked(withJob({ file: "timeout", finished: null, msg: "Timeout exceeded" })), ["limit-too-short"]);
  assert.deepEqual(asked(withJob({ file: "not-an-object" })), ["job-file-damaged"]);
  assert.deepEqual(asked(withJob({ tmp: { size: 0, mtime: NOW } })), ["disk-full"]);
  assert.deepEqual(asked(fakeLooks({ host: "db1", seen: false, why: "away" })), []);
  assert.deepEqual(asked(fakeLooks(fakeHost("db1"))), []);
});

test("hosts of one failure whose jobs are in different situations have a diagnosis each", () => {
  const log = play(task("Wait"), ...["db1", "db2"].map((host) => failed({ ansible_job_id: host === "db1" ? JID : "j33.44", attempts: 2, changed: false, finished: 0, started: 1, results_file: `${DIR}/x` }, host)));
  const hosts = fakeLooks(fakeHost("db1", { sightings: [fakeSighting(fakeReport(JID))] }), fakeHost("db2", { sightings: [fakeSighting(fakeReport("j33.44", { processes: ALIVE }))] }));
  assert.equal(judged(log).diagnoses.length, 1);
  assert.deepEqual(judged(log, hosts).diagnoses.map(({ subject, causes: [cause] }) => [subject.results[0]?.host, cause?.mode]), [["db1", "killed-from-outside"], ["db2", "retries-too-short"]]);
});
