// The launch of a job fails because the Python that Ansible is to use is not on the host.

import { onHost } from "../../model/host-traces.ts";
import { hostOf } from "../../model/job-traces.ts";
import { missedPython } from "../../model/missed-programs.ts";
import type { Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { LoggedResult } from "../../model/story.ts";
import { jidOf, numberOf } from "../../model/story.ts";

const symptom: SymptomView = (subject) => {
  for (const result of subject.results) {
    if (!isLaunchWithout(result)) continue;
    const python = missedPython(result) || undefined;
    const host = hostOf(result);
    return {
      supports: [
        { quote: result.quote, says: `${host} has no ${python ?? "Python where Ansible looks for it"} (rc ${numberOf(result, "rc") ?? 127} of the shell).` },
        { quote: result.quote, says: "`changed: true` without a job id: it was the start of a job that failed. No job was started." },
      ],
      against: [],
      do: `Set ansible_python_interpreter of ${host} to a Python that is there, or to auto.`,
      unknown: [{ what: `Which Python ${host} has.`, command: `ansible ${host} -m ansible.builtin.raw -a "ls /usr/bin/python3* /usr/libexec/platform-python"` }],
    };
  }
  return undefined;
};

function isLaunchWithout(result: LoggedResult): boolean {
  // A look that fails so has a job id: Python went away while the job ran, and the job may be well.
  // A task without async says `changed: false` here (plugins/action/__init__.py, _execute_module, 2.14 to 2.21).
  return missedPython(result) !== undefined && jidOf(result) === undefined && numberOf(result, "changed") === 1;
}

const probe: ProbeView = (subject, _story, hosts) => {
  const result = subject.results.find(isLaunchWithout);
  const look = result === undefined ? undefined : hosts.get(hostOf(result));
  if (result === undefined || look === undefined) return undefined;
  if (!look.seen) return look.why.includes("no Python") ? { supports: [onHost(look.host, `${sentence(look.why)}.`)], against: [] } : undefined;
  const need = look.needs.find(({ name }) => name === missedPython(result));
  if (need?.job === null || need === undefined) return undefined;
  if (need.job.program !== null) return { supports: [], against: [onHost(look.host, `${need.job.program} is there now.`)] };
  return {
    supports: [onHost(look.host, `There is no ${need.name}.`)],
    against: [],
    ...(look.python === undefined ? {} : { do: `Set ansible_python_interpreter of ${look.host} to a Python that is there, such as ${look.python}, or to auto.` }),
  };
};

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const mode: Mode = {
  id: "interpreter-missing",
  title: "The Python that is to start the job is not on the host",
  why: "Wrapper and module are run by the Python that ansible_python_interpreter names. Where it is missing no job is started, yet the result says changed: true, and a task that goes on (ignore_errors, a rescue) has no job id to ask about.",
  do: "Set ansible_python_interpreter to a Python that is on the host, or to auto.",
  messages: [
    { text: "The module failed to execute correctly, you probably need to set the interpreter.", cores: "2.14 to 2.18" },
    { text: "The module interpreter '*' was not found.", cores: "2.19 and newer" },
  ],
  lint: cannot("which Python a host has is not in the playbook"),
  symptom,
  probe,
  fix: cannot("the right Python is known on the host"),
};
