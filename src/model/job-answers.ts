// How the results of launches and looks are told apart in a log, and the errors of an `until`.

import type { Evidence } from "./diagnosis.ts";
import type { LoggedJob, LoggedResult, LoggedRetries, Story } from "./story.ts";
import { jidOf, numberOf, textOf } from "./story.ts";

/** True for what a launch with `poll: 0` gives: a jid, nothing finished, and none of the output keys that a look always has. */
export function isLaunchAnswer(result: LoggedResult): boolean {
  return jidOf(result) !== undefined && numberOf(result, "finished") === 0 && result.fields["stdout"] === undefined && numberOf(result, "changed") === 1;
}

/** True for a look at a running job: it has empty output keys (plugins/action/async_status.py, 2.14 to 2.21). */
export function isRunningLook(result: LoggedResult): boolean {
  return jidOf(result) !== undefined && numberOf(result, "finished") === 0 && result.fields["stdout"] !== undefined;
}

/** True for an answer about a job that has ended, well or badly. */
export function isEndedAnswer(result: LoggedResult): boolean {
  return jidOf(result) !== undefined && numberOf(result, "finished") === 1;
}

/** The retries of a result's task on its host; of a loop they cannot be told item from item. */
export function retriesOf(story: Story, result: LoggedResult): LoggedRetries | undefined {
  if (result.item !== undefined) return undefined;
  return story.retries.find((each) => each.host === result.host && each.task === result.task);
}

/** True where the task gave up: it then says as many attempts as it has retries, and has announced each of them. */
export function isUsedUp(story: Story, result: LoggedResult): boolean {
  const attempts = numberOf(result, "attempts");
  return attempts !== undefined && retriesOf(story, result)?.count === attempts;
}

/** A job that an earlier task started on this host and that nothing has looked at so far. */
function openJobBefore(story: Story, result: LoggedResult): LoggedJob | undefined {
  return story.jobs.find(
    ({ host, launch, looks, polls, ended }) =>
      host === result.host && launch !== undefined && launch.task !== result.task && launch.quote.line < result.quote.line &&
      polls === 0 && ended === undefined && looks.every((look) => look.quote.line > result.quote.line),
  );
}

/** True where the log tells that the task is an async_status, or lets no other be: a job is open that has to be asked about. */
export function statusEvidence(story: Story, result: LoggedResult): Evidence | undefined {
  if (/(?:^|\.)async_status$/.test(result.task.action ?? "")) return { quote: result.quote, says: "The task is an async_status." };
  const job = openJobBefore(story, result);
  if (job?.launch === undefined) return undefined;
  return { quote: job.launch.quote, says: `Job ${job.jid} had been started before, and this is the first task that could have looked at it.` };
}

/** Jobs that a log shows starting or running on a host before a line, and of which it shows no end. */
export function jobsLeftOpen(story: Story, before: { readonly host?: string; readonly line: number }): readonly LoggedJob[] {
  return story.jobs.filter(({ host, launch, firstPoll, ended, looks }) => {
    const seen = launch?.quote.line ?? firstPoll?.line ?? Infinity;
    return (before.host ?? host) === host && seen <= before.line && ended === undefined && looks.every((look) => numberOf(look, "finished") === 0);
  });
}

export interface UntilError {
  /** What Ansible says of the condition, without its frame. */
  readonly message: string;
  /** False on 2.19 and 2.20 where the log has no excerpt of the file: their text does not tell `until` from `when`. */
  readonly isUntil: boolean;
}

/**
 * In: a failed result. Out: the error of its `until`, or undefined where it has none.
 * Texts seen: 2.14 to 2.17 name no place for `until` and one for `when`; 2.18 quotes the line; 2.21 names the keyword.
 */
export function untilErrorOf(result: LoggedResult): UntilError | undefined {
  const text = textOf(result, "msg");
  if (text === undefined || (result.keyword !== undefined && result.keyword !== "until" && !text.includes("An 'until' expression failed"))) return undefined;
  const old = /^The conditional check '[^]*?' failed\. The error was: (?:error while evaluating conditional \([^]*?\): )?(.*)/.exec(text);
  if (old !== null) {
    const line = /The offending line appears to be:[^]*?\n\s*(\w+): [^\n]*\n\s*\^ here/.exec(text)?.[1];
    const framed = text.includes("The error appears to be in");
    if (framed && line !== "until") return undefined;
    return { message: old[1] ?? "", isUntil: true };
  }
  const young = /^(?:Task failed: )?(An 'until' expression failed: )?((?:Error while evaluating conditional|Conditional result)\b.*)/.exec(text);
  return young === null ? undefined : { message: (young[2] ?? "").replace(/^Error while evaluating conditional: /, ""), isUntil: young[1] !== undefined || result.keyword === "until" };
}
