// Which measurements are of a task in a playbook.

import type { Measurement, Work } from "../../model/duration.ts";
import { shapeOfCommand } from "../../model/duration.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { moduleName } from "../../readers/playbook/keywords.ts";
import { isSameFile } from "./groups.ts";

/** Measurements of one project by the name of their task. */
export interface Measured {
  /** In: a task and the play that it is in. Out: the measurements of it, oldest first, and how many of the same name ran another command. */
  readonly of: (task: Task, flow: Flow) => { readonly own: readonly Measurement[]; readonly others: number };
}

/** In: the measurements of a project, oldest first, and what a path of the playbooks is called in them. */
export function measuredIn(measurements: readonly Measurement[], fileOf: (path: string) => string): Measured {
  const works = [...Map.groupBy(measurements, ({ work }) => JSON.stringify(work)).values()].flatMap((own) => (own[0] === undefined ? [] : [{ work: own[0].work, own }]));
  return {
    of: (task, flow) => {
      const shape = task.action?.command === undefined ? "" : shapeOfCommand(task.action.command.text);
      const statuses = flow.pairs.filter(({ launch }) => launch === task).map(({ status }) => status);
      const named = works.filter(({ work }) => isOf(work, task, fileOf) || (work.module === "" && statuses.some((status) => isOf({ ...work, module: "" }, status, fileOf))));
      const own = named.filter(({ work }) => work.shape === "" || shape === "" || work.shape === shape).flatMap((each) => each.own);
      const others = named.reduce((sum, each) => sum + each.own.length, 0) - own.length;
      return { own: own.toSorted((a, b) => a.at - b.at), others };
    },
  };
}

function isOf(work: Work, task: Task, fileOf: (path: string) => string): boolean {
  const module = task.action?.module ?? "";
  if (work.module !== "" && moduleName(work.module) !== module) return false;
  return isSameFile(work.file, fileOf(task.source.path)) && isNamed(work.task, task);
}

/** Ansible prints a name with its templates filled in, and the action as written where there is none. */
function isNamed(printed: string, task: Task): boolean {
  const { name, action } = task;
  if (name === undefined) return printed !== "" && (printed === action?.written || moduleName(printed) === action?.module);
  if (!name.includes("{{")) return printed === name.trim();
  const parts = name.trim().split(/\{\{.*?\}\}/s).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`).test(printed);
}
