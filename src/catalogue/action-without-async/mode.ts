// async on an action that refuses it. ansible-core's own actions only: those of collections are not known to longhaul.

import type { Fix } from "../../model/finding.ts";
import { limitKey } from "../../model/limits.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { isStatus, numberOf, ownField, pollSecondsOf, REFUSING_ASYNC, tasksNaming, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import { textOf } from "../../model/story.ts";
import { removeKeyword, removeTask } from "../../model/task-edits.ts";

const FOREGROUND = "Drop async and poll: it runs in the foreground.";
const WAITS = "Drop async and poll: it waits by itself, as long as its own arguments say.";
const FOR_MANY = "Drop async and poll. For a long transfer use a module that runs on the host (get_url, command with tar or rsync), which can be put in the background.";

/** Those of the actions for which there is more to say. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ...["copy", "fetch", "template", "unarchive"].map((name) => [name, FOR_MANY] as const),
  ...["pause", "wait_for_connection", "reboot"].map((name) => [name, WAITS] as const),
  ["gather_facts", "Drop async and poll, or use the setup module, which can be put in the background."],
  ["raw", "Drop async and poll, or use the shell module where the host has Python."],
  ["script", "Copy the script with the copy module and run it with command: that can be put in the background."],
]);

/** In: the short name of an action. Out: what to do instead, or undefined where it does not refuse async. */
function remedyOf(module: string): string | undefined {
  return REFUSING_ASYNC.has(module) ? (REMEDIES.get(module) ?? FOREGROUND) : undefined;
}

const lint: LintView = (flow) => flow.tasks.flatMap((task) => {
  const remedy = remedyOf(task.action?.module ?? "");
  const limitSeconds = numberOf(task.asyncLimit);
  const field = ownField(task, limitKey(task));
  if (remedy === undefined || task.action === undefined || field === undefined || limitSeconds === 0) return [];
  // A value that is no number is meant as one.
  if (limitSeconds === undefined && (task.asyncLimit.kind !== "invalid" || task.asyncLimit.written === "null")) return [];
  const restarts = task.action.module === "reboot";
  const fix = fixOf(flow, task);
  return [{
    severity: "error" as const,
    source: task.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(task),
    what: `${task.action.written} cannot run in the background.`,
    why: restarts ? rebootText(task) : "The action refuses async, so this task fails at once, before it does anything.",
    do: remedy,
    ...(restarts && (pollSecondsOf(task) ?? 0) <= 0 ? { cores: { from: "2.17" } } : {}),
    ...(fix === undefined ? {} : { fix }),
  }];
});

function rebootText(task: Task): string {
  return (pollSecondsOf(task) ?? 0) > 0
    ? "From 2.17 on the task fails at once. Before, the host is restarted in the foreground, and then the task fails with `No job id was returned by the async task`."
    : "From 2.17 on the task fails at once. Before, async was passed over and the host restarted in the foreground.";
}

/** Without async the task gives its result at once: a task that asks for its job has nothing left to ask. */
function fixOf(flow: Flow, task: Task): Fix | undefined {
  const keys = [limitKey(task), "poll"].filter((key) => ownField(task, key) !== undefined);
  const waits = [...new Set(flow.pairs.filter((pair) => pair.launch === task).map((pair) => pair.status))];
  // What a later task reads of the wait would be gone with it.
  if (waits.some((status) => status.register !== undefined && tasksNaming(flow, status.register).some((other) => !waits.includes(other)))) return undefined;
  const edits = allEdits([...keys.map((key) => removeKeyword(task, key)), ...waits.map((status) => removeTask(status))]);
  if (edits === undefined) return undefined;
  const what = keys.length > 1 ? "drop async and poll: it runs in the foreground" : "drop async: it runs in the foreground";
  if (waits.length > 0) return { safe: false, says: `${what}, and drop the ${waits.length > 1 ? "tasks that wait" : "task that waits"} for its job`, edits };
  return { safe: !readsJob(flow, task), says: what, edits };
}

/** True where another task reads from the register what only a job has. */
function readsJob(flow: Flow, task: Task): boolean {
  const { register } = task;
  if (register === undefined) return false;
  return tasksNaming(flow, register).some((other) => {
    const text = other.source.text.slice(other.map.span.start, other.map.span.end);
    return other !== task && (isStatus(other) || /\b(?:ansible_job_id|results_file|finished|started)\b/.test(text));
  });
}

const REFUSED = /^(?:async is not supported for this task\.|This action \(([^)]+)\) does not support async\.)/;

const symptom: SymptomView = (subject) => {
  for (const result of subject.results) {
    const refused = REFUSED.exec(textOf(result, "msg") ?? "");
    if (refused === null) continue;
    const name = refused[1] ?? result.task.action;
    const remedy = remedyOf(name?.replace(/^ansible\.(?:builtin|legacy)\./, "") ?? "");
    return {
      supports: [{ quote: result.quote, says: `${name ?? "The action of this task"} refuses async. It has done nothing.` }],
      against: [],
      ...(remedy === undefined ? {} : { do: remedy }),
    };
  }
  return undefined;
};

export const mode: Mode = {
  id: "action-without-async",
  title: "async on an action that cannot run in the background",
  why: "Some actions work on the controller, or in several steps between controller and host: copy, template, unarchive, script, reboot and others. They refuse async, and the task fails at once.",
  do: "Drop async and poll from the task, or do the long part with a module that runs on the host.",
  messages: [
    { text: "async is not supported for this task.", cores: "2.14 to 2.16" },
    { text: "This action (*) does not support async.", cores: "2.17 and newer" },
    { text: "No job id was returned by the async task", cores: "2.14 to 2.16, from a polled reboot" },
  ],
  lint,
  symptom,
  probe: cannot("nothing was started on the host"),
  fix: "safe or needs-a-person",
};
