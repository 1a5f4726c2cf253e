// Diagnoses for programs. Names are stable within a schema version; new ones may be added.

import type { Evidence, Subject } from "../../model/diagnosis.ts";
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
    diagnoses: result.diagnoses.map((diagnosis) => ({
      ...subjectJson(diagnosis.subject),
      place: diagnosis.place ?? null,
      causes: diagnosis.causes.map(({ mode, title, why, do: remedy, evidence, note }) => ({
        mode, title, why, do: remedy, evidence: evidence.map(evidenceJson), note: note ?? null,
      })),
      ruledOut: diagnosis.ruledOut.map(({ mode, because }) => ({ mode, because: evidenceJson(because) })),
      unknown: diagnosis.unknown,
    })),
    unexplained: result.unexplained.map(({ subject, pointers }) => ({ ...subjectJson(subject), lintFinds: pointers })),
    leftRunning: result.leftRunning.map(({ host, jid }) => ({ host, jid })),
    gaps: story.gaps,
  }));
  return `${JSON.stringify({ schema: 1, tool: { name: "longhaul", version }, logs }, null, 2)}\n`;
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
  return { says: evidence.says, line: evidence.quote?.line ?? null, quote: evidence.quote?.text ?? null, place: evidence.place ?? null };
}
