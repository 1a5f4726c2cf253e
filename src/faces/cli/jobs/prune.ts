// `longhaul jobs prune`: removes the files of jobs that have ended long ago. The agent looks again right before, and never takes one that lives.

import type { BesideFile } from "../../../model/host.ts";
import type { JobState } from "../../../model/job-state.ts";
import { isOpen } from "../../../model/job-state.ts";
import { printable } from "../../../model/printable.ts";
import { duration } from "../durations.ts";
import { count } from "../style.ts";
import type { World } from "../world.ts";
import type { FoundJob } from "./found.ts";
import { inOrder } from "./found.ts";
import { searchShown } from "./search-shown.ts";
import { nameOf, isWanted, jsonText } from "./wanted.ts";
import type { JobsOptions } from "./wanted.ts";

export interface PruneOptions extends JobsOptions {
  /** Only jobs whose files have not changed for so long. */
  readonly olderSeconds: number;
  readonly dryRun: boolean;
}

/** What goes without being named: all of it is known, and nobody waits for more. */
const PRUNED_STATES: readonly JobState[] = ["finished", "failed", "timed-out", "killed"];
/** Requests to one agent at a time: it answers one by one, but the way there takes long. */
const AT_ONCE = 16;

interface Outcome {
  readonly job: FoundJob;
  /** Undefined where the job's files stay. */
  readonly removed: readonly string[] | undefined;
  readonly why: string;
  /** The file system or its rights were against it. */
  readonly isFault: boolean;
}

/** Out: 0, 1 where a file that may go could not be removed, or the exit code of a problem. */
export async function pruneJobs(world: World, options: PruneOptions): Promise<number> {
  const outcomes: Outcome[] = [];
  const states = options.states.length > 0 ? options.states : PRUNED_STATES;
  const { exit } = await searchShown(world, options, {
    use: async (jobs, link) => {
      const old = jobs.filter((job) => isWanted(job, { ...options, states }) && !isOpen(job.state) && idleSeconds(job, link.now()) >= options.olderSeconds);
      const rest = old.values();
      const worker = async (): Promise<void> => {
        for (const job of rest) outcomes.push(await pruned(job, options));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    },
  });
  const order = inOrder(outcomes.map(({ job }) => job));
  const sorted = outcomes.toSorted((a, b) => order.indexOf(a.job) - order.indexOf(b.job));
  if (options.format === "json") world.out(json(sorted, options));
  else tell(world, sorted, options);
  return Math.max(exit, outcomes.some(({ isFault }) => isFault) ? 1 : 0);
}

/** Since the last change of any of its files. */
function idleSeconds({ report: { mtime, tmp, log } }: FoundJob, now: number): number {
  const times = [mtime, tmp?.mtime ?? null, log?.mtime ?? null].filter((time) => time !== null);
  return times.length === 0 ? 0 : now - Math.max(...times);
}

async function pruned(job: FoundJob, { dryRun }: PruneOptions): Promise<Outcome> {
  const { dir, jid, mtime, size, processes } = job.report;
  const kept = (why: string, isFault = false): Outcome => ({ job, removed: undefined, why, isFault });
  if (processes.length > 0) return kept(`a process of it still lives: ${processes.map(({ pid }) => pid).slice(0, 10).join(", ")}`);
  if (dryRun) return { job, removed: filesOf(job), why: "", isFault: false };
  for await (const event of job.link.request({ do: "prune", dir, jid, expect: { mtime, size } })) {
    if (event.event === "error") return kept(event.message, event.code === "not-removed");
    if (event.event === "done") return { job, removed: wordsOf(event.answer["removed"]), why: "", isFault: false };
  }
  return kept("the agent gave no answer", true);
}

/** The job file and what is beside it, as the agent removes them. */
function filesOf({ report: { path, dir, jid, tmp, log } }: FoundJob): readonly string[] {
  const beside = (file: BesideFile | null, suffix: string): readonly string[] => (file === null ? [] : [`${dir}/${jid}${suffix}`]);
  return [...(path === null ? [] : [path]), ...beside(tmp, ".tmp"), ...beside(log, ".log")];
}

function bytesOf({ report: { size, tmp, log } }: FoundJob): number {
  return (size ?? 0) + (tmp?.size ?? 0) + (log?.size ?? 0);
}

function wordsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

function json(outcomes: readonly Outcome[], { dryRun }: PruneOptions): string {
  const about = ({ host, state, report }: FoundJob): Readonly<Record<string, unknown>> => ({ host, dir: report.dir, jid: report.jid, state });
  const removed = outcomes.flatMap(({ job, removed: files }) => (files === undefined ? [] : [{ ...about(job), files, bytes: bytesOf(job) }]));
  const kept = outcomes.flatMap(({ job, removed: files, why }) => (files === undefined ? [{ ...about(job), why }] : []));
  return jsonText({ dryRun, removed, kept });
}

function tell(world: World, outcomes: readonly Outcome[], { dryRun, olderSeconds }: PruneOptions): void {
  for (const { job, removed, why } of outcomes) {
    if (removed === undefined) world.err(`longhaul: ${nameOf(job)}: stays: ${printable(why)}\n`);
    else world.out(`${printable(job.host)}  ${printable(job.report.jid)}  ${job.state}  ${duration(idleSeconds(job, job.link.now()))} old  ${sizeText(bytesOf(job))}\n`);
  }
  const gone = outcomes.filter(({ removed }) => removed !== undefined);
  const bytes = sizeText(gone.reduce((sum, { job }) => sum + bytesOf(job), 0));
  if (gone.length === 0) world.out(`nothing to remove: no such job is older than ${duration(olderSeconds)}\n`);
  else world.out(dryRun ? `${count(gone.length, "job")} would be removed, ${bytes}; nothing was, as this is a dry run\n` : `${count(gone.length, "job")} removed, ${bytes}\n`);
}

/** 1536 is "1.5 kB". */
function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const at = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** at).toFixed(1)} ${["B", "kB", "MB", "GB"][at]}`;
}
