// A task that is meant to be a launch and has no limit: async is missing or 0, so that it runs in the foreground and there is no job.

import type { Evidence } from "../../model/diagnosis.ts";
import type { Edit, Finding, Fix } from "../../model/finding.ts";
import { limitKey } from "../../model/limits.ts";
import { repeats } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { DYNAMIC_INCLUDES, STATIC_IMPORTS, isStatus, numberOf, ownField, titleOf } from "../../model/playbook.ts";
import { allEdits, waitSecondsOf } from "../../model/repairs.ts";
import type { LoggedResult, Story } from "../../model/story.ts";
import { playbookOf, textOf } from "../../model/story.ts";
import { addKeywords, removeKeyword, replaceValue } from "../../model/task-edits.ts";
import { fieldOf } from "../../model/yaml.ts";

type Draft = Omit<Finding, "mode">;

const lint: LintView = (flow) => {
  const asked = flow.tasks.filter(isStatus).flatMap((status) => askedOf(flow, status) ?? []);
  const idle = flow.tasks.filter((task) => hasIdlePoll(task) && !asked.some((each) => each.task === task));
  return [...asked.map(missingJob), ...idle.map(idlePoll)];
};

/** A status task, and the task whose job it asks about although that has none. */
interface Asked {
  readonly task: Task;
  readonly status: Task;
  readonly register: string;
}

function askedOf(flow: Flow, status: Task): Asked | undefined {
  const register = registerAskedFor(status);
  if (register === undefined || status.shape !== "task" || isGuarded(status)) return undefined;
  const [task, ...others] = flow.tasks.filter((each) => each.flowIndex < status.flowIndex && each.register === register);
  if (task === undefined || others.length > 0 || task.shape !== "task" || !isForeground(task) || isMeantFromOutside(flow, task)) return undefined;
  // The name may stand for something else by then.
  const isSet = flow.tasks.some(({ action }) => action?.module === "set_fact" && action.args.has(register));
  return isSet ? undefined : { task, status, register };
}

/** async on the block or the play around it, which Ansible refuses: async-on-block says so. */
function isMeantFromOutside({ blocks, play }: Flow, { source, map }: Task): boolean {
  const around = blocks.filter((block) => block.source === source && block.map.span.start <= map.span.start && block.map.span.end >= map.span.end).map((block) => block.map);
  return [...around, ...(play === undefined ? [] : [play])].some((each) => fieldOf(each, "async") !== undefined || fieldOf(each, "async_val") !== undefined);
}

/** `{{ job.ansible_job_id }}`, or the same of an item of `{{ job.results }}`: no filter, no default. */
function registerAskedFor({ action, loop, loopVariable }: Task): string | undefined {
  const jid = action?.args.get("jid");
  const root = jid?.kind === "scalar" ? /^\{\{\s*(\w+)\.ansible_job_id\s*\}\}$/.exec(jid.raw.trim())?.[1] : undefined;
  if (loop === undefined || root !== loopVariable) return root;
  return loop.value.kind === "scalar" ? /^\{\{\s*(\w+)\.results\s*\}\}$/.exec(loop.value.raw.trim())?.[1] : undefined;
}

/** The author knows that there may be no job. */
function isGuarded({ when, keywords }: Task): boolean {
  const ignores = keywords.get("ignore_errors")?.node;
  const isIgnored = ignores !== undefined && !(ignores.kind === "scalar" && ignores.value === false);
  return isIgnored || when.some(({ text }) => /ansible_job_id|check_mode/.test(text));
}

/** No other result than that of an async task has a job id; of other modules than these two longhaul does not know it without a poll. */
function isForeground(task: Task): boolean {
  // 0.5 comes to 0 as well, up to 2.17; limit-not-a-number speaks of it.
  if (task.asyncLimit.kind === "number") return task.asyncLimit.literal && task.asyncLimit.node.raw.trim() === "0";
  const { module } = task.action ?? {};
  return task.asyncLimit.kind === "absent" && (module === "command" || module === "shell");
}

