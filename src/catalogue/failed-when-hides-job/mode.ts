// A failed_when of a status task that is false although the job has failed, was stopped, or still runs when the wait is over.

import type { Fix } from "../../model/finding.ts";
import { failsLikeTheJob, readExitCode, readOnlyTheEnd } from "../../model/job-ends.ts";
import type { Era, JobState } from "../../model/job-results.ts";
import { ERAS } from "../../model/job-results.ts";
import type { Look } from "../../model/look.ts";
import { conditionText, coresOf, judgeLook, lookOf, looksAtDetachedJobs, repeats, rootsOf } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Project, Task } from "../../model/playbook.ts";
import { isStatus, ownField, tasksNaming, titleOf } from "../../model/playbook.ts";
import { isEndedAnswer } from "../../model/job-answers.ts";
import { numberOf, textOf } from "../../model/story.ts";
import { removeKeyword } from "../../model/task-edits.ts";

const lint: LintView = (flow, project) => flow.tasks.filter(isStatus).flatMap((status) => {
  const look = lookOf(flow, status);
  const field = ownField(status, "failed_when");
  if (field === undefined || !looksAtDetachedJobs(look)) return [];
  const hidden = hiddenBy(look);
  if (hidden === undefined || isJudgedLater({ flow, status, project })) return [];
  const fix = repair(look);
  return [{
    ...(hidden.always && !isConstant(status) ? { severity: "error" as const } : { severity: "warning" as const, condition: "the job fails" }),
    source: status.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(status),
    ...hidden.texts,
    ...coresOf(hidden.eras),
    ...(fix === undefined ? {} : { fix }),
  }];
});

interface Hidden {
  readonly eras: readonly Era[];
  /** Whenever the job fails, not only in some ways. */
  readonly always: boolean;
  readonly texts: { readonly what: string; readonly why: string; readonly do: string };
}

function hiddenBy(look: Look): Hidden | undefined {
  const { failedWhen } = look.status;
  const text = conditionText(failedWhen);
  const register = look.status.register ?? "REGISTER";
  const falseIn = (state: JobState): readonly Era[] => ERAS.filter((era) => judgeLook(look, failedWhen, { state, era }) === "false");
  const [failed, stopped, running] = [falseIn("finished failed"), falseIn("stopped"), repeats(look.status) ? falseIn("running") : []];
  // One look that may fail is nobody's wait.
  if (isConstant(look.status) && !repeats(look.status)) return undefined;
  if (failed.length > 0) {
    return { eras: failed, always: true, texts: {
      what: isConstant(look.status) ? "Takes every end of the job for good, and nothing looks at the result later." : `\`${text}\` is false for a job that has failed.`,
      why: "failed_when takes the place of the job's own failure: a job that ends with rc 3 makes this task ok, and the play goes on.",
      do: "Drop failed_when: the task fails by itself when the job has failed or has not ended in time.",
    } };
  }
  if (stopped.length > 0) {
    return { eras: stopped, always: false, texts: {
      what: `\`${text}\` is false for a job that was stopped at its limit or whose job file is gone.`,
      why: `Such an answer has a message and no rc${running.length > 0 ? ", nor has one about a job that still runs when the retries are used up" : ""}. This task is then ok, and the play goes on with work half done.`,
      do: readExitCode(failedWhen) ? `Let it be true without an rc: \`${register}.rc | default(-1) != 0\`.` : `Let it be true then, too: \`${register} is failed or …\`.`,
    } };
  }
  if (running.length > 0) {
    return { eras: running, always: false, texts: {
      what: `\`${text}\` is false while the job runs.`,
      why: "When the retries are used up before the job has ended, failed_when still decides: this task is ok, and the play goes on while the job is at work.",
      do: "Drop failed_when: the task fails by itself when the job has failed or has not ended in time.",
    } };
  }
  return undefined;
}

/** `failed_when: false` and the like. */
function isConstant(status: Task): boolean {
  return rootsOf(status.failedWhen)?.size === 0;
}

interface Place {
  readonly flow: Flow;
  readonly status: Task;
  readonly project: Project;
}

/** The result is looked at afterwards. A constant is a plain "not here", so that any mention of the register will do. */
function isJudgedLater({ flow, status, project }: Place): boolean {
  const { register } = status;
  if (register === undefined) return false;
  const elsewhere = project.mentionedElsewhere(register, { source: status.source, span: status.map.span });
  // Files that are not known, or that were not asked about, may read it.
  const isOpen = flow.kind === "tasks" || flow.gaps.length > 0;
  if (isConstant(status)) return isOpen || elsewhere;
  if (isOpen && elsewhere) return true;
  return tasksNaming(flow, register).some(({ flowIndex, action, when }) => flowIndex > status.flowIndex && (action?.module !== "debug" || when.length > 0));
}

function repair(look: Look): Fix | undefined {
  const { status } = look;
  const drop = removeKeyword(status, "failed_when");
  // Without a wait, "not finished" is all that the task asks: dropping that would make a look at a running job good.
  if (drop === undefined || !repeats(status)) return undefined;
  const says = "drop failed_when";
  if (isConstant(status)) return { safe: false, says, edits: [drop] };
  if (!readOnlyTheEnd(look, status.failedWhen)) return undefined;
  if (!readExitCode(status.failedWhen) || failsLikeTheJob(look, status.failedWhen)) return { safe: true, says, edits: [drop] };
  return undefined;
}

const symptom: SymptomView = (subject) => {
  const result = subject.results.find((each) => each.fields["failed_when_result"] === false);
  if (subject.failed || result === undefined) return undefined;
  const rc = numberOf(result, "rc");
  const message = textOf(result, "msg") ?? "";
  const stopped = /^Timeout exceeded|could not find job/.test(message);
  const unfinished = numberOf(result, "finished") === 0 && numberOf(result, "attempts") !== undefined;
  if (!(isEndedAnswer(result) && ((rc !== undefined && rc !== 0) || stopped)) && !unfinished) return undefined;
  const how = stopped ? `has no result (${message})` : `ended with rc ${rc}`;
  return {
    supports: [
      { quote: result.quote, says: unfinished ? "The wait was over and the job was not (finished 0), and yet the task is ok." : `The job ${how}, and yet the task is ok.` },
      { quote: result.quote, says: "failed_when_result is false: the task's failed_when took the place of that failure." },
    ],
    against: [],
    ...(unfinished || stopped ? {} : { unknown: [{ what: `Whether the task takes rc ${rc} for good on purpose.`, command: "longhaul diagnose LOG -p PLAYBOOK" }] }),
  };
};

export const mode: Mode = {
  id: "failed-when-hides-job",
  title: "A failed_when of the status task hides that the job failed",
  why: "failed_when takes the place of everything that would make the task fail: the job's own failure, and the end of the retries. Where it is false then, the task is ok and the play goes on.",
  do: "Drop failed_when from the status task. Where some exit codes are good, let it be true without an rc: `REGISTER.rc | default(-1) not in [0, 2]`.",
  messages: [{ text: '"failed_when_result": false' }],
  lint,
  symptom,
  probe: cannot("the hosts are not looked at yet"),
  inPlaybook: true,
  fix: "safe or needs-a-person",
};
