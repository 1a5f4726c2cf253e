// `longhaul jobs kill`: shows what it will end, asks, ends it (TERM, then KILL), and says what is left.

import type { HostLink } from "../../../engine/ports.ts";
import type { AgentEvent } from "../../../model/host.ts";
import { printable } from "../../../model/printable.ts";
import { PROBLEM_EXITS, Problem } from "../../../model/problem.ts";
import { shortened } from "../cells.ts";
import { duration } from "../durations.ts";
import { withFooter } from "../footer.ts";
import type { Patience } from "../steady.ts";
import { steadily } from "../steady.ts";
import { count, createStyle, labelled } from "../style.ts";
import type { World } from "../world.ts";
import type { FoundJob } from "./found.ts";
import { inOrder, judged, problemLine } from "./found.ts";
import { whatOf } from "./jobs-text.ts";
import { searchShown } from "./search-shown.ts";
import type { JobsOptions } from "./wanted.ts";
import { isWanted, jsonText, missingLines, nameOf } from "./wanted.ts";

export interface KillOptions extends JobsOptions {
  /** Between TERM and KILL. */
  readonly graceSeconds: number;
  /** Also processes that only the time of their start ties to a job. */
  readonly orphans: boolean;
  readonly yes: boolean;
  /** How long a host may be away. */
  readonly awaySeconds: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** What became of one job. */
interface Outcome {
  readonly job: FoundJob;
  readonly killed: readonly Fields[];
  readonly left: readonly Fields[];
  /** Its file still says that it runs. */
  readonly saysRunning: boolean;
}

type Ending = Outcome | { readonly host: string; readonly problem: Problem };

/** In the place of a signal: it ended while the link was lost. */
const UNSEEN = "gone";

/** Out: 0 where nothing of the jobs is left, 1 where something is or a job is nowhere or the answer was no, or the exit code of a problem. */
export async function killJobs(world: World, options: KillOptions): Promise<number> {
  if (!options.yes && world.ask === undefined) throw new Problem("bad-usage", "there is no terminal to ask at; look with longhaul jobs show, then end the jobs with --yes");
  const outcomes: Outcome[] = [];
  const found: FoundJob[] = [];
  let worst = 0;
  const { exit, hosts } = await searchShown(world, options, {
    use: async (jobs) => {
      for (const job of jobs.filter((each) => isWanted(each, options))) found.push(await withProcesses(job, job.link));
    },
    atLast: async () => {
      const targets = inOrder(found).filter((job) => livesOn(world, job));
      if (found.some(({ report }) => report.processes.length === 0 && !report.processes_known)) worst = 1;
      if (targets.length === 0) return;
      if (!(await isAgreed(world, targets, options))) {
        world.err("longhaul: nothing was ended\n");
        worst = 1;
        return;
      }
      for (const ending of await endAll(world, targets, options)) {
        if ("killed" in ending) outcomes.push(ending);
        else {
          world.err(problemLine(ending.host, ending.problem));
          worst = Math.max(worst, PROBLEM_EXITS[ending.problem.code]);
        }
      }
    },
  });
  const missing = missingLines(options, found, hosts);
  for (const line of missing) world.err(line);
  if (options.format === "json") world.out(jsonText({ jobs: outcomes.map(({ job, killed, left, saysRunning }) => ({ host: job.host, dir: job.report.dir, jid: job.report.jid, killed, left, saysRunning })) }));
  else tell(world, outcomes);
  return Math.max(exit, worst, missing.length > 0 || outcomes.some(({ left }) => left.length > 0) ? 1 : 0);
}

/** The list knows the processes that their argv or session names; this finds those that hide behind pipes and environments too. */
async function withProcesses(job: FoundJob, link: HostLink): Promise<FoundJob> {
  const { dir, jid } = job.report;
  for await (const event of link.request({ do: "show", dir, jid })) if (event.event === "job") return judged(link, event.job);
  return job;
}

/** Says it of a job that has nothing to be ended. */
function livesOn(world: World, job: FoundJob): boolean {
  const { processes, processes_known: isKnown } = job.report;
  if (processes.length > 0) return true;
  world.err(isKnown ? `longhaul: ${nameOf(job)}: no process of it lives (${job.state})\n` : `longhaul: ${nameOf(job)}: its processes cannot be seen by ${printable(job.link.ready.user ?? "this user")}; look as root with -b\n`);
  return false;
}

async function isAgreed(world: World, targets: readonly FoundJob[], options: KillOptions): Promise<boolean> {
  const style = createStyle(world.color);
  const isShown = (options.format === "text" || !options.yes) && !(options.yes && options.format === "json");
  for (const job of isShown ? targets : []) {
    world.out(`${style.bold(nameOf(job))}  ${job.state}${job.ageSeconds === undefined ? "" : ` for ${duration(job.ageSeconds)}`}  ${shortened(printable(whatOf(job)), world.columns - 40)}\n`);
    for (const { pid, role, argv, by } of job.report.processes) {
      const guess = by === "time" && !options.orphans ? " (stays: only its start fits the job; --orphans ends it)" : "";
      world.out(`${shortened(`  ${String(pid).padStart(7)} ${role.padEnd(7)}  ${printable(argv)}`, world.columns - guess.length)}${guess}\n`);
    }
  }
  if (options.yes) return true;
  const processes = targets.reduce((sum, { report }) => sum + report.processes.filter(({ by }) => by !== "time" || options.orphans).length, 0);
  return (await world.ask?.(`End ${count(processes, "process", "processes")} of ${count(targets.length, "job")}? [y/N] `)) === true;
}

/** All at once, and on over a new link where one is lost. */
async function endAll(world: World, targets: readonly FoundJob[], options: KillOptions): Promise<readonly Ending[]> {
  return withFooter(world, async (footer) => {
    footer.set([`ending ${count(targets.length, "job")}: TERM, and KILL after ${duration(options.graceSeconds)}`]);
    const patience = { clock: world.clock, awaySeconds: options.awaySeconds, note: (text: string) => footer.print(text, "err"), signal: new AbortController().signal };
    const byHost = [...Map.groupBy(targets, ({ link }) => link)];
    return (await Promise.all(byHost.map(async ([link, jobs]) => endOnHost(link, jobs, { options, patience })))).flat();
  });
}

async function endOnHost(link: HostLink, jobs: readonly FoundJob[], { options, patience }: { readonly options: KillOptions; readonly patience: Patience }): Promise<readonly Ending[]> {
  const endings = new Map<FoundJob, Ending>();
  const end = async (job: FoundJob, now: HostLink): Promise<void> => {
    endings.set(job, await outcomeOf(job, now, options));
  };
  try {
    await steadily(link, patience, async (now) => {
      await Promise.all(jobs.filter((job) => !endings.has(job)).map(async (job) => end(job, now)));
    });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    const left = jobs.filter((job) => !endings.has(job));
    const what = `what is left of ${left.map(({ report: { jid } }) => printable(jid)).join(", ")} is not known, look with longhaul jobs show`;
    return [...endings.values(), { host: link.host, problem: new Problem(problem.code, `${problem.message}; ${what}`) }];
  }
  return [...endings.values()];
}

/** Throws Problem unreachable when the link is lost. */
async function outcomeOf(job: FoundJob, link: HostLink, { graceSeconds, orphans }: KillOptions): Promise<Ending> {
  const { dir, jid, processes } = job.report;
  const last = await lastOf(link, { do: "kill", dir, jid, grace: graceSeconds, orphans });
  if (last?.event === "error") return { host: job.host, problem: new Problem("unreachable", `${nameOf(job)}: not ended: ${last.message}`) };
  const after = await withProcesses(job, link);
  const answer = last?.event === "done" ? last.answer : {};
  const [killed, left] = [listOf(answer["killed"]), listOf(answer["left"])];
  // Whoever was ended over a link that is lost is not in the answer that came over the next.
  const isTold = (pid: number): boolean => [...killed, ...left, ...after.report.processes].some((each) => each.pid === pid);
  const gone = link === job.link ? [] : processes.filter(({ pid, by }) => !isTold(pid) && (by !== "time" || orphans)).map(({ pid, role }) => ({ pid, role, signal: UNSEEN }));
  return { job, killed: [...killed, ...gone], left, saysRunning: after.report.file === "running" };
}

async function lastOf(link: HostLink, request: Parameters<HostLink["request"]>[0]): Promise<AgentEvent | undefined> {
  let last: AgentEvent | undefined;
  for await (const event of link.request(request)) last = event;
  return last;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter((each): each is Fields => typeof each === "object" && each !== null) : [];
}

function tell(world: World, outcomes: readonly Outcome[]): void {
  const style = createStyle(world.color);
  for (const { job, killed, left } of outcomes) {
    const name = `${printable(job.host)}  ${printable(job.report.jid)}`;
    world.out(killed.length > 0 ? `${name}  ${count(killed.length, "process", "processes")} ended\n` : left.length === 0 ? `${name}  had ended by itself\n` : `${name}  nothing ended\n`);
    const bySignal = Map.groupBy(killed, (each) => (each["signal"] === null ? "self" : word(each["signal"])));
    for (const signal of ["TERM", "KILL", "self", UNSEEN]) {
      const those = bySignal.get(signal) ?? [];
      if (those.length > 0) world.out(`${labelled(signal, those.map(({ pid, role }) => `${word(role)} ${word(pid)}`).join(", "), { columns: world.columns, style })}\n`);
    }
    for (const { pid, role, why } of left) world.out(style.bad(labelled("left", `${word(role)} ${word(pid)}: ${word(why)}`, { columns: world.columns, style })) + "\n");
  }
  const stale = outcomes.filter(({ saysRunning, left }) => saysRunning && left.length === 0).length;
  if (stale > 0) world.err(`longhaul: ${stale === 1 ? "its job file says" : `${stale} job files say`} "running" for ever now, and async_status believes that; longhaul jobs prune --state lost --older 0 removes ${stale === 1 ? "it" : "them"}\n`);
}

function word(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? printable(String(value)) : "?";
}
