// `longhaul history`: what was measured, importing and forgetting it.

import type { WorkGroup } from "../../../engine/advise/groups.ts";
import { groupsOf, nameOf } from "../../../engine/advise/groups.ts";
import { recommend } from "../../../engine/advise/recommend.ts";
import { summaryOf } from "../../../engine/advise/bound.ts";
import type { Durations } from "../../../engine/durations/of-story.ts";
import type { History, KeptMeasurement } from "../../../engine/ports.ts";
import { printable } from "../../../model/printable.ts";
import { PROBLEM_EXITS, Problem } from "../../../model/problem.ts";
import { projectRoot } from "../project-root.ts";
import { count, createStyle, wrap } from "../style.ts";
import type { World } from "../world.ts";
import { gather } from "./gather.ts";
import { historyPage, historyTable, limitOf } from "./history-text.ts";

export interface HistoryOptions {
  /** Words of a task's name, in any case; none: all tasks. */
  readonly words: readonly string[];
  /** Of every project, not only of this one. */
  readonly allProjects: boolean;
  readonly format: "text" | "json";
}

/** Prints the tasks, or the runs of those that are asked for. Out: 0, or 1 where nothing is kept of what was asked for. */
export async function showHistory(world: World, options: HistoryOptions): Promise<number> {
  const groups = await withHistory(world, "read", (history) => groupsOf(history.read(options.allProjects ? undefined : projectRoot(world))));
  const wanted = groups.filter((group) => isMeant(group, options.words));
  if (options.format === "json") world.out(`${JSON.stringify({ schema: 1, tasks: wanted.map((group) => document(group, options.words.length > 0)) }, null, 2)}\n`);
  else if (wanted.length === 0) world.err(`longhaul: ${nothingText(groups.length, options)}\n`);
  else {
    const look = { columns: world.columns, style: createStyle(world.color) };
    world.out(options.words.length === 0 ? historyTable(wanted, look) : wanted.map((group) => historyPage(group, look)).join("\n"));
  }
  return wanted.length === 0 && options.words.length > 0 ? 1 : 0;
}

function nothingText(others: number, { words, allProjects }: HistoryOptions): string {
  if (others > 0) return `no task with "${printable(words.join(" "))}" in its name was measured; longhaul history lists those that were`;
  return `nothing was measured ${allProjects ? "yet" : "in this project yet"}; longhaul history import LOG takes it from output that you have`;
}

function isMeant({ work }: WorkGroup, words: readonly string[]): boolean {
  return nameOf(work).toLowerCase().includes(words.join(" ").toLowerCase());
}

function document(group: WorkGroup, withRuns: boolean): unknown {
  const { work, measurements } = group;
  const advised = recommend(measurements);
  const summary = summaryOf(measurements);
  return {
    ...work,
    runs: measurements.length,
    ended: summary?.count ?? 0,
    p50Seconds: summary?.p50 ?? null,
    p95Seconds: summary?.p95 ?? null,
    maxSeconds: summary?.max ?? null,
    limitSeconds: limitOf(group) ?? null,
    advisedLimitSeconds: advised?.limitSeconds ?? null,
    last: measurements.at(-1)?.end ?? null,
    ...(withRuns ? { measurements: measurements.map((measurement) => ({ ...measurement, work: undefined })) } : {}),
  };
}

/** Takes durations from logs and artifacts. Out: 0, or the exit code of the worst that could not be read. */
export async function importDurations(world: World, paths: readonly string[]): Promise<number> {
  let exit = 0;
  const project = projectRoot(world);
  const read: { readonly path: string; readonly durations: Durations }[] = [];
  for (const path of paths) {
    try {
      read.push({ path, durations: await gather(world, path, { project, at: Date.now() / 1000 }) });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      world.err(`longhaul: ${printable(problem.message)}\n`);
      exit = Math.max(exit, PROBLEM_EXITS[problem.code]);
    }
  }
  if (read.length === 0) return exit;
  await withHistory(world, "write", (history) => {
    for (const { path, durations } of read) {
      const added = history.add(durations.measurements);
      world.out(`${wrap(`${printable(path)}: ${importText(durations, added)}`, world.columns, "")}\n`);
    }
  });
  return exit;
}

function importText({ measurements, untimed, open }: Durations, added: number): string {
  const known = measurements.length - added;
  const parts = [
    `${count(added, "duration")} added`,
    ...(known > 0 ? [`${known} known already`] : []),
    ...(untimed > 0 ? [`${count(untimed, "job")} ended without a word on how long it took (-v shows it for commands)`] : []),
    ...(open > 0 ? [`${count(open, "job")} without an end`] : []),
  ];
  return measurements.length + untimed + open === 0 ? "no jobs in it" : parts.join(", ");
}

export interface ForgetOptions extends Pick<HistoryOptions, "words" | "allProjects"> {
  readonly all: boolean;
  /** Only what ended longer ago. */
  readonly olderSeconds?: number;
}

/** Removes durations. Out: 0, or 1 where there was none. Throws Problem bad-usage where nothing says which. */
export async function forget(world: World, { words, allProjects, all, olderSeconds }: ForgetOptions): Promise<number> {
  if (words.length === 0 && !all && olderSeconds === undefined) throw new Problem("bad-usage", "say what to forget: words of a task's name, --older 90d, or --all");
  const gone = await withHistory(world, "write", (history) => {
    const before = olderSeconds === undefined ? Infinity : Date.now() / 1000 - olderSeconds;
    const groups = groupsOf(history.read(allProjects ? undefined : projectRoot(world))).filter((group) => isMeant(group, words));
    const meant: readonly KeptMeasurement[] = groups.flatMap(({ measurements }) => measurements).filter(({ at }) => at < before);
    return history.forget(meant.map(({ id }) => id));
  });
  world.out(`${count(gone, "duration")} forgotten\n`);
  return gone === 0 ? 1 : 0;
}

async function withHistory<T>(world: World, purpose: "read" | "write", act: (history: History) => T): Promise<T> {
  const history = await world.openHistory(purpose);
  try {
    return act(history);
  } finally {
    history.close();
  }
}
