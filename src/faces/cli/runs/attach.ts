// `longhaul attach`: follows on their hosts the jobs that a run has left open, and writes their ends into its journal.

import { resolve } from "node:path";
import { Command } from "commander";
import { measurementOf } from "../../../engine/durations/of-report.ts";
import { measurementsOfRun } from "../../../engine/durations/of-run.ts";
import { keepDurations } from "../../../engine/keep-durations.ts";
import type { HostLink, OpenHosts, OpenedHost } from "../../../engine/ports.ts";
import { hostsArguments } from "../../../engine/run/arguments.ts";
import { runOfJournal } from "../../../engine/run/journal.ts";
import { DEFAULT_ASYNC_DIR } from "../../../model/default-async-dir.ts";
import type { JobName } from "../../../model/host.ts";
import { printable } from "../../../model/printable.ts";
import { Problem } from "../../../model/problem.ts";
import type { Run, RunJob } from "../../../model/run.ts";
import type { RunEvent } from "../../../model/run-event.ts";
import type { HostsFlags } from "../hosts-options.ts";
import { addHostsOptions, hostsRequest } from "../hosts-options.ts";
import type { FoundJob } from "../jobs/found.ts";
import { waitForJobs } from "../jobs/wait.ts";
import { jsonText, nameOf } from "../jobs/wanted.ts";
import { projectRoot } from "../project-root.ts";
import { openJobs } from "../run/run-text.ts";
import { count } from "../style.ts";
import type { World } from "../world.ts";
import { idOf, keptRun, tornLine } from "./kept.ts";

export interface AttachOptions {
  readonly flags: HostsFlags;
  readonly timeoutSeconds: number | undefined;
  readonly awaySeconds: number;
  readonly format: "text" | "json";
}

/** Out: 0 where every open job ended well or none was open, 1 where one did not or is not known, 124 where the time was over first. Throws Problem. */
export async function attachToRun(world: World, name: string, { flags, timeoutSeconds, awaySeconds, format }: AttachOptions): Promise<number> {
  const runs = await world.runs();
  const kept = keptRun(runs, idOf(runs, name));
  const { id, run, result } = kept;
  world.err(tornLine(kept) ?? "");
  const open = openJobs(run);
  if (open.length === 0) {
    world.out(format === "json" ? jsonText({ run: id, timedOut: false, jobs: [] }) : `run ${printable(id)}: none of its jobs is open; longhaul show ${printable(id)} tells their ends\n`);
    return 0;
  }
  // What the run was told about its hosts holds where it was started: paths, ansible.cfg.
  const isThere = flags.inventory === undefined;
  if (isThere) runs.enter(run.directory);
  const there = { ...world, ...(isThere ? { directory: run.directory } : {}) };
  const recorded = recordedFlags(run);
  const extraVars = [...(recorded.extraVars ?? []), ...(flags.extraVars ?? [])];
  const { openHosts, namedOn } = hostsOf(world, open, { ...recorded, ...flags, extraVars });
  if (result === "goes on") world.err(`longhaul: run ${printable(id)} goes on (process ${run.pid}), and writes its journal itself\n`);
  const record = result === "goes on" ? undefined : runs.reopen(id);
  let ended = 0;
  const onEnd = (job: FoundJob): void => {
    // Nothing says how it ended; who may read the file can.
    if (job.state === "unreadable") return;
    ended += 1;
    if (job.state === "absent") world.err(`longhaul: ${nameOf(job)}: somebody has removed its job file, as Ansible does when it has polled a job to a good end\n`);
    record?.append(endOf(job));
  };
  const around = { hosts: hostsRequest("all", {}), directories: [], allUsers: false, format, about: { run: id }, states: [], jids: [], any: false } as const;
  try {
    const exit = await waitForJobs({ ...there, openHosts }, { ...around, timeoutSeconds, awaySeconds, namedOn, onEnd });
    const left = open.length - ended;
    if (left > 0) world.err(`longhaul: run ${printable(id)}: ${count(left, "job")} of it ${left === 1 ? "has" : "have"} no known end; longhaul attach ${printable(id)} asks again\n`);
    return left > 0 ? Math.max(1, exit) : exit;
  } finally {
    const problem = record?.problem();
    record?.close();
    if (problem !== undefined) world.err(`longhaul: the journal of run ${printable(id)} could not be written (${problem}); make room in ${printable(kept.logPath)}'s file system\n`);
    if (record !== undefined) await keepMeasured(there, runs.journal(id));
  }
}

