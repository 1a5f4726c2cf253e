// A program that a task did not find: whether a login of the host does.

import { onHost } from "../../model/host-traces.ts";
import { hostOf } from "../../model/job-traces.ts";
import { missedProgram } from "../../model/missed-programs.ts";
import type { ProbeView } from "../../model/mode.ts";
import { jidOf } from "../../model/story.ts";

export const probe: ProbeView = (subject, story, hosts) => {
  for (const result of subject.results) {
    const program = jidOf(result) === undefined ? undefined : missedProgram(result, story);
    const look = hosts.get(hostOf(result));
    const need = program === undefined || look?.seen !== true ? undefined : look.needs.find(({ name }) => name === program);
    // A word of bash is no program.
    if (look?.seen !== true || program === undefined || program === "source" || program === "." || need?.login === undefined) continue;
    if (need.login === null || need.job === null) continue;
    const { user, host } = look;
    if (need.login.program === null) {
      return need.job.program === null ? { supports: [], against: [onHost(host, `A login of ${user} does not find ${program} either: it is not installed, or in no directory of any PATH.`)] } : undefined;
    }
    if (need.job.program !== null) continue;
    return {
      supports: [onHost(host, `A login of ${user} finds ${program} at ${need.login.program}; the PATH of a task does not have that directory.`)],
      against: [],
      do: `Call it by its full path, ${need.login.program}, or set PATH in environment (with {{ ansible_facts.env.PATH }}, as $PATH is not expanded there).`,
    };
  }
  return undefined;
};
