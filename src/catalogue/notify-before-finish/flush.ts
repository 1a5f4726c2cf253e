// When Ansible runs the handlers that have been notified: at `meta: flush_handlers`, and after pre_tasks, roles with tasks, and post_tasks
// (executor/play_iterator.py and playbook/play.py, compile, 2.14 to 2.21).

import type { Flow, Task } from "../../model/playbook.ts";
import { fieldOf } from "../../model/yaml.ts";

/** The sections of a play; handlers run between them. */
const SECTIONS = [["pre_tasks"], ["roles", "tasks"], ["post_tasks"]] as const;

/** In: a task of the flow. Out: the number of the first task that runs after the handlers it has notified, or of the `meta` that runs them; Infinity where they run last. */
export function flushAfter(flow: Flow, task: Task): number {
  const metas = flow.tasks.filter(isFlush).map(({ flowIndex }) => flowIndex);
  return Math.min(...[...metas, ...sectionStarts(flow)].filter((index) => index > task.flowIndex), Infinity);
}

function isFlush({ action, map }: Task): boolean {
  if (action?.module !== "meta") return false;
  const value = fieldOf(map, action.written)?.value ?? fieldOf(map, "action")?.value;
  return value?.kind === "scalar" && /\bflush_handlers$/.test(value.raw.trim());
}

function sectionStarts(flow: Flow): readonly number[] {
  const { play, source, tasks } = flow;
  if (play === undefined) return [];
  return SECTIONS.flatMap((keys) => {
    const spans = keys.flatMap((key) => fieldOf(play, key)?.value.span ?? []);
    const first = tasks.find((task) => {
      return task.shape !== "handler" && task.source.path === source.path && spans.some(({ start, end }) => start <= task.map.span.start && task.map.span.start < end);
    });
    return first === undefined ? [] : [first.flowIndex];
  });
}
