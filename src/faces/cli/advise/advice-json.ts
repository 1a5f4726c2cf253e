// Advice for programs.

import type { Advice } from "../../../engine/advise/advice.ts";
import { isPollDear, limitVerdict } from "../../../engine/advise/advice.ts";
import { changeFor } from "../../../engine/advise/advice-mode.ts";
import { killTimes } from "../../../model/limits.ts";
import { positionAt } from "../../../model/place.ts";
import { titleOf } from "../../../model/playbook.ts";

/** In: advice. Out: what `-f json` prints of it; null is not known. Times in seconds. */
export function adviceDocument(advice: Advice): unknown {
  const { task, limitNow, limitWanted, pollNow, pollWanted, others } = advice;
  const change = changeFor(advice);
  const measured = advice.basis === "measured" ? advice : undefined;
  const rule = advice.basis === "measured" ? undefined : advice;
  const { summary, recommendation, runs } = measured ?? {};
  return {
    file: task.source.path,
    line: positionAt(task.source.text, task.map.span.start).line,
    task: titleOf(task),
    module: task.action?.module ?? null,
    basis: advice.basis,
    measured: measured === undefined ? null : {
      runs: runs?.length, ended: summary?.count ?? 0, p50Seconds: summary?.p50 ?? null, p95Seconds: summary?.p95 ?? null, maxSeconds: summary?.max ?? null,
    },
    otherCommandRuns: others,
    kind: rule?.kind ?? null,
    expectedSeconds: rule?.expected?.seconds ?? null,
    limit: {
      nowSeconds: limitNow ?? null,
      heldSeconds: recommendation?.heldSeconds ?? null,
      advisedSeconds: limitWanted ?? null,
      because: recommendation?.bound.because ?? null,
      growth: recommendation?.bound.growth ?? null,
      slowestHost: recommendation?.bound.host ?? null,
      slowHosts: recommendation?.slow?.hosts ?? null,
      otherHostsSeconds: recommendation?.slow?.othersLimitSeconds ?? null,
      killedAfterSeconds: limitWanted === undefined ? null : killTimes(limitWanted),
      verdict: limitVerdict(advice),
    },
    poll: { nowSeconds: pollNow ?? null, advisedSeconds: pollWanted ?? null, isDear: isPollDear(advice) },
    waits: advice.statuses.map((status) => ({ task: titleOf(status.task), waitSeconds: status.waitSeconds ?? null, retries: status.retries, delaySeconds: status.delaySeconds })),
    change: change === undefined ? null : { set: change.says, needsConsent: !change.safe, canBeMade: change.edits !== undefined },
  };
}
