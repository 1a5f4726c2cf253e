// An until on the task that starts the job: each retry starts it again.

import type { Fix } from "../../model/finding.ts";
import { evaluate } from "../../model/evaluate.ts";
import { isLaunchAnswer, retriesOf } from "../../model/job-answers.ts";
import type { Verdict } from "../../model/job-results.ts";
import { ERAS, judge, resultOf, withRegister } from "../../model/job-results.ts";
import { conditionText, coresOf, repeats } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Project, Task } from "../../model/playbook.ts";
import { DEFAULT_RETRIES, isDetached, numberOf, ownField, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import { registerOfResult, statusTaskEdits, waitFor } from "../../model/status-task.ts";
import { numberOf as resultNumber } from "../../model/story.ts";
import { removeKeyword } from "../../model/task-edits.ts";
import { asksForTheEnd } from "../../model/until-fix.ts";

const lint: LintView = (flow, project) => flow.tasks.filter(isDetached).flatMap((launch) => {
  const { register } = launch;
  const field = ownField(launch, "until");
  if (field === undefined || register === undefined || !repeats(launch)) return [];
  const verdicts = ERAS.map((era) => ({ era, verdict: judge(launch.until, withRegister(launch.scope, register, resultOf("launched", era))) }));
  const bad = verdicts.filter(({ verdict }) => verdict === "false" || verdict === "fails");
  const [first] = bad;
  if (first === undefined) return [];
  const fix = repair(flow, { launch, register, project });
  return [{
    severity: "error" as const,
    source: launch.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(launch),
    ...textsOf(launch, register, first.verdict),
    do: "Take until, retries and delay off this task, and let an async_status task after it wait for the job.",
    ...coresOf(bad.map(({ era }) => era)),
    ...(fix === undefined ? {} : { fix }),
  }];
});

function textsOf(launch: Task, register: string, verdict: Verdict): { readonly what: string; readonly why: string } {
  if (verdict === "fails") {
    const scope = withRegister(launch.scope, register, resultOf("launched", "up to 2.18"));
    const absent = launch.until.map(({ expression }) => expression && evaluate(expression, scope)).find((outcome) => outcome?.kind === "undefined");
    return {
      what: `${absent?.kind === "undefined" ? `\`${absent.name}\` does not exist` : `\`${conditionText(launch.until)}\` cannot be worked out`} when the job has just been started.`,
      why: "With poll: 0 the task returns at once, without anything of the command's own result. An error in until stops the task, and the job goes on with nobody looking.",
    };
  }
  const retries = launch.retries.kind === "absent" ? DEFAULT_RETRIES : numberOf(launch.retries);
  return {
    what: `Starts the job again on each of its ${retries ?? ""} retries: \`${conditionText(launch.until)}\` is false right after a start.`.replace("its  retries", "its retries"),
    why: `With poll: 0 the task returns at once, and until looks at that. ${retries === undefined ? "Several" : `Up to ${retries + 1}`} copies of the job run at the same time, and in the end the task fails.`,
  };
}

interface Place {
  readonly launch: Task;
  readonly register: string;
  readonly project: Project;
}

function repair(flow: Flow, { launch, register, project }: Place): Fix | undefined {
  const drops = allEdits(["until", "retries", "delay"].flatMap((key) => (ownField(launch, key) === undefined ? [] : [removeKeyword(launch, key)])));
  if (drops === undefined) return undefined;
  const safe = asksForTheEnd({ status: launch, pairs: [] }, launch.until);
  if (flow.pairs.some((pair) => pair.launch === launch && repeats(pair.status))) {
    return { safe, says: "drop until, retries and delay here: the status task waits already", edits: drops };
  }
  if (flow.pairs.some((pair) => pair.launch === launch)) return undefined;
  const wanted = { launchRegister: register, register: registerOfResult(launch, register, project), ...waitFor(launch) };
  const edits = statusTaskEdits(launch, wanted, drops);
  const limited = numberOf(launch.asyncLimit) !== undefined;
  return edits === undefined ? undefined : { safe: safe && limited, says: "move until, retries and delay to an async_status task after it", edits };
}

const symptom: SymptomView = (subject, story) => {
  const result = subject.results[0];
  if (!subject.failed || result === undefined || resultNumber(result, "attempts") === undefined || !isLaunchAnswer(result)) return undefined;
  const retries = retriesOf(story, result);
  const attempts = resultNumber(result, "attempts") ?? 0;
  return {
    supports: [
      { quote: result.quote, says: "This is what the start of a job gives (changed, a job id, no output), and it carries the attempts of an until." },
      { quote: result.quote, says: `The until was false after each start: the job was started ${attempts + 1} times, and only the last job id is left.` },
      ...(retries === undefined ? [] : [{ quote: retries.first, says: `Each of the ${retries.count} retries started it once more.` }]),
    ],
    against: [],
    do: `Up to ${attempts + 1} copies of the job may still be running on ${result.host}: look for them first (\`ps -ef | grep async_wrapper\`). Then take until, retries and delay off the task and wait in an async_status task after it.`,
  };
};

export const mode: Mode = {
  id: "until-on-launch",
  title: "An until on the task that starts the job starts it again and again",
  why: "With poll: 0 a task returns at once, and its until looks at that answer, which is never finished. Each retry starts the job once more, and all of them run at the same time.",
  do: "Take until, retries and delay off the launch, and let an async_status task after it wait for the job.",
  messages: [{ text: '"attempts": *, "changed": true, "finished": 0', cores: "up to 2.18" }, { text: '"attempts": *, "changed": true, "finished": false', cores: "2.19 and newer" }],
  lint,
  symptom,
  probe: cannot("the hosts are not looked at yet"),
  inPlaybook: true,
  fix: "safe or needs-a-person",
};
