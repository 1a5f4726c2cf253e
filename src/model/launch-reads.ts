// What is read of the register of a launch with `poll: 0`, which holds the start of the job and nothing of its result.

import { evaluate } from "./evaluate.ts";
import type { Expression } from "./expression.ts";
import { childrenOf, pathsIn } from "./expression.ts";
import type { Era } from "./job-results.ts";
import { resultOf } from "./job-results.ts";
import type { Outcome, Scope } from "./outcome.ts";
import { unknown } from "./outcome.ts";
import type { Task } from "./playbook.ts";

/** Keys that a start has only at times: of a loop's item, of a warning, of a start that was skipped or failed. */
const AT_TIMES = [
  "ansible_facts", "ansible_index_var", "ansible_loop_var", "attempts", "censored", "deprecations", "diff", "exception", "false_condition", "invocation", "item",
  "module_stderr", "module_stdout", "msg", "skip_reason", "skipped", "unreachable", "warnings",
] as const;

/** The register of a launch with `poll: 0` after it, or the loop variable over its results. Every other key is not there (seen on 2.14.18 to 2.21.5). */
export function startedResult(era: Era): Outcome {
  const launched = resultOf("launched", era);
  const fields = new Map(launched.kind === "record" ? launched.fields : []);
  for (const key of AT_TIMES) fields.set(key, unknown("a key that a start has at times"));
  return { kind: "record", fields, open: false };
}

/** The register of a launch, which of a loop holds `results`. */
export function launchedRegister(launch: Task, era: Era): Outcome {
  const started = startedResult(era);
  if (launch.loop === undefined || started.kind !== "record") return started;
  const fields = new Map([...started.fields].filter(([key]) => ["changed", "failed", "msg", "skipped", "warnings", "deprecations"].includes(key)));
  return { kind: "record", fields: fields.set("results", unknown("the results of a loop")), open: false };
}

/** True for a key that a register in the scope surely has not. */
export function isAbsentKey(scope: Scope, name: string, key: string): boolean {
  const register = scope(name);
  return register.kind === "record" && !register.open && !register.fields.has(key) && !METHODS.has(key);
}

const METHODS: ReadonlySet<string> = new Set(["copy", "get", "items", "keys", "update", "values"]);

/** In: an expression, what its names hold, and names of registers. Out: the path into one of them that makes the expression fail, such as `job.rc`. */
export function failingRead(expression: Expression, scope: Scope, names: readonly string[]): string | undefined {
  const outcome = evaluate(expression, scope);
  if (outcome.kind !== "undefined") return undefined;
  return names.some((name) => outcome.name.startsWith(`${name}.`) || outcome.name.startsWith(`${name}[`)) ? outcome.name : undefined;
}

/** A key that is not there, behind a `default` with a fixed value: what comes out is always that value. */
export function hiddenRead(expression: Expression, scope: Scope, names: readonly string[]): string | undefined {
  if (expression.kind === "filter" && /^(?:ansible\.builtin\.)?(?:default|d)$/.test(expression.name)) {
    const [fallback] = expression.args.positional;
    const path = expression.target.kind === "attribute" || expression.target.kind === "index" ? pathsIn(expression.target) : [];
    const [root = "", key] = path[0]?.steps ?? [];
    const fixed = fallback === undefined || fallback.kind === "literal" || (fallback.kind === "list" && fallback.items.length === 0);
    if (path.length === 1 && fixed && names.includes(root) && typeof key === "string" && isAbsentKey(scope, root, key)) return `${root}.${key}`;
  }
  for (const part of childrenOf(expression)) {
    const found = hiddenRead(part, scope, names);
    if (found !== undefined) return found;
  }
  return undefined;
}
