// Fact modules that Ansible gathers side by side: it starts them as jobs without a limit of their own, which its wrapper ends after some seconds.

import type { Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { LoggedResult } from "../../model/story.ts";
import { isJsonObject } from "../../model/story.ts";

const symptom: SymptomView = (subject) => {
  for (const result of subject.results) {
    const modules = endedModules(result);
    if (modules.length === 0) continue;
    const one = modules.length === 1;
    return {
      supports: [{ quote: result.quote, says: `${modules.join(", ")} ${one ? "was a job of its own, and was" : "were jobs of their own, and were"} ended on ${result.delegatedTo ?? result.host} with "Timeout exceeded".` }],
      against: [],
      do: `Give gather_facts as many seconds as ${modules.join(" and ")} may need (gather_timeout: 60), or gather one after another: ansible_facts_parallel: false in the vars of the play${BEFORE}.`,
    };
  }
  return undefined;
};

/** The names of the fact modules that their limit has ended. Source: plugins/action/gather_facts.py of 2.14 to 2.21, `failed_modules`. */
function endedModules(result: LoggedResult): readonly string[] {
  const failed = result.fields["failed_modules"];
  if (!isJsonObject(failed)) return [];
  return Object.entries(failed).filter(([, each]) => isJsonObject(each) && each["msg"] === "Timeout exceeded").map(([name]) => name);
}

const BEFORE = " (true up to 2.15, which takes it the other way round)";

export const mode: Mode = {
  id: "facts-at-limit",
  title: "Facts gathered side by side are ended after a few seconds",
  why: "With more than one fact module, or with parallel, gather_facts starts each as a job, with a limit of 0 when there is no gather_timeout. Ansible's wrapper ends such a job after 5 s (10 s before 2.18), though nobody has set a limit.",
  do: `Give gather_facts a gather_timeout of the seconds that its slowest module may need, or gather one after another with ansible_facts_parallel: false${BEFORE}.`,
  messages: [{ text: "The following modules failed to execute: *" }],
  lint: cannot("how long a fact module takes, no playbook tells"),
  symptom,
  probe: cannot("the log says all that the host would"),
  fix: cannot("how many seconds the facts need, no playbook tells"),
};
