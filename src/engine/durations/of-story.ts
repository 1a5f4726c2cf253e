// The durations of the jobs in a log: what results say themselves, what events and profile_tasks say of them, and limits that were hit.

import type { JobEnd, Measurement, Work } from "../../model/duration.ts";
import { shapeOfCommand } from "../../model/duration.ts";
import { sentSignalOf } from "../../model/job-state.ts";
import type { JsonObject, LoggedJob, LoggedResult, LoggedTask, Story } from "../../model/story.ts";
import { numberOf, resultsOf, textOf } from "../../model/story.ts";
import type { JobTime } from "../../readers/artifact-events.ts";
import { jobKey } from "../../readers/artifact-events.ts";
import { moduleName } from "../../readers/playbook/keywords.ts";
import type { TaskTime } from "../../readers/output/task-times.ts";

export interface Source {
  readonly story: Story;
  /** By `jobKey`, from formats whose events have times. */
  readonly jobTimes: ReadonlyMap<string, JobTime>;
  readonly taskTimes: readonly TaskTime[];
  /** Absolute path of the project that the work belongs to. */
  readonly project: string;
  /** When the log was written at the latest: for results that tell no time. */
  readonly at: number;
}

export interface Durations {
  readonly measurements: readonly Measurement[];
  /** Jobs that ended, but nothing tells after how long. */
  readonly untimed: number;
  /** Jobs whose end is not in the log. */
  readonly open: number;
}

/** In: a log as it was read, and the times that stand beside it. Out: each job that ended with its duration, and what could not be told. */
export function durationsOf(source: Source): Durations {
  const measurements: Measurement[] = [];
  let [untimed, open] = [0, 0];
  for (const job of source.story.jobs) {
    const ending = endingOf(source, job);
    if (ending === undefined) open += 1;
    else if (ending.seconds === undefined) untimed += 1;
    else measurements.push(measurementOf(source, job, { ...ending, seconds: ending.seconds }));
  }
  return { measurements, untimed, open };
}

interface Ending {
  readonly end: JobEnd;
  readonly seconds: number | undefined;
  readonly limitSeconds?: number;
  readonly at?: number;
  readonly result?: LoggedResult;
}

function endingOf(source: Source, job: LoggedJob): Ending | undefined {
  const results = resultsOf(source.story, job.jid).filter(({ host }) => host === job.host);
  const time = source.jobTimes.get(jobKey(job.host, job.jid));
  for (const result of results) {
    const timeout = timeoutOf(source, job, result);
    if (timeout !== undefined) return timeout;
    // A status task that found no file says nothing of the job's end.
    if (textOf(result, "msg")?.startsWith("could not find job") === true || !hasEnded(result)) continue;
    const seconds = secondsOfDelta(textOf(result, "delta")) ?? between(time) ?? profiled(source, job);
    return { end: endOf(result), seconds, result, ...atOf(result, time) };
  }
  if (job.ended === undefined) return undefined;
  return { end: job.ended.as === "ok" ? "finished" : "failed", seconds: between(time) ?? profiled(source, job), ...(time?.endedAt === undefined ? {} : { at: time.endedAt }) };
}

/** What the controller says when it gives up (executor/task_executor.py, _poll_async_result), and what the wrapper writes (modules/async_wrapper.py). */
function timeoutOf(source: Source, job: LoggedJob, result: LoggedResult): Ending | undefined {
  const { limitSeconds } = job;
  const message = textOf(result, "msg") ?? "";
  const said = /^async task did not complete within the requested time - (\d+)s/.exec(message)?.[1];
  const inner = result.fields["async_result"];
  const finished = inner !== null && typeof inner === "object" && !Array.isArray(inner) ? (inner as JsonObject)["finished"] : undefined;
  const isOpen = finished === 0 || finished === false;
  // 2.21's wording for the same; with a result that has ended it is something else.
  const gaveUp = message.startsWith("async task produced unparsable results") && isOpen;
  if (said === undefined && !gaveUp && message !== "Timeout exceeded") return undefined;
  const limit = said === undefined ? limitSeconds : Number(said);
  return { end: "timed-out", seconds: limit ?? between(source.jobTimes.get(jobKey(job.host, job.jid))) ?? profiled(source, job), result, ...(limit === undefined ? {} : { limitSeconds: limit }) };
}

