// What the conditions of a status task see at one look: its own register, and those of the launches it asks about.

import type { Era, JobState } from "./job-results.ts";
import { judge, resultOf, withRegister } from "./job-results.ts";
import type { Verdict } from "./job-results.ts";
import type { CoreRange } from "./cores.ts";
import { pathsIn } from "./expression.ts";
import type { Outcome, Scope } from "./outcome.ts";
import type { Condition, Flow, Pair, Task } from "./playbook.ts";
import { usesLoopVariable } from "./pair-conditions.ts";
import { isDetached, isStatus, numberOf, ownField } from "./playbook.ts";
import type { YamlField } from "./yaml.ts";

/** A status task with the pairs it stands in: a loop over two registers asks about two launches. */
export interface Look {
  readonly status: Task;
  readonly pairs: readonly Pair[];
}

/** In: a flow and one of its status tasks. */
export function lookOf(flow: Flow, status: Task): Look {
  return { status, pairs: flow.pairs.filter((pair) => pair.status === status) };
}

/** True where `until` has a say: with `retries: 0` the first look is the last (executor/task_executor.py, _execute, 2.14 to 2.21). */
export function repeats(task: Task): boolean {
  const retries = numberOf(task.retries);
  return task.until.length > 0 && (retries === undefined || retries > 0);
}

/** The status tasks of a flow whose own `until` decides how long they wait for jobs that run on their own. */
export function waitsIn(flow: Flow): readonly { readonly look: Look; readonly until: YamlField }[] {
  return flow.tasks.filter(isStatus).flatMap((status) => {
    const look = lookOf(flow, status);
    const until = ownField(status, "until");
    return until !== undefined && repeats(status) && looksAtDetachedJobs(look) ? [{ look, until }] : [];
  });
}

/** True where all jobs asked about were left to run on their own, as far as their launches are known. */
export function looksAtDetachedJobs({ pairs }: Look): boolean {
  return pairs.every((pair) => isDetached(pair.launch));
}

/** In: a look, the state of the job and the era. Out: the scope of `until`, `failed_when` and `changed_when`. */
export function scopeOf({ status, pairs }: Look, state: JobState, era: Era): Scope {
  let { scope } = status;
  for (const { launch, register, shape } of pairs) {
    if (!isDetached(launch)) continue;
    const launched = resultOf("launched", era);
    scope = withRegister(scope, register, launch.loop === undefined ? launched : launchedInLoop());
    if (shape !== "other" && usesLoopVariable(status)) scope = withRegister(scope, status.loopVariable, launched);
  }
  return status.register === undefined ? scope : withRegister(scope, status.register, resultOf(state, era));
}

/** The register of a task with a loop: what each start gave is in `results` (seen on 2.14.18 to 2.21.5). */
function launchedInLoop(): Outcome {
  const open = (why: string): Outcome => ({ kind: "unknown", why });
  const fields: readonly (readonly [string, Outcome])[] = [
    ["results", open("the results of a loop")],
    ["changed", { kind: "value", value: true }],
    ["msg", open("a message")],
    ["failed", open("whether an item failed")],
    ["skipped", open("whether every item was skipped")],
  ];
  return { kind: "record", fields: new Map(fields), open: false };
}

/** What conditions of a status task come to at a look. */
export function judgeLook(look: Look, conditions: readonly Condition[], at: { readonly state: JobState; readonly era: Era }): Verdict {
  return judge(conditions, scopeOf(look, at.state, at.era));
}

/** The variables that conditions read; undefined where one of them is no expression that longhaul can read. */
export function rootsOf(conditions: readonly Condition[]): ReadonlySet<string> | undefined {
  const roots = new Set<string>();
  for (const { expression } of conditions) {
    if (expression === undefined) return undefined;
    for (const path of pathsIn(expression)) roots.add(path.steps[0]);
  }
  return roots;
}

/** True where conditions read nothing but the job: dropping them loses no other demand of the author. */
export function readOnlyTheJob({ status, pairs }: Look, conditions: readonly Condition[]): boolean {
  const own = new Set([status.register, ...pairs.map((pair) => pair.register), ...(status.loop === undefined ? [] : [status.loopVariable])]);
  const roots = rootsOf(conditions);
  return roots !== undefined && [...roots].every((root) => own.has(root));
}

/** Conditions as the author wrote them, for a message. */
export function conditionText(conditions: readonly Condition[]): string {
  return conditions.map((condition) => condition.text.trim().replaceAll(/\s+/g, " ")).join(" and ");
}

/** Versions for a finding that holds in some eras only. */
export function coresOf(eras: readonly Era[]): { readonly cores?: CoreRange } {
  const [only] = eras;
  if (eras.length !== 1 || only === undefined) return {};
  return { cores: only === "up to 2.18" ? { to: "2.18" } : { from: "2.19" } };
}
