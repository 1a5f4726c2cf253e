// async_status on the job of a task that Ansible polls itself: the job file is gone when the task is done.

import type { Evidence } from "../../model/diagnosis.ts";
import type { Edit } from "../../model/finding.ts";
import { isRobbed, isThere, isUnfilled, missingOnHosts } from "../../model/host-missing.ts";
import type { Trace } from "../../model/job-traces.ts";
import { missingEvidence, showsPolledEnds, tellApart, traceOf } from "../../model/job-traces.ts";
import type { LintView, Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import type { Flow, Pair, Project } from "../../model/playbook.ts";
import { isPolled, numberOf, ownField, pollSecondsOf, tasksNaming, titleOf } from "../../model/playbook.ts";
import { allEdits, waitEdits } from "../../model/repairs.ts";
import { freshName } from "../../model/status-task.ts";
import type { Story } from "../../model/story.ts";
import { jidOf, jobsOf } from "../../model/story.ts";
import { addKeywords, replaceValue } from "../../model/task-edits.ts";

const lint: LintView = (flow, project) => flow.pairs.filter((pair) => isPolled(pair.launch)).map((pair) => {
  const { status, launch } = pair;
  const poll = pollSecondsOf(launch);
  const jid = status.action?.args.get("jid");
  const edits = detachEdits(pair, project);
  const how = launch.poll.kind === "absent" ? `no poll, so every ${poll} s` : `poll: ${poll}`;
  return {
    severity: "error" as const,
    source: status.source,
    span: jid?.span ?? status.map.span,
    task: titleOf(status),
    what: `Asks for the job of "${titleOf(launch)}", which Ansible polls itself (${how}).`,
    why: "When a polled task ends well Ansible deletes its job file (since 2.11). This task then always fails with `could not find job`, after the work was done.",
    do: `Either drop this task (the result is in \`${pair.register}\`), or set poll: 0 on the launch and wait here.`,
    related: [{ place: { file: launch.source.path, span: launch.map.span }, says: "the task that starts the job" }],
    ...(edits === undefined ? {} : { fix: { safe: isNext(pair) && launch.loop === undefined && !isReadElsewhere(flow, pair, project), says: repairText(pair), edits } }),
  };
});

/** With poll: 0 the launch's register holds a job id, and no result any more: whoever else reads it would fail. */
function isReadElsewhere(flow: Flow, { status, launch, register }: Pair, project: Project): boolean {
  const inFlow = tasksNaming(flow, register).some((task) => task !== status && task !== launch);
  // Of a file of tasks, or a play with parts that are not known, other readers may be elsewhere.
  const isOpen = flow.kind === "tasks" || flow.gaps.length > 0;
  return inFlow || (isOpen && project.mentionedElsewhere(register, { source: launch.source, span: { start: launch.map.span.start, end: status.map.span.end } }));
}

function repairText({ launch }: Pair): string {
  const loop = launch.loop === undefined ? "" : "; the items of the loop then run at the same time";
  return `set poll: 0 on the launch and wait for the job in this task${loop}`;
}

/** Nothing stands between the two: that the work is done only after the second changes nothing for other tasks. */
function isNext({ status, launch }: Pair): boolean {
  return status.list === launch.list && status.index === launch.index + 1;
}

function detachEdits({ status, launch, shape }: Pair, project: Project): readonly Edit[] | undefined {
  const limitSeconds = numberOf(launch.asyncLimit);
  const delaySeconds = pollSecondsOf(launch);
  if (limitSeconds === undefined || delaySeconds === undefined || shape === "other") return undefined;
  // Conditions on the result of a polled task have no meaning on a launch that returns at once.
  if ([launch.until, launch.failedWhen, launch.changedWhen].some((conditions) => conditions.length > 0)) return undefined;
  const poll = ownField(launch, "poll") === undefined ? addKeywords(launch, "async", ["poll: 0"]) : replaceValue(launch, "poll", "0");
  const wait = waitEdits(status, { limitSeconds, delaySeconds, register: freshName("job_result", status, project) });
  return wait === undefined ? undefined : allEdits([poll, ...wait]);
}

const symptom: SymptomView = (subject, story) => {
  const trace = traceOf(subject, story);
  if (trace === undefined) return undefined;
  const { polled } = trace;
  const supports = [missingEvidence(trace), ...(polled === undefined ? [] : [polled])];
  return {
    supports,
    against: polled === undefined ? notPolled(trace, story) : [],
    ...(polled === undefined ? {} : { do: "The work itself was done. Drop the status task, or set poll: 0 on the task that starts the job and wait in the status task (longhaul lint --fix does it)." }),
    unknown: tellApart(trace, story),
  };
};

function notPolled(trace: Trace, story: Story): readonly Evidence[] {
  const launch = jobsOf(story, jidOf(trace.missing)).find((job) => job.launch !== undefined)?.launch;
  if (launch !== undefined) return [{ quote: launch.quote, says: "The job was started with poll: 0: Ansible does not delete its file." }];
  if (trace.foundBefore !== undefined) return [trace.foundBefore];
  if (trace.whereabouts === "own polling" && trace.tells !== undefined) return [trace.tells];
  return showsPolledEnds(story) ? [{ quote: trace.missing.task.heading, says: "Ansible says ASYNC OK when it has polled a job to its end; the log has no such line about this job." }] : [];
}

const probe: ProbeView = (subject, story, hosts) => {
  const missing = missingOnHosts(subject, story, hosts);
  if (missing?.tells === undefined) return undefined;
  if (missing.place === "nowhere") return { supports: [missingEvidence(missing.trace), missing.tells], against: [], unknown: tellApart(missing.trace, story) };
  // Ansible deletes the file of a job that it has polled to a good end.
  return isThere(missing) || isRobbed(missing) || isUnfilled(missing) ? { supports: [], against: [missing.tells] } : undefined;
};

export const mode: Mode = {
  id: "status-of-polled-task",
  title: "A status task asks for a job that Ansible has polled itself",
  why: "With poll above 0 (15 when not given) Ansible waits for the job itself and deletes the job file when it ends well. An async_status on that job finds nothing and fails, although the work was done.",
  do: "Either set poll: 0 on the launch and wait in the status task, or keep poll and drop the status task.",
  messages: [{ text: "could not find job" }, { text: "job * not found or invalid" }],
  lint,
  symptom,
  probe,
  fix: "safe or needs-a-person",
};
