// `throttle` on a launch with poll: 0, or `serial` around one that its play does not wait for: they keep the starts apart, not the jobs.

import type { Finding, Fix } from "../../model/finding.ts";
import type { LintView, Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Project, Task } from "../../model/playbook.ts";
import { isDetached, isStatus, numberOf, ownField, tasksNaming, titleOf } from "../../model/playbook.ts";
import { allEdits, delayFor } from "../../model/repairs.ts";
import { freshName, statusTaskEdits, waitFor } from "../../model/status-task.ts";
import { removeTask, replaceValue } from "../../model/task-edits.ts";
import { fieldOf } from "../../model/yaml.ts";

type Draft = Omit<Finding, "mode">;

const lint: LintView = (flow, project) => flow.tasks.filter(isDetached).flatMap((launch) => (isOnOneHost(flow, launch) ? [] : [...throttled(flow, launch, project), ...batched(flow, launch, project)]));

/** An inherited throttle is there for all tasks of its block or play. */
function throttled(flow: Flow, launch: Task, project: Project): readonly Draft[] {
  const field = ownField(launch, "throttle");
  const limit = field?.value.kind === "scalar" ? Number(field.value.raw) : 0;
  if (field === undefined || !Number.isInteger(limit) || limit < 1) return [];
  const fix = repair(flow, launch, project);
  return [{
    severity: "warning",
    condition: `the play has more than ${hosts(limit)}`,
    source: launch.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(launch),
    what: `throttle: ${limit} does not keep these jobs apart: with poll: 0 it counts for their starts alone.`,
    why: `A launch is over as soon as its job is started, and the next host starts its own. ${limit === 1 ? "The jobs of all hosts run at the same time." : `More than ${limit} jobs run at the same time.`}`,
    do: "Set a poll above 0: the task then lasts as long as its job, and throttle holds for all of it.",
    ...(fix === undefined ? {} : { fix }),
  }];
}

/** The play waits for nothing, a later one does. Where nobody does, launch-never-checked says so. */
function batched(flow: Flow, launch: Task, project: Project): readonly Draft[] {
  const serial = flow.play === undefined ? undefined : fieldOf(flow.play, "serial");
  const { register } = launch;
  if (serial === undefined || register === undefined || flow.gaps.length > 0 || tasksNaming(flow, register).some((task) => task !== launch)) return [];
  const wait = project.flows.filter((other) => other.kind === "play" && other !== flow && other.source === flow.source).flatMap((other) => tasksNaming(other, register).filter(isStatus))[0];
  const field = ownField(launch, "poll");
  if (wait === undefined || field === undefined) return [];
  const edits = statusTaskEdits(launch, { launchRegister: register, register: freshName(`${register}_result`, launch, project), ...waitFor(launch) });
  return [{
    severity: "warning",
    condition: "the play has more hosts than one batch",
    source: launch.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(launch),
    what: "serial does not keep these jobs apart: the play waits for none of them.",
    why: "A batch is over when its tasks are. With poll: 0 this one is over as soon as the job is started, so that the next batch starts while the jobs of this one run.",
    do: "Wait for the job with async_status in the same play, or set a poll above 0.",
    related: [{ place: { file: wait.source.path, span: wait.map.span }, says: "the wait, after the last batch" }],
    ...(edits === undefined ? {} : { fix: { safe: false, says: "wait for the job in an async_status task right after it", edits } }),
  }];
}

function hosts(count: number): string {
  return count === 1 ? "one host" : `${count} hosts`;
}

/** run_once, or a play whose only host is the controller. */
function isOnOneHost({ play }: Flow, launch: Task): boolean {
  const once = launch.keywords.get("run_once")?.node;
  const hostsOf = play === undefined ? undefined : fieldOf(play, "hosts")?.value;
  return (once?.kind === "scalar" && once.value !== false) || (hostsOf?.kind === "scalar" && /^(?:localhost|127\.0\.0\.1)$/.test(hostsOf.raw));
}

/** Ansible polls, and the tasks that waited have nothing left to wait for. */
function repair(flow: Flow, launch: Task, project: Project): Fix | undefined {
  const limitSeconds = numberOf(launch.asyncLimit);
  const { register } = launch;
  const waits = [...new Set(flow.pairs.filter((pair) => pair.launch === launch).map((pair) => pair.status))];
  const isRead = (name: string | undefined): boolean => name !== undefined && tasksNaming(flow, name).some((task) => task !== launch && !waits.includes(task));
  const isOpen = (flow.kind === "tasks" || flow.gaps.length > 0) && register !== undefined &&
    project.mentionedElsewhere(register, { source: launch.source, span: launch.map.span });
  if (limitSeconds === undefined || isOpen || isRead(register) || waits.some((status) => isRead(status.register))) return undefined;
  // Asking about another launch too, or deciding about failures: not only a wait for this job.
  if (waits.some((status) => status.failedWhen.length > 0 || flow.pairs.some((pair) => pair.status === status && pair.launch !== launch))) return undefined;
  const poll = delayFor(limitSeconds);
  const edits = allEdits([replaceValue(launch, "poll", String(poll)), ...waits.map((status) => removeTask(status))]);
  const also = waits.length === 0 ? "" : ` and drop the ${waits.length > 1 ? "tasks that wait" : "task that waits"} for the job`;
  return edits === undefined || poll >= limitSeconds ? undefined : { safe: false, says: `set poll to ${poll}${also}`, edits };
}

export const mode: Mode = {
  id: "throttle-serial-poll0",
  title: "throttle or serial keeps the starts of jobs apart, not the jobs",
  why: "throttle and serial limit on how many hosts tasks are at work at a time. With poll: 0 a task is over as soon as its job is started: the next host or batch starts its own, and the jobs run at the same time.",
  do: "Set a poll above 0, so that the task lasts as long as its job; under serial a status task in the same play will do.",
  messages: [],
  lint,
  symptom: cannot("the log shows starts, one after another; that the jobs were to be kept apart it does not tell"),
  probe: cannot("jobs on several hosts would have to be seen at one moment"),
  fix: "needs-a-person",
};
