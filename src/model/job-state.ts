// What a job's file and processes come to. Only evidence moves a job from one state to another; what could not be looked at is said.

import type { AgentReady, JobProcess, JobReport } from "./host.ts";

/**
 * `lost`: the file says running and nobody is left to ever write a result. `killed`: ended by a signal that somebody sent.
 * `unreadable`: there is a file, and it tells nothing. `absent`: no file and no process.
 */
export const JOB_STATES = ["starting", "running", "finished", "failed", "timed-out", "killed", "lost", "unreadable", "absent"] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface JobVerdict {
  readonly state: JobState;
  /** The evidence, most telling first; each a part of a sentence without a full stop. */
  readonly because: readonly string[];
}

/** The first process of the wrapper waits 2.5 s for the module's start (modules/async_wrapper.py, main, 25 x 0.1 s). */
const STARTING_SECONDS = 2.5;
/** A file this young is no proof of a missing process: file and processes are not looked at in the same instant. */
const TOO_YOUNG_SECONDS = 5;
/** The watcher kills up to 10 s after the limit, as it looks every 5 s and does not count the first (main, 2.14 to 2.15). */
const LIMIT_SLACK_SECONDS = 10;
/** Clocks of boot and of files differ by some fractions. */
const BOOT_SLACK_SECONDS = 2;
/** Clocks of a host and of a file server may differ by so much. */
const CLOCK_SLACK_SECONDS = 5;

/** Signals by which a person, a service or the kernel ends a process; others are crashes of its own. */
const SENT_SIGNALS: ReadonlyMap<number, string> = new Map([
  [1, "SIGHUP"],
  [2, "SIGINT"],
  [9, "SIGKILL"],
  [15, "SIGTERM"],
]);

/** The states in which a job can still come to an end by itself. */
export function isOpen(state: JobState): boolean {
  return state === "starting" || state === "running";
}

/** In: a job, the ready line of its agent, the host's clock in seconds since 1970. */
export function stateOf(report: JobReport, ready: AgentReady, now: number): JobVerdict {
  switch (report.file) {
    case "result":
      return ofResult(report);
    case "timeout":
      return { state: "timed-out", because: ["the job file says: Timeout exceeded", ...leftOver(report)] };
    case "running":
      return report.finished === true ? ofResult(report) : ofRunning(report, ready, now);
    case "absent":
      return ofAbsent(report, now);
    case "empty":
    case "cut":
    case "not-json":
    case "not-an-object":
    case "too-large":
    case "not-regular":
    case "unreadable":
      return ofDamaged(report, now);
  }
}

/** What the module of our role says where it has ended its command itself (collection/plugins/modules/async_command.py). */
const OWN_LIMIT = /^The command was ended at its limit of \d+ seconds\.$/;

function ofResult(report: JobReport): JobVerdict {
  const { rc } = report;
  const more = leftOver(report);
  // What Ansible does too where a result has a code and no `failed` (executor/task_executor.py, _execute).
  if (!(report.failed ?? (rc !== null && rc !== 0))) {
    return { state: "finished", because: [rc === null ? "the job file holds a result without a failure" : `the job file holds a result with rc ${rc}`, ...more] };
  }
  if (OWN_LIMIT.test(report.msg ?? "")) return { state: "timed-out", because: ["the module longhaul.jobs.async_command ended its command at the limit of the task", ...more] };
  const signal = rc === null ? undefined : signalOf(rc);
  const sent = rc === null ? undefined : sentSignalOf(rc);
  if (sent !== undefined) return { state: "killed", because: [`rc ${rc}: the program was ended by ${sent}${sent === "SIGKILL" ? " (somebody, or the kernel for want of memory)" : ""}`, ...more] };
  if (signal !== undefined) return { state: "failed", because: [`rc ${rc}: the program crashed (signal ${signal})`, ...more] };
  if (report.msg?.includes("No start of json char found") === true) {
    return { state: "failed", because: ["the module ended without a result: it was killed, crashed, or printed something else; what it had started may still run", ...more] };
  }
  return { state: "failed", because: [rc === null ? "the job file says failed" : `the job file holds a result with rc ${rc}`, ...more] };
}

/** The signal by which somebody ended a program, from its exit code; undefined where it ended otherwise. */
export function sentSignalOf(rc: number): string | undefined {
  return SENT_SIGNALS.get(signalOf(rc) ?? 0);
}

/** `subprocess` says -9, a shell 137. Codes that programs like to use for themselves (above 128 + 31) are none. */
function signalOf(rc: number): number | undefined {
  if (rc < 0) return -rc;
  return rc > 128 && rc < 160 ? rc - 128 : undefined;
}

