// The file system of the async directory has no room left when the job file is to be written.

import { hostOf, neverThere, traceOf, whyNoFile } from "../../model/job-traces.ts";
import type { Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { textOf } from "../../model/story.ts";
import { probe } from "./probe.ts";

/** ENOSPC and EDQUOT, as Python words them in the wrapper's answer. */
const NO_ROOM = /^could not create directory: (.+?) - \[Errno (?:28|122)\] ([^:]+)/;

const symptom: SymptomView = (subject, story) => {
  for (const result of subject.results) {
    const [, directory, words] = NO_ROOM.exec(textOf(result, "msg") ?? "") ?? [];
    if (directory === undefined || words === undefined) continue;
    const host = hostOf(result);
    return {
      supports: [{ quote: result.quote, says: `${host} could not make ${directory}: ${words}. No job was started.` }],
      against: [],
      do: `Make room on the file system of ${directory} on ${host}, or raise the quota, then start the task again.`,
      unknown: [{ what: "Whether it is blocks, inodes or a quota that have run out.", command: `ansible ${host} -m ansible.builtin.shell -a "d=$(dirname ${directory}); df $d; df -i $d; quota || true"` }],
    };
  }
  const trace = traceOf(subject, story);
  const supports = trace === undefined ? undefined : neverThere(trace);
  return trace === undefined || supports === undefined ? undefined : { supports, against: [], unknown: [whyNoFile(trace)] };
};

export const mode: Mode = {
  id: "disk-full",
  title: "The disk of the async directory is full",
  why: "A job file that cannot be written is not written, and nobody is told. Full at the start, the command never runs and the first look finds no job. Full at the end, the result is lost and every look says that the job still runs.",
  do: "Make room on the file system of the async directory, or set ansible_async_dir to one with room. Before a second run look whether the work was done.",
  messages: [
    { text: "could not create directory: * - [Errno 28] No space left on device: *" },
    { text: "could not find job" },
  ],
  lint: cannot("how full a disk is stands on the host"),
  symptom,
  probe,
  fix: cannot("the disk is on the host"),
};
