// Where tasks read the register of a launch as if it held the result of the job.

import type { Expression } from "../../model/expression.ts";
import { pathsIn } from "../../model/expression.ts";
import type { Era } from "../../model/job-results.ts";
import { ERAS, judge, withRegister } from "../../model/job-results.ts";
import { failingRead, hiddenRead, launchedRegister, startedResult } from "../../model/launch-reads.ts";
import { repeats } from "../../model/look.ts";
import type { Outcome, Scope } from "../../model/outcome.ts";
import { unknown } from "../../model/outcome.ts";
import type { Condition, Flow, Task } from "../../model/playbook.ts";
import { isDetached, isStatus, numberOf } from "../../model/playbook.ts";
import type { YamlScalar } from "../../model/yaml.ts";

/** `fails`: the task stops. `default`: it always gets the default. `shown`: debug shows that there is nothing. `never`: the task never runs. */
export type ReadKind = "fails" | "default" | "shown" | "never";

export interface Read {
  readonly kind: ReadKind;
  readonly task: Task;
  readonly launch: Task;
  readonly register: string;
  /** The name that is read: the register, or the variable of a loop over its results. */
  readonly name: string;
  /** The path that leads nowhere (`job.rc`); of `never` the condition. */
  readonly path: string;
  readonly node: YamlScalar;
  /** Conditions of the task that only a run can tell. */
  readonly unless: readonly Condition[];
  /** The status task that has waited for the job before, or that is the task itself. */
  readonly waited: Task | undefined;
}

/** In: a flow. Out: every place where a task reads what the start of a job does not hold, the first for each text of the playbook. */
export function readsIn(flow: Flow): readonly Read[] {
  const registers = new Map<string, Task>();
  const earlier = new Map<string, number>();
  const found: Read[] = [];
  for (const task of flow.tasks) {
    const text = registers.size === 0 ? "" : task.source.text.slice(task.map.span.start, task.map.span.end);
    for (const [register, launch] of registers) {
      const isNamed = text.includes(register) || task.when.some((condition) => condition.text.includes(register));
      // Which of two tasks wrote the register is sure only within one list: of a block and its rescue not both run to their end.
      const isSure = task.list === launch.list || earlier.get(register) === 1;
      if (isNamed && isSure) found.push(...readsOf({ flow, task, launch, register }));
    }
    // Whatever is included may register anything.
    const opens = /^(?:include|import)_|^include$/.test(task.action?.module ?? "") || task.shape === "role-entry";
    if (flow.gaps.length > 0 && opens) registers.clear();
    if (task.action?.module === "set_fact") for (const name of task.action.args.keys()) registers.delete(name);
    if (task.register === undefined) continue;
    registers.delete(task.register);
    if (isDetached(task) && isCertain(flow, task)) registers.set(task.register, task);
    earlier.set(task.register, (earlier.get(task.register) ?? 0) + 1);
  }
  return found;
}

/** Modules with an action of their own may wait in it; a status task that asks for the job shows that this one does not. */
function isCertain(flow: Flow, launch: Task): boolean {
  const module = launch.action?.module ?? "";
  return flow.pairs.some((pair) => pair.launch === launch) || CORE_MODULES.has(module);
}

/** Those of ansible-core's modules that are run in the background most; none of them has an action of its own that waits. */
const CORE_MODULES: ReadonlySet<string> = new Set(
  ("apt command cron dnf dnf5 expect file find get_url getent git group package package_facts pip service service_facts setup shell slurp stat " +
    "subversion systemd systemd_service sysvinit uri user yum").split(" "),
);

interface Place {
  readonly flow: Flow;
  readonly task: Task;
  readonly launch: Task;
  readonly register: string;
}

function readsOf({ flow, task, launch, register }: Place): readonly Read[] {
  const waited = flow.pairs.findLast((pair) => pair.launch === launch && repeats(pair.status) && pair.status.flowIndex <= task.flowIndex)?.status;
  const common = { task, launch, register, waited };
  const scopes = ERAS.map((era) => scopeAt(task, { launch, register, era }));
  const [scope = task.scope] = scopes;
  const isSkipped = scopes.every((each) => judge(task.when, each) === "false");
  const condition = isSkipped ? neverTrue({ task, launch, register, scopes }) : undefined;
  if (condition !== undefined) return [{ ...common, kind: "never", name: register, path: condition.text.trim(), node: condition.node, unless: [] }];
  const names = loopsOverResults(task, register) ? [register, task.loopVariable] : [register];
  const unless = task.when.filter((condition) => judge([condition], scope) === "unknown" && !launch.when.some((other) => other.text === condition.text));
  return (isSkipped ? conditionsOf(task.when) : expressionsOf(task, register)).flatMap(({ node, expression, shown }) => {
    const failing = maybeForeground(launch) ? undefined : scopes.every((each) => failingRead(expression, each, names) !== undefined) ? failingRead(expression, scope, names) : undefined;
    // Where the limit may be 0 the task may have run in the foreground, and the default is for the other case.
    const mayBeThere = numberOf(launch.asyncLimitInCheckMode) === 0 || !((numberOf(launch.asyncLimit) ?? 0) > 0);
    const path = failing ?? (mayBeThere ? undefined : hiddenRead(expression, scope, names));
    // A jid that is not there is another mistake, also where it is read to be kept.
    if (path === undefined || path.includes("ansible_job_id")) return [];
    const kind = failing === undefined ? "default" as const : shown ? "shown" as const : "fails" as const;
    return [{ ...common, kind, name: /^\w+/.exec(path)?.[0] ?? register, path, node, unless: unless.filter((condition) => condition.node !== node) }];
  }).filter((read, index, all) => all.findIndex((other) => other.node === read.node) === index);
}

