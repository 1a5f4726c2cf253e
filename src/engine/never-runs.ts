// Tasks that never run, by their own word: `when: false`, on the task or around it. Nothing that would happen when they run happens.

import type { Finding } from "../model/finding.ts";
import { isSwitchedOff } from "../model/pair-conditions.ts";
import type { Flow } from "../model/playbook.ts";
import { standsIn } from "../model/playbook.ts";

/** True for a finding inside a task that this flow never runs. */
export function neverRuns(flow: Flow, finding: Pick<Finding, "source" | "span">): boolean {
  const here = flow.tasks.filter((task) => standsIn(finding, task));
  return here.length > 0 && here.every(isSwitchedOff);
}
