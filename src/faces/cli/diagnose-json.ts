// Diagnoses for programs. Names are stable within a schema version; new ones may be added.

import type { Diagnosis, Evidence, JobNow, Subject } from "../../model/diagnosis.ts";
import type { Report } from "./diagnose-text.ts";

/** In: longhaul's version and a report for each log. Out: one JSON document. */
export function diagnoseJson(version: string, reports: readonly Report[]): string {
  const logs = reports.map(({ log, story, result }) => ({
    log,
    core: story.core ?? null,
    lines: story.lines,
    jobs: story.jobs.map((job) => ({
      host: job.host,
      jid: job.jid,
      polls: job.polls,
      ended: job.ended?.as ?? null,
      limitSeconds: job.limitSeconds ?? null,
    })),
    diagnoses: result.diagnoses.map((diagnosis) => ({ ...subjectJson(diagnosis.subject), ...verdictJson(diagnosis) })),
    unexplained: result.unexplained.map(({ subject, pointers, jobs, ruledOut, seen }) => ({
      ...subjectJson(subject), lintFinds: pointers, onHosts: jobs.map(jobJson), ruledOut: ruledOut.map(ruledOutJson), seenOnHosts: seen.map(evidenceJson),
    })),
    leftRunning: result.leftRunning.map(({ job: { host, jid }, now }) => ({ host, jid, onHosts: now.map(jobJson) })),
    gaps: story.gaps,
  }));
  return `${JSON.stringify({ schema: 1, tool: { name: "longhaul", version }, logs }, null, 2)}\n`;
}

/** In: longhaul's version and diagnoses of jobs that were asked about by their ids. */
export function jobsJson(version: string, diagnoses: readonly Diagnosis[]): string {
  const jobs = diagnoses.map((diagnosis) => ({ host: diagnosis.subject.job?.host ?? null, jid: diagnosis.subject.job?.jid ?? null, ...verdictJson(diagnosis) }));
  return `${JSON.stringify({ schema: 1, tool: { name: "longhaul", version }, jobs }, null, 2)}\n`;
}

function verdictJson(diagnosis: Diagnosis): object {
  return {
    place: diagnosis.place ?? null,
    causes: diagnosis.causes.map(({ mode, title, why, do: remedy, evidence, note }) => ({
      mode, title, why, do: remedy, evidence: evidence.map(evidenceJson), note: note ?? null,
    })),
    ruledOut: diagnosis.ruledOut.map(ruledOutJson),
    unknown: diagnosis.unknown,
    openWithoutHosts: diagnosis.openWithoutHosts,
    onHosts: diagnosis.jobs.map(jobJson),
    seenOnHosts: diagnosis.seen.map(evidenceJson),
  };
}

function ruledOutJson({ mode, because }: Diagnosis["ruledOut"][number]): object {
  return { mode, because: evidenceJson(because) };
}

/** `state` is null where the job could not be looked at; `why` then says why not, else what the state rests on. */
function jobJson(job: JobNow): object {
  if (job.state === undefined) return { host: job.host, jid: job.jid, state: null, foundOn: null, path: null, why: job.why };
  return { host: job.host, jid: job.jid, state: job.state, foundOn: job.foundOn, path: job.path ?? null, why: job.says };
}

function subjectJson(subject: Subject): object {
  return {
    task: subject.task.name,
    role: subject.task.role ?? null,
    play: subject.task.play ?? null,
    failed: subject.failed,
    ignored: subject.results.length > 0 && subject.results.every((result) => result.ignored),
    hosts: [...new Set(subject.results.map((result) => result.host))],
    line: (subject.results[0]?.quote ?? subject.task.heading).line,
  };
}

function evidenceJson(evidence: Evidence): object {
  return { says: evidence.says, line: evidence.quote?.line ?? null, quote: evidence.quote?.text ?? null, place: evidence.place ?? null, host: evidence.host ?? null };
}
