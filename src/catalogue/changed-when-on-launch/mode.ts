// A changed_when on the task that starts the job, about a result that is not there yet.

import type { Fix } from "../../model/finding.ts";
import { evaluate } from "../../model/evaluate.ts";
import { isLaunchAnswer } from "../../model/job-answers.ts";
import { ERAS, judge, withRegister } from "../../model/job-results.ts";
import { hiddenRead, launchedRegister } from "../../model/launch-reads.ts";
import { conditionText, coresOf, repeats } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Scope } from "../../model/outcome.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { isDetached, numberOf, ownField, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import { textOf } from "../../model/story.ts";
import { addKeywords, replaceLines } from "../../model/task-edits.ts";

const lint: LintView = (flow) => flow.tasks.filter(isDetached).flatMap((launch) => {
  const { register } = launch;
  const field = ownField(launch, "changed_when");
  if (field === undefined || register === undefined) return [];
  const scopes = ERAS.map((era) => ({ era, scope: withRegister(launch.scope, register, launchedRegister(launch, era)) }));
  const failing = scopes.filter(({ scope }) => judge(launch.changedWhen, scope) === "fails");
  const hidden = failing.length > 0 ? undefined : hiddenIn(launch, register, scopes[0]?.scope ?? launch.scope);
  if (failing.length === 0 && hidden === undefined) return [];
  const fix = repair(flow, launch, register);
  return [{
    severity: hidden === undefined ? "error" as const : "info" as const,
    source: launch.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(launch),
    what: hidden === undefined ? textFor(launch, failing[0]?.scope ?? launch.scope) : `\`${hidden}\` is always its default here: the job has only just been started.`,
    why: hidden === undefined ? WHY_IT_FAILS : WHY_IT_SAYS_NOTHING,
    do: "Put the condition on the task that waits, with its register, and `changed_when: false` here.",
    ...(hidden === undefined ? coresOf(failing.map(({ era }) => era)) : {}),
    ...(fix === undefined ? {} : { fix }),
  }];
});

const WHY_IT_FAILS =
  "With poll: 0 changed_when is asked right after the start, when there is nothing of the command's result. It is an error then: the task fails, and the job it has started goes on with nobody looking.";
const WHY_IT_SAYS_NOTHING =
  "With poll: 0 changed_when is asked once, right after the start. What the job changes is said by the task that waits for it, which this condition does not reach.";

/** In a dry run, where the job runs in the foreground, the result may be there: a default is right then. */
function hiddenIn(launch: Task, register: string, scope: Scope): string | undefined {
  if (numberOf(launch.asyncLimitInCheckMode) === 0) return undefined;
  for (const { expression } of launch.changedWhen) {
    const found = expression === undefined ? undefined : hiddenRead(expression, scope, [register]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function textFor(launch: Task, scope: Scope): string {
  const absent = launch.changedWhen.map(({ expression }) => expression && evaluate(expression, scope)).find((outcome) => outcome?.kind === "undefined");
  const subject = absent?.kind === "undefined" ? `\`${absent.name}\` does not exist` : `\`${conditionText(launch.changedWhen)}\` cannot be worked out`;
  return `${subject} when the job has just been started.`;
}

function repair(flow: Flow, launch: Task, register: string): Fix | undefined {
  const pairs = flow.pairs.filter((pair) => pair.launch === launch);
  const [pair] = pairs;
  const status = pair?.status;
  const other = status?.register;
  // A notify stays with what is said to change: which of the two tasks is to notify, a person knows.
  if (ownField(launch, "notify") !== undefined) return undefined;
  if (pairs.length !== 1 || pair?.shape !== "single" || status === undefined || other === undefined || !repeats(status) || status.changedWhen.length > 0) return undefined;
  const [condition, ...more] = launch.changedWhen;
  // What YAML would read otherwise in a text without quotes is left to a person.
  if (condition === undefined || more.length > 0 || /\n|: | #/.test(condition.text.trim())) return undefined;
  // A look at a running job is asked too, and has no rc yet.
  const moved = condition.text.trim().replaceAll(new RegExp(String.raw`(?<![\w.'"])${register}\b`, "g"), other);
  const line = `changed_when: ${other} is finished and ${needsBrackets(condition.expression?.kind) ? `(${moved})` : moved}`;
  const edits = allEdits([replaceLines(launch, "changed_when", "false"), addKeywords(status, "register", [line])]);
  return edits === undefined ? undefined : { safe: true, says: `move the condition to "${titleOf(status)}", which knows the result`, edits };
}

function needsBrackets(kind: string | undefined): boolean {
  return kind === "logic" || kind === "conditional";
}

const symptom: SymptomView = (subject) => {
  const result = subject.results[0];
  const told = result === undefined ? undefined : textOf(result, "changed_when_result");
  if (!subject.failed || result === undefined || told === undefined || !isLaunchAnswer(result)) return undefined;
  return {
    supports: [
      { quote: result.quote, says: "The changed_when of this task is an error: it reads what is not there yet." },
      { quote: result.quote, says: "The result is that of a start (changed, a job id, no output): the job itself has not failed." },
    ],
    against: [],
    do: `Put the condition on the task that waits, and \`changed_when: false\` here. The job is probably still running on ${result.host}: look before you start it again.`,
  };
};

export const mode: Mode = {
  id: "changed-when-on-launch",
  title: "A changed_when on the task that starts the job cannot know the result",
  why: "With poll: 0 a task returns as soon as the job is started, and its changed_when is asked then. `rc` and `stdout` are not there: the task fails and the job goes on.",
  do: "Put the condition on the task that waits for the job, with its register, and `changed_when: false` on the launch.",
  messages: [
    { text: "\"changed_when_result\": \"The conditional check '*' failed.", cores: "up to 2.18" },
    { text: "Task failed: Action failed: Unknown error.", cores: "2.19 and 2.20" },
    { text: "Task failed: Action failed: A 'changed_when' expression failed: Error while evaluating conditional: *", cores: "2.21" },
  ],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; the host shows a job that runs as it should"),
  inPlaybook: true,
  fix: "safe",
};
