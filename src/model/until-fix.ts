// The repair that the modes about a wrong `until` share: wait for the end of the job, and whether that is all the author can have meant.

import type { Fix } from "./finding.ts";
import { readExitCode, readOnlyTheEnd, verdictsOnFailure } from "./job-ends.ts";
import type { Look } from "./look.ts";
import { readOnlyTheJob } from "./look.ts";
import type { Condition } from "./playbook.ts";
import { allEdits, untilEdit, untilFinished } from "./repairs.ts";
import { addKeywords } from "./task-edits.ts";

/**
 * In: a look with an `until`, and the register it is to wait by (added where the task has none).
 * Out: the fix; undefined where the condition reads other things than the job. Safe where it asks for nothing but a good end.
 */
export function untilFix(look: Look, register: string): Fix | undefined {
  const { status } = look;
  if (!readOnlyTheJob(look, status.until)) return undefined;
  const until = untilEdit(status, register);
  const named = status.register === undefined ? [addKeywords(status, status.action?.written ?? "", [`register: ${register}`])] : [];
  const edits = allEdits([...named, until]);
  return edits === undefined ? undefined : { safe: asksForTheEnd(look, status.until), says: `set until to \`${untilFinished(register)}\``, edits };
}

/** False for `rc in [0, 2]` too: a bad end that the author takes for good would fail the task. */
export function asksForTheEnd(look: Look, conditions: readonly Condition[]): boolean {
  if (!readOnlyTheEnd(look, conditions)) return false;
  const verdicts = readExitCode(conditions) ? verdictsOnFailure(look, conditions) : new Set();
  return !verdicts.has("true") && !verdicts.has("unknown");
}
