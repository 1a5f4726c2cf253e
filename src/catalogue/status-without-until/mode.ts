// A status task that looks once, at a job that nobody waits for.

import type { Fix } from "../../model/finding.ts";
import { compareSeries } from "../../model/cores.ts";
import { isRunningLook } from "../../model/job-answers.ts";
import { looksAtDetachedJobs, lookOf, repeats } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Pair, Project, Task } from "../../model/playbook.ts";
import { isStatus, numberOf, ownField, titleOf } from "../../model/playbook.ts";
import { allEdits, delayFor, retriesFor, untilFinished, waitEdits } from "../../model/repairs.ts";
import { freshName } from "../../model/status-task.ts";
import type { LoggedResult, Story } from "../../model/story.ts";
import { jobOf, numberOf as resultNumber } from "../../model/story.ts";
import { replaceValue } from "../../model/task-edits.ts";

const lint: LintView = (flow, project) => flow.tasks.filter(isStatus).flatMap((status) => {
  const look = lookOf(flow, status);
  const [pair] = look.pairs;
  // A failed_when makes a verdict of a single look: not finished is then bad, or does not matter.
  if (pair === undefined || status.until.length > 0 || status.failedWhen.length > 0 || !looksAtDetachedJobs(look)) return [];
  const idle = numberOf(status.retries) ?? 0;
  if (isWaitedFor(flow, pair) || (idle <= 0 && isReadLater({ flow, status, project }))) return [];
  const limit = numberOf(pair.launch.asyncLimit);
  const register = status.register ?? freshName(`${pair.register}_result`, status, project);
  const fix = repair(status, register, limit);
  const once = `Looks once at the job of "${titleOf(pair.launch)}"${limit === undefined ? "" : `, which may run for ${limit} s`}`;
  return [{
    severity: "warning" as const,
    condition: "the job still runs at the one look",
    source: status.source,
    span: status.action?.keySpan ?? status.map.span,
    task: titleOf(status),
    what: idle > 0 ? `${once}: without until its ${idle} retries wait for nothing.` : `${once}.`,
    why: "A look at a job that still runs is ok: the task is green with finished 0, the play goes on, and nobody sees it when the job fails later.",
    do: `Wait for the end: \`until: ${untilFinished(register)}\`, with retries and delay that outlast the limit.`,
    ...(fix === undefined ? {} : { fix }),
  }];
});

/** Another task waits for the same job or looks at it later, or something else is waited for in between. */
function isWaitedFor(flow: Flow, { status, launch }: Pair): boolean {
  const others = flow.pairs.filter((pair) => pair.launch === launch && pair.status !== status);
  if (others.some((pair) => repeats(pair.status) || pair.status.flowIndex > status.flowIndex)) return true;
  return flow.tasks.slice(launch.flowIndex + 1, status.flowIndex).some((task) => {
    return task.action?.module.startsWith("wait_for") === true || (repeats(task) && !isStatus(task));
  });
}

interface Place {
  readonly flow: Flow;
  readonly status: Task;
  readonly project: Project;
}

function isReadLater({ flow, status, project }: Place): boolean {
  if (status.register === undefined) return false;
  // Files that are not known, or that were not asked about, may read it.
  if (flow.kind === "tasks" || flow.gaps.length > 0) return true;
  return project.mentionedElsewhere(status.register, { source: status.source, span: status.map.span });
}

function repair(status: Task, register: string, limitSeconds: number | undefined): Fix | undefined {
  if (limitSeconds === undefined || status.retries.kind === "unknown" || status.delay.kind === "unknown") return undefined;
  const delaySeconds = numberOf(status.delay) ?? delayFor(limitSeconds);
  const retries = numberOf(status.retries);
  const short = retries !== undefined && retries * delaySeconds < limitSeconds;
  if (short && ownField(status, "retries") === undefined) return undefined;
  const raised = short ? [replaceValue(status, "retries", String(retriesFor(limitSeconds, delaySeconds)))] : [];
  const wait = waitEdits(status, { limitSeconds, delaySeconds, register });
  const edits = wait === undefined ? undefined : allEdits([...wait, ...raised]);
  return edits === undefined ? undefined : { safe: true, says: "wait until the job is finished", edits };
}

/** `attempts` is there with an until, and from 2.16 on with retries alone (executor/task_executor.py, _execute). */
function looksOnce(result: LoggedResult, { core }: Story): boolean {
  const attempts = resultNumber(result, "attempts");
  const isOld = core !== undefined && compareSeries(core, RETRIES_ALONE) < 0;
  return attempts === undefined || (attempts === 1 && !isOld);
}

/** The first series in which `retries` without `until` repeats a task, as long as it fails (pull request 81531). */
const RETRIES_ALONE = "2.16";

const symptom: SymptomView = (subject, story) => {
  const result = subject.results.find((each) => isRunningLook(each) && looksOnce(each, story));
  if (subject.failed || result === undefined) return undefined;
  const hasRetries = resultNumber(result, "attempts") !== undefined;
  const job = jobOf(story, result);
  const later = job?.looks.find((look) => look.quote.line > result.quote.line) ?? job?.ended;
  return {
    supports: [
      { quote: result.quote, says: `The task looked at the job once, found it running (finished 0) and was content${hasRetries ? ": so does one that has retries and no until" : ": it has no until"}.` },
      ...(later === undefined && !hasRetries ? [{ quote: result.quote, says: "No later task of this log looks at the job again: how it ended is not known." }] : []),
    ],
    against: later === undefined ? [] : [{ quote: later.quote, says: "The job was looked at again later." }],
    unknown: [
      ...(hasRetries ? [{ what: "Whether the task has an until: with retries alone, from 2.16 on, the log is the same as with an until that is true at once.", command: `longhaul diagnose LOG -p ${story.playbook ?? "PLAYBOOK"}` }] : []),
      { what: "How the job has ended.", command: `ansible ${result.host} -m async_status -a "jid=${job?.jid ?? "JID"}"` },
    ],
  };
};

export const mode: Mode = {
  id: "status-without-until",
  title: "A status task looks once and does not wait",
  why: "async_status without until tells how the job is at that moment. A job that still runs is a good answer: the task is green with finished 0 and the play goes on.",
  do: "Give the status task a register, `until: REGISTER is finished`, and retries and delay that outlast the async limit.",
  messages: [{ text: '"changed": false, "finished": 0', cores: "up to 2.18" }, { text: '"changed": false, "finished": false', cores: "2.19 and newer" }],
  lint,
  symptom,
  probe: cannot("the hosts are not looked at yet"),
  inPlaybook: true,
  fix: "safe",
};
