// Ansible asks how the job is, and what comes back from the host is no JSON.

import { complaintOf, lastLook, textIn } from "../../model/job-looks.ts";
import { hostOf } from "../../model/job-traces.ts";
import type { Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { printable } from "../../model/printable.ts";
import { jidOf, jobOf, textOf } from "../../model/story.ts";

/** How much of the host's answer is repeated. */
const WORDS_MAX = 120;

const symptom: SymptomView = (subject, story) => {
  for (const result of subject.results) {
    const look = lastLook(result);
    const answered = look["module_stdout"] !== undefined || look["module_stderr"] !== undefined;
    if (!subject.failed || !answered || jidOf(result) === undefined || complaintOf(look) !== undefined) continue;
    const host = hostOf(result);
    const words = printable((textIn(look, "module_stdout").trim() || textIn(look, "module_stderr").trim()).slice(0, WORDS_MAX));
    const polls = jobOf(story, result)?.polls ?? 0;
    const file = textIn(look, "results_file");
    return {
      supports: [
        { quote: result.quote, says: words === "" ? `${host} answered the last look with nothing at all.` : `${host} answered the last look with no JSON, but with: ${words}` },
        ...(textOf(result, "msg")?.startsWith("async task produced unpars") === true
          ? [{ quote: result.quote, says: `Ansible went on asking until the limit was over${polls === 0 ? "" : ` (${polls} polls)`}, and then gave up with no word about the job.` }]
          : []),
      ],
      against: [],
      do: `Repair what answers in the place of Python on ${host}, then ask again with async_status: the job does not depend on it and may well have ended. Do not start it a second time before you have read its job file.`,
      unknown: [
        { what: "How the job is: its job file is still right.", command: `ansible ${host} -m ansible.builtin.raw -a "cat ${file === "" ? "~/.ansible_async/JID" : file}"` },
        { what: `Whether ${host} answers a module properly now.`, command: `ansible ${host} -m ansible.builtin.ping -vvv` },
      ],
    };
  }
  return undefined;
};

export const mode: Mode = {
  id: "unparsable-results",
  title: "The host answers a look with something that is no JSON",
  why: "Each look runs a module on the host and reads JSON from what it prints. A Python that is replaced or removed while the job runs, text that a profile or a login notice prints, or a lack of memory breaks that. Ansible goes on asking until the limit is over and reports a failure; the job has no part in it.",
  do: "Repair what prints in the place of the module, read the job file to see how the job ended, and ask again.",
  messages: [
    { text: "async task produced unparseable results", cores: "2.14 to 2.18" },
    { text: "async task produced unparsable results", cores: "2.19 and newer" },
    { text: "MODULE FAILURE*See stdout/stderr for the exact error", cores: "2.14 to 2.18" },
    { text: "Module result deserialization failed: No start of json char found", cores: "2.19 and newer" },
  ],
  lint: cannot("what a host answers is not in the playbook"),
  symptom,
  probe: cannot("the hosts are not looked at yet"),
  fix: cannot("the host has to be repaired"),
};
