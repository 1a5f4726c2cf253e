// Where the jobs of a subject are on the hosts: what the probes of the modes share.

import type { Evidence, Subject } from "./diagnosis.ts";
import type { HostLooks, HostSeen, JobRef, Sighting } from "./host-looks.ts";
import { jobsLeftOpen } from "./job-answers.ts";
import { isOpen } from "./job-state.ts";
import { directoryOf, hostOf } from "./job-traces.ts";
import type { LoggedResult, Story } from "./story.ts";
import { jidOf } from "./story.ts";

/** A sighting with the host it was made on. */
export interface Found {
  readonly host: HostSeen;
  readonly sighting: Sighting;
}

/** A job of a subject, as the hosts show it. */
export interface JobOnHosts {
  readonly job: JobRef;
  /** The host it should be on; absent where that could not be looked at. */
  readonly host: HostSeen | undefined;
  /** The directory it should be in: of the look that the log shows, else that of the inventory. */
  readonly directory: string | undefined;
  /** In that place. */
  readonly here: Sighting | undefined;
  /** In any other directory, or on any other host. */
  readonly elsewhere: readonly Found[];
  /** True where every place that may hold it was looked into: then nothing found means that there is nothing. */
  readonly isSearched: boolean;
}

/** The jobs that a subject is about: those its results name, else those that stand under its task, else those it left open. */
export function jobsAbout(subject: Subject, story: Story): readonly JobRef[] {
  if (subject.job !== undefined) return [subject.job];
  if (subject.error !== undefined && subject.results.length === 0) return distinct(jobsLeftOpen(story, { line: subject.error.quote.line }));
  return distinct(subject.results.flatMap((result) => jobsOfResult(result, story)));
}

function jobsOfResult(result: LoggedResult, story: Story): readonly JobRef[] {
  const jid = jidOf(result);
  if (jid !== undefined) return [{ host: hostOf(result), jid }];
  const own = story.jobs.filter((job) => job.host === result.host && job.task === result.task);
  if (own.length > 0) return own;
  return result.status === "failed" || result.status === "unreachable" ? jobsLeftOpen(story, { host: result.host, line: result.quote.line }) : [];
}

function distinct(jobs: readonly JobRef[]): readonly JobRef[] {
  return [...new Map(jobs.map(({ host, jid }) => [`${jid} ${host}`, { host, jid }])).values()];
}

/** The jobs of a subject with what the hosts show of them; [] where no host was looked at. */
export function jobsOnHosts(subject: Subject, story: Story, facts: HostLooks): readonly JobOnHosts[] {
  return facts.size === 0 ? [] : jobsAbout(subject, story).map((job) => onHosts(job, { subject, facts }));
}

function onHosts(job: JobRef, { subject, facts }: { readonly subject: Subject; readonly facts: HostLooks }): JobOnHosts {
  const look = facts.get(job.host);
  const host = look?.seen === true ? look : undefined;
  const result = subject.results.find((each) => jidOf(each) === job.jid && hostOf(each) === job.host);
  const directory = (result === undefined ? undefined : directoryOf(result)) ?? host?.asyncDir ?? undefined;
  const all = [...facts.values()].flatMap((each) => (each.seen ? each.sightings.filter(({ report }) => isSameJob(report.jid, job.jid)).map((sighting) => ({ host: each, sighting })) : []));
  const isHere = ({ host: where, sighting }: Found): boolean => where.host === job.host && (subject.job !== undefined || directory === undefined || sighting.report.dir === directory);
  // Without a log nobody says where it should be: the place with the file is the right one.
  const here = best(all.filter(isHere));
  return {
    job,
    host,
    directory: here?.sighting.report.dir ?? directory,
    here: here?.sighting,
    elsewhere: all.filter((found) => found !== here && !(subject.job !== undefined && isHere(found))),
    isSearched: host !== undefined && [...facts.values()].every((each) => each.seen && each.isComplete && each.closed.length === 0),
  };
}

/** A wrapper without a file is known by the part of the id before the dot. */
export function isSameJob(found: string, asked: string): boolean {
  return found === asked || found === asked.split(".")[0];
}

/** A file tells more than processes without one, a result more than a file that says running. */
function best(found: readonly Found[]): Found | undefined {
  const rank = ({ sighting: { state } }: Found): number => (state === "absent" ? 2 : isOpen(state) ? 1 : 0);
  return found.toSorted((a, b) => rank(a) - rank(b))[0];
}

/** The one place where the job is, wherever it was looked for. */
export function whereFound({ host, here, elsewhere }: JobOnHosts): Found | undefined {
  return here !== undefined && host !== undefined ? { host, sighting: here } : best(elsewhere);
}

/** Evidence from a host. */
export function onHost(host: string, says: string): Evidence {
  return { host, says };
}

/** Clock time of a host's event, as its people know it: UTC, to the second. */
export function clockText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** A sentence on where a job is. */
export function placeText({ report }: Sighting): string {
  if (report.path === null) return report.processes.length > 0 ? `Processes of the job are there, and no job file in ${report.dir}.` : `In ${report.dir} is what was left of the job, and no job file.`;
  return `The job file is ${report.path}${report.owner === null ? "" : `, of ${report.owner}`}.`;
}
