// A launch whose loop is empty in all the cases in which its condition is false: then there may be no item to be skipped.

import { judge } from "../../model/job-results.ts";
import { rootsOf } from "../../model/look.ts";
import { known, unknown } from "../../model/outcome.ts";
import type { Condition, Flow, Task } from "../../model/playbook.ts";
import type { YamlNode } from "../../model/yaml.ts";

/**
 * In: a flow, a launch and its conditions. Out: which ansible-core makes a skipped item of it nevertheless: none, or 2.19 and newer, where
 * with_items over an empty dict has the dict itself as its one item (seen on 2.14.18 to 2.21.5). Undefined where the loop may have items.
 */
export function skippedItemsOf(flow: Flow, launch: Task, conditions: readonly Condition[]): "none" | "from 2.19" | undefined {
  const { loop } = launch;
  const over = loop?.value.kind === "scalar" ? /^\{\{\s*(\w+)\s*\}\}$/.exec(loop.value.raw.trim())?.[1] : undefined;
  const [name, ...others] = rootsOf(conditions) ?? [];
  if (loop === undefined || over === undefined || name === undefined || others.length > 0) return undefined;
  const loops = flow.tasks.slice(0, launch.flowIndex).flatMap(({ action }) => {
    const value = action?.module === "set_fact" ? action.args.get(name) : undefined;
    if (value === undefined || judge(conditions, (each) => (each === name && value.kind === "scalar" ? known(value.value) : unknown(each))) === "true") return [];
    return [action?.args.get(over)];
  });
  if (loops.length === 0 || !loops.every(isEmpty)) return undefined;
  if (loops.every((value) => value?.kind === "list") || loop.key === "with_dict") return "none";
  return loop.key === "with_items" ? "from 2.19" : undefined;
}

function isEmpty(node: YamlNode | undefined): boolean {
  return (node?.kind === "list" && node.items.length === 0) || (node?.kind === "map" && node.fields.length === 0);
}
