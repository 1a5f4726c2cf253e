// What a condition makes of the ways in which a job can end: tried out on every exit code there is.

import { pathsIn } from "./expression.ts";
import type { Verdict } from "./job-results.ts";
import { ERAS, judge, resultOf, withRegister } from "./job-results.ts";
import type { Look } from "./look.ts";
import { readOnlyTheJob, scopeOf } from "./look.ts";
import type { Outcome } from "./outcome.ts";
import { known } from "./outcome.ts";
import type { Condition } from "./playbook.ts";

const RC_MAX = 255;

/** Keys that tell whether a job has ended and how; every other key is output of the module, which may mean anything. */
const END_KEYS: ReadonlySet<string | number> = new Set(["finished", "started", "failed", "rc", "ansible_job_id", "results_file", "attempts"]);

/** True where conditions read nothing but the job, and of it only whether and how it has ended. */
export function readOnlyTheEnd(look: Look, conditions: readonly Condition[]): boolean {
  return readOnlyTheJob(look, conditions) && pathsOf(conditions).every(({ steps: [, key] }) => key === undefined || END_KEYS.has(key));
}

/** True where conditions read the exit code. */
export function readExitCode(conditions: readonly Condition[]): boolean {
  return pathsOf(conditions).some(({ steps }) => steps[1] === "rc");
}

/** What conditions come to for a job that failed with each exit code from 1 on, each kind once. */
export function verdictsOnFailure(look: Look, conditions: readonly Condition[]): ReadonlySet<Verdict> {
  const verdicts = new Set<Verdict>();
  for (const era of ERAS) {
    const failed = resultOf("finished failed", era);
    const fields = failed.kind === "record" ? failed.fields : new Map<string, Outcome>();
    const scope = scopeOf(look, "finished failed", era);
    for (let rc = 1; rc <= RC_MAX; rc += 1) {
      const ended: Outcome = { kind: "record", fields: new Map([...fields, ["rc", known(rc)]]), open: true };
      verdicts.add(judge(conditions, withRegister(scope, look.status.register ?? "", ended)));
    }
  }
  return verdicts;
}

/** True where a `failed_when` says of every end what Ansible says without it: dropping it loses nothing. */
export function failsLikeTheJob(look: Look, conditions: readonly Condition[]): boolean {
  const well = ERAS.every((era) => judge(conditions, scopeOf(look, "finished well", era)) === "false");
  const verdicts = verdictsOnFailure(look, conditions);
  return well && verdicts.size === 1 && verdicts.has("true") && readOnlyTheEnd(look, conditions);
}

function pathsOf(conditions: readonly Condition[]): ReturnType<typeof pathsIn> {
  return conditions.flatMap(({ expression }) => (expression === undefined ? [] : pathsIn(expression)));
}
