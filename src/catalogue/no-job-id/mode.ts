// The launch answered, but with no job id: something other than Ansible's wrapper has answered.

import { hostOf } from "../../model/job-traces.ts";
import type { Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { textOf } from "../../model/story.ts";

const MESSAGE = "No job id was returned by the async task";

const symptom: SymptomView = (subject) => {
  const result = subject.results.find((each) => textOf(each, "msg")?.includes(MESSAGE) === true);
  if (result === undefined) return undefined;
  const host = hostOf(result);
  return {
    supports: [{ quote: result.quote, says: `${host} answered the launch with JSON that is no failure and has no ansible_job_id in it. Ansible's own wrapper always gives one.` }],
    against: [],
    unknown: [
      { what: "Who answered: a file called async_wrapper in the project or in a collection takes the place of Ansible's.", command: 'find . ~/.ansible /usr/share/ansible -name "async_wrapper*"' },
      { what: "What the answer was, and which action plugin was used (this runs the playbook again).", command: "ansible-playbook -vvvv PLAYBOOK" },
      { what: "Whether the work is being done: it may have been started all the same.", command: `ansible ${host} -m ansible.builtin.command -a "ps -eo pid,ppid,etime,args"` },
    ],
  };
};

export const mode: Mode = {
  id: "no-job-id",
  title: "The launch gives no job id",
  why: "With async Ansible sends its own async_wrapper to the host, which answers with a job id. When something else answers (a module of that name in the library path, an action plugin that says it supports async and does not, a wrapper around Python), Ansible has nothing to ask about and gives up.",
  do: "Remove or rename what takes the wrapper's place, or take async off a task whose action plugin does not start a job.",
  messages: [{ text: MESSAGE }],
  lint: cannot("longhaul does not follow library paths and plugins"),
  symptom,
  probe: cannot("nothing of it is left on the host"),
  fix: cannot("what stands in the wrapper's place may be there for a reason"),
};
