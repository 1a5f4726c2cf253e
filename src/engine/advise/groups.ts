// Which measurements belong together: those of one work, and those of a task in a playbook.

import type { Measurement, Work } from "../../model/duration.ts";

export interface WorkGroup<M extends Measurement = Measurement> {
  readonly work: Work;
  /** Oldest first. */
  readonly measurements: readonly M[];
}

/**
 * In: measurements, oldest first. Out: those of the same task together. A source that told no file or no module is counted to the first
 * task of that name.
 */
export function groupsOf<M extends Measurement>(measurements: readonly M[]): readonly WorkGroup<M>[] {
  const told = (work: Work): number => Number(work.file !== "") + Number(work.module !== "");
  const byWork = [...Map.groupBy(measurements, ({ work }) => JSON.stringify(work)).values()].flatMap((own) => (own[0] === undefined ? [] : [{ work: own[0].work, own }]));
  const groups: { readonly work: Work; readonly measurements: M[] }[] = [];
  for (const { work, own } of byWork.toSorted((a, b) => told(b.work) - told(a.work))) {
    const group = groups.find((each) => isSameWork(each.work, work));
    if (group === undefined) groups.push({ work, measurements: [...own] });
    else group.measurements.push(...own);
  }
  return groups.map((group) => ({ work: group.work, measurements: group.measurements.toSorted((a, b) => a.at - b.at) }));
}

/** Without a name only the command tells one work from another. */
export function isSameWork(a: Work, b: Work): boolean {
  const isNamed = a.task !== "" && a.task !== a.module;
  return a.project === b.project && a.task === b.task && (isNamed || a.shape === b.shape) && isSameFile(a.file, b.file) && agree(a.module, b.module);
}

/** The same file may be told from another place: `/runner/project/site.yml` is `site.yml`. */
export function isSameFile(a: string, b: string): boolean {
  return agree(a, b) || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);
}

function agree(a: string, b: string): boolean {
  return a === b || a === "" || b === "";
}

/** How a work is called in messages: its task, or what it runs. */
export function nameOf({ task, module, shape }: Work): string {
  if (task !== "") return task;
  return shape === "" ? (module === "" ? "unnamed work" : module) : shape;
}
