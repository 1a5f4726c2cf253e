// A job that was killed at its limit, and a program of it that lives on.

import { leftBy } from "../../model/host-left.ts";
import { jobsOnHosts, onHost, whereFound } from "../../model/host-traces.ts";
import type { ProbeView } from "../../model/mode.ts";

export const probe: ProbeView = (subject, story, hosts) => {
  for (const job of jobsOnHosts(subject, story, hosts)) {
    const found = whereFound(job);
    if (found?.sighting.state !== "timed-out") continue;
    const limitSeconds = story.jobs.find(({ jid }) => jid === job.job.jid)?.limitSeconds;
    const left = leftBy(found, limitSeconds === undefined ? {} : { limitSeconds });
    if (left.length === 0) continue;
    const { host, sighting: { report } } = found;
    return {
      supports: [
        ...subject.results.slice(0, 1).map(({ quote }) => ({ quote, says: "Ansible calls the job failed when its limit is over, whatever of it is left." })),
        onHost(host.host, `The job was killed at its limit: its file says "${report.msg ?? "Timeout exceeded"}".`),
        onHost(host.host, `${left.map(({ text }) => text).join(", ")} ${left.length === 1 ? "was" : "were"} started by a job while this one ran, and ${left.length === 1 ? "lives" : "live"} on without a limit.`),
        ...(left.some(({ isSurelyOf }) => isSurelyOf) ? [onHost(host.host, "What lives on belongs to the session of this very job.")] : []),
      ],
      against: [],
      // Another job of the same user may have started it.
      circumstantial: !left.some(({ isSurelyOf }) => isSurelyOf),
      do: `End what is left on ${host.host} when it is not meant to run (process ${left.map(({ pid }) => pid).join(", ")}). Then keep the program in the job's process group: become instead of su -c, and no setsid; and give the task a larger async.`,
    };
  }
  return undefined;
};
