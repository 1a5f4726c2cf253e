// The remote temporary directory has a blank in its path, which breaks the start of a job up to ansible-core 2.20.

import type { Finding } from "../../model/finding.ts";
import { hostOf } from "../../model/job-traces.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Task } from "../../model/playbook.ts";
import { isLaunch, ownField, titleOf } from "../../model/playbook.ts";
import { jidOf, numberOf, textOf } from "../../model/story.ts";
import { fieldOf } from "../../model/yaml.ts";

const VARIABLE = "ansible_remote_tmp";

/** What each path is said of once in a flow: a variable of the play counts for all its tasks. */
const lint: LintView = (flow) => {
  const seen = new Set<string>();
  return flow.tasks.filter(isLaunch).flatMap((task): readonly Omit<Finding, "mode">[] => {
    const path = pathOf(task);
    if (path === undefined || seen.has(path)) return [];
    seen.add(path);
    const vars = ownField(task, "vars")?.value;
    const own = vars?.kind === "map" ? fieldOf(vars, VARIABLE)?.value : undefined;
    return [{
      severity: "error",
      cores: { to: "2.20" },
      source: task.source,
      span: own?.span ?? task.action?.keySpan ?? task.map.span,
      task: titleOf(task),
      what: `The job is started from \`${path}\`, which has a blank in it.`,
      why: "Up to 2.20 the command line that starts a job does not quote this path. Python gets the part before the blank, answers `can't open file`, and no job is started. Tasks without async are not touched.",
      do: `Set ${VARIABLE} to a path without blanks.`,
    }];
  });
};

/** The literal path with a blank, where it is the one that counts: an unprivileged become user has a directory of its own, another host its variables. */
function pathOf(task: Task): string | undefined {
  if (["become_user", "delegate_to"].some((key) => task.keywords.has(key)) || task.action?.form === "local_action") return undefined;
  const outcome = task.scope(VARIABLE);
  if (outcome.kind !== "value" || typeof outcome.value !== "string") return undefined;
  return /^[~/$][^\\]*\S\s+\S/.test(outcome.value) ? outcome.value : undefined;
}

/** Python's own words, with the path it was given: that of a module ends with its name. */
const NOT_OPENED = /can't open file '?([^'\n]+?)'?: \[Errno 2\]/;

const symptom: SymptomView = (subject) => {
  for (const result of subject.results) {
    const path = NOT_OPENED.exec(textOf(result, "module_stderr") ?? "")?.[1];
    if (path === undefined || path.endsWith(".py") || jidOf(result) !== undefined || numberOf(result, "changed") !== 1) continue;
    const host = hostOf(result);
    return {
      supports: [
        { quote: result.quote, says: `Python on ${host} was told to run ${path}, which is not the name of a module but the beginning of a path.` },
        { quote: result.quote, says: "`changed: true` without a job id: it was the start of a job that failed. No job was started." },
      ],
      against: [],
      do: `Set ansible_remote_tmp (remote_tmp in ansible.cfg) to a path without blanks; now it begins with ${path} and a blank. 2.21 can do with it.`,
    };
  }
  return undefined;
};

export const mode: Mode = {
  id: "remote-tmp-with-space",
  title: "The remote temporary directory has a blank in its path",
  why: "Up to ansible-core 2.20 the command line that starts a job is put together without quotes. A blank in ansible_remote_tmp cuts the path of the wrapper in two, and Python finds no such file. Tasks without async are quoted and work, and so does an async directory with a blank.",
  do: "Set ansible_remote_tmp, or remote_tmp in ansible.cfg, to a path without blanks.",
  messages: [{ text: "can't open file '*': [Errno 2] No such file or directory", cores: "2.14 to 2.20" }],
  lint,
  symptom,
  probe: cannot("the path is known from the playbook and the log"),
  fix: cannot("where the host may keep temporary files is for a person to say"),
};
