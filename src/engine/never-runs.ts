// Tasks that never run, by their own word: `when: false`, on the task or around it. Nothing that would happen when they run happens.

import type { Finding } from "../model/finding.ts";
import { isSwitchedOff } from "../model/pair-conditions.ts";
import type { Flow } from "../model/playbook.ts";

/** True for a finding inside a task that this flow never runs. */
export function neverRuns(flow: Flow, { source, span }: Pick<Finding, "source" | "span">): boolean {
  const here = flow.tasks.filter((task) => task.source === source && span.start >= task.map.span.start && span.start < task.map.span.end);
  return here.length > 0 && here.every(isSwitchedOff);
}
