// The user of the job may not make the async directory, or may not write in it.

import { hostOf, neverThere, traceOf, whyNoFile } from "../../model/job-traces.ts";
import type { Mode, SymptomView } from "../../model/mode.ts";
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
  probe: cannot("the hosts are not looked at yet"),
  fix: cannot("the directory has to be made, or its owner changed, on the host"),
};
