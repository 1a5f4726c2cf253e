// `retries` of a status task with the number of the async limit: taken for seconds, it counts looks.

import { repeats } from "../../model/look.ts";
import type { LintView, Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Pair, Setting } from "../../model/playbook.ts";
import { DEFAULT_DELAY_SECONDS, isDetached, numberOf, ownField, titleOf } from "../../model/playbook.ts";
import { retriesEdits, retriesFor, waitSecondsOf } from "../../model/repairs.ts";

/** Below a minute, and below twice the limit, a wait that is too long is no matter. */
const LIMIT_MIN_SECONDS = 60;
const TIMES_MIN = 2;

const lint: LintView = (flow) => flow.pairs.flatMap((pair) => {
  const { status, launch } = pair;
  const limitSeconds = numberOf(launch.asyncLimit);
  const waitSeconds = waitSecondsOf(status);
  const field = ownField(status, "retries");
  if (field === undefined || limitSeconds === undefined || waitSeconds === undefined || !repeats(status) || !isDetached(launch)) return [];
  // Of one number written out and one from a variable the variable may be meant to change.
  const isSame = numberOf(status.retries) === limitSeconds && isLiteral(status.retries) === isLiteral(launch.asyncLimit);
  if (!isSame || limitSeconds < LIMIT_MIN_SECONDS || waitSeconds < TIMES_MIN * limitSeconds || asksForMore(flow.pairs, pair)) return [];
  const delaySeconds = numberOf(status.delay) ?? DEFAULT_DELAY_SECONDS;
  const edits = isLiteral(status.retries) ? retriesEdits(status, limitSeconds) : undefined;
  const retries = retriesFor(limitSeconds, delaySeconds);
  return [{
    severity: "info" as const,
    source: status.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(status),
    what: `${limitSeconds} retries of ${delaySeconds} s are ${lengthOf(waitSeconds)}; the limit of the job is ${lengthOf(limitSeconds)}.`,
    why: "retries is a number of looks, not of seconds. A job that was lost (its host restarted, its processes were killed) goes on reading as running: the playbook then stands still for all of that time.",
    do: `With \`retries: ${retries}\` the wait ends soon after the limit.`,
    ...(edits === undefined ? {} : { fix: { safe: true, says: `set retries to ${retries}`, edits } }),
  }];
});

function isLiteral(setting: Setting): boolean {
  return setting.kind === "number" && setting.literal;
}

/** The same task waits for a second job with a longer limit. */
function asksForMore(pairs: readonly Pair[], { status, launch }: Pair): boolean {
  return pairs.some((other) => other.status === status && other.launch !== launch);
}

/** 18000 is "5 h". */
function lengthOf(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const [unit, size] = seconds < 7200 ? (["min", 60] as const) : (["h", 3600] as const);
  return `${Math.round((seconds / size) * 10) / 10} ${unit}`;
}

export const mode: Mode = {
  id: "retries-as-seconds",
  title: "retries has the number of the async limit, as if it counted seconds",
  why: "A status task waits retries x delay seconds, and delay is 5 unless set: `retries: 3600` is 5 hours. For a job that ends it does not matter; for one that was lost the playbook stands still for all of that time.",
  do: "Divide: retries is the async limit by the delay, and a little more.",
  messages: [{ text: "FAILED - RETRYING: *(* retries left)" }],
  lint,
  symptom: cannot("a log shows a wait that is used up, not how long it was meant to be"),
  probe: cannot("the number stands in the playbook"),
  fix: "safe",
};
