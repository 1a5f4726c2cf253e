// What a log makes one want to know of the hosts: which jobs to look for where, and which programs.

import type { JobRef } from "../model/host-looks.ts";
import { hostOf, directoryOf } from "../model/job-traces.ts";
import { missedProgram, missedPython } from "../model/missed-programs.ts";
import type { LoggedJob, LoggedResult, Story } from "../model/story.ts";
import { jidOf, numberOf, resultsOf, textOf } from "../model/story.ts";

/** What one host is asked. */
export interface HostQuestion {
  readonly jids: readonly string[];
  /** Directories that may hold their files, as the log names them. */
  readonly directories: readonly string[];
  /** Programs, by name or path. */
  readonly programs: readonly string[];
}

/** A log with more jobs than that on a host is not asked about all of them. */
const JIDS_MOST = 200;

/** In: a log, and directories that may hold job files as well. Out: a question for each host that has a job in it which did not end well, by name. */
export function questionsOf(story: Story, more: readonly string[]): ReadonlyMap<string, HostQuestion> {
  const asked = new Map<string, { jids: Set<string>; directories: Set<string>; programs: Set<string> }>();
  const of = (host: string): { jids: Set<string>; directories: Set<string>; programs: Set<string> } => {
    const found = asked.get(host) ?? { jids: new Set(), directories: new Set(), programs: new Set() };
    asked.set(host, found);
    return found;
  };
  for (const { host, jid } of openJobs(story)) of(host).jids.add(jid);
  for (const result of story.results.filter(isTelling)) {
    const jid = jidOf(result);
    if (jid !== undefined) of(hostOf(result)).jids.add(jid);
    // A job that is not where it was looked for may be on any host of the run.
    if (jid !== undefined && isMissing(result)) for (const host of hostsOf(story)) of(host).jids.add(jid);
    for (const program of [missedProgram(result, story), missedPython(result)]) if (program !== undefined && program !== "") of(hostOf(result)).programs.add(program);
  }
  for (const question of asked.values()) {
    for (const jid of question.jids) for (const result of resultsOf(story, jid)) question.directories.add(directoryOf(result) ?? "");
  }
  return new Map([...asked].map(([host, { jids, directories, programs }]) => [
    host,
    { jids: [...jids].slice(0, JIDS_MOST), directories: [...more, ...[...directories].filter((path) => path.startsWith("/"))], programs: [...programs] },
  ]));
}

/** In: jobs by their ids. Out: what their hosts are asked. */
export function questionOf(jids: readonly string[], directories: readonly string[]): HostQuestion {
  return { jids, directories, programs: [] };
}

/** Failures, and green results of jobs whose end the log does not show. */
function isTelling(result: LoggedResult): boolean {
  return result.status === "failed" || result.status === "unreachable" || (jidOf(result) !== undefined && numberOf(result, "finished") !== 1);
}

function openJobs(story: Story): readonly JobRef[] {
  const isEnded = (job: LoggedJob): boolean => job.ended?.as === "ok" || job.looks.some((look) => look.status !== "failed" && numberOf(look, "finished") === 1);
  return story.jobs.filter((job) => !isEnded(job));
}

function isMissing(result: LoggedResult): boolean {
  return textOf(result, "msg")?.includes("could not find job") === true;
}

/** Every host that the log names. */
function hostsOf(story: Story): ReadonlySet<string> {
  return new Set([...story.recap.map(({ host }) => host), ...story.results.flatMap((result) => [result.host, hostOf(result)]), ...story.jobs.map(({ host }) => host)]);
}
