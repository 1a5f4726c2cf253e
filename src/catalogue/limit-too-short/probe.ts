// A limit that is over, on the host: what has become of the job, and whether it was the limit at all.

import type { Judgement } from "../../model/diagnosis.ts";
import type { Left } from "../../model/host-left.ts";
import { leftBy } from "../../model/host-left.ts";
import { wrapperSaid } from "../../model/host-log.ts";
import type { Found } from "../../model/host-traces.ts";
import { jobsOnHosts, onHost, whereFound } from "../../model/host-traces.ts";
import type { ProbeView } from "../../model/mode.ts";
import type { LoggedResult } from "../../model/story.ts";
import { textOf } from "../../model/story.ts";

export const probe: ProbeView = (subject, story, hosts) => {
  const [found] = jobsOnHosts(subject, story, hosts).flatMap((job) => whereFound(job) ?? []);
  if (found === undefined || (subject.job === undefined && !subject.results.some(speaksOfLimit))) return undefined;
  if (found.sighting.state === "timed-out") {
    const limitSeconds = story.jobs.find(({ jid }) => jid === found.sighting.report.jid)?.limitSeconds;
    const left = leftBy(found, limitSeconds === undefined ? {} : { limitSeconds });
    // What the kill has not reached is another mode's finding.
    return left.some(({ isSurelyOf }) => isSurelyOf) ? undefined : byLimit(left, found);
  }
  return subject.job === undefined ? afterTheLimit(found) : undefined;
};

function speaksOfLimit(result: LoggedResult): boolean {
  return /^async task did not complete within|^Timeout exceeded$|^async task produced unparsable results$/.test(textOf(result, "msg") ?? "");
}

function byLimit(left: readonly Left[], { host, sighting: { report } }: Found): Judgement {
  return {
    supports: [onHost(host.host, `The job was killed at its limit: its file says "${report.msg ?? "Timeout exceeded"}".`), ...wrapperSaid(host, report.jid, /^(?:Timeout reached|ending job )/)],
    against: [],
    unknown: left.length === 0 ? [] : [{
      what: `Whether ${left.map(({ text }) => text).join(", ")} ${left.length === 1 ? "is" : "are"} of this job: an async job of the same user has started ${left.length === 1 ? "it" : "them"} in that time, and no wrapper watches over ${left.length === 1 ? "it" : "them"} any more.`,
      command: `ansible ${host.host} -b -m ansible.builtin.command -a "ps -o pid,ppid,sid,lstart,args -p ${left.map(({ pid }) => pid).join(",")}"`,
    }],
  };
}

/** Ansible had stopped waiting; what came of the job after that. */
function afterTheLimit({ host, sighting: { report, state } }: Found): Judgement | undefined {
  switch (state) {
    case "running":
    case "starting":
      return { supports: [onHost(host.host, "The job still runs.")], against: [], do: `It runs on: wait for it (longhaul jobs wait ${report.jid}), do not start it again. Then give the task an async of three times what it took.` };
    case "finished":
      return { supports: [onHost(host.host, `The job went on and has ended well${took(report.delta)}.`)], against: [], do: `The work is done, there is nothing to repeat. Give the task an async of three times what it took${took(report.delta)}.` };
    case "failed":
    case "killed":
      return { supports: [onHost(host.host, `The job went on and then failed by itself${took(report.delta)}.`)], against: [], do: "Two things went wrong: the wait was too short, and the job has failed. Repair what its own result complains of, and give the task a larger async." };
    case "lost":
    case "unreadable":
      return { supports: [], against: [onHost(host.host, "It was not the limit that ended the job: nobody was left to watch it.")] };
    case "timed-out":
    case "absent":
      return undefined;
  }
}

function took(delta: string | null): string {
  return delta === null ? "" : ` after ${delta.replace(/\.\d+$/, "")}`;
}
