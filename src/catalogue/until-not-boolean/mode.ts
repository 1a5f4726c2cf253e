// An until condition whose value is a number, a text or a list: refused by ansible-core 2.19 and newer.

import { untilErrorOf, statusEvidence } from "../../model/job-answers.ts";
import { surelyNotBoolean } from "../../model/job-results.ts";
import type { Look } from "../../model/look.ts";
import { judgeLook, scopeOf, waitsIn } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Condition } from "../../model/playbook.ts";
import { titleOf } from "../../model/playbook.ts";
import { untilFinished } from "../../model/repairs.ts";
import { untilFix } from "../../model/until-fix.ts";

const lint: LintView = (flow) => waitsIn(flow).flatMap(({ look }) => {
  const { status } = look;
  const { register } = status;
  const refused = refusedIn(look);
  if (refused === undefined || register === undefined) return [];
  const fix = untilFix(look, register);
  return [{
    severity: "error" as const,
    source: status.source,
    span: refused.node.span,
    task: titleOf(status),
    what: `\`${refused.text.trim()}\` is neither true nor false.`,
    why: "From ansible-core 2.19 on a condition has to be a boolean: any other value stops the task with an error, and the job goes on with nobody looking. Older versions take it by its truth.",
    do: `Wait with \`until: ${untilFinished(register)}\`, which holds on every version.`,
    cores: { from: "2.19" },
    ...(fix === undefined ? {} : { fix }),
  }];
});

/** The condition that 2.19 refuses: the first that is no boolean, where those before it are true. */
function refusedIn(look: Look): Condition | undefined {
  const era = "2.19 and newer";
  for (const state of ["running", "finished well"] as const) {
    const scope = scopeOf(look, state, era);
    for (const condition of look.status.until) {
      if (surelyNotBoolean(condition, scope)) return condition;
      if (judgeLook(look, [condition], { state, era }) !== "true") break;
    }
  }
  return undefined;
}

const symptom: SymptomView = (subject, story) => {
  const result = subject.results[0];
  const error = result === undefined ? undefined : untilErrorOf(result);
  if (!subject.failed || result === undefined || error?.message.startsWith("Conditional result") !== true) return undefined;
  const type = /derived from value of type '(\w+)'/.exec(error.message)?.[1] ?? "unknown";
  const place = /at '(.+):(\d+):\d+'/.exec(error.message);
  const status = statusEvidence(story, result);
  // Up to 2.20 the text is the same for `when`.
  if (!error.isUntil && status === undefined) return undefined;
  return {
    supports: [
      { quote: result.quote, says: `The value of the condition is of type ${type}, and this ansible-core takes booleans only.` },
      ...(error.isUntil ? [{ quote: result.quote, says: "Ansible names the until of this task." }] : []),
      ...(status === undefined ? [] : [status]),
    ],
    against: [],
    do: `${place === null ? "M" : `In line ${place[2]} of ${place[1]} m`}ake the condition a test or a comparison; a status task waits with \`until: REGISTER is finished\`.`,
  };
};

export const mode: Mode = {
  id: "until-not-boolean",
  title: "The until condition is neither true nor false",
  why: "From ansible-core 2.19 on the value of a condition has to be a boolean. A number (`finished | int`), a text or a list stops the task with an error; up to 2.18 it counted by its truth.",
  do: "Make the condition a test or a comparison: `until: REGISTER is finished` holds on every version.",
  messages: [{ text: "Conditional result (*) was derived from value of type '*' at '*'. Conditionals must have a boolean result.", cores: "2.19 and newer" }],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; a host shows only a job that nobody waits for"),
  inPlaybook: true,
  fix: "safe or needs-a-person",
};