function ofRunning(report: JobReport, ready: AgentReady, now: number): JobVerdict {
  const said = "the job file says that it runs";
  const runner = processOf(report, "runner");
  // A clock that was set makes files look older than the boot; a runner that lives is proof of the contrary.
  if (runner === undefined && isOlderThanBoot(report, ready)) return { state: "lost", because: [said, "the host was started after the file was written", ...leftOver(report)] };
  if (!report.processes_known) return { state: "running", because: [said, "its processes could not be looked at"] };
  const age = ageOf(report, now);
  if (runner !== undefined) {
    const young = age !== undefined && age < STARTING_SECONDS && processOf(report, "module") === undefined;
    return { state: young ? "starting" : "running", because: [said, `its runner lives (process ${runner.pid})`, ...overTime(report, age), ...unsupervised(report)] };
  }
  const watcher = processOf(report, "watcher");
  if (watcher !== undefined) {
    return { state: "lost", because: [said, `its runner is gone, only the watcher lives (process ${watcher.pid}) and leaves within 5 s`, ...leftOver(report)] };
  }
  if (report.tmp?.size === 0) return { state: "lost", because: [said, "no process of the wrapper lives", "an empty .tmp beside it: the disk or the quota was full", ...leftOver(report)] };
  if (age !== undefined && age < TOO_YOUNG_SECONDS) return { state: "starting", because: [said, "written a moment ago; no process of it seen yet"] };
  return { state: "lost", because: [said, "no process of the wrapper lives: nobody will write a result", ...leftOver(report)] };
}

function ofAbsent(report: JobReport, now: number): JobVerdict {
  const gone = "there is no job file";
  const runner = processOf(report, "runner");
  const wrapper = runner ?? processOf(report, "watcher");
  if (wrapper === undefined) {
    const unknown = report.processes_known ? [] : ["its processes could not be looked at"];
    const full = report.tmp?.size === 0 ? ["an empty .tmp is there: the disk or the quota was full at the start"] : [];
    return { state: "absent", because: [gone, ...full, ...unknown, ...leftOver(report)] };
  }
  if (wrapper.start !== null && now - wrapper.start < TOO_YOUNG_SECONDS) return { state: "starting", because: [gone, `its wrapper has just started (process ${wrapper.pid})`] };
  if (runner === undefined) return { state: "absent", because: [gone, `only its watcher lives (process ${wrapper.pid})`, ...leftOver(report)] };
  return { state: "running", because: [`its runner lives (process ${runner.pid})`, "its job file was removed meanwhile", ...unsupervised(report)] };
}

const DAMAGE = {
  empty: "the job file is empty",
  cut: "the job file ends in the middle",
  "not-json": "the job file is no JSON",
  "not-an-object": "the job file is JSON but no object",
  "too-large": "the job file is too large to be read",
  "not-regular": "in the place of the job file is something that is no file",
  unreadable: "the job file cannot be read",
} as const;

function ofDamaged(report: JobReport & { readonly file: JobReport["file"] }, now: number): JobVerdict {
  const said = DAMAGE[report.file as keyof typeof DAMAGE];
  const runner = processOf(report, "runner");
  if (runner !== undefined) return { state: "running", because: [`its runner lives (process ${runner.pid})`, said, ...unsupervised(report)] };
  const age = ageOf(report, now);
  const beingWritten = report.file === "empty" || report.file === "cut" || report.file === "not-json";
  if (beingWritten && age !== undefined && age < TOO_YOUNG_SECONDS) return { state: "starting", because: [said, "written a moment ago"] };
  const full = report.tmp?.size === 0 ? ["an empty .tmp beside it: the disk or the quota was full"] : [];
  const nobody = report.processes_known ? ["no process of the wrapper lives"] : ["its processes could not be looked at"];
  return { state: "unreadable", because: [said, ...full, ...nobody, ...leftOver(report)] };
}

function processOf(report: JobReport, role: JobProcess["role"]): JobProcess | undefined {
  return report.processes.find((process) => process.role === role);
}

/** Programs that outlived their job. The watcher's own last seconds after the end are no news. */
function leftOver(report: JobReport): readonly string[] {
  const pids = report.processes.filter(({ role }) => role === "module" || role === "program").map(({ pid }) => pid);
  return pids.length === 0 ? [] : [`${pids.length === 1 ? "a process of it still runs" : `${pids.length} processes of it still run`}: ${pids.slice(0, 5).join(", ")}`];
}

function unsupervised(report: JobReport): readonly string[] {
  return report.supervised === false ? ["its watcher is gone: no time limit holds any more"] : [];
}

function overTime(report: JobReport, age: number | undefined): readonly string[] {
  const { limit } = report;
  return limit !== null && age !== undefined && age > limit + LIMIT_SLACK_SECONDS ? [`it is past its limit of ${limit} s`] : [];
}

/** Seconds since the file was written: since the start, as the running file is never written again. Unknown for a file of the future: the clock was set. */
function ageOf(report: JobReport, now: number): number | undefined {
  return report.mtime === null || report.mtime > now + CLOCK_SLACK_SECONDS ? undefined : now - report.mtime;
}

function isOlderThanBoot(report: JobReport, ready: AgentReady): boolean {
  return report.mtime !== null && ready.uptime !== null && report.mtime < ready.now - ready.uptime - BOOT_SLACK_SECONDS;
}
