// Advice as findings with edits, so that the engine of `lint --fix` makes them: it keeps only edits that make nothing worse.

import type { Edit, Finding } from "../../model/finding.ts";
import { limitEdit, limitKey } from "../../model/limits.ts";
import type { Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Task } from "../../model/playbook.ts";
import { numberOf, titleOf } from "../../model/playbook.ts";
import { allEdits, retriesFor } from "../../model/repairs.ts";
import { addKeywords, replaceValue } from "../../model/task-edits.ts";
import type { Advice, Context, StatusAdvice } from "./advice.ts";
import { adviceOf, isPollDear, limitVerdict } from "./advice.ts";

export interface Change {
  /** What is set, as it would stand in the task: `async: 180`, `poll: 5`, `retries: 38 in "Wait"`. */
  readonly says: readonly string[];
  /** False where somebody has to agree: what only a rule of thumb says, and a limit that gets smaller. */
  readonly safe: boolean;
  /** Absent where the text cannot be edited: a template, a value from elsewhere. */
  readonly edits?: readonly Edit[];
}

/** In: advice. Out: what is to be changed for it; undefined where the task is well as it is. */
export function changeFor(advice: Advice): Change | undefined {
  const { task, limitNow, limitWanted } = advice;
  const verdict = limitVerdict(advice);
  const changesLimit = limitWanted !== undefined && (verdict === "too short" || verdict === "below advice" || verdict === "larger than needed");
  const limit = changesLimit ? limitWanted : limitNow;
  const poll = isPollDear(advice) && advice.pollWanted !== undefined && (limit === undefined || advice.pollWanted < limit) ? advice.pollWanted : undefined;
  const waits = limit === undefined ? [] : advice.statuses.flatMap((status) => waitChange(status, { limitSeconds: limit, neededSeconds: Math.min(limit, limitWanted ?? limit), lowers: verdict === "larger than needed" }));
  const says = [...(changesLimit ? [`async: ${limitWanted}`] : []), ...(poll === undefined ? [] : [`poll: ${poll}`]), ...waits.map(({ says: said }) => said)];
  if (says.length === 0) return undefined;
  const edits = allEdits([...(changesLimit ? [limitEdit(task, limitWanted)] : []), ...(poll === undefined ? [] : [pollEdit(task, poll)]), ...waits.map(({ edit }) => edit)]);
  return { says, safe: advice.basis === "measured" && verdict !== "larger than needed", ...(edits === undefined ? {} : { edits }) };
}

function pollEdit(task: Task, poll: number): Edit | undefined {
  if (task.poll.kind === "absent") return addKeywords(task, limitKey(task), [`poll: ${poll}`]);
  return task.poll.kind === "number" && task.poll.literal ? replaceValue(task, "poll", String(poll)) : undefined;
}

interface Wanted {
  readonly limitSeconds: number;
  /** A wait that ends before gives up on work that may still end well. */
  readonly neededSeconds: number;
  readonly lowers: boolean;
}

/** The retries of a status task that outlast a limit, at the delay that it has; more than they are, or fewer where the limit gets smaller. */
function waitChange({ task, waitSeconds }: StatusAdvice, { limitSeconds, neededSeconds, lowers }: Wanted): readonly { readonly says: string; readonly edit: Edit | undefined }[] {
  const delay = task.delay.kind === "absent" ? 5 : numberOf(task.delay);
  if (waitSeconds === undefined || delay === undefined || delay <= 0 || (waitSeconds >= neededSeconds && !lowers)) return [];
  const retries = retriesFor(limitSeconds, delay);
  const isLiteral = task.retries.kind === "number" && task.retries.literal;
  const edit = isLiteral ? replaceValue(task, "retries", String(retries)) : task.retries.kind === "absent" ? addKeywords(task, "until", [`retries: ${retries}`]) : undefined;
  return [{ says: `retries: ${retries} in "${titleOf(task)}"`, edit }];
}

/** In: what is known. Out: advice in the form of a mode, whose findings are the changes that can be made. */
export function adviceMode(context: Context): Mode {
  return {
    id: "advice",
    title: "Advice from measured durations",
    why: "",
    do: "",
    messages: [],
    lint: (flow) => adviceOf(flow, context).flatMap((advice): readonly Omit<Finding, "mode">[] => {
      const change = changeFor(advice);
      if (change?.edits === undefined) return [];
      const { task } = advice;
      const span = task.asyncLimit.kind === "absent" ? task.map.span : task.asyncLimit.node.span;
      const says = `set ${change.says.join(", ")}`;
      return [{ severity: "info", source: task.source, span, task: titleOf(task), what: says, why: "", do: says, fix: { safe: change.safe, says, edits: change.edits } }];
    }),
    symptom: cannot("advice is no failure"),
    probe: cannot("advice is no failure"),
    fix: "safe or needs-a-person",
  };
}