/** How long it took by the host itself: when the end is seen says little here. */
function endOf({ host, report, state }: FoundJob): RunEvent {
  const at = Date.now() / 1000;
  const durationSeconds = measurementOf({ host, report, state }, { project: "", at, source: "run" })?.seconds ?? null;
  return { at, type: "job-ended", host, jid: report.jid, state, rc: report.rc, durationSeconds, outputBytes: report.log?.size ?? null };
}

/** The history learns what the run itself could not tell it any more. */
async function keepMeasured(world: World, journal: string): Promise<void> {
  const told = runOfJournal(journal);
  if (typeof told === "string") return;
  const unkept = await keepDurations(world.openHistory, measurementsOfRun(told.run, projectRoot(world)));
  if (unkept !== undefined) world.err(`longhaul: ${printable(unkept)}\n`);
}

/**
 * What the command line of the run said about hosts, its files as they are called from anywhere. Which hosts they are is known better: a job
 * may have been delegated to one that was not meant.
 */
function recordedFlags({ argv, directory }: Run): HostsFlags {
  const { limit: _, ...flags } = addHostsOptions(new Command().exitOverride()).parse([...hostsArguments(argv.slice(1))], { from: "user" }).opts<HostsFlags>();
  const { extraVars = [], vaultPasswordFile = [], privateKey } = flags;
  const fromThere = (path: string): string => (path.startsWith("~") ? path : resolve(directory, path));
  return {
    ...flags,
    extraVars: extraVars.map((file) => `@${fromThere(file.slice(1))}`),
    vaultPasswordFile: vaultPasswordFile.map(fromThere),
    ...(privateKey === undefined ? {} : { privateKey: fromThere(privateKey) }),
  };
}

interface AttachedHosts {
  readonly openHosts: OpenHosts;
  readonly namedOn: (link: HostLink) => readonly JobName[];
}

/** The hosts of these jobs, each as the users who ran them. */
function hostsOf(world: World, jobs: readonly RunJob[], flags: HostsFlags): AttachedHosts {
  const byUser = Map.groupBy(jobs, ({ becomeUser }) => becomeUser);
  const named = new Map<HostLink, readonly JobName[]>();
  const openHosts: OpenHosts = async function* (_request, expect) {
    const names: string[] = [];
    for (const [user, own] of byUser) {
      const hosts = [...new Set(own.map(({ host }) => host))];
      const request = hostsRequest(`${hosts.join(",")},`, { ...flags, ...(user === null ? {} : { become: true, becomeUser: user }) });
      const opening = world.openHosts(request, (more) => {
        names.push(...more);
        expect?.(names);
      });
      for await (const opened of orProblems(opening, hosts)) {
        if ("link" in opened) named.set(opened.link, own.flatMap(({ host, dir, jid }) => (host === opened.host ? [{ dir: dir ?? DEFAULT_ASYNC_DIR, jid }] : [])));
        yield opened;
      }
    }
  };
  return { openHosts, namedOn: (link) => named.get(link) ?? [] };
}

/** Where the hosts of one user cannot be told, those of the others still can. */
async function* orProblems(opening: AsyncIterable<OpenedHost>, hosts: readonly string[]): AsyncGenerator<OpenedHost, void, void> {
  try {
    yield* opening;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    for (const host of hosts) yield { host, problem };
  }
}
