// A register that holds the id of a job is given to another task before anybody has asked for the job.

import { namesIn } from "../../model/expression.ts";
import type { Fix } from "../../model/finding.ts";
import { waitsIn } from "../../model/look.ts";
import type { LintView, Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Project, Task } from "../../model/playbook.ts";
import { isDetached, isStatus, ownField, tasksNaming, titleOf } from "../../model/playbook.ts";
import { freshName, statusTaskEdits, waitFor } from "../../model/status-task.ts";

const lint: LintView = (flow, project) => flow.tasks.filter((task) => isDetached(task) && task.shape === "task").flatMap((launch) => {
  const { register } = launch;
  const next = register === undefined ? undefined : nextRegistering(flow, launch, register);
  const field = next === undefined ? undefined : ownField(next, "register");
  if (register === undefined || next === undefined || field === undefined || !isAskedForAfter(flow, next, register)) return [];
  const fix = repair(launch, register, project);
  const mayBeSkipped = next.when.some(({ text }) => !launch.when.some((other) => other.text === text));
  return [{
    severity: "error" as const,
    source: next.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(next),
    what: `\`${register}\` holds the job id of "${titleOf(launch)}", which nobody has asked for yet: this task overwrites it.`,
    why: `The next async_status asks for another job, or for none. When the first job fails nobody sees it.${mayBeSkipped ? " A task that is skipped writes its register too." : ""}`,
    do: `Give this task a register of its own, and wait for both jobs; or wait for "${titleOf(launch)}" before this task.`,
    related: [{ place: { file: launch.source.path, span: launch.map.span }, says: "the task that starts the first job" }],
    ...(fix === undefined ? {} : { fix }),
  }];
});

/** The next task of the same list that writes the register, where nothing has read it in between: a set_fact may have kept the id. */
function nextRegistering(flow: Flow, launch: Task, register: string): Task | undefined {
  const later = flow.tasks.slice(launch.flowIndex + 1);
  const next = later.find((task) => task.register === register);
  if (next === undefined || next.list !== launch.list || next.shape !== "task") return undefined;
  const until = tasksNaming(flow, register).filter(({ flowIndex }) => flowIndex > launch.flowIndex && flowIndex < next.flowIndex);
  const gap = flow.gaps.length > 0 && flow.tasks.slice(launch.flowIndex + 1, next.flowIndex).some(({ action }) => /^(?:include|import)_|^include$/.test(action?.module ?? ""));
  return until.length > 0 || gap || readsItself(next, register) ? undefined : next;
}

/** True where the task reads the register before it writes it. Its until, failed_when and changed_when read what it has written. */
function readsItself({ keywords, when, templates }: Task, register: string): boolean {
  const vars = keywords.get("vars");
  if (vars !== undefined && new RegExp(String.raw`\b${register}\b`).test(vars.source.text.slice(vars.node.span.start, vars.node.span.end))) return true;
  return [...when, ...templates()].some(({ expression }) => expression === undefined || namesIn(expression).has(register));
}

/** Who registers a job and never asks for it makes another mistake, or none: here the author counts on the name. */
function isAskedForAfter(flow: Flow, next: Task, register: string): boolean {
  const waits = waitsIn(flow).map(({ look }) => look.status);
  return tasksNaming(flow, register).some((task) => isStatus(task) && waits.includes(task) && task.flowIndex > next.flowIndex);
}

function repair(launch: Task, register: string, project: Project): Fix | undefined {
  const edits = statusTaskEdits(launch, { launchRegister: register, register: freshName(`${register}_result`, launch, project), ...waitFor(launch) });
  return edits === undefined ? undefined : { safe: false, says: "wait for the first job in an async_status task right after its start", edits };
}

export const mode: Mode = {
  id: "register-overwritten",
  title: "The register with the job's id is overwritten before the job is asked for",
  why: "A later task with the same register, even a skipped one, replaces what the launch has left there. The id of the first job is gone: nobody waits for it, and nobody sees it fail.",
  do: "Give each launch a register of its own and wait for each, or wait for the first job before the second task.",
  messages: [{ text: '"ansible_job_id": "*", "changed": true, "finished": 0', cores: "up to 2.18" }, { text: '"ansible_job_id": "*", "changed": true, "finished": false', cores: "2.19 and newer" }],
  lint,
  symptom: cannot("the log shows a job that nobody looked at; which register held its id stands in the playbook"),
  probe: cannot("the mistake is in the playbook; the host shows a job that runs as it should"),
  inPlaybook: true,
  fix: "needs-a-person",
};
