// A job that was not found: where the hosts show it. Its modes rule each other in and out with what is found here.

import type { Evidence, Judgement, Subject } from "./diagnosis.ts";
import type { HostLooks, Sighting } from "./host-looks.ts";
import type { Found, JobOnHosts } from "./host-traces.ts";
import { jobsOnHosts, onHost, placeText } from "./host-traces.ts";
import type { Trace } from "./job-traces.ts";
import { hostOf, missingEvidence, traceOf } from "./job-traces.ts";
import type { Story } from "./story.ts";
import { jidOf } from "./story.ts";

export type Place = "here" | "another home" | "another directory" | "another host" | "nowhere" | "unknown";

export interface Missing {
  readonly trace: Trace;
  readonly job: JobOnHosts;
  readonly place: Place;
  /** What the hosts show of it; absent where they show nothing, or not enough. */
  readonly tells?: Evidence;
  readonly found?: Found;
}

/** In: a subject and what the hosts show. Out: undefined where it is not about a job that was not found. */
export function missingOnHosts(subject: Subject, story: Story, hosts: HostLooks): Missing | undefined {
  const trace = traceOf(subject, story);
  const job = trace === undefined ? undefined : jobsOnHosts(subject, story, hosts).find((each) => each.job.jid === jidOf(trace.missing) && each.job.host === hostOf(trace.missing));
  if (trace === undefined || job === undefined) return undefined;
  if (job.here !== undefined && job.host !== undefined) return { trace, job, place: "here", found: { host: job.host, sighting: job.here }, tells: onHost(job.job.host, hereText(job.here)) };
  const [found] = job.elsewhere.toSorted((a, b) => Number(b.host.host === job.job.host) - Number(a.host.host === job.job.host));
  if (found !== undefined) return { trace, job, place: placeOf(job, found), found, tells: onHost(found.host.host, placeText(found.sighting)) };
  if (!job.isSearched) return { trace, job, place: "unknown" };
  return { trace, job, place: "nowhere", tells: nowhereText(job, hosts) };
}

function hereText(sighting: Sighting): string {
  return sighting.report.path === null ? placeText(sighting) : `Now there is a job file where the task had looked: ${sighting.report.path}.`;
}

function placeOf({ job, host, directory }: JobOnHosts, found: Found): Place {
  if (found.host.host !== job.host) return "another host";
  const looked = host?.directories.find(({ path }) => path === directory);
  const homes = [looked?.home, found.sighting.home];
  return homes.every((home) => home !== null && home !== undefined) && homes[0] !== homes[1] ? "another home" : "another directory";
}

function nowhereText({ job }: JobOnHosts, hosts: HostLooks): Evidence {
  const searched = [...hosts.values()].reduce((sum, look) => sum + (look.seen ? look.searched : 0), 0);
  const where = hosts.size === 1 ? "on it" : `on ${hosts.size} hosts of the run`;
  return onHost(job.host, `Neither a file nor a process of job ${job.jid} is ${where} (${searched} directories were looked into).`);
}

/** The runner lives and has no file: it was there when the job began, and was removed. */
export function isRobbed({ found }: Missing): boolean {
  return found?.sighting.report.path === null && found.sighting.isSure && found.sighting.report.processes.some(({ role }) => role === "runner");
}

/** A job file that could not be filled: all that is left is an empty one beside its place. */
export function isUnfilled({ found }: Missing): boolean {
  return found?.sighting.report.path === null && found.sighting.report.tmp?.size === 0;
}

/** True where a file of the job was found, wherever. */
export function isThere({ found }: Missing): boolean {
  return found !== undefined && found.sighting.report.path !== null;
}

/** What the place of a file says for a mode that looks for it in one kind of place, and against it where it is in another. */
export function judgePlace(missing: Missing | undefined, own: Place, remedy: (found: Found) => string): Judgement | undefined {
  const { tells, found, place } = missing ?? {};
  if (missing === undefined || tells === undefined || found === undefined || !(isThere(missing) || isRobbed(missing) || isUnfilled(missing))) return undefined;
  return place === own ? { supports: [missingEvidence(missing.trace), tells], against: [], do: remedy(found) } : { supports: [], against: [tells] };
}

/** What to think of before a job is started again, by how it is now. */
export function beforeAgain({ sighting: { state }, host }: Found): string {
  if (state === "finished") return "The job has ended well: its work need not be done again.";
  if (state === "running" || state === "starting") return `The job runs on ${host.host}: do not start it a second time.`;
  return `The job is ${state}: see what it has done before you start it again.`;
}
