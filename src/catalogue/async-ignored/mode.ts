// async on something that is replaced by its tasks before anything runs: an import, an entry of roles, a bare include.

import type { LintView, Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { isStatus, numberOf, ownField, tasksNaming } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import { removeKeyword } from "../../model/task-edits.ts";
import { fieldOf } from "../../model/yaml.ts";

const KEYS = ["async", "async_val", "poll"] as const;
const IMPORTS = new Set(["import_tasks", "import_role", "include"]);

const lint: LintView = (flow) => flow.tasks.filter((task) => task.shape === "role-entry" || IMPORTS.has(task.action?.module ?? "")).flatMap((task) => {
  const keys = KEYS.filter((key) => ownField(task, key) !== undefined);
  const field = keys[0] === undefined ? undefined : ownField(task, keys[0]);
  if (field === undefined || saysNothing(task)) return [];
  const role = task.shape === "role-entry" ? roleOf(flow, task) : undefined;
  if (role !== undefined && role.reads) return [];
  const what = role === undefined ? task.action?.written ?? "" : "an entry of roles";
  const edits = allEdits(keys.map((key) => removeKeyword(task, key)));
  return [{
    ...(role?.isKnown === false ? { severity: "warning" as const, condition: "the role reads no variable of that name" } : { severity: "error" as const }),
    source: task.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    ...(task.name === undefined ? {} : { task: task.name }),
    what: `${keys.join(" and ")} on ${what} ${keys.length > 1 ? "have" : "has"} no effect.`,
    why: whyText(task, role?.isKnown),
    do: "Drop it here, and put async and poll on the tasks inside that take long.",
    ...(task.action?.module === "include" ? { cores: { to: "2.15" } } : {}),
    ...(edits === undefined || isAskedFor(flow, task) ? {} : { fix: { safe: role?.isKnown !== false, says: `drop ${keys.join(" and ")}: the tasks run in the foreground, as they do now`, edits } }),
  }];
});

function whyText(task: Task, roleIsKnown: boolean | undefined): string {
  const foreground = "its tasks run one after the other in the foreground, without an error or a warning";
  if (task.shape !== "role-entry") return `Ansible puts the imported tasks in its place and forgets the keyword: ${foreground}. A register on it is forgotten as well.`;
  const unless = roleIsKnown === false ? " Unless the role reads a variable of that name, it says nothing." : "";
  return `Here it is no keyword but a variable for the role: ${foreground}.${unless}`;
}

/** `async: 0` does what it says, wherever it stands. */
function saysNothing(task: Task): boolean {
  return numberOf(task.asyncLimit) === 0;
}

/** Whether the role is in the project, and whether it reads a variable of that name, as `{{ async }}` or in a condition. */
function roleOf(flow: Flow, task: Task): { readonly isKnown: boolean; readonly reads: boolean } {
  const field = fieldOf(task.map, "role") ?? fieldOf(task.map, "name");
  const name = field?.value.kind === "scalar" ? field.value.raw : "";
  const tasks = flow.tasks.filter((each) => each.role === name);
  const texts = new Set(tasks.map((each) => each.source.text));
  return { isKnown: tasks.length > 0, reads: [...texts].some((text) => /(?:\{[{%][^}]*|\b(?:when|until)\s*:.*)\b(?:async|poll)\b/.test(text)) };
}

/** A task that looks for a job of the import finds none now, and would find none then: that is more than a keyword to drop. */
function isAskedFor(flow: Flow, task: Task): boolean {
  const { register } = task;
  return register !== undefined && tasksNaming(flow, register).some(isStatus);
}

export const mode: Mode = {
  id: "async-ignored",
  title: "async on an import or a role is silently ignored",
  why: "import_tasks, import_role, a bare include and the entries of roles accept async and poll and do nothing with them. The tasks run in the foreground, as if nothing were written there; a register gets nothing either.",
  do: "Put async and poll on the tasks inside that take long.",
  messages: [],
  lint,
  symptom: cannot("the log shows ordinary tasks in the foreground; nothing in it tells that async was written on the import"),
  probe: cannot("no job was started"),
  fix: "safe or needs-a-person",
};
