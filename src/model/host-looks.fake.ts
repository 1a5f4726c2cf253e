// Hosts as probes see them, made up for tests: a well one without jobs, and jobs in every shape.

import type { AgentReady, JobProcess, JobReport } from "./host.ts";
import type { HostLooks, HostSeen, HostUnseen, Sighting } from "./host-looks.ts";
import { stateOf } from "./job-state.ts";

/** The hosts' clock. They were started 5,000 s before. */
export const NOW = 1_700_000_000;
const READY: AgentReady = { python: "3.11.2", user: "root", uid: 0, home: "/root", home_env: "/root", cwd: "/", boot_id: "b", now: NOW, uptime: 5000, pid: 1, host: "node" };

const PROCESS: JobProcess = { pid: 12, ppid: 11, pgid: 12, sid: 10, uid: 0, start: NOW - 60, role: "runner", argv: "async_wrapper.py", by: "argv" };
/** The processes of a job that runs. */
export const ALIVE: readonly JobProcess[] = [{ ...PROCESS, pid: 11, ppid: 1, pgid: 10, role: "watcher" }, PROCESS];

/** A job file that says running; without processes the job is lost. */
export function fakeReport(jid: string, over: Partial<JobReport> = {}): JobReport {
  const dir = over.dir ?? "/root/.ansible_async";
  return {
    jid, dir, path: `${dir}/${jid}`, owner: "root", uid: 0, mode: 0o644, size: 60, mtime: NOW - 60, ctime: NOW - 60, file: "running", started: true, finished: false, failed: null,
    rc: null, msg: null, cmd: null, start: null, end: null, delta: null, child_pid: null, changed: null, stdout_last: null, stderr_last: null, tmp: null, log: null, limit: null,
    module: null, processes: [], processes_known: true, supervised: null, ...over,
  };
}

export function fakeSighting(report: JobReport, over: Partial<Sighting> = {}): Sighting {
  return { report, ...stateOf(report, READY, NOW), home: /^\/(?:home\/)?(root|deploy)\//.exec(report.dir)?.[1] ?? null, isSure: true, printed: undefined, ...over };
}

export function fakeHost(host: string, over: Partial<HostSeen> = {}): HostSeen {
  return {
    host, seen: true, user: "root", bootedAt: NOW - 5000, asyncDir: "/root/.ansible_async", sightings: [], searched: 12, isComplete: true, closed: [], left: [],
    directories: [{ path: "/root/.ansible_async", home: "root", exists: true, owner: "root", mode: 0o755, refusedTo: null, freeBytes: 1e9, freeInodes: 1e5, isOpen: false }],
    kills: { oom: [], unknown: null, cgroups: [] }, wrapperLog: { said: [], unknown: null }, python: undefined, needs: [], cleaners: [], ...over,
  };
}

export function fakeLooks(...hosts: readonly (HostSeen | HostUnseen)[]): HostLooks {
  return new Map(hosts.map((look) => [look.host, look]));
}