function missingJob({ task, status, register }: Asked): Draft {
  const limit = ownField(task, limitKey(task));
  const field = limit ?? ownField(task, "poll");
  const conditions = status.when.map(({ text }) => text.replaceAll(/\s+/g, " ").trim());
  const fix = launchFix(task, status);
  return {
    ...(conditions.length === 0 ? { severity: "error" } : { severity: "warning", condition: `\`${conditions.join(" and ")}\` is true` }),
    source: task.source,
    span: field === undefined ? task.action?.keySpan ?? task.map.span : { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(task),
    what: `${limit === undefined ? "Has no async" : "async: 0 means no async at all"}: the task runs in the foreground and starts no job.`,
    why: `\`${register}\` holds the command's own result, without ansible_job_id. "${titleOf(status)}" fails on the undefined variable, after the work was done.`,
    do: `Give the task an async limit in seconds${task.poll.kind === "number" && task.poll.value === 0 ? "" : " and poll: 0"}, or drop "${titleOf(status)}".`,
    related: [{ place: { file: status.source.path, span: status.map.span }, says: "the task that asks about its job" }],
    ...(fix === undefined ? {} : { fix }),
  };
}

/** The limit that the wait of the status task was made for. */
function launchFix(task: Task, status: Task): Fix | undefined {
  const seconds = repeats(status) ? waitSecondsOf(status) : undefined;
  if (seconds === undefined || seconds <= 0) return undefined;
  const hasPoll = ownField(task, "poll") !== undefined;
  const isZero = numberOf(task.poll) === 0;
  const poll: readonly (Edit | undefined)[] = !hasPoll || isZero ? [] : [replaceValue(task, "poll", "0")];
  const added = hasPoll ? [] : ["poll: 0"];
  const key = limitKey(task);
  const limit = ownField(task, key) === undefined
    ? [addKeywords(task, task.action?.written ?? "", [`async: ${seconds}`, ...added])]
    : [replaceValue(task, key, String(seconds)), ...(hasPoll ? [] : [addKeywords(task, key, added)])];
  const edits = allEdits([...limit, ...poll]);
  return edits === undefined ? undefined : { safe: false, says: `set async to ${seconds}, as long as the status task waits`, edits };
}

/** `poll: 0` on a task without async, or with a literal `async: 0`: it reads as "in the background", and six of ninety public projects mean that. */
function hasIdlePoll(task: Task): boolean {
  const module = task.action?.module ?? "";
  const isTask = task.shape !== "role-entry" && task.action !== undefined && !STATIC_IMPORTS.has(module) && !DYNAMIC_INCLUDES.has(module);
  const { asyncLimit, poll } = task;
  const hasNone = asyncLimit.kind === "absent" || (asyncLimit.kind === "number" && asyncLimit.literal && asyncLimit.node.raw.trim() === "0");
  return isTask && hasNone && poll.kind === "number" && poll.literal && poll.value === 0;
}

function idlePoll(task: Task): Draft {
  const field = ownField(task, "poll");
  const limit = ownField(task, limitKey(task));
  const keys = limit === undefined ? ["poll"] : [limitKey(task), "poll"];
  const edits = allEdits(keys.map((key) => removeKeyword(task, key)));
  return {
    severity: "info",
    source: task.source,
    span: field === undefined ? task.map.span : { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(task),
    what: `poll: 0 ${limit === undefined ? "without async" : "with async: 0"} starts nothing in the background: the play waits for this task.`,
    why: "poll says how often Ansible looks at a job. Only a task with async above 0 is a job; any other runs in the foreground, over a connection that has to last as long.",
    do: `${limit === undefined ? "Add async with" : "Set async to"} a limit in seconds if it is to be a job. Otherwise drop ${keys.join(" and ")}.`,
    ...(edits === undefined ? {} : { fix: { safe: false, says: `drop ${keys.join(" and ")}: the task runs in the foreground, as it does now`, edits } }),
  };
}

const UNDEFINED = /has no attribute 'ansible_job_id'/;

const symptom: SymptomView = (subject, story) => {
  const result = subject.results.find((each) => UNDEFINED.test(textOf(each, "msg") ?? ""));
  const nothing = result === undefined ? undefined : noJobBefore(result, story);
  if (result === undefined || nothing === undefined) return undefined;
  return {
    supports: [{ quote: result.quote, says: "The task was given a register that has no job id." }, nothing],
    against: [],
    unknown: [{ what: "Whether the task that was to start the job has an async above 0.", command: `longhaul diagnose LOG -p ${playbookOf(story)}` }],
  };
};

/** At -v a launch shows its job id. A whole log without any, in which nothing was skipped either: what ran before ran in the foreground. */
function noJobBefore(result: LoggedResult, story: Story): Evidence | undefined {
  const recap = story.recap.find(({ host }) => host === result.host);
  const whole = recap !== undefined && recap.skipped === 0 && recap.ignored === 0 && story.verbosity >= 1 && !story.checkMode;
  if (!whole || story.jobs.some(({ host }) => host === result.host) || story.skips.some(({ host }) => host === result.host)) return undefined;
  return { quote: recap.quote, says: `No task was skipped on ${result.host}, and none of those that ran shows a job id: they ran in the foreground.` };
}

export const mode: Mode = {
  id: "async-zero",
  title: "A task that is meant to be a job has no async, or async: 0",
  why: "Only async above 0 makes a job. With async: 0, or with poll alone, the task runs in the foreground, whatever poll says; its register has no job id, and a status task fails on it.",
  do: "Give the task an async limit in seconds, or drop poll and the status task.",
  messages: [
    { text: "The task includes an option with an undefined variable.*'dict object' has no attribute 'ansible_job_id'*", cores: "2.14 to 2.18" },
    { text: "Error while resolving value for 'jid': object of type 'dict' has no attribute 'ansible_job_id'", cores: "2.19 and newer" },
  ],
  lint,
  symptom,
  probe: cannot("no job was started"),
  fix: "needs-a-person",
};
