// The launch of a job fails because the Python that Ansible is to use is not on the host.

import { hostOf } from "../../model/job-traces.ts";
import type { Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { jidOf, numberOf, textOf } from "../../model/story.ts";

const OLDER = "you probably need to set the interpreter";
const NEWER = /The module interpreter '(.+?)' was not found/;
/** What shells say: `/bin/sh: 1: /usr/bin/python3.9: not found`, `sh: /usr/bin/python3.9: No such file or directory`. */
const OF_SHELL = /(?:^|[\s:])([^\s:]+): (?:command not found|not found|No such file or directory|inaccessible or not found)/;

const symptom: SymptomView = (subject) => {
  for (const result of subject.results) {
    const message = textOf(result, "msg") ?? "";
    const named = NEWER.exec(message)?.[1];
    // A look that fails so has a job id: Python went away while the job ran, and the job may be well.
    if ((named === undefined && !message.includes(OLDER)) || jidOf(result) !== undefined) continue;
    // A task without async says `changed: false` here (plugins/action/__init__.py, _execute_module, 2.14 to 2.21).
    if (numberOf(result, "changed") !== 1) continue;
    const python = named ?? OF_SHELL.exec(textOf(result, "module_stderr") ?? "")?.[1];
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
  probe: cannot("the hosts are not looked at yet"),
  fix: cannot("the right Python is known on the host"),
};
