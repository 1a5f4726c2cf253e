// Joins what the hosts show with what the log shows: one judgement of both, and how the jobs of a subject are now.

import type { Evidence, JobNow, Judgement, Subject } from "../model/diagnosis.ts";
import { isOlderThanBoot, restartEvidence } from "../model/host-ends.ts";
import { lastSign, oomKills } from "../model/host-log.ts";
import type { HostLooks, HostSeen } from "../model/host-looks.ts";
import type { JobOnHosts } from "../model/host-traces.ts";
import { jobsOnHosts, whereFound } from "../model/host-traces.ts";
import { isOpen } from "../model/job-state.ts";
import type { Story } from "../model/story.ts";

/** What log and hosts say of one mode together. What the log left open is closed where the hosts had an answer. */
export function combined(symptom: Judgement | undefined, probe: Judgement | undefined): Judgement | undefined {
  if (probe === undefined) return symptom;
  // What was seen on a host stands, whether or not lint sees the mistake in the playbook.
  const isSeen = probe.supports.length > 0 && probe.circumstantial !== true;
  if (symptom === undefined) return { ...probe, proven: isSeen };
  const isAnswered = probe.supports.length + probe.against.length > 0;
  const remedy = probe.do ?? symptom.do;
  return {
    ...symptom,
    supports: distinct([...symptom.supports, ...probe.supports]),
    against: [...symptom.against, ...probe.against],
    ...(remedy === undefined ? {} : { do: remedy }),
    proven: symptom.proven === true || isSeen,
    circumstantial: symptom.circumstantial === true && !isSeen,
    unknown: [...(isAnswered ? [] : (symptom.unknown ?? [])), ...(probe.unknown ?? [])],
  };
}

/** A probe may quote the same line of the log as the symptom does. */
function distinct(evidence: readonly Evidence[]): readonly Evidence[] {
  return [...new Map(evidence.map((each) => [JSON.stringify([each.quote?.line, each.host, each.says]), each])).values()];
}

/** How each job of a subject is now, as far as the hosts could be looked at. */
export function jobsNow(subject: Subject, story: Story, facts: HostLooks): readonly JobNow[] {
  return jobsOnHosts(subject, story, facts).map((job) => jobNow(job, facts));
}

function jobNow(job: JobOnHosts, facts: HostLooks): JobNow {
  const found = whereFound(job);
  if (found !== undefined) {
    const { state, because, report } = found.sighting;
    return { ...job.job, state, foundOn: found.host.host, path: report.path ?? undefined, says: because.join("; ") };
  }
  const look = facts.get(job.job.host);
  if (look === undefined) return { ...job.job, state: undefined, why: "it was not asked about on its host: too many others were" };
  if (!look.seen) return { ...job.job, state: undefined, why: look.why };
  if (look.closed.length > 0) return { ...job.job, state: undefined, why: closedText(look) };
  if (!look.isComplete) return { ...job.job, state: undefined, why: `nothing of it in ${look.searched} directories, and the search was ended there; name its directory with --dir` };
  return { ...job.job, state: "absent", foundOn: job.job.host, path: undefined, says: `no file and no process of it; ${look.searched === 1 ? "1 directory was" : `${look.searched} directories were`} looked into` };
}

/** Jobs of one subject of which everything is told; the others are alike. */
const TOLD_MOST = 3;

/** What the hosts have kept about jobs that did not end well, whatever it may mean. */
export function keptOnHosts(subject: Subject, story: Story, facts: HostLooks): readonly Evidence[] {
  return jobsOnHosts(subject, story, facts).slice(0, TOLD_MOST).flatMap((job) => {
    const found = whereFound(job);
    const { host } = found ?? job;
    const state = found?.sighting.state ?? "absent";
    if (host === undefined || isOpen(state) || state === "finished") return [];
    const ends = found === undefined ? [] : [...(isOlderThanBoot(found) ? restartEvidence(found) : []), ...oomKills(found)];
    return [...ends, ...lastSign(host, job.job.jid)];
  });
}

/** Some of them are named; all of them would be a page on a host with many users. */
const SHOWN = 3;

function closedText({ user, searched, closed }: HostSeen): string {
  const more = closed.length > SHOWN ? ` and ${closed.length - SHOWN} more` : "";
  return `${searched === 0 ? "" : "nothing of it in what could be looked into, but "}${user} may not look into ${closed.slice(0, SHOWN).join(", ")}${more}; look again with -b`;
}

/** Jobs that are in the same situation have the same cause; others of the same message need not. */
export function situationOf(subject: Subject, story: Story, facts: HostLooks): string {
  return jobsOnHosts(subject, story, facts)
    .map((job) => {
      const found = whereFound(job);
      if (found === undefined) return job.host === undefined ? "unseen" : "absent";
      return `${found.sighting.state} ${job.here === undefined ? "elsewhere" : "here"}`;
    })
    .join();
}