/** Modules that run commands write `delta`; others a result that says finished, or at the end of a polled task none of both. */
function hasEnded(result: LoggedResult): boolean {
  if (textOf(result, "delta") !== undefined || result.status === "failed") return true;
  return numberOf(result, "finished") === 1 || (numberOf(result, "started") === undefined && numberOf(result, "finished") === undefined);
}

function endOf(result: LoggedResult): JobEnd {
  const rc = numberOf(result, "rc");
  if (result.status !== "failed" && result.fields["failed"] !== true) return "finished";
  return rc !== undefined && sentSignalOf(rc) !== undefined ? "killed" : "failed";
}

/** `0:00:01.234567`, `2 days, 1:02:03` (Python's timedelta). Out: seconds. */
export function secondsOfDelta(text: string | undefined): number | undefined {
  const match = /^(?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text ?? "");
  if (match === null) return undefined;
  return Number(match[1] ?? 0) * 86_400 + Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4]);
}

function between(time: JobTime | undefined): number | undefined {
  if (time?.startedAt === undefined || time.endedAt === undefined || time.endedAt < time.startedAt) return undefined;
  return time.endedAt - time.startedAt;
}

function atOf(result: LoggedResult, time: JobTime | undefined): { readonly at?: number } {
  // `end` is the host's local time without a zone: near enough for an order of runs.
  const written = Date.parse(`${textOf(result, "end")?.replace(" ", "T") ?? ""}Z`) / 1000;
  const at = time?.endedAt ?? (Number.isNaN(written) ? undefined : written);
  return at === undefined ? {} : { at };
}

/** The time of the task that polled the job: of all hosts at once, so the longest of them. */
function profiled({ story, taskTimes }: Source, job: LoggedJob): number | undefined {
  if ((job.polls === 0 && job.ended === undefined) || job.task === undefined || taskTimes.length === 0) return undefined;
  const headings = story.tasks.map(({ heading }) => heading.line);
  const end = headings.find((line) => line > (job.task?.heading.line ?? 0)) ?? story.recap[0]?.quote.line;
  return end === undefined ? undefined : taskTimes.find(({ line }) => line > end)?.seconds;
}

function measurementOf({ project, at }: Source, job: LoggedJob, ending: Ending & { readonly seconds: number }): Measurement {
  const limitSeconds = ending.limitSeconds ?? job.limitSeconds;
  const task = job.launch?.task ?? job.task;
  return {
    work: workOf(project, task, ending.result?.fields),
    host: job.host,
    jid: job.jid,
    seconds: ending.seconds,
    end: ending.end,
    ...(limitSeconds === undefined ? {} : { limitSeconds }),
    at: Math.min(at, ending.at ?? at),
    source: "import",
  };
}

function workOf(project: string, task: LoggedTask | undefined, fields: JsonObject | undefined): Work {
  const module = moduleName(task?.action ?? "");
  const command = fields?.["cmd"];
  const words = Array.isArray(command) ? command.filter((word) => typeof word === "string") : undefined;
  return {
    project,
    file: fileIn(project, task?.file ?? ""),
    play: task?.play ?? "",
    task: task?.name ?? "",
    // The launch is not in the log: what it runs is not told by the task that asks for it.
    module: module === "async_status" ? "" : module,
    shape: words !== undefined ? shapeOfCommand(words) : typeof command === "string" ? shapeOfCommand(command) : "",
  };
}

/** The file of a task as it is kept: relative to the project where it lies in it. */
export function fileIn(project: string, file: string): string {
  return file.startsWith(`${project}/`) ? file.slice(project.length + 1) : file;
}
