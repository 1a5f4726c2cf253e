// The job file is empty, cut off, or no object: a look cannot read from it how the job is.

import type { JobFile } from "../../model/host.ts";
import { jobsOnHosts, onHost, whereFound } from "../../model/host-traces.ts";
import { complaintOf, lastLook, textIn } from "../../model/job-looks.ts";
import { hostOf } from "../../model/job-traces.ts";
import type { Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { jidOf } from "../../model/story.ts";

const symptom: SymptomView = (subject) => {
  for (const result of subject.results) {
    const look = lastLook(result);
    const complaint = subject.failed ? complaintOf(look) : undefined;
    if (complaint === undefined) continue;
    const host = hostOf(result);
    const file = textIn(look, "results_file");
    return {
      supports: [{ quote: result.quote, says: `The look read ${file} on ${host} and did not find the object that Ansible writes there ("${complaint}").` }],
      against: [],
      do: `Find out what else writes to ${file}. While the job runs its end still replaces the file, and a later look is right again. Where it is gone, look for what its work leaves behind, remove the file and start the job again.`,
      unknown: [
        { what: "What stands in the job file.", command: `ansible ${host} -m ansible.builtin.command -a "head -c 300 ${file}"` },
        { what: "Whether the job still runs.", command: `ansible ${host} -m ansible.builtin.command -a "pgrep -af ${jidOf(result)?.split(".")[0] ?? "async_wrapper"}"` },
      ],
    };
  }
  return undefined;
};

const probe: ProbeView = (subject, story, hosts) => {
  const [found] = jobsOnHosts(subject, story, hosts).flatMap((job) => whereFound(job) ?? []);
  if (found === undefined || !DAMAGED.has(found.sighting.report.file)) return undefined;
  const { host, sighting: { report, because, state } } = found;
  // Nothing but a full disk leaves an empty .tmp beside it.
  if (report.tmp?.size === 0) return undefined;
  const isAlive = state === "running" || state === "starting";
  return {
    supports: [onHost(host.host, `A look cannot read from the file how the job is: ${because[0] ?? ""}.`), ...subject.results.slice(0, 1).map(({ quote }) => ({ quote, says: "A look reads from such a file that the job runs, or crashes over it." }))],
    against: [],
    do: isAlive ? "The job runs, and its end replaces the file: wait for it (longhaul jobs wait), and find out what else writes to the file." : `No process of the job is known to be left, and the file tells nothing: look for what its work leaves behind, remove ${report.path ?? "the file"}, and start the job again where it is not done.`,
  };
};

const DAMAGED: ReadonlySet<JobFile> = new Set(["empty", "cut", "not-json", "not-an-object", "too-large", "not-regular"]);

export const mode: Mode = {
  id: "job-file-damaged",
  title: "The job file is damaged",
  why: "All that a look knows of a job stands in its job file. An empty or cut off file (a host that lost power, a full disk) is taken for a job that runs, for ever. A file with anything but an object in it makes the look itself crash.",
  do: "Look on the host whether the job runs and whether its work is done, remove the file, and start the job again where it is not.",
  messages: [
    { text: "TypeError: argument of type '*' is not iterable", cores: "2.14 to 2.18" },
    { text: "TypeError: list indices must be integers or slices, not str", cores: "2.14 to 2.18" },
    { text: "Module failed: argument of type '*' is not iterable", cores: "2.19 and newer" },
    { text: "Module failed: list indices must be integers or slices, not str", cores: "2.19 and newer" },
  ],
  lint: cannot("the file is on the host"),
  symptom,
  probe,
  fix: cannot("the file is on the host"),
};
