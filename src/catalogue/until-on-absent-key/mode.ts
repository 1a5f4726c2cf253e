// An until condition on a key that the answer about a running job does not have.

import { evaluate } from "../../model/evaluate.ts";
import type { Evidence } from "../../model/diagnosis.ts";
import { ERAS } from "../../model/job-results.ts";
import { statusEvidence, untilErrorOf } from "../../model/job-answers.ts";
import type { Look } from "../../model/look.ts";
import { conditionText, coresOf, judgeLook, scopeOf, waitsIn } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { titleOf } from "../../model/playbook.ts";
import { untilFinished } from "../../model/repairs.ts";
import { playbookOf } from "../../model/story.ts";
import { untilFix } from "../../model/until-fix.ts";

const lint: LintView = (flow) => waitsIn(flow).flatMap(({ look, until }) => {
  const { status } = look;
  const { register } = status;
  if (register === undefined) return [];
  const eras = ERAS.filter((era) => judgeLook(look, status.until, { state: "running", era }) === "fails");
  if (eras.length === 0) return [];
  const fix = untilFix(look, register);
  return [{
    severity: "error" as const,
    source: status.source,
    span: until.value.span,
    task: titleOf(status),
    what: whatText(look, register),
    why: "The first look at a job that still runs stops the task with an error in its until: no retry follows, and the job goes on with nobody looking.",
    do: `Wait with \`until: ${untilFinished(register)}\`; a job that fails makes the task fail by itself.`,
    ...coresOf(eras),
    ...(fix === undefined ? {} : { fix }),
  }];
});

function whatText(look: Look, register: string): string {
  const absent = absentIn(look);
  if (absent === undefined) return `\`${conditionText(look.status.until)}\` cannot be worked out while the job runs.`;
  if (absent !== `${register}.results` || look.status.loop === undefined) return `\`${absent}\` does not exist while the job runs.`;
  return `In until \`${register}\` is the answer about one item: \`${absent}\` is there only after the loop.`;
}

/** The path that leads nowhere: `s.rc`. Undefined where the error is another. */
function absentIn(look: Look): string | undefined {
  const scope = scopeOf(look, "running", "up to 2.18");
  for (const { expression } of look.status.until) {
    const outcome = expression === undefined ? undefined : evaluate(expression, scope);
    if (outcome?.kind === "undefined") return outcome.name;
  }
  return undefined;
}

/** Keys that the result of a command always has once it is there. */
const COMMAND_KEYS = new Set(["rc", "cmd", "delta", "start", "end"]);

const symptom: SymptomView = (subject, story) => {
  const result = subject.results[0];
  const error = result === undefined ? undefined : untilErrorOf(result);
  if (!subject.failed || result === undefined || error === undefined) return undefined;
  const key = /has no attribute '([^']+)'/.exec(error.message)?.[1];
  if (key === undefined && !/object has no element \d+/.test(error.message)) return undefined;
  const status = statusEvidence(story, result);
  const telling = key !== undefined && COMMAND_KEYS.has(key) && error.isUntil;
  if (status === undefined && !telling) return undefined;
  const supports: readonly Evidence[] = [
    { quote: result.quote, says: key === undefined ? "The condition reads output that is not there yet." : `The condition reads \`${key}\`, which the answer about a running job does not have.` },
    ...(telling ? [{ quote: result.quote, says: `The result of a command always has \`${key}\`: this one was not there yet, so the until is about a job.` }] : []),
    ...(status === undefined ? [] : [status]),
  ];
  const unknown = { what: "Whether the job has ended since, and how.", command: `longhaul diagnose LOG -p ${playbookOf(story)}` };
  const polled = story.jobs.find((job) => job.host === result.host && job.task === result.task && job.lastPoll !== undefined);
  const against = polled?.lastPoll === undefined ? [] : [{ quote: polled.lastPoll, says: "Ansible polled the job of this very task itself: its until is not about a look." }];
  return { supports, against, ...(status === undefined ? { unknown: [{ ...unknown, what: "Which task it is: one that looks at a job, or the one that starts it." }] } : {}) };
};

export const mode: Mode = {
  id: "until-on-absent-key",
  title: "The until condition reads a key that a running job does not have",
  why: "While the job runs its answer has no rc, msg or anything else of the module, and empty output. The condition is then an error, which ends the task at its first look instead of repeating it.",
  do: "Wait with `until: REGISTER is finished`; a job that fails makes the task fail by itself.",
  messages: [
    { text: "The conditional check '*' failed. The error was: *'dict object' has no attribute '*'", cores: "up to 2.18" },
    { text: "Error while evaluating conditional: object of type 'dict' has no attribute '*'", cores: "2.19 and newer" },
    { text: "An 'until' expression failed", cores: "2.21" },
  ],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; a host shows only a job that nobody waits for"),
  inPlaybook: true,
  fix: "safe or needs-a-person",
};
