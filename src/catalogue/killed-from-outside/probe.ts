// A job whose processes were killed, on its host: what is left of it, and who it was, where the host has kept that.

import type { Evidence, Judgement, Unknown } from "../../model/diagnosis.ts";
import { isOlderThanBoot, restartEvidence } from "../../model/host-ends.ts";
import { deltaSeconds } from "../../model/host-left.ts";
import type { Found } from "../../model/host-traces.ts";
import { clockText, jobsOnHosts, onHost, whereFound } from "../../model/host-traces.ts";
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
  if (isOlderThanBoot(found)) return { supports: restartEvidence(found), against: [], do: `The job was killed when ${host.host} was restarted. See what it has left half done, then start it again.` };
  const killers = oomKills(found);
  return {
    supports: [
      onHost(host.host, "Its runner was killed: one that ends, whatever happens to its module, writes a result."),
      ...killers,
    ],
    against: [],
    ...(killers.length > 0 ? { do: MEMORY } : {}),
    unknown: unknownKiller(found, killers),
  };
}

function killed(found: Found, says: string): Judgement {
  const killers = oomKills(found);
  return {
    supports: [onHost(found.host.host, says), ...killers],
    against: [],
    ...(killers.length > 0 ? { do: MEMORY } : {}),
    unknown: unknownKiller(found, killers),
  };
}

const MEMORY = "Give the host or the cgroup more memory, or the program less to do at a time. See what the job has left half done before you start it again.";

/** Times of files and of the kernel's log differ by some seconds after days. */
const SLACK_SECONDS = 5;
const SHOWN = 2;

/** What the kernel has killed while the job ran. Of a lost job the end is not known: from its start on. */
function oomKills({ host, sighting: { report, state } }: Found): readonly Evidence[] {
  const { mtime } = report;
  if (mtime === null) return [];
  const tookSeconds = deltaSeconds(report.delta);
  const from = state === "lost" ? mtime : tookSeconds === undefined ? mtime - SLACK_SECONDS : mtime - tookSeconds;
  const to = state === "lost" ? Infinity : mtime;
  const kills = host.kills.oom.filter(({ at }) => at >= from - SLACK_SECONDS && at <= to + SLACK_SECONDS);
  return kills.slice(0, SHOWN).map(({ at, pid, name }) => onHost(host.host, `The kernel killed process ${pid} (${name}) for want of memory at ${clockText(at)}, ${state === "lost" ? "after the job was started" : "while the job ran"}.`));
}

function unknownKiller({ host: { host, kills } }: Found, found: readonly Evidence[]): readonly Unknown[] {
  if (found.length > 0) return [];
  const oom = kills.unknown === null ? "It was not the kernel for want of memory, as far as its log goes back" : `Whether it was the kernel for want of memory is not known either: ${kills.unknown}`;
  return [{ what: `Who has killed it. ${oom}.`, command: `ansible ${host} -b -m ansible.builtin.shell -a "journalctl -n 100 --no-pager; last -x | head"` }];
}
