// A wait that was used up, on the host: the job went on, or it could never have ended.

import { jobsOnHosts, onHost, whereFound } from "../../model/host-traces.ts";
import type { ProbeView } from "../../model/mode.ts";
import { numberOf } from "../../model/story.ts";

export const probe: ProbeView = (subject, story, hosts) => {
  const isUsedUp = subject.failed && subject.results.some((result) => numberOf(result, "attempts") !== undefined && numberOf(result, "finished") === 0);
  const [found] = isUsedUp ? jobsOnHosts(subject, story, hosts).flatMap((job) => whereFound(job) ?? []) : [];
  if (found === undefined) return undefined;
  const { host, sighting: { state, report } } = found;
  if (state === "lost" || state === "unreadable") return { supports: [], against: [onHost(host.host, "No wait would have been long enough: nobody is left to write an end.")] };
  if (state === "absent") return undefined;
  const isOpen = state === "running" || state === "starting";
  return {
    supports: [onHost(host.host, `${isOpen ? "The job still runs" : `The job went on and is ${state} now`}.`)],
    against: [],
    do: `${isOpen ? `It was given up too early: wait for it (longhaul jobs wait ${report.jid}), do not start it again.` : "It was given up too early: the job has ended since."} Make retries x delay of this task larger than the job's async limit.`,
  };
};
