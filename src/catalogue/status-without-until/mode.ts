// A status task that looks once, at a job that nobody waits for.

import type { Fix } from "../../model/finding.ts";
import { compareSeries } from "../../model/cores.ts";
import { isRunningLook } from "../../model/job-answers.ts";
import { looksAtDetachedJobs, lookOf, repeats } from "../../model/look.ts";
import { isMeantToRunOn } from "../../model/meant-to-run-on.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Pair, Project, Task } from "../../model/playbook.ts";
import { isStatus, numberOf, ownField, titleOf } from "../../model/playbook.ts";
import { allEdits, delayFor, retriesFor, untilFinished, waitEdits } from "../../model/repairs.ts";
import { freshName } from "../../model/status-task.ts";
import type { LoggedResult, Story } from "../../model/story.ts";
import { jobOf, numberOf as resultNumber, playbookOf } from "../../model/story.ts";
import { replaceValue } from "../../model/task-edits.ts";
import { fieldOf } from "../../model/yaml.ts";

const lint: LintView = (flow, project) => flow.tasks.filter(isStatus).flatMap((status) => {
  const look = lookOf(flow, status);
  const [pair] = look.pairs;
  // A failed_when makes a verdict of a single look: not finished is then bad, or does not matter.
  if (pair === undefined || status.until.length > 0 || status.failedWhen.length > 0 || !looksAtDetachedJobs(look)) return [];
  if (isCleaningUp(flow, status) || isMeantToRunOn(pair.launch)) return [];
  const idle = numberOf(status.retries) ?? 0;
  const isForgotten = isForgottenAfter(flow, pair);
  if (isWaitedFor(flow, pair) || (idle <= 0 && isReadLater({ flow, status, project, isForgotten }))) return [];
  const limit = numberOf(pair.launch.asyncLimit);
  const register = status.register ?? freshName(`${pair.register}_result`, status, project);
  const fix = repair({ status, register, limitSeconds: limit, isForgotten });
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

/** A look at what is about to be stopped, whatever it says: in the `always` of a block, or where a failure is ignored. */
function isCleaningUp({ blocks }: Flow, { source, map, keywords }: Task): boolean {
  const ignored = keywords.get("ignore_errors")?.node;
  if (ignored !== undefined && !(ignored.kind === "scalar" && ignored.value === false)) return true;
  return blocks.some((block) => {
    const always = fieldOf(block.map, "always")?.value.span;
    return block.source === source && always !== undefined && always.start <= map.span.start && map.span.end <= always.end;
  });
}

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
  /** A later task of the same list removes the job file: that was the last look. */
  readonly isForgotten: boolean;
}

function isForgottenAfter({ tasks }: Flow, { status, register }: Pair): boolean {
  return tasks.some(({ action, list, index }) => {
    const [jid, mode] = [action?.args.get("jid"), action?.args.get("mode")];
    const removes = action?.module === "async_status" && mode?.kind === "scalar" && mode.raw === "cleanup";
    return removes && list === status.list && index > status.index && jid?.kind === "scalar" && new RegExp(`\\b${register}\\b`).test(jid.raw);
  });
}

function isReadLater({ flow, status, project, isForgotten }: Place): boolean {
  if (status.register === undefined) return false;
  // Files that are not known, or that were not asked about, may read it; unless the job file is removed here.
  if ((flow.kind === "tasks" || flow.gaps.length > 0) && !isForgotten) return true;
  return project.mentionedElsewhere(status.register, { source: status.source, span: status.map.span });
}

interface Wanted {
  readonly status: Task;
  readonly register: string;
  readonly limitSeconds: number | undefined;
  readonly isForgotten: boolean;
}

/** Where the job file is removed after the one look, the job may be meant to be given up. */
function repair({ status, register, limitSeconds, isForgotten }: Wanted): Fix | undefined {
  if (limitSeconds === undefined || status.retries.kind === "unknown" || status.delay.kind === "unknown") return undefined;
  const delaySeconds = numberOf(status.delay) ?? delayFor(limitSeconds);
  const retries = numberOf(status.retries);
  const short = retries !== undefined && retries * delaySeconds < limitSeconds;
  if (short && ownField(status, "retries") === undefined) return undefined;
  const raised = short ? [replaceValue(status, "retries", String(retriesFor(limitSeconds, delaySeconds)))] : [];
  const wait = waitEdits(status, { limitSeconds, delaySeconds, register });
  const edits = wait === undefined ? undefined : allEdits([...wait, ...raised]);
  return edits === undefined ? undefined : { safe: !isForgotten, says: "wait until the job is finished", edits };
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
    ...(hasRetries ? {} : { proven: true }),
    unknown: [
      ...(hasRetries ? [{ what: "Whether the task has an until: with retries alone, from 2.16 on, the log is the same as with an until that is true at once.", command: `longhaul diagnose LOG -p ${playbookOf(story)}` }] : []),
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
  fix: "safe or needs-a-person",
};
