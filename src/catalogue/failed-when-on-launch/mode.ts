// A failed_when on the task that starts the job: it is asked before the job has done anything.

import type { Fix } from "../../model/finding.ts";
import { evaluate } from "../../model/evaluate.ts";
import { isLaunchAnswer } from "../../model/job-answers.ts";
import { failsLikeTheJob, readExitCode, readOnlyTheEnd } from "../../model/job-ends.ts";
import type { Verdict } from "../../model/job-results.ts";
import { ERAS, judge, resultOf, withRegister } from "../../model/job-results.ts";
import { conditionText, coresOf, repeats } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Project, Task } from "../../model/playbook.ts";
import { isDetached, ownField, titleOf } from "../../model/playbook.ts";
import { freshName, statusTaskEdits, waitFor } from "../../model/status-task.ts";
import { removeKeyword } from "../../model/task-edits.ts";

const lint: LintView = (flow, project) => flow.tasks.filter(isDetached).flatMap((launch) => {
  const { register } = launch;
  const field = ownField(launch, "failed_when");
  if (field === undefined || register === undefined) return [];
  const verdicts = ERAS.map((era) => ({ era, verdict: judge(launch.failedWhen, withRegister(launch.scope, register, resultOf("launched", era))) }));
  const bad = verdicts.filter(({ verdict }) => verdict === "true" || verdict === "fails");
  const [first] = bad;
  if (first === undefined) return [];
  const fix = repair({ flow, launch, register, project });
  return [{
    severity: "error" as const,
    source: launch.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(launch),
    what: textOf(launch, register, first.verdict),
    why: "With poll: 0 the task returns at once, and failed_when is asked then: it fails in every run, while the job it has started goes on with nobody looking.",
    do: "Drop failed_when here. The task that waits for the job fails by itself when the job fails.",
    ...coresOf(bad.map(({ era }) => era)),
    ...(fix === undefined ? {} : { fix }),
  }];
});

function textOf(launch: Task, register: string, verdict: Verdict): string {
  if (verdict === "true") return `\`${conditionText(launch.failedWhen)}\` is true at once: the job has only just been started.`;
  const scope = withRegister(launch.scope, register, resultOf("launched", "up to 2.18"));
  const absent = launch.failedWhen.map(({ expression }) => expression && evaluate(expression, scope)).find((outcome) => outcome?.kind === "undefined");
  const subject = absent?.kind === "undefined" ? `\`${absent.name}\` does not exist` : `\`${conditionText(launch.failedWhen)}\` cannot be worked out`;
  return `${subject} when the job has just been started.`;
}

interface Place {
  readonly flow: Flow;
  readonly launch: Task;
  readonly register: string;
  readonly project: Project;
}

function repair({ flow, launch, register, project }: Place): Fix | undefined {
  const drop = removeKeyword(launch, "failed_when");
  const look = { status: launch, pairs: [] };
  // A condition on the output belongs on the task that waits, word by word: a person moves it.
  if (drop === undefined || !readOnlyTheEnd(look, launch.failedWhen)) return undefined;
  // `rc not in [0, 2]` takes a bad end for good: dropped, it would not.
  const safe = !readExitCode(launch.failedWhen) || failsLikeTheJob(look, launch.failedWhen);
  if (flow.pairs.some((pair) => pair.launch === launch && repeats(pair.status))) {
    return { safe, says: "drop failed_when: the status task fails when the job fails", edits: [drop] };
  }
  const known = project.mentionedElsewhere(register, { source: launch.source, span: launch.map.span });
  if (known) return { safe: false, says: "drop failed_when", edits: [drop] };
  const edits = statusTaskEdits(launch, { launchRegister: register, register: freshName(`${register}_result`, launch, project), ...waitFor(launch) }, [drop]);
  return edits === undefined ? undefined : { safe: false, says: "drop failed_when, and wait for the job in an async_status task after it", edits };
}

const symptom: SymptomView = (subject) => {
  const result = subject.results[0];
  const told = result?.fields["failed_when_result"];
  if (!subject.failed || result === undefined || told === undefined || told === false || !isLaunchAnswer(result)) return undefined;
  return {
    supports: [
      { quote: result.quote, says: typeof told === "string" ? "The failed_when of this task is an error: it reads what is not there yet." : "It is the failed_when of this task that made it fail." },
      { quote: result.quote, says: "The result is that of a start (changed, a job id, no output): the job itself has not failed." },
    ],
    against: result.fields["attempts"] === undefined ? [] : [{ quote: result.quote, says: "The task has an until as well, and starts the job again." }],
    proven: true,
    do: `Drop failed_when from this task; the task that waits for the job fails when the job fails. The job is probably still running on ${result.host}: look before you start it again.`,
  };
};

export const mode: Mode = {
  id: "failed-when-on-launch",
  title: "A failed_when on the task that starts the job fails at once",
  why: "With poll: 0 a task returns as soon as the job is started. Its failed_when is asked then: `finished != 1` is true, `rc != 0` is an error. The task fails and the job goes on.",
  do: "Drop failed_when from the launch; the task that waits for the job fails by itself when the job fails.",
  messages: [
    { text: '"failed_when_result": true, "finished": 0', cores: "up to 2.18" },
    { text: "Task failed: Action failed: Unknown error.", cores: "2.19 and 2.20" },
    { text: "\"failed_when_result\": \"The conditional check '*' failed.", cores: "up to 2.18" },
    { text: "Task failed: Action failed: A 'failed_when' expression evaluated to 'True'.", cores: "2.21" },
    { text: "Task failed: Action failed: A 'failed_when' expression failed: Error while evaluating conditional: *", cores: "2.21" },
  ],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; the host shows a job that runs as it should"),
  inPlaybook: true,
  fix: "safe or needs-a-person",
};
