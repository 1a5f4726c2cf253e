// What a register holds while a job runs, when it has ended, and after its launch: stand-ins on which conditions are tried out.
// Seen on real ansible-core 2.14.18, 2.18.19 and 2.21.5 (`debug: var=` after each step).

import { evaluate } from "./evaluate.ts";
import { isBoolean, truthiness } from "./outcome.ts";
import type { Outcome, Scope } from "./outcome.ts";
import type { Condition } from "./playbook.ts";

/** `started` and `finished` are 0 and 1 up to 2.18, booleans from 2.19. */
export type Era = "up to 2.18" | "2.19 and newer";
export const ERAS: readonly Era[] = ["up to 2.18", "2.19 and newer"];

/** async_status adds these keys to an answer that has no output of the job (plugins/action/async_status.py, 2.14 to 2.21). */
const NO_OUTPUT: readonly (readonly [string, Outcome])[] = [
  ["stdout", value("")], ["stderr", value("")], ["stdout_lines", value([])], ["stderr_lines", value([])],
];

/** The states of a register that conditions are asked about. */
export type JobState = "launched" | "running" | "finished well" | "finished failed" | "stopped";

/** In: a state and an era. Out: the register as a record; open where the module adds keys of its own. */
export function resultOf(state: JobState, era: Era): Outcome {
  const yes = value(era === "up to 2.18" ? 1 : true);
  const no = value(era === "up to 2.18" ? 0 : false);
  // Any id will do: it is there, a text, and the same at the start and at each look.
  const id = value("j123456789012.1234");
  const common: readonly (readonly [string, Outcome])[] = [
    ["ansible_job_id", id],
    ["results_file", { kind: "unknown", why: "a path" }],
    ["started", yes],
  ];
  if (state === "launched") {
    return record([...common, ["finished", no], ["changed", value(true)], ["failed", no]], false);
  }
  if (state === "running") {
    const attempts = { kind: "unknown", why: "the number of looks" } as const;
    return record([...common, ...NO_OUTPUT, ["finished", no], ["changed", value(false)], ["failed", value(false)], ["attempts", attempts]], false);
  }
  // Killed at its limit, or its job file gone: the answer has no key of the module, `rc` least of all.
  if (state === "stopped") {
    const why = { kind: "unknown", why: "why the job has no result", truthy: true, boolean: false } as const;
    const child = { kind: "unknown", why: "whether the limit was hit" } as const;
    return record([...common, ...NO_OUTPUT, ["finished", yes], ["changed", value(false)], ["failed", value(true)], ["msg", why], ["child_pid", child]], false);
  }
  const failed = state === "finished failed";
  return record([...common, ["finished", yes], ["failed", value(failed)], ...(failed ? [] : [["rc", value(0)] as const])], true);
}

function value(plain: string | number | boolean | readonly []): Outcome {
  return { kind: "value", value: plain };
}

function record(fields: readonly (readonly [string, Outcome])[], open: boolean): Outcome {
  return { kind: "record", fields: new Map(fields), open };
}

/** What a list of conditions comes to: Ansible joins them with `and`. */
export type Verdict = "true" | "false" | "unknown" | "fails";

/** In: conditions and a scope. Out: what they come to together; `fails` where Ansible stops with an error at the first that is reached. */
export function judge(conditions: readonly Condition[], scope: Scope): Verdict {
  let unknown = false;
  for (const condition of conditions) {
    if (condition.expression === undefined) return "unknown";
    const verdict = truthiness(evaluate(condition.expression, scope));
    if (verdict === "false" || verdict === "fails") return unknown ? "unknown" : verdict;
    if (verdict === "unknown") unknown = true;
  }
  return unknown ? "unknown" : "true";
}

/** True where a condition's value is surely no boolean: 2.19 and newer refuse it. */
export function surelyNotBoolean(condition: Condition, scope: Scope): boolean {
  return condition.expression !== undefined && isBoolean(evaluate(condition.expression, scope)) === false;
}

/** In: a scope and a register. Out: the scope in which that register holds the given outcome. */
export function withRegister(scope: Scope, register: string, outcome: Outcome): Scope {
  return (name) => (name === register ? outcome : scope(name));
}
