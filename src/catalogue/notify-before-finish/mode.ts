// A launch that notifies handlers: it always counts as a change, at its start.

import type { Fix } from "../../model/finding.ts";
import { ERAS, judge, withRegister } from "../../model/job-results.ts";
import { launchedRegister } from "../../model/launch-reads.ts";
import { repeats } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { isDetached, ownField, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import type { LoggedJob, LoggedResult, Story } from "../../model/story.ts";
import { playbookOf } from "../../model/story.ts";
import { addKeywords, removeKeyword } from "../../model/task-edits.ts";
import { flushAfter } from "./flush.ts";

const lint: LintView = (flow) => flow.tasks.filter((task) => isDetached(task) && task.shape === "task").flatMap((launch) => {
  const notify = ownField(launch, "notify");
  const waits = flow.pairs.filter((pair) => pair.launch === launch && repeats(pair.status)).map((pair) => pair.status);
  const [wait] = waits;
  // Who never asks for the job has another mistake; a handler that asks for it is the wait.
  if (notify === undefined || wait === undefined || waits.some(({ shape }) => shape === "handler") || !countsAsChange(launch)) return [];
  const flush = flushAfter(flow, launch);
  const isEarly = waits.every(({ flowIndex }) => flowIndex >= flush);
  if (!isEarly && alwaysChanges(launch)) return [];
  const fix = waits.length === 1 ? repair({ flow, launch, wait, isEarly }) : undefined;
  return [{
    severity: "warning" as const,
    condition: isEarly ? "the job is still running when the handlers run, or fails later" : "the job changes nothing",
    source: launch.source,
    span: { start: notify.keySpan.start, end: notify.value.span.end },
    task: titleOf(launch),
    what: isEarly ? `The handlers run before "${titleOf(wait)}" has waited for the job.` : "The handlers run in every run, also when the job has changed nothing.",
    why: isEarly
      ? `With poll: 0 a start counts as a change and notifies at once. The handlers run ${placeOf(flow, flush)}, whatever has become of the job by then.`
      : "With poll: 0 a start always counts as a change, whatever the job does. The task that waits tells whether the job has changed anything.",
    do: `Move notify to "${titleOf(wait)}": its result is that of the job.`,
    related: [{ place: { file: wait.source.path, span: wait.map.span }, says: "the task that waits for the job" }],
    ...(fix === undefined ? {} : { fix }),
  }];
});

function placeOf(flow: Flow, flush: number): string {
  return flow.tasks[flush]?.action?.module === "meta" ? "at the flush_handlers before it" : "at the end of this section of the play";
}

/** A changed_when of its own may keep a start from being a change. */
function countsAsChange(launch: Task): boolean {
  const { register } = launch;
  return launch.changedWhen.length === 0 || ERAS.every((era) => {
    return judge(launch.changedWhen, register === undefined ? launch.scope : withRegister(launch.scope, register, launchedRegister(launch, era))) === "true";
  });
}

/** A command says `changed` in every run, unless it is not run at all. */
function alwaysChanges({ action }: Task): boolean {
  const commands = ["command", "shell", "raw", "script", "expect", "win_command", "win_shell", "ansible.windows.win_command", "ansible.windows.win_shell"];
  return action === undefined || (commands.includes(action.module) && !action.args.has("creates") && !action.args.has("removes"));
}

interface Place {
  readonly flow: Flow;
  readonly launch: Task;
  readonly wait: Task;
  readonly isEarly: boolean;
}

function repair({ flow, launch, wait, isEarly }: Place): Fix | undefined {
  // Only one job, and the result of that job as it is: then the wait is a change where the job is one.
  const single = flow.pairs.filter((pair) => pair.status === wait).length === 1;
  if (!single || wait.source.path !== launch.source.path || (!isEarly && wait.list !== launch.list) || wait.changedWhen.length > 0) return undefined;
  const drop = removeKeyword(launch, "notify");
  const lines = notifyLines(launch);
  if (lines === undefined || ownField(wait, "notify") !== undefined) return undefined;
  const edits = allEdits([drop, addKeywords(wait, "", lines)]);
  return edits === undefined ? undefined : { safe: !isEarly, says: `move notify to "${titleOf(wait)}"`, edits };
}

function notifyLines(launch: Task): readonly string[] | undefined {
  const value = ownField(launch, "notify")?.value;
  const nodes = value?.kind === "list" ? value.items : [value];
  const texts = nodes.flatMap((node) => (node?.kind === "scalar" && !node.shared ? [launch.source.text.slice(node.span.start, node.span.end)] : []));
  if (texts.length !== nodes.length || texts.some((text) => text.includes("\n"))) return undefined;
  return value?.kind === "list" ? ["notify:", ...texts.map((text) => `  - ${text}`)] : [`notify: ${texts[0] ?? ""}`];
}

const symptom: SymptomView = (subject, story) => {
  const result = subject.results[0];
  if (!subject.failed || result === undefined || !subject.task.handler) return undefined;
  const job = openJobAt(story, result);
  if (job?.launch === undefined) return undefined;
  return {
    supports: [
      { quote: result.quote, says: "It is a handler that failed." },
      { quote: job.launch.quote, says: `Job ${job.jid} had been started before, which counts as a change and notifies; nothing had waited for its end.` },
    ],
    against: [],
    notified: true,
    do: `Move notify from "${job.launch.task.name}" to the task that waits for its job, and see that the wait comes before the handlers run.`,
    unknown: [
      { what: "Which task has notified this handler (this runs the playbook again).", command: `ansible-playbook -vv ${playbookOf(story)} | grep -B 9 "NOTIFIED HANDLER"` },
      { what: "Whether the handler needs what the job makes.", command: `longhaul diagnose LOG -p ${playbookOf(story)}` },
    ],
  };
};

/** The last job that was started on this host and not yet waited for when the handler ran. */
function openJobAt(story: Story, result: LoggedResult): LoggedJob | undefined {
  return story.jobs.findLast(({ host, launch, looks, polls }) => {
    const before = host === result.host && launch !== undefined && !launch.task.handler && launch.quote.line < result.quote.line;
    return before && polls === 0 && looks.every((look) => look.quote.line > result.quote.line);
  });
}

export const mode: Mode = {
  id: "notify-before-finish",
  title: "A launch notifies handlers at its start, whatever the job does",
  why: "With poll: 0 a start always counts as a change. Its handlers run at the next flush, though the job may still be running, fail later, or change nothing.",
  do: "Move notify to the task that waits for the job: its result is that of the job.",
  messages: [{ text: "RUNNING HANDLER [*]" }],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; the host shows a job that runs as it should"),
  inPlaybook: true,
  fix: "safe or needs-a-person",
};
