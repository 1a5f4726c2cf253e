import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentReady, JobProcess, JobReport, JobRole } from "./host.ts";
import { JOB_FILES, readAnswer, readReady } from "./host.ts";
import { isOpen, stateOf } from "./job-state.ts";

const NOW = 1_800_000_000;
const ready: AgentReady = { python: "3.11.2", user: "alice", uid: 1000, home: "/home/alice", home_env: "/home/alice", cwd: "/home/alice", boot_id: "b", now: NOW, uptime: 86_400, pid: 1, host: "node" };

/** A job whose file was written a minute ago; what else is to be known is given. */
function job(given: Partial<JobReport>): JobReport {
  const answer = readAnswer({ id: 1, event: "job", jid: "j1.2", dir: "/home/alice/.ansible_async", file: "running", mtime: NOW - 60, processes: [], processes_known: true });
  assert(answer?.event.event === "job");
  return { ...answer.event.job, ...given };
}

function living(...roles: readonly JobRole[]): readonly JobProcess[] {
  return roles.map((role, n) => ({ pid: 100 + n, ppid: role === "watcher" ? 1 : 99 + n, pgid: 100, sid: 99, uid: 1000, start: NOW - 60, role, argv: role, by: "argv" }));
}

const ALL = living("watcher", "runner", "module", "program");
const RUNNING = { file: "running", started: true, finished: false } as const;
const TRACEBACK = "Traceback (most recent call last):\n  in _filter_non_json_lines\nValueError: No start of json char found\n";

const ROWS: readonly (readonly [what: string, given: Partial<JobReport>, state: string, because: RegExp])[] = [
  ["no file", { file: "absent" }, "absent", /no job file/],
  ["no file, and the disk was full at the start", { file: "absent", tmp: { size: 0, mtime: NOW } }, "absent", /disk or the quota was full/],
  ["no file, processes unknown", { file: "absent", processes_known: false }, "absent", /could not be looked at/],
  ["no file yet: the wrapper has just started", { file: "absent", processes: [{ ...ALL[1]!, start: NOW - 1 }] }, "starting", /just started/],
  ["the file was removed under a running job", { file: "absent", processes: ALL }, "running", /removed meanwhile/],
  ["the file was removed, only the program lives", { file: "absent", processes: living("program") }, "absent", /process of it still runs: 100/],
  ["the file was removed, only the watcher lives", { file: "absent", processes: living("watcher") }, "absent", /only its watcher/],
  ["running", { ...RUNNING, processes: ALL, supervised: true }, "running", /its runner lives \(process 101\)/],
  ["just started", { ...RUNNING, mtime: NOW - 1, processes: living("watcher", "runner") }, "starting", /runner lives/],
  ["file written a moment ago, no process seen", { ...RUNNING, mtime: NOW - 1 }, "starting", /moment ago/],
  ["past its limit", { ...RUNNING, processes: ALL, limit: 30 }, "running", /past its limit of 30 s/],
  ["within its limit", { ...RUNNING, processes: ALL, limit: 55 }, "running", /^((?!limit).)*$/],
  ["D: watcher killed", { ...RUNNING, processes: living("runner", "module", "program"), supervised: false }, "running", /no time limit/],
  ["C: runner killed, watcher not gone yet", { ...RUNNING, processes: living("watcher", "program") }, "lost", /only the watcher.*still runs: 101/],
  ["C: runner killed, the program runs on", { ...RUNNING, processes: living("program") }, "lost", /nobody will write.*still runs: 100/],
  ["everything killed; or a start so slow that the module never ran", RUNNING, "lost", /no process of the wrapper/],
  ["disk full at the end", { ...RUNNING, tmp: { size: 0, mtime: NOW } }, "lost", /disk or the quota/],
  ["older than the boot by a clock that was set, and its runner lives", { ...RUNNING, mtime: NOW - 100_000, processes: ALL, supervised: true }, "running", /runner lives/],
  ["of the future by a clock that was set back, and nobody lives", { ...RUNNING, mtime: NOW + 90_000 }, "lost", /nobody will write/],
  ["rebooted", { ...RUNNING, mtime: NOW - 100_000 }, "lost", /started after the file/],
  ["rebooted, processes unknown", { ...RUNNING, mtime: NOW - 100_000, processes_known: false }, "lost", /started after the file/],
  ["processes unknown", { ...RUNNING, processes_known: false }, "running", /could not be looked at/],
  ["finished well", { file: "result", rc: 0 }, "finished", /rc 0/],
  ["finished well, without rc", { file: "result" }, "finished", /without a failure/],
  ["finished, failed 0 counts as told", { file: "result", rc: 1, failed: false }, "finished", /rc 1/],
  ["finished well, a program stays behind (nohup)", { file: "result", rc: 0, processes: living("program") }, "finished", /still runs: 100/],
  ["finished well, the watcher lingers", { file: "result", rc: 0, processes: living("watcher") }, "finished", /^((?!still).)*$/],
  ["finished with a failure", { file: "result", failed: true, rc: 2, msg: "non-zero return code" }, "failed", /rc 2/],
  ["a failure without rc", { file: "result", failed: true, msg: "no such file" }, "failed", /says failed/],
  ["rc without failed", { file: "result", rc: 3 }, "failed", /rc 3/],
  ["program killed through a shell", { file: "result", failed: true, rc: 137 }, "killed", /SIGKILL.*memory/],
  ["program killed without a shell", { file: "result", failed: true, rc: -9 }, "killed", /SIGKILL/],
  ["program terminated", { file: "result", failed: true, rc: 143 }, "killed", /SIGTERM/],
  ["ended by the module of our role at its limit", { file: "result", failed: true, rc: -15, msg: "The command was ended at its limit of 30 seconds." }, "timed-out", /async_command ended its command/],
  ["program crashed", { file: "result", failed: true, rc: -11 }, "failed", /crashed \(signal 11\)/],
  ["B: module killed", { file: "result", failed: true, msg: TRACEBACK, processes: living("program") }, "failed", /without a result.*still runs/],
  ["limit hit", { file: "timeout", failed: true, msg: "Timeout exceeded", child_pid: 5 }, "timed-out", /Timeout exceeded/],
  ["limit hit, the kill missed the module", { file: "timeout", failed: true, processes: living("module", "program") }, "timed-out", /2 processes of it still run: 100, 101/],
  ["empty", { file: "empty" }, "unreadable", /empty.*no process/],
  ["empty, written a moment ago", { file: "empty", mtime: NOW }, "starting", /moment ago/],
  ["empty, disk full", { file: "empty", tmp: { size: 0, mtime: NOW } }, "unreadable", /quota was full/],
  ["cut", { file: "cut" }, "unreadable", /ends in the middle/],
  ["cut, the job lives", { file: "cut", processes: ALL }, "running", /runner lives.*ends in the middle/],
  ["not JSON", { file: "not-json" }, "unreadable", /no JSON/],
  ["a list or a number", { file: "not-an-object" }, "unreadable", /no object/],
  ["too large", { file: "too-large" }, "unreadable", /too large/],
  ["a directory", { file: "not-regular" }, "unreadable", /no file/],
  ["not ours to read", { file: "unreadable", processes_known: false }, "unreadable", /cannot be read.*could not be looked at/],
];

