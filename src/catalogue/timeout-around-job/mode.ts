// `timeout` on a polled task: it bounds the start of the job, not the job.

import type { Fix } from "../../model/finding.ts";
import { limitKey } from "../../model/limits.ts";
import type { LintView, Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Task } from "../../model/playbook.ts";
import { isPolled, numberOf, ownField, pollSecondsOf, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import { removeKeyword, replaceValue } from "../../model/task-edits.ts";

// A timeout that the task inherits is meant for all the others, and one on a launch with poll: 0 bounds the start, as it should.
const lint: LintView = (flow) => flow.tasks.filter(isPolled).flatMap((task) => {
  const field = ownField(task, "timeout");
  const seconds = secondsOf(task);
  const limitSeconds = numberOf(task.asyncLimit);
  if (field === undefined || seconds === undefined || limitSeconds === undefined || seconds >= limitSeconds) return [];
  const fix = repair(task, seconds);
  return [{
    severity: "warning" as const,
    condition: `the job takes longer than ${seconds} s`,
    source: task.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(task),
    what: `timeout: ${seconds} does not end this job: it runs on until its async limit of ${limitSeconds} s.`,
    why: "With async the timeout counts for the start of the job alone. When that has answered, Ansible switches it off and waits as long as async says.",
    do: `Drop timeout; if the job is to end after ${seconds} s, write that into async.`,
    ...(fix === undefined ? {} : { fix }),
  }];
});

function secondsOf(task: Task): number | undefined {
  const node = ownField(task, "timeout")?.value;
  const seconds = node?.kind === "scalar" && /^\d+$/.test(node.raw) ? Number(node.raw) : 0;
  return seconds > 0 ? seconds : undefined;
}

/** The shorter of the two limits is the one that was meant for the job. A poll has to be shorter still. */
function repair(task: Task, seconds: number): Fix | undefined {
  const pollSeconds = pollSecondsOf(task);
  const isLiteral = task.asyncLimit.kind === "number" && task.asyncLimit.literal;
  if (!isLiteral || pollSeconds === undefined || pollSeconds >= seconds) return undefined;
  const edits = allEdits([replaceValue(task, limitKey(task), String(seconds)), removeKeyword(task, "timeout")]);
  return edits === undefined ? undefined : { safe: false, says: `set async to ${seconds} and drop timeout`, edits };
}

export const mode: Mode = {
  id: "timeout-around-job",
  title: "timeout on a polled task does not end the job",
  why: "The timeout keyword bounds what a task does in the foreground. With async that is the start of the job: once it is started the alarm is switched off, and only the async limit counts.",
  do: "Drop timeout and write the limit into async.",
  messages: [],
  lint,
  symptom: cannot("a job that took longer than was meant leaves nothing of it in the log"),
  probe: cannot("timeout is known to the controller only"),
  fix: "needs-a-person",
};
