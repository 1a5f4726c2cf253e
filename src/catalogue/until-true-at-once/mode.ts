// An until condition that is true while the job still runs.

import type { Era, JobState } from "../../model/job-results.ts";
import { ERAS, judge, resultOf, surelyNotBoolean, withRegister } from "../../model/job-results.ts";
import type { Look } from "../../model/look.ts";
import { conditionText, coresOf, judgeLook, repeats, rootsOf, scopeOf, waitsIn } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Project, Task } from "../../model/playbook.ts";
import { isStatus, titleOf } from "../../model/playbook.ts";
import { allEdits, untilEdit, untilFinished } from "../../model/repairs.ts";
import { freshName } from "../../model/status-task.ts";
import { numberOf } from "../../model/story.ts";
import { addKeywords } from "../../model/task-edits.ts";
import { untilFix } from "../../model/until-fix.ts";
import type { YamlField } from "../../model/yaml.ts";

const lint: LintView = (flow, project) => waitsIn(flow).flatMap(({ look, until }) => {
  const { status } = look;
  const other = otherWait(flow, look);
  if (other !== undefined) return [otherWaitFinding(look, { until, other, project })];
  const { register } = status;
  if (register === undefined) return [];
  const eras = ERAS.filter((era) => isTrueAtOnce(look, era));
  if (eras.length === 0) return [];
  const fix = untilFix(look, register);
  return [{
    severity: "error" as const,
    source: status.source,
    span: until.value.span,
    task: titleOf(status),
    what: `\`${conditionText(status.until)}\` is already true while the job runs.`,
    why: "A look at a running job is ok and not failed, so the task ends at its first look with finished 0, and the play goes on as if the job were done.",
    do: `Wait with \`until: ${untilFinished(register)}\`.`,
    ...coresOf(eras),
    ...(fix === undefined ? {} : { fix }),
  }];
});

function isTrueAtOnce(look: Look, era: Era): boolean {
  const { until } = look.status;
  if (judgeLook(look, until, { state: "running", era }) !== "true") return false;
  // 2.19 and newer refuse a value that is no boolean, whatever it says: another mistake.
  return era === "up to 2.18" || !until.some((condition) => surelyNotBoolean(condition, scopeOf(look, "running", era)));
}

/** The earlier wait whose register the until reads in place of the task's own: that job has ended. */
function otherWait(flow: Flow, look: Look): Task | undefined {
  const { status } = look;
  const [name, ...more] = [...(rootsOf(status.until) ?? [])];
  if (name === undefined || more.length > 0 || name === status.register) return undefined;
  const setting = flow.tasks.filter((task) => task.register === name && task.flowIndex < status.flowIndex);
  const last = setting.at(-1);
  if (last === undefined || !setting.every((task) => isStatus(task) && repeats(task) && task.loop === undefined)) return undefined;
  const isEnd = (state: JobState): boolean => ERAS.every((era) => judge(status.until, withRegister(status.scope, name, resultOf(state, era))) === "true");
  // Of a job that has failed the play would not have come this far, but for ignore_errors.
  return isEnd("finished well") && isEnd("finished failed") ? last : undefined;
}

interface OtherWait {
  readonly until: YamlField;
  readonly other: Task;
  readonly project: Project;
}

function otherWaitFinding(look: Look, { until, other, project }: OtherWait): ReturnType<LintView>[number] {
  const { status } = look;
  const register = status.register ?? freshName("job_result", status, project);
  const named = status.register === undefined ? [addKeywords(status, status.action?.written ?? "", [`register: ${register}`])] : [];
  const edits = allEdits([...named, untilEdit(status, register)]);
  return {
    severity: "error",
    source: status.source,
    span: until.value.span,
    task: titleOf(status),
    what: `\`${conditionText(status.until)}\` asks about the job that "${titleOf(other)}" has waited for.`,
    why: "That job has ended, so the condition is true at the first look, whatever this one does: the task ends with finished 0, and the play goes on as if its job were done.",
    do: `Wait with \`until: ${untilFinished(register)}\`.`,
    related: [{ place: { file: other.source.path, span: other.map.span }, says: "the task whose register is read" }],
    ...(edits === undefined ? {} : { fix: { safe: true, says: `set until to \`${untilFinished(register)}\``, edits } }),
  };
}

const symptom: SymptomView = (subject) => {
  const result = subject.results[0];
  if (subject.failed || result === undefined) return undefined;
  // `attempts` is only there when the task has an until.
  const looked = numberOf(result, "attempts") === 1 && numberOf(result, "finished") === 0;
  if (!looked) return undefined;
  return {
    supports: [{ quote: result.quote, says: "The wait ended well at its first look although the job was still running (attempts 1, finished 0)." }],
    against: [],
    proven: true,
  };
};

export const mode: Mode = {
  id: "until-true-at-once",
  title: "The until condition is true while the job still runs",
  why: "A look at a running job is a success: `is succeeded`, `is success` and `not failed` hold at once, and so does a look at the register of an earlier wait. The task ends at its first look and the play goes on before the job is done.",
  do: "Wait with `until: REGISTER is finished`; a job that fails makes the task fail by itself.",
  messages: [{ text: '"attempts": 1, "changed": false, "finished": 0' }],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; a host shows only a job that nobody waited for"),
  inPlaybook: true,
  fix: "safe or needs-a-person",
};
