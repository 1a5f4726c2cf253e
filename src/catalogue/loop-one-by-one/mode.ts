// A loop over several items with async and a poll above 0: Ansible waits for each item before it starts the next.

import type { Edit, Finding, Fix } from "../../model/finding.ts";
import { limitKey } from "../../model/limits.ts";
import type { LintView, Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Project, Task } from "../../model/playbook.ts";
import { isPolled, numberOf, ownField, pollSecondsOf, titleOf } from "../../model/playbook.ts";
import { freshName, statusTaskEdits, waitFor } from "../../model/status-task.ts";
import { addKeywords, replaceValue } from "../../model/task-edits.ts";

/** Up to this limit, seconds, items are taken for short enough that a first look after 15 s is felt. */
const SHORT_LIMIT_SECONDS = 600;

/** Words of an author who wants the items to run at the same time. */
const AT_ONCE = /\b(?:in parallel|parallel(?:ly|ize|ise)|concurrent(?:ly)?|simultaneous(?:ly)?|(?:in|to) (?:the )?background|at the same time|at once|all together)\b/i;

/** Two of them at a time would wait for each other's lock, or fail on it. */
const LOCKING: ReadonlySet<string> = new Set(["apt", "dnf", "dnf5", "package", "pip", "yum", "zypper", "community.general.zypper", "community.general.pacman", "community.general.apk"]);

/** Words of an author who wants them one after another. */
const IN_ORDER = /\b(?:serial(?:ly)?|sequential(?:ly)?|in (?:order|turn|sequence)|one (?:by one|after (?:another|the other)|at a time)|step by step|later)\b/i;

const lint: LintView = (flow, project) => flow.tasks.filter(isPolled).flatMap((task): readonly Omit<Finding, "mode">[] => {
  const { loop } = task;
  const limitSeconds = numberOf(task.asyncLimit);
  const pollSeconds = pollSecondsOf(task);
  if (loop === undefined || limitSeconds === undefined || pollSeconds === undefined || isInOrder(flow, task)) return [];
  const wanted = AT_ONCE.test(task.name ?? "") && !IN_ORDER.test(task.name ?? "");
  const isDefault = task.poll.kind === "absent";
  // A poll that was written is a choice, and so is a limit: it is often all that async is there for.
  if (!wanted && !(isDefault && limitSeconds <= SHORT_LIMIT_SECONDS && limitSeconds > pollSeconds)) return [];
  const field = ownField(task, "poll") ?? ownField(task, limitKey(task));
  const fix = wanted ? repair(task, project) : sooner(task, limitSeconds);
  return [{
    severity: "info",
    source: task.source,
    span: field === undefined ? task.map.span : { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(task),
    what: `The ${countOf(task)}items of this loop run one after another, ${pollSeconds} s at least for each.`,
    why: `${isDefault ? "Without poll, Ansible looks at a job every 15 s" : `With poll: ${pollSeconds}, Ansible looks at a job every ${pollSeconds} s`}, for the first time after a whole poll, and starts the next item when this one has ended.`,
    do: "To run the items at the same time set poll: 0, register the task and wait in an async_status task that loops over the results. Otherwise set a poll that suits a single item.",
    ...(fix === undefined ? {} : { fix }),
  }];
});

/** "3 " where the loop is a list in the playbook. */
function countOf({ loop }: Task): string {
  return loop?.value.kind === "list" ? `${loop.value.items.length} ` : "";
}

/** One item, items that cannot run at the same time, or a task that is about the order: nothing to say. */
function isInOrder(flow: Flow, task: Task): boolean {
  const { loop, action } = task;
  const isSingle = loop?.value.kind === "list" && loop.value.items.length < 2;
  const pauses = ownField(task, "loop_control")?.value;
  const isPaced = pauses?.kind === "map" && pauses.fields.some(({ key }) => key === "pause" || key === "break_when");
  // What asks for the job of a polled task has a mode of its own.
  const isAsked = flow.pairs.some((pair) => pair.launch === task);
  return isSingle || isPaced || isAsked || LOCKING.has(action?.module ?? "") || task.until.length > 0 || task.shape === "handler";
}

/** Whether the items (stop, migrate, start) may run at the same time only the author knows, who has not said so: they are looked at sooner. */
function sooner(task: Task, limitSeconds: number): Fix | undefined {
  const pollSeconds = Math.max(1, Math.min(5, Math.floor(limitSeconds / 20)));
  const edit = addKeywords(task, limitKey(task), [`poll: ${pollSeconds}`]);
  return edit === undefined ? undefined : { safe: false, says: `set poll to ${pollSeconds}: the items stay one after another, and each is looked at sooner`, edits: [edit] };
}

function repair(task: Task, project: Project): Fix | undefined {
  const isRead = task.register !== undefined && project.mentionedElsewhere(task.register, { source: task.source, span: task.map.span });
  // Later tasks, and the task's own conditions, would find the start of a job where its result was.
  if (isRead || task.failedWhen.length > 0 || task.changedWhen.length > 0 || task.keywords.has("ignore_errors")) return undefined;
  const launchRegister = task.register ?? freshName("started_jobs", task, project);
  const register = freshName(`${launchRegister}_result`, task, project);
  const poll = ownField(task, "poll") === undefined ? addKeywords(task, limitKey(task), ["poll: 0"]) : replaceValue(task, "poll", "0");
  const wait = statusTaskEdits(task, { launchRegister, register, ...waitFor(task) });
  return poll === undefined || wait === undefined ? undefined : { safe: false, says: "set poll: 0 and wait for all items in an async_status task after it", edits: merged([poll, ...wait]) };
}

/** Insertions at one place are one edit, in their order. */
function merged(edits: readonly Edit[]): readonly Edit[] {
  const [first, ...others] = edits;
  if (first === undefined) return [];
  const isSame = ({ span }: Edit): boolean => span.start === first.span.start && span.end === span.start && first.span.end === first.span.start;
  const text = [first, ...others.filter(isSame)].map((edit) => edit.text).join("");
  return [{ ...first, text }, ...others.filter((edit) => !isSame(edit))];
}

export const mode: Mode = {
  id: "loop-one-by-one",
  title: "A loop of polled jobs runs its items one after another",
  why: "With a poll above 0, which is 15 s when it is not given, Ansible waits for the job of each item before it starts the next. async is then a time limit and nothing else, and each item takes a whole poll at least.",
  do: "To run the items at the same time set poll: 0, register the task and wait in an async_status task that loops over the results.",
  messages: [],
  lint,
  symptom: cannot("the log shows jobs that ended well; that they were meant to run at the same time it does not tell"),
  probe: cannot("the jobs have ended, and their job files are removed"),
  fix: "needs-a-person",
};
