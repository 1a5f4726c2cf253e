// An until condition that stays false although the job has ended.

import type { Era } from "../../model/job-results.ts";
import { ERAS } from "../../model/job-results.ts";
import { isEndedAnswer, isUsedUp } from "../../model/job-answers.ts";
import type { Look } from "../../model/look.ts";
import { conditionText, coresOf, judgeLook, rootsOf, waitsIn } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { titleOf } from "../../model/playbook.ts";
import { untilFinished } from "../../model/repairs.ts";
import { freshName } from "../../model/status-task.ts";
import type { LoggedResult } from "../../model/story.ts";
import { numberOf, textOf } from "../../model/story.ts";
import { untilFix } from "../../model/until-fix.ts";

const lint: LintView = (flow, project) => waitsIn(flow).flatMap(({ look, until }) => {
  const { status } = look;
  const eras = ERAS.filter((era) => isNeverTrue(look, era));
  if (eras.length === 0) return [];
  const text = conditionText(status.until);
  const launch = launchLookedAt(look);
  const register = status.register ?? freshName("job_result", status, project);
  const fix = untilFix(look, register);
  return [{
    severity: "error" as const,
    source: status.source,
    span: until.value.span,
    task: titleOf(status),
    what: launch === undefined ? `\`${text}\` stays false when the job is done.` : `\`${text}\` asks what the start of the job gave, which never changes.`,
    why: `${launch === undefined ? valuesIn(text, eras) : `${launch} was filled when the job was started, and goes on saying that it is not finished.`} The task looks until its retries are used up and then fails, however well the job has ended.`,
    do: `Wait with \`until: ${untilFinished(register)}\`.`,
    ...coresOf(eras),
    ...(fix === undefined ? {} : { fix }),
  }];
});

function isNeverTrue(look: Look, era: Era): boolean {
  const at = (state: "running" | "finished well" | "finished failed"): string => judgeLook(look, look.status.until, { state, era });
  // A condition that is an error while the job runs ends the wait at once: another mistake.
  return at("running") === "false" && at("finished well") === "false" && at("finished failed") === "false";
}

/** The launch's register (or the item with it), where `until` reads that and not the task's own. */
function launchLookedAt({ status, pairs }: Look): string | undefined {
  const roots = rootsOf(status.until) ?? new Set();
  if (status.register !== undefined && roots.has(status.register)) return undefined;
  const pair = pairs.find(({ register }) => roots.has(register));
  if (pair !== undefined) return `\`${pair.register}\``;
  return pairs.length > 0 && status.loop !== undefined && roots.has(status.loopVariable) ? `\`${status.loopVariable}\`` : undefined;
}

function valuesIn(text: string, eras: readonly Era[]): string {
  if (!text.includes("finished")) return "It holds neither for a job that has ended well nor for one that has failed.";
  if (eras.length === ERAS.length) return "`finished` is the number 0 or 1 up to ansible-core 2.18 and false or true from 2.19: it holds for neither.";
  return eras[0] === "up to 2.18" ? "`finished` is the number 0 or 1 up to ansible-core 2.18." : "`finished` is false or true from ansible-core 2.19 on.";
}

const symptom: SymptomView = (subject, story) => {
  const result = subject.results[0];
  if (!subject.failed || result === undefined || numberOf(result, "attempts") === undefined) return undefined;
  if (!isEndedAnswer(result) || textOf(result, "msg")?.includes("could not find job") === true) return undefined;
  const rc = numberOf(result, "rc");
  const wellDone = rc === 0;
  const usedUp = isUsedUp(story, result);
  if (!wellDone && !usedUp) return undefined;
  return {
    supports: [
      ...(usedUp && rc !== undefined && rc !== 0 ? [{ quote: result.quote, says: `The job had ended by then, with rc ${rc}.` }] : []),
      ...(wellDone ? [{ quote: result.quote, says: "The job had ended well (finished, rc 0), and yet the task failed." }] : []),
      ...(usedUp ? [{ quote: result.quote, says: `All ${numberOf(result, "attempts")} retries were used up although the last look found the job finished.` }] : []),
    ],
    against: result.fields["failed_when_result"] === undefined ? [] : [{ quote: result.quote, says: "The task failed by its failed_when." }],
    ...(usedUp ? { proven: true } : {}),
    do: `Wait with \`until: REGISTER is finished\`, REGISTER being the task's own. ${wayOut(result)}`,
  };
};

/** What the last look says of the work itself. */
function wayOut(result: LoggedResult): string {
  const rc = numberOf(result, "rc");
  if (rc === 0) return "The work itself is done: look at its result before you run it again.";
  if (rc === undefined) return "How the work itself ended stands in the last look: read that before you run it again.";
  return `The job ended with rc ${rc}, which is a failure of its own: with that until the task fails by it at once. This one kept asking about a job that had ended.`;
}

export const mode: Mode = {
  id: "until-never-true",
  title: "The until condition stays false when the job is done",
  why: "`finished` is a number up to ansible-core 2.18 and a boolean from 2.19: a comparison with a text, or `is true` up to 2.18, never holds. Neither does a look at the register of the launch, which stays as it was at the start.",
  do: "Wait with `until: REGISTER is finished`, REGISTER being the status task's own.",
  messages: [{ text: "FAILED - RETRYING: *(* retries left)" }, { text: "Task failed: Action failed: Unknown error.", cores: "2.19 and 2.20" }],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; the host shows a job that has ended"),
  inPlaybook: true,
  fix: "safe or needs-a-person",
};
