// Which jobs a subcommand is about, and what all of them print in the same way.

import type { JobState } from "../../../model/job-state.ts";
import { printable } from "../../../model/printable.ts";
import { count } from "../style.ts";
import type { FoundJob, Search } from "./found.ts";
import { etaOfJob } from "./found.ts";

export interface JobsOptions extends Search {
  readonly format: "text" | "json";
  /** Only jobs in these states; none: all. */
  readonly states: readonly JobState[];
  /** Only jobs with these ids, with or without the process id after the dot; none: all. */
  readonly jids: readonly string[];
}

export function isWanted({ report, state }: FoundJob, { jids, states }: JobsOptions): boolean {
  const isNamed = jids.length === 0 || jids.some((jid) => isSameJob(jid, report.jid));
  return isNamed && (states.length === 0 || states.includes(state));
}

/** Whoever leaves out the process id means any; a job whose file is gone has lost it. */
function isSameJob(asked: string, jid: string): boolean {
  const [[name, pid], [other, otherPid]] = [asked.split("."), jid.split(".")];
  return name === other && (pid === undefined || otherPid === undefined || pid === otherPid);
}

/** A line for each of the named jobs that is on none of the hosts. */
export function missingLines({ jids }: JobsOptions, jobs: readonly FoundJob[], hosts: number): readonly string[] {
  const gone = jids.filter((jid) => !jobs.some(({ report }) => isSameJob(jid, report.jid)));
  return gone.map((jid) => `longhaul: ${printable(jid)}: no such job on ${count(hosts, "host")}; look in other homes with --all-users -b, in other directories with --dir\n`);
}

/** `db1/j1.10`, made safe. */
export function nameOf({ host, report }: FoundJob): string {
  return `${printable(host)}/${printable(report.jid)}`;
}

/** A job as JSON has it, in every subcommand. */
export function jobDocument(job: FoundJob): Readonly<Record<string, unknown>> {
  const { host, state, because, ageSeconds, report } = job;
  const eta = etaOfJob(job);
  const told = eta === undefined ? null : { remainingSeconds: eta.remainingSeconds ?? null, unusualAfterSeconds: eta.unusualAfterSeconds, isUnusual: eta.isUnusual, of: job.earlier?.name, runs: eta.count };
  return { host, state, because, ageSeconds: ageSeconds ?? null, eta: told, ...report };
}

export function jsonText(document: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ schema: 1, ...document }, null, 2)}\n`;
}
