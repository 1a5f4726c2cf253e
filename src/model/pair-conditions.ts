// Whether a status task can be reached although its launch has started no job: skipped, or run in the foreground by a dry run.
// Shared by the modes that speak of the undefined `ansible_job_id`.

import { judge, withRegister } from "./job-results.ts";
import type { Outcome, Scope } from "./outcome.ts";
import { known, unknown } from "./outcome.ts";
import type { Condition, Pair, Task } from "./playbook.ts";
import { isLaunch, numberOf } from "./playbook.ts";
import type { YamlNode } from "./yaml.ts";

/** Why there may be no job id. */
export type MissingJob =
  | { readonly because: "skipped"; readonly conditions: readonly Condition[] }
  /** The launch has its condition from check mode alone. */
  | { readonly because: "skipped in check mode"; readonly conditions: readonly Condition[] }
  | { readonly because: "in the foreground in check mode" };

/**
 * In: a launch and its status task. Out: how the status task comes to an undefined `ansible_job_id`, or undefined where it does not,
 * where its own conditions may prevent it, or where its jid has a filter or a default of its own.
 */
export function missingJobOf(pair: Pair): MissingJob | undefined {
  const { launch, status } = pair;
  if (!isLaunch(launch) || !readsJidPlainly(pair) || mayFail(status) || (status.shape === "handler" && launch.shape !== "handler")) return undefined;
  const shared = new Set(launch.when.map(textOf));
  const own = launch.when.filter((condition) => !status.when.some((other) => textOf(other) === textOf(condition)));
  const extra = status.when.filter((condition) => !shared.has(textOf(condition)));
  const reached = (scope: Scope, result: Outcome): boolean => judge(extra, withResult(pair, scope, result)) === "true";
  const verdict = judge(own, ORDINARY);
  if ((verdict === "false" || verdict === "unknown") && reached(ORDINARY, SKIPPED)) return { because: "skipped", conditions: own };
  if (verdict !== "true") return undefined;
  if (judge(own, DRY) === "false" && reached(DRY, SKIPPED)) return { because: "skipped in check mode", conditions: own };
  const foreground = numberOf(launch.asyncLimitInCheckMode) === 0;
  return foreground && reached(DRY, SYNCHRONOUS) ? { because: "in the foreground in check mode" } : undefined;
}

/** `ignore_errors`, also `"{{ ansible_check_mode }}"`: the author counts on the failure. */
function mayFail(status: Task): boolean {
  const node = status.keywords.get("ignore_errors")?.node;
  return node !== undefined && !(node.kind === "scalar" && node.value === false);
}

/** A variable in a condition is there to be changed: whatever the project gives it, it may be otherwise in another run. */
const ORDINARY: Scope = (name) => (name === "ansible_check_mode" ? known(false) : unknown(`${name} may differ between runs`));
const DRY: Scope = withRegister(ORDINARY, "ansible_check_mode", known(true));

/** A skipped task's register, all versions: `skip_reason`, from 2.16 `false_condition`, and no trace of a job. */
const SKIPPED: Outcome = {
  kind: "record",
  fields: new Map<string, Outcome>([
    ["changed", known(false)],
    ["skipped", known(true)],
    ["failed", known(false)],
    ["skip_reason", known("Conditional result was False")],
    ["false_condition", unknown("a condition")],
    ["msg", unknown("a text")],
  ]),
  open: false,
};

/** A module's own result: anything but a job. */
const SYNCHRONOUS: Outcome = {
  kind: "record",
  fields: new Map<string, Outcome>(["ansible_job_id", "started", "finished", "results_file"].map((name) => [name, { kind: "undefined", name }])),
  open: true,
};

/** The result stands under the register, and under the loop variable where the status task loops. */
function withResult({ register, status, shape }: Pair, scope: Scope, result: Outcome): Scope {
  const inner = shape === "results" ? scope : withRegister(scope, register, result);
  return status.loop === undefined ? inner : withRegister(inner, status.loopVariable, result);
}

/** True for a task that never runs, by its own word or that of what is around it: `when: false`. */
export function isSwitchedOff({ when }: Task): boolean {
  return when.some((condition) => judge([condition], (name) => unknown(`${name} may differ between runs`)) === "false");
}

function textOf(condition: Condition): string {
  return condition.text.replaceAll(/\s+/g, " ").trim();
}

/** `{{ job.ansible_job_id }}`, or `{{ item.ansible_job_id }}` over `{{ job.results }}` or a list of registers: no filter, no default. */
function readsJidPlainly({ status, shape }: Pair): boolean {
  const jid = status.action?.args.get("jid");
  if (shape === "other" || !isBarePath(jid)) return false;
  if (!usesLoopVariable(status)) return status.loop === undefined || shape === "single";
  const value = status.loop?.value;
  return value?.kind === "list" ? value.items.every((item) => isBarePath(item)) : isBarePath(value);
}

/** True where the jid is taken from the loop's item. */
export function usesLoopVariable({ action, loop, loopVariable }: Task): boolean {
  const jid = action?.args.get("jid");
  return loop !== undefined && jid?.kind === "scalar" && /\{\{[-\s]*(\w+)/.exec(jid.raw)?.[1] === loopVariable;
}

function isBarePath(node: YamlNode | undefined): boolean {
  return node?.kind === "scalar" && /^\{\{[-\s]*\w+(?:\.\w+|\[(?:'\w+'|"\w+"|\d+)\])*[-\s]*\}\}$/.test(node.raw.trim());
}
