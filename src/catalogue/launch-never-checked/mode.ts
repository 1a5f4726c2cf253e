// A job that is left to run on its own, and whose end nobody looks at.

import type { Fix } from "../../model/finding.ts";
import { judgeOpenJobs } from "../../model/host-ends.ts";
import { jobsOnHosts } from "../../model/host-traces.ts";
import { isLaunchAnswer } from "../../model/job-answers.ts";
import { isMeantToEnd } from "../../model/meant-to-run-on.ts";
import { repeats } from "../../model/look.ts";
import type { LintView, Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import type { Flow, Project, Task } from "../../model/playbook.ts";
import { isDetached, isLaunch, isStatus, numberOf, ownField, titleOf } from "../../model/playbook.ts";
import { delayFor } from "../../model/repairs.ts";
import { freshName, statusTaskEdits, waitFor } from "../../model/status-task.ts";
import type { LoggedResult, Story } from "../../model/story.ts";
import { jobOf } from "../../model/story.ts";
import { replaceValue } from "../../model/task-edits.ts";

const lint: LintView = (flow, project) => flow.tasks.filter(isDetached).flatMap((launch) => {
  // A condition on the launch is an attempt to look, at the wrong place: other modes speak of it.
  if (!isMeantToEnd(launch) || launch.until.length > 0 || launch.failedWhen.length > 0 || isLookedAt({ flow, launch, project })) return [];
  const fix = repair(launch, project);
  const field = ownField(launch, "poll") ?? ownField(launch, "async");
  const limit = numberOf(launch.asyncLimit);
  const ignored = launch.keywords.get("ignore_errors")?.node;
  // Then its author says that a failure does not matter.
  const mayFail = ignored?.kind === "scalar" && ignored.value === true;
  return [{
    ...(mayFail ? { severity: "info" as const } : { severity: "warning" as const, condition: "the job fails or is stopped at its limit" }),
    source: launch.source,
    span: field === undefined ? launch.map.span : { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(launch),
    what: launch.register === undefined ? "No task can look at this job: its id is not registered." : `No task looks at this job: no other task reads \`${launch.register}\`.`,
    why: `With poll: 0 the task is green as soon as the job is started. When the job fails, or is stopped at its limit of ${limit} s, nobody sees it.`,
    do: "Wait for it in an async_status task, at the latest at the end of the play. What is to run on for good is better started as a service.",
    ...(fix === undefined ? {} : { fix }),
  }];
});

interface Place {
  readonly flow: Flow;
  readonly launch: Task;
  readonly project: Project;
}

function isLookedAt({ flow, launch, project }: Place): boolean {
  if (flow.pairs.some((pair) => pair.launch === launch) || waitsOtherwise(project, launch)) return true;
  if (launch.register === undefined) return false;
  // Files that are not known, or that were not asked about, may use the register. After a handler there is mostly nothing to come.
  if (launch.shape === "handler") return project.mentionedElsewhere(launch.register, { source: launch.source, span: launch.map.span });
  if (flow.kind === "tasks" || flow.gaps.length > 0) return true;
  return project.mentionedElsewhere(launch.register, { source: launch.source, span: launch.map.span });
}

/** A later task of the same file, of another play too, waits for something: for a port, for a file, for the host to be back, for the job of a service (`job_wait`). The next one may as well just sleep. */
function waitsOtherwise({ flows }: Project, launch: Task): boolean {
  return flows.some((flow) => flow.tasks.some((task) => {
    if (task.source.path !== launch.source.path || task.map.span.start <= launch.map.span.start) return false;
    const sleeps = task.list === launch.list && task.index === launch.index + 1 && task.action?.module === "pause";
    return sleeps || /(?:^|[._])wait(?:_|$)/.test(task.action?.module ?? "") || (repeats(task) && !isStatus(task) && !isLaunch(task));
  }));
}

function repair(launch: Task, project: Project): Fix | undefined {
  if (launch.shape === "handler") return polled(launch);
  const launchRegister = launch.register ?? freshName(registerFor(launch), launch, project);
  const register = freshName(`${launchRegister}_result`, launch, project);
  const edits = statusTaskEdits(launch, { launchRegister, register, ...waitFor(launch) });
  return edits === undefined ? undefined : { safe: false, says: "wait for the job in an async_status task right after it", edits };
}

/** A handler runs only where it is notified: a task after it would not know. */
function polled(launch: Task): Fix | undefined {
  const limitSeconds = numberOf(launch.asyncLimit);
  if (limitSeconds === undefined || ownField(launch, "poll") === undefined) return undefined;
  const pollSeconds = delayFor(limitSeconds);
  const edit = replaceValue(launch, "poll", String(pollSeconds));
  return edit === undefined ? undefined : { safe: false, says: `set poll to ${pollSeconds}: Ansible waits for the job itself`, edits: [edit] };
}

/** `Back up the database` registers `back_up_the_database`. */
function registerFor(launch: Task): string {
  const words = (launch.name ?? "").toLowerCase().replaceAll(/\{\{.*?\}\}/g, "").match(/[a-z0-9]+/g) ?? [];
  const name = words.slice(0, 5).join("_");
  return /^[a-z]/.test(name) ? name : "started_job";
}

const symptom: SymptomView = (subject, story) => {
  const result = subject.results.find((each) => isLaunchAnswer(each) && isForgotten(each, story));
  if (subject.failed || result === undefined) return undefined;
  const recap = story.recap.find(({ host }) => host === result.host);
  return {
    supports: [
      { quote: result.quote, says: "The task started a job and did not wait for it (a job id, finished 0)." },
      ...(recap === undefined ? [] : [{ quote: recap.quote, says: "The run went through to its end, and no task of it looked at that job." }]),
    ],
    against: [],
    unknown: [{ what: "How the job has ended.", command: `ansible ${result.host} -m async_status -a "jid=${jobOf(story, result)?.jid ?? "JID"}"` }],
  };
};

/** No look, no failure that could have kept one from being made, and nothing that looks another way. */
function isForgotten(result: LoggedResult, story: Story): boolean {
  const job = jobOf(story, result);
  if (job === undefined || job.looks.length > 0 || job.polls > 0 || job.ended !== undefined || result.fields["attempts"] !== undefined) return false;
  const here = (host: string): boolean => host === result.host;
  const recap = story.recap.find(({ host }) => here(host));
  if (recap === undefined || recap.failed > 0 || recap.unreachable > 0) return false;
  if (story.results.some((each) => here(each.host) && (each.status === "failed" || each.status === "unreachable"))) return false;
  // A status task with no_log shows its retries and nothing else.
  if (story.retries.some((each) => here(each.host) && each.first.line > result.quote.line)) return false;
  const later = story.tasks.filter((task) => task.heading.line > result.quote.line);
  return !/\b(?:re)?(?:boot|start)|shut ?down|power/i.test(result.task.name) && !later.some(({ name, action }) => /wait[_ ]for[_ ]/i.test(`${name} ${action ?? ""}`));
}

const probe: ProbeView = (subject, story, hosts) => {
  if (subject.failed || !subject.results.some((each) => isLaunchAnswer(each) && isForgotten(each, story))) return undefined;
  return judgeOpenJobs(jobsOnHosts(subject, story, hosts));
};

export const mode: Mode = {
  id: "launch-never-checked",
  title: "Nobody looks at the job after it was started",
  why: "A task with poll: 0 is green as soon as its job is started. What becomes of the job is only known to who asks: without an async_status a failure stays unseen, and no rescue runs.",
  do: "Register the launch and wait for the job with async_status before the play ends. What is to run on for good is better started as a service.",
  messages: [{ text: '"ansible_job_id": "*", "changed": true, "finished": 0', cores: "up to 2.18" }, { text: '"ansible_job_id": "*", "changed": true, "finished": false', cores: "2.19 and newer" }],
  lint,
  symptom,
  probe,
  fix: "needs-a-person",
};
