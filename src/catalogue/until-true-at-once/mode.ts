// An until condition that is true while the job still runs.

import type { Era } from "../../model/job-results.ts";
import { ERAS, surelyNotBoolean } from "../../model/job-results.ts";
import type { Look } from "../../model/look.ts";
import { conditionText, coresOf, judgeLook, scopeOf, waitsIn } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { titleOf } from "../../model/playbook.ts";
import { untilFinished } from "../../model/repairs.ts";
import { numberOf } from "../../model/story.ts";
import { untilFix } from "../../model/until-fix.ts";

const lint: LintView = (flow) => waitsIn(flow).flatMap(({ look, until }) => {
  const { status } = look;
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

const symptom: SymptomView = (subject) => {
  const result = subject.results[0];
  if (subject.failed || result === undefined) return undefined;
  // `attempts` is only there when the task has an until.
  const looked = numberOf(result, "attempts") === 1 && numberOf(result, "finished") === 0;
  if (!looked) return undefined;
  return {
    supports: [{ quote: result.quote, says: "The wait ended well at its first look although the job was still running (attempts 1, finished 0)." }],
    against: [],
  };
};

export const mode: Mode = {
  id: "until-true-at-once",
  title: "The until condition is true while the job still runs",
  why: "A look at a running job is a success: `is succeeded`, `is success` and `not failed` hold at once. The task ends at its first look and the play goes on before the job is done.",
  do: "Wait with `until: REGISTER is finished`; a job that fails makes the task fail by itself.",
  messages: [{ text: '"attempts": 1, "changed": false, "finished": 0' }],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; a host shows only a job that nobody waited for"),
  inPlaybook: true,
  fix: "safe or needs-a-person",
};
