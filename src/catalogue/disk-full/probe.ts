// A disk that is full on the host: what is left of a job file that could not be written, and a file system without room.

import type { Evidence } from "../../model/diagnosis.ts";
import type { HostSeen } from "../../model/host-looks.ts";
import { wrapperSaid } from "../../model/host-log.ts";
import { isThere, isUnfilled, missingOnHosts } from "../../model/host-missing.ts";
import { jobsOnHosts, onHost, whereFound } from "../../model/host-traces.ts";
import { missingEvidence } from "../../model/job-traces.ts";
import type { ProbeView } from "../../model/mode.ts";

export const probe: ProbeView = (subject, story, hosts) => {
  const missing = missingOnHosts(subject, story, hosts);
  if (missing?.found !== undefined && isUnfilled(missing)) {
    const { host, sighting } = missing.found;
    return {
      supports: [missingEvidence(missing.trace), onHost(host.host, `All there is of the job is an empty ${sighting.report.dir}/${sighting.report.jid}.tmp: there was no room for the job file.`), ...fullNow(host, sighting.report.dir)],
      against: [],
    };
  }
  if (missing !== undefined) {
    const { job: { host, directory, job }, trace, tells } = missing;
    if (tells !== undefined && isThere(missing)) return { supports: [], against: [tells] };
    const full = host === undefined ? [] : [...fullNow(host, directory), ...wrapperSaid(host, job.jid, NO_ROOM)];
    return full.length === 0 ? undefined : { supports: [missingEvidence(trace), ...full], against: [] };
  }
  return fullAtTheEnd(subject, story, hosts);
};

/** The result was to be written and was not: the job file says running for ever. */
const fullAtTheEnd: ProbeView = (subject, story, hosts) => {
  const [found] = jobsOnHosts(subject, story, hosts).flatMap((job) => whereFound(job) ?? []).filter(({ sighting: { report, state } }) => report.path !== null && report.tmp?.size === 0 && state === "lost");
  if (found === undefined) return undefined;
  const { host, sighting: { report } } = found;
  return {
    supports: [
      onHost(host.host, `Beside ${report.path ?? ""} lies a .tmp with 0 bytes: the job had ended, and there was no room for its result.`),
      ...fullNow(host, report.dir),
      ...wrapperSaid(host, report.jid, NO_ROOM),
    ],
    against: [],
    do: `Make room on the file system of ${report.dir}. The job has ended, well or not: look for what its work leaves behind before you start it again.`,
  };
};

/** ENOSPC and EDQUOT in the words of a wrapper that names the file. */
const NO_ROOM = /\[Errno (?:28|122)\]|No space left on device|Disk quota exceeded/;

/** A megabyte holds no large result, and is what a file system that is called full may still have. */
const FULL_BYTES = 1_048_576;

function fullNow({ host, directories }: HostSeen, directory: string | undefined): readonly Evidence[] {
  const there = directories.find(({ path }) => path === directory);
  if (there?.freeBytes !== null && there?.freeBytes !== undefined && there.freeBytes < FULL_BYTES) return [onHost(host, `The file system of ${there.path} has ${there.freeBytes} bytes left.`)];
  return there?.freeInodes === 0 ? [onHost(host, `The file system of ${there.path} has no inode left.`)] : [];
}
