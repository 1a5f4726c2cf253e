// The user of the job may not make the async directory, or may not write in it.

import { wrapperSaid } from "../../model/host-log.ts";
import { isRobbed, isThere, isUnfilled, missingOnHosts } from "../../model/host-missing.ts";
import { onHost } from "../../model/host-traces.ts";
import { hostOf, missingEvidence, neverThere, traceOf, whyNoFile } from "../../model/job-traces.ts";
import type { Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { textOf } from "../../model/story.ts";

/** The wrapper's own words (modules/async_wrapper.py, main, 2.14 to 2.21), and the number of the system's error. */
const NOT_MADE = /^could not create directory: (.+?) - \[Errno (\d+)\]/;
/** ENOSPC and EDQUOT: the disk is full, which is another matter. */
const FULL = ["28", "122"];

const symptom: SymptomView = (subject, story) => {
  for (const result of subject.results) {
    const [, directory, number = ""] = NOT_MADE.exec(textOf(result, "msg") ?? "") ?? [];
    if (directory === undefined) continue;
    const host = hostOf(result);
    return {
      supports: [{ quote: result.quote, says: `The job's user could not make ${directory} on ${host}. No job was started.` }],
      against: FULL.includes(number) ? [{ quote: result.quote, says: "There was no room left to make it." }] : [],
      do: `Make ${directory} beforehand, owned by the user that the task runs as, or set ansible_async_dir to a directory that this user may write.`,
      unknown: [{ what: "Who may write where.", command: `ansible ${host} -m ansible.builtin.command -a "namei -l ${directory}"` }],
    };
  }
  const trace = traceOf(subject, story);
  const supports = trace === undefined ? undefined : neverThere(trace);
  return trace === undefined || supports === undefined ? undefined : { supports, against: [], unknown: [whyNoFile(trace)] };
};

const probe: ProbeView = (subject, story, hosts) => {
  const missing = missingOnHosts(subject, story, hosts);
  if (missing === undefined) return undefined;
  const { trace, tells, job: { host, directory } } = missing;
  if (tells !== undefined && (isThere(missing) || isRobbed(missing) || isUnfilled(missing))) return { supports: [], against: [tells] };
  const there = host?.directories.find(({ path }) => path === directory);
  const refused = host === undefined ? [] : wrapperSaid(host, missing.job.job.jid, /\[Errno 13\]|Permission denied/);
  if (refused.length > 0) return { supports: [missingEvidence(trace), ...refused, ...(tells === undefined ? [] : [tells])], against: [] };
  if (host === undefined || there?.exists !== true || there.refusedTo === null) return undefined;
  const mode = there.mode === null ? "" : `, mode ${there.mode.toString(8).padStart(4, "0")}`;
  return {
    supports: [missingEvidence(trace), onHost(host.host, `${there.refusedTo} may not make files in ${there.path} (owner ${there.owner ?? "unknown"}${mode}).`), ...(tells === undefined ? [] : [tells])],
    against: [],
    do: `Give ${there.path} on ${host.host} to the user that the task runs as (${there.refusedTo}), or set ansible_async_dir to a directory that this user may write.`,
  };
};

export const mode: Mode = {
  id: "async-dir-unwritable",
  title: "The async directory cannot be made or written",
  why: "The job file is written by the user that the task runs as. Where that user may not make the directory, the launch fails. Where the directory is there and may not be written, the launch is green, the command never runs, and the first look finds no job.",
  do: "Make the directory beforehand, owned by the user that the task runs as, or set ansible_async_dir to one that this user may write.",
  messages: [
    { text: "could not create directory: * - [Errno 13] Permission denied: *" },
    { text: "could not find job" },
  ],
  lint: cannot("who may write which directory stands on the host"),
  symptom,
  probe,
  fix: cannot("the directory has to be made, or its owner changed, on the host"),
};
