// Processes that outlive their job.

import type { Found } from "./host-traces.ts";

export interface Left {
  readonly pid: number;
  readonly argv: string;
  /** `process 123 (sleep 300)` */
  readonly text: string;
  /** True where it is tied to this very job; else it was started by an async job of the same user while this one ran. */
  readonly isSurelyOf: boolean;
}

/** Without a limit that is known: as long as most jobs are let run. */
const LONGEST_SECONDS = 6 * 3600;
/** The watcher looks every 5 s and does not count the first: it kills up to 10 s late. */
const LIMIT_SLACK_SECONDS = 15;
/** Clocks of files and of processes are read in different ways. */
const CLOCK_SLACK_SECONDS = 1;
const ARGV_MAX = 60;

/** In: a job that has ended, and for how long it may have run. Out: what of it lives on, those tied to it first. */
export function leftBy({ host, sighting: { report } }: Found, span: { readonly limitSeconds?: number; readonly tookSeconds?: number }): readonly Left[] {
  const { mtime, uid, child_pid: runner } = report;
  const own = report.processes.filter(({ role, by }) => (role === "program" || role === "module") && by !== "time");
  const sure = own.map(({ pid, argv }) => ({ pid, argv, text: textOf(pid, argv), isSurelyOf: true }));
  if (mtime === null) return sure;
  const seconds = span.tookSeconds ?? (span.limitSeconds === undefined ? LONGEST_SECONDS : span.limitSeconds + LIMIT_SLACK_SECONDS);
  const others = (host.left ?? []).filter((process) => {
    const isInTime = process.start <= mtime + CLOCK_SLACK_SECONDS && process.start >= mtime - seconds - CLOCK_SLACK_SECONDS;
    return isInTime && process.uid === uid && (runner === null || process.pid > runner) && !own.some(({ pid }) => pid === process.pid);
  });
  return [...sure, ...others.map(({ pid, argv }) => ({ pid, argv, text: textOf(pid, argv), isSurelyOf: false }))];
}

function textOf(pid: number, argv: string): string {
  return `process ${pid} (${argv.length > ARGV_MAX ? `${argv.slice(0, ARGV_MAX - 1)}…` : argv})`;
}

/** `0:00:01.000000`, as modules write how long they took. */
export function deltaSeconds(delta: string | null | undefined): number | undefined {
  const match = /^(?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(delta ?? "");
  return match === null ? undefined : Number(match[1] ?? 0) * 86_400 + Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4]);
}