function scopeAt(task: Task, { launch, register, era }: { readonly launch: Task; readonly register: string; readonly era: Era }): Scope {
  const inner = withRegister(task.scope, register, launchedRegister(launch, era));
  return loopsOverResults(task, register) ? withRegister(inner, task.loopVariable, startedItem(launch, era)) : inner;
}

/** `async: "{{ limit | default(0) }}"`: a zero in a template that only the run knows may mean the foreground. */
function maybeForeground({ asyncLimit, map }: Task): boolean {
  const limit = map.fields.find(({ key }) => key === "async" || key === "async_val")?.value;
  return numberOf(asyncLimit) === undefined && limit?.kind === "scalar" && /(?<![\w.])0(?![\w.])/.test(limit.raw);
}

/** An item of the results of a loop: a start, and what the loop called its own variables. */
function startedItem(launch: Task, era: Era): Outcome {
  const started = startedResult(era);
  if (started.kind !== "record") return started;
  const names = loopNames(launch);
  if (names === undefined) return { ...started, open: true };
  return { ...started, fields: new Map([...started.fields, ...names.map((name) => [name, unknown("a variable of the loop")] as const)]) };
}

/** The names that a loop gives its items in their results: loop_var, index_var and those of `extended`. Undefined where a template decides. */
export function loopNames({ loopVariable, ...launch }: Task): readonly string[] | undefined {
  const control = launch.map.fields.find(({ key }) => key === "loop_control")?.value;
  if (control === undefined) return [loopVariable];
  if (control.kind !== "map") return undefined;
  const index = control.fields.find(({ key }) => key === "index_var")?.value;
  return [loopVariable, "ansible_loop", ...(index?.kind === "scalar" ? [index.raw] : [])];
}

/** `loop: "{{ jobs.results }}"`, also behind a filter that leaves items out. */
function loopsOverResults({ loop, templates }: Task, register: string): boolean {
  if (loop?.value.kind !== "scalar") return false;
  let expression: Expression | undefined = templates().find(({ node }) => node === loop.value)?.expression;
  while (expression?.kind === "filter" && /^(?:list|selectattr|rejectattr|select|reject)$/.test(expression.name)) expression = expression.target;
  return expression?.kind === "attribute" && expression.name === "results" && expression.target.kind === "name" && expression.target.name === register;
}

interface Asked extends Omit<Place, "flow"> {
  readonly scopes: readonly Scope[];
}

/** `when: job is finished` on the register of the start: it says 0 for ever. A start that was skipped counts as finished. */
function neverTrue({ task, launch, register, scopes }: Asked): Condition | undefined {
  if (launch.when.length > 0 || launch.loop !== undefined || numberOf(launch.asyncLimitInCheckMode) === 0 || isStatus(task)) return undefined;
  return task.when.find((condition) => {
    if (condition.expression === undefined || !/\bfinished\b/.test(condition.text)) return false;
    const onlyJob = pathsIn(condition.expression).every(({ steps: [root] }) => root === register);
    return onlyJob && scopes.every((scope) => judge([condition], scope) === "false");
  });
}

interface Reading {
  readonly node: YamlScalar;
  readonly expression: Expression;
  readonly shown: boolean;
}

/** What a task works out when it is reached. Its own `until` is for the modes about waiting. */
function expressionsOf(task: Task, register: string): readonly Reading[] {
  const own = task.register === register ? [] : [...task.failedWhen, ...task.changedWhen];
  const shows = task.action?.module === "debug" ? task.action.args.get("var") : undefined;
  // The jid of a status task is for the modes about jids.
  if (isStatus(task)) return conditionsOf([...task.when, ...own]);
  return [...conditionsOf([...task.when, ...own]), ...task.templates().map(({ node, expression }) => ({ node, expression, shown: node === shows }))];
}

function conditionsOf(conditions: readonly Condition[]): readonly Reading[] {
  return conditions.flatMap(({ node, expression }) => (expression === undefined ? [] : [{ node, expression, shown: false }]));
}