for (const [what, given, state, because] of ROWS) {
  test(`a job's state: ${what}: ${state}`, () => {
    const verdict = stateOf(job(given), ready, NOW);
    assert.equal(verdict.state, state);
    assert.match(verdict.because.join("; "), because);
  });
}

test("every kind of file has a state, whatever else is unknown", () => {
  const nothing = job({ mtime: null, processes_known: false });
  for (const file of JOB_FILES) assert.ok(stateOf({ ...nothing, file }, { ...ready, uptime: null }, NOW).because.length > 0);
  assert.deepEqual(["starting", "running", "lost", "finished"].map((state) => isOpen(state as "lost")), [true, true, false, false]);
});

test("what a host answers is believed only where it has the right form", () => {
  assert.equal(readReady({ event: "ready", protocol: 2 }), undefined);
  assert.equal(readReady([]), undefined);
  assert.equal(readReady({ event: "ready", protocol: 1, python: 5, now: "x" })?.now, 0);
  for (const wrong of [null, 5, "x", [], {}, { id: 1 }, { id: "1", event: "done" }, { id: 1, event: "job" }, { id: 1, event: "job", jid: 5, dir: {} }, { id: 1, event: "output", stream: "x" }, { id: 1, event: "surprise" }]) {
    assert.equal(readAnswer(wrong), undefined);
  }
  const answer = readAnswer({ id: 7, event: "job", jid: "j1.2", dir: "d", file: "magic", rc: "0", finished: 1, failed: 0, processes: [5, { pid: "x" }, { pid: 3, role: "king" }], tmp: 5 });
  assert(answer?.event.event === "job");
  const { file, rc, finished, failed, processes, tmp } = answer.event.job;
  assert.deepEqual([answer.id, file, rc, finished, failed, processes.map(({ pid, role }) => [pid, role]), tmp], [7, "unreadable", null, true, false, [[3, "program"]], null]);
  assert.deepEqual(readAnswer({ id: 1, event: "error" })?.event, { event: "error", code: "unknown", message: "" });
});
