// retries x delay of the status task is shorter than the async limit of the job it waits for.

import { ownDurationOf } from "../../model/limits.ts";
import { repeats } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import type { Pair, Task } from "../../model/playbook.ts";
import { isDetached, numberOf, ownField, titleOf } from "../../model/playbook.ts";
import { retriesEdits, waitSecondsOf } from "../../model/repairs.ts";
import { jobOf, numberOf as resultNumber, textOf } from "../../model/story.ts";
import { probe } from "./probe.ts";

const lint: LintView = (flow) => flow.pairs.flatMap((pair) => {
  const limitSeconds = numberOf(pair.launch.asyncLimit);
  const waitSeconds = waitSecondsOf(pair.status);
  if (!repeats(pair.status) || limitSeconds === undefined || waitSeconds === undefined) return [];
  // `delay: 0` waits as long as its looks take, which no one knows beforehand.
  if (!isDetached(pair.launch) || numberOf(pair.status.delay) === 0 || waitSeconds >= limitSeconds) return [];
  if (endsBefore(pair.launch, waitSeconds) || flow.pairs.some((other) => isLongerWait(other, pair, limitSeconds))) return [];
  return [finding(pair, { limitSeconds, waitSeconds })];
});

/** By its own words the command is done before the wait is over: `sleep 3` within 10 s. */
function endsBefore(launch: Task, waitSeconds: number): boolean {
  const duration = ownDurationOf(launch);
  return duration?.isAll === true && duration.upTo < waitSeconds;
}

/** A second wait for the same job: the first one only says that it is slow. */
function isLongerWait(other: Pair, pair: Pair, limitSeconds: number): boolean {
  const waitSeconds = waitSecondsOf(other.status);
  return other.launch === pair.launch && other.status.flowIndex > pair.status.flowIndex && (waitSeconds === undefined || waitSeconds >= limitSeconds);
}

function finding(pair: Pair, { limitSeconds, waitSeconds }: { readonly limitSeconds: number; readonly waitSeconds: number }): ReturnType<LintView>[number] {
  const { status, launch } = pair;
  const edits = retriesEdits(status, limitSeconds);
  const field = ownField(status, "retries") ?? ownField(status, "until");
  const defaults = status.retries.kind === "absent" ? " (3 retries by default)" : "";
  return {
    severity: "warning",
    condition: `the job takes longer than ${waitSeconds} s`,
    source: status.source,
    span: field === undefined ? status.map.span : { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(status),
    what: `Waits ${waitSeconds} s at most${defaults}, but the job may run for ${limitSeconds} s.`,
    why: `A job that takes longer than ${waitSeconds} s is reported as failed, with no word of the reason, while it goes on running on the host.`,
    do: `Let retries x delay outlast the async limit of "${titleOf(launch)}".`,
    ...(edits === undefined ? {} : { fix: { safe: !status.keywords.has("ignore_errors"), says: "raise retries so that the wait outlasts the limit", edits } }),
  };
}

/** What 2.19 and 2.20 put where 2.14 to 2.18 and 2.21 put nothing. */
const NO_MESSAGE = "Task failed: Action failed: Unknown error.";

const symptom: SymptomView = (subject, story) => {
  const result = subject.results[0];
  if (!subject.failed || result === undefined || resultNumber(result, "attempts") === undefined) return undefined;
  if (resultNumber(result, "finished") !== 0) return undefined;
  const retries = story.retries.find((each) => each.host === result.host && each.task === result.task);
  const job = jobOf(story, result);
  return {
    supports: [
      { quote: result.quote, says: `After the last look (attempts ${resultNumber(result, "attempts")}) the job file did not yet say finished, and there is no error of the job itself.` },
      ...(retries === undefined ? [] : [{ quote: retries.first, says: `Ansible counted ${retries.count === 1 ? "one retry" : `${retries.count} retries`} down to the last; here it began.` }]),
    ],
    against: [
      ...([undefined, NO_MESSAGE].includes(textOf(result, "msg")) ? [] : [{ quote: result.quote, says: "The result has a message of its own." }]),
      ...(job?.ended === undefined ? [] : [{ quote: job.ended.quote, says: "The job had ended." }]),
    ],
    do: "If the job still runs, it was given up too early: make retries x delay of this task larger than the job's async limit. If no process of it is left (it was killed, the host restarted), no retries will help. Look before you start it again.",
    unknown: [{
      what: "Whether the job is alive: the job file of a killed job goes on saying that it is not finished. Alive, it has processes with async_wrapper.py and the first part of its id in them.",
      command: `ansible ${result.delegatedTo ?? result.host} -m ansible.builtin.command -a "pgrep -af ${textOf(result, "ansible_job_id")?.split(".")[0] ?? "async_wrapper"}"`,
    }],
  };
};

export const mode: Mode = {
  id: "retries-too-short",
  title: "The status task stops waiting before the job's limit",
  why: "The wait lasts retries x delay seconds (3 x 5 unless set). When it is used up the task fails with no word of the reason (2.19 and 2.20 say Unknown error), and the job goes on with nobody looking.",
  do: "Set retries and delay so that retries x delay is larger than the async limit of the launch.",
  messages: [
    { text: '"attempts": *, "changed": false, "finished": 0', cores: "2.14 to 2.18" },
    { text: '"attempts": *, "changed": false, "finished": false', cores: "2.19 and newer" },
    { text: NO_MESSAGE, cores: "2.19 and 2.20" },
    { text: "FAILED - RETRYING: *(* retries left)" },
  ],
  lint,
  symptom,
  probe,
  fix: "safe or needs-a-person",
};
