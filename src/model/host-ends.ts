// How jobs that a log leaves open have ended on their hosts, and what ended those that nobody will ever hear of.

import type { Evidence, Judgement } from "./diagnosis.ts";
import type { Found, JobOnHosts } from "./host-traces.ts";
import { clockText, onHost, whereFound } from "./host-traces.ts";

/** Jobs of one run that are told one by one. */
const TOLD_MOST = 4;

/** What the hosts show of jobs that a run has left; undefined where they show none. */
export function judgeOpenJobs(jobs: readonly JobOnHosts[]): Judgement | undefined {
  const found = jobs.flatMap((job) => whereFound(job) ?? []).slice(0, TOLD_MOST);
  if (found.length === 0) return undefined;
  return {
    supports: found.map(({ host, sighting: { report, state } }) => onHost(host.host, `Job ${report.jid} is ${state} now.`)),
    against: [],
    do: [...new Set(found.map(whatNow))].join(" "),
    unknown: jobs.filter((job) => whereFound(job) === undefined).slice(0, TOLD_MOST).map(({ job }) => ({
      what: `Whether job ${job.jid} still runs on ${job.host} (finished 0), or how it has ended.`,
      command: `ansible ${job.host} -m ansible.builtin.async_status -a "jid=${job.jid}"`,
    })),
  };
}

function whatNow({ host, sighting: { report, state } }: Found): string {
  switch (state) {
    case "running":
    case "starting":
      return `Job ${report.jid} runs on ${host.host}: do not start it a second time; wait for it with longhaul jobs wait ${report.jid}, or stop it.`;
    case "finished":
      return `Job ${report.jid} on ${host.host} has ended well meanwhile: its work need not be done again.`;
    case "failed":
    case "killed":
    case "timed-out":
      return `Job ${report.jid} on ${host.host} has failed meanwhile: longhaul jobs show ${report.jid} says of what.`;
    case "lost":
    case "unreadable":
    case "absent":
      return `Nobody will hear the end of job ${report.jid} on ${host.host}: see what it has done before you start it again.`;
  }
}

/** A job file that says running, from before the last start of its host. */
export function isOlderThanBoot({ host, sighting: { report, state } }: Found): boolean {
  return state === "lost" && report.mtime !== null && host.bootedAt !== undefined && report.mtime < host.bootedAt;
}

/** The job and the start of its host, in this order. */
export function restartEvidence({ host, sighting: { report } }: Found): readonly Evidence[] {
  const written = report.mtime === null ? "" : ` since ${clockText(report.mtime)}`;
  return [
    onHost(host.host, `The job file has said${written} that the job runs.`),
    onHost(host.host, `The host was started at ${host.bootedAt === undefined ? "a later time" : clockText(host.bootedAt)}, after that.`),
  ];
}
