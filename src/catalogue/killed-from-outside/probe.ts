// A job whose processes were killed, on its host: what is left of it, and who it was, where the host has kept that.

import type { Evidence, Judgement, Unknown } from "../../model/diagnosis.ts";
import { isOlderThanBoot, restartEvidence } from "../../model/host-ends.ts";
import { cgroupKills, lastSign, oomKills } from "../../model/host-log.ts";
import type { Found } from "../../model/host-traces.ts";
import { jobsOnHosts, onHost, whereFound } from "../../model/host-traces.ts";
import type { ProbeView } from "../../model/mode.ts";
import type { Story } from "../../model/story.ts";
import { jobsOf, textOf } from "../../model/story.ts";

export const probe: ProbeView = (subject, story, hosts) => {
  const [found] = jobsOnHosts(subject, story, hosts).flatMap((job) => whereFound(job) ?? []);
  if (found === undefined) return undefined;
  const { state, report, printed } = found.sighting;
  // A full disk leaves a file that says running too.
  if (state === "lost" && report.tmp?.size === 0) return { supports: [], against: [onHost(found.host.host, "An empty .tmp is beside the job file: the result could not be written.")] };
  if (state === "lost" && isLate(report.jid, story)) return undefined;
  if (state === "lost") return lost(found);
  if (state === "killed") return killed(found, `Somebody has sent the signal that ended its program (rc ${report.rc ?? ""}).`);
  if (state === "failed" && printed?.data === "" && printed.stderr === "") return killed(found, "The wrapper got neither a result nor an error from the module: it was killed.");
  return undefined;
};

/** A job that began after its starter had left ends by itself, without a result (slow-start). */
function isLate(jid: string, story: Story): boolean {
  return jobsOf(story, jid)[0]?.looks.some((look) => /(?:^|: )could not find job$/.test(textOf(look, "msg") ?? "")) === true;
}

function lost(found: Found): Judgement {
  const { host } = found;
  const heard = lastSign(host, found.sighting.report.jid);
  if (isOlderThanBoot(found)) return { supports: [...restartEvidence(found), ...heard], against: [], do: `The job was killed when ${host.host} was restarted. See what it has left half done, then start it again.` };
  return judged(found, [onHost(host.host, "Its runner was killed: one that ends, whatever happens to its module, writes a result."), ...heard]);
}

function killed(found: Found, says: string): Judgement {
  return judged(found, [onHost(found.host.host, says)]);
}

function judged(found: Found, seen: readonly Evidence[]): Judgement {
  const killers = oomKills(found);
  const counted = killers.length > 0 ? [] : cgroupKills(found);
  return { supports: [...seen, ...killers, ...counted], against: [], ...(killers.length > 0 ? { do: MEMORY } : { unknown: [unknownKiller(found, counted)] }) };
}

const MEMORY = "Give the host or the cgroup more memory, or the program less to do at a time. See what the job has left half done before you start it again.";

function unknownKiller({ host: { host, kills } }: Found, counted: readonly Evidence[]): Unknown {
  const log = kills.unknown === null ? "It was not the kernel for want of memory, as far as its log goes back" : `Whether it was the kernel for want of memory is not known either: ${kills.unknown}`;
  const oom = counted.length > 0 ? "It may have been the kernel for want of memory: that has happened in its cgroup" : log;
  return { what: `Who has killed it. ${oom}.`, command: `ansible ${host} -b -m ansible.builtin.shell -a "journalctl -n 100 --no-pager; last -x | head"` };
}
