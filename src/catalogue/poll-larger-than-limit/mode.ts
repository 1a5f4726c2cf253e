// poll is not below the async limit: one look in all, after a whole poll.

import type { Edit } from "../../model/finding.ts";
import type { LintView, Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { limitKey } from "../../model/limits.ts";
import type { Task } from "../../model/playbook.ts";
import { isPolled, numberOf, ownField, pollSecondsOf, titleOf } from "../../model/playbook.ts";
import { addKeywords, replaceValue } from "../../model/task-edits.ts";

const lint: LintView = (flow) => flow.tasks.filter(isPolled).flatMap((task) => {
  const limitSeconds = numberOf(task.asyncLimit);
  const pollSeconds = pollSecondsOf(task);
  if (limitSeconds === undefined || pollSeconds === undefined || limitSeconds <= 0) return [];
  // No poll is shorter than a second.
  const wanted = Math.max(1, Math.min(pollSeconds, Math.floor(limitSeconds / 10)));
  if (pollSeconds < limitSeconds || wanted === pollSeconds) return [];
  const edit = pollEdit(task, wanted);
  const field = ownField(task, "poll") ?? ownField(task, limitKey(task));
  const how = task.poll.kind === "absent" ? `poll is not given, which means ${pollSeconds} s` : `poll is ${pollSeconds} s`;
  return [{
    severity: "warning" as const,
    condition: "the connection is down at the one look",
    source: task.source,
    span: field === undefined ? task.map.span : { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(task),
    what: `${how[0]?.toUpperCase()}${how.slice(1)}, but the async limit is ${limitSeconds} s.`,
    why: `Ansible sleeps for a whole poll before its first look. So the task takes ${pollSeconds} s even when the job ends at once, and there is this one look only: a connection that is down at that moment fails the task.`,
    do: `Set poll well below the limit: ${wanted}.`,
    ...(edit === undefined ? {} : { fix: { safe: true, says: `set poll to ${wanted}`, edits: [edit] } }),
  }];
});

function pollEdit(task: Task, wanted: number): Edit | undefined {
  if (task.asyncLimit.kind !== "number" || !task.asyncLimit.literal) return undefined;
  if (task.poll.kind === "absent") return addKeywords(task, limitKey(task), [`poll: ${wanted}`]);
  return task.poll.kind === "number" && task.poll.literal ? replaceValue(task, "poll", String(wanted)) : undefined;
}

export const mode: Mode = {
  id: "poll-larger-than-limit",
  title: "poll is not shorter than the async limit",
  why: "Ansible sleeps poll seconds before each look, the first one too, and stops when the limit is used up. A poll as long as the limit means one look: every run takes a whole poll, and the end of the limit is noticed late.",
  do: "Set poll to a tenth of the limit or less, one second at least.",
  messages: [],
  lint,
  symptom: cannot("a log tells neither poll nor how long a look was waited for"),
  probe: cannot("poll is known to the controller only"),
  fix: "safe",
};
