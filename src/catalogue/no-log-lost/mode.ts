// The launch has no_log, the status task has not: the result that was to be hidden is that of the status task.

import type { LintView, Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Task } from "../../model/playbook.ts";
import { isDetached, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import { addKeywords } from "../../model/task-edits.ts";

const lint: LintView = (flow) => flow.pairs.filter(({ launch }) => isDetached(launch) && isHidden(launch)).flatMap(({ launch, status }) => {
  // A `no_log: false` is somebody's word, and what a template comes to only the run knows.
  if (status.keywords.has("no_log")) return [];
  const edits = allEdits([addKeywords(status, "", ["no_log: true"])]);
  return [{
    severity: "warning" as const,
    condition: "the job fails, or Ansible runs with -v",
    source: status.source,
    span: status.action?.keySpan ?? status.map.span,
    task: titleOf(status),
    what: `Prints what "${titleOf(launch)}" hides: that task has no_log, this one has not.`,
    why: "A launch has little to hide: the command line and the output of the job come with the result of this task. It is printed when the job fails, and always at -v and by callbacks that keep results.",
    do: "Set no_log: true here too, and on tasks that print or pass on its register.",
    related: [{ place: { file: launch.source.path, span: launch.map.span }, says: "the task that starts the job" }],
    ...(edits === undefined ? {} : { fix: { safe: true, says: "set no_log: true", edits } }),
  }];
});

/** `no_log: true`, its own or that of a block, a role or the play around it. */
function isHidden(task: Task): boolean {
  const node = task.keywords.get("no_log")?.node;
  return node?.kind === "scalar" && (node.value === true || /^(?:true|yes|on)$/i.test(node.raw));
}

export const mode: Mode = {
  id: "no-log-lost",
  title: "no_log on the launch, but not on the status task",
  why: "With poll: 0 the result of the job is that of the status task: its command line, its output, its error. no_log on the launch hides a job id; without no_log of its own the status task prints the rest when the job fails, and at -v in any case.",
  do: "Set no_log: true on the status task too, and on tasks that print or pass on its register.",
  messages: [],
  lint,
  symptom: cannot("what a result shows is in the log; that it was to be hidden is not"),
  probe: cannot("it is the output of Ansible that shows the secret"),
  fix: "safe",
};
