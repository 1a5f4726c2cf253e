// The async limit is over before the work is: found in the YAML where the command itself says how long it takes.

import type { Edit } from "../../model/finding.ts";
import type { OwnDuration } from "../../model/limits.ts";
import { killTimes, limitAbove, limitEdit, ownDurationOf } from "../../model/limits.ts";
import { isModuleWithShortLimit } from "../../model/meant-to-run-on.ts";
import type { LintView, Mode } from "../../model/mode.ts";
import type { Flow, MeasuredLaunch, Task } from "../../model/playbook.ts";
import { isDetached, isLaunch, isPolled, numberOf, pollSecondsOf, titleOf } from "../../model/playbook.ts";
import { allEdits, retriesEdits, waitSecondsOf } from "../../model/repairs.ts";
import { symptom } from "./symptom.ts";
import { probe } from "./probe.ts";

const lint: LintView = (flow, project) => flow.tasks.filter(isLaunch).flatMap((task) => {
  const limitSeconds = numberOf(task.asyncLimit);
  const own = ownDurationOf(task);
  if (limitSeconds === undefined || limitSeconds <= 0) return [];
  const measured = project.measured?.(task, flow);
  if (measured !== undefined && measured.maxSeconds > limitSeconds) return [ofMeasured(flow, task, { limitSeconds, measured })];
  if (own === undefined) return isLeftAlone(flow, task) ? [ofModule(task, limitSeconds)] : [];
  const verdict = verdictOf(task, { limitSeconds, own });
  return verdict === undefined ? [] : [finding(flow, task, { limitSeconds, own, verdict })];
});

type Verdict = "always" | "where the kill is exact" | "killed or spoiled" | "when it takes long";

/** In: what a command says of itself. Out: when its limit cuts it short; undefined where it never does. */
function verdictOf(task: Task, { limitSeconds, own }: { readonly limitSeconds: number; readonly own: OwnDuration }): Verdict | undefined {
  const { exact, late } = killTimes(limitSeconds);
  const poll = pollSecondsOf(task) ?? 0;
  const polledFor = isPolled(task) ? Math.ceil(limitSeconds / poll) * poll : Infinity;
  if (own.atLeast > Math.min(late, polledFor)) return "always";
  // Older releases let a job end that takes less than the kill needs, but from five seconds before it spoil its result.
  if (own.atLeast >= exact) return own.atLeast >= late - 5 ? "killed or spoiled" : "where the kill is exact";
  return own.upTo > Math.min(exact, polledFor) ? "when it takes long" : undefined;
}

const CONDITIONS = {
  "killed or spoiled": "the job is killed at its limit, or its result is overwritten by a timeout",
  "where the kill is exact": "the release kills at the very limit (2.18.19, 2.19.14, 2.20.10, 2.21.5 do)",
  "when it takes long": "the work takes longer than the limit",
} as const;

/** Runs that have ended well took longer than the limit is now. */
function ofMeasured(flow: Flow, task: Task, { limitSeconds, measured }: { readonly limitSeconds: number; readonly measured: MeasuredLaunch }): ReturnType<LintView>[number] {
  const { runs, maxSeconds, limitSeconds: wanted } = measured;
  const longer = measured.longerThan(limitSeconds);
  const edits = limitEdits(flow, task, { limitSeconds, wanted });
  return {
    severity: "error",
    condition: `the work takes as long as in ${longer} of ${runs} measured ${runs === 1 ? "run" : "runs"}`,
    source: task.source,
    span: task.asyncLimit.kind === "number" ? task.asyncLimit.node.span : task.map.span,
    task: titleOf(task),
    what: `The work took up to ${Math.round(maxSeconds)} s in earlier runs, but its async limit is ${limitSeconds} s.`,
    why: `${longer} of ${runs} measured ${runs === 1 ? "run" : "runs"} took longer than the limit. Ansible reports a timeout for such a run, and the job is killed in the middle of its work.`,
    do: `Set async to ${wanted}, which longhaul advise takes from the measured runs (longhaul history shows them).`,
    ...(edits === undefined ? {} : { fix: { safe: true, says: `set async to ${wanted}, by the measured runs${edits.length > 1 ? "; raise the retries that wait for it" : ""}`, edits } }),
  };
}

/** A module that is started with `async: 1`, as many restarts are, and that no status task asks about: then the limit is no bound for it. */
function isLeftAlone(flow: Flow, task: Task): boolean {
  return isDetached(task) && isModuleWithShortLimit(task) && !flow.pairs.some(({ launch }) => launch === task);
}

/** For work of unknown length that nobody waits for: enough for most, and it costs nothing. */
const WANTED_SECONDS = 600;

function ofModule(task: Task, limitSeconds: number): ReturnType<LintView>[number] {
  const edit = limitEdit(task, WANTED_SECONDS);
  return {
    severity: "warning",
    condition: `the work takes longer than ${limitSeconds} s`,
    cores: { from: "2.18" },
    source: task.source,
    span: task.asyncLimit.kind === "number" ? task.asyncLimit.node.span : task.map.span,
    task: titleOf(task),
    what: `The module has ${limitSeconds} s for its work: async is its limit, also where nobody waits (poll: 0).`,
    why: `Patch releases since the middle of 2026 kill a job when its limit is over (2.18.19, 2.19.14, 2.20.10, 2.21.5 do), in the middle of its work. Older ones left it ${killTimes(limitSeconds).late} s, which is why this may have worked.`,
    do: `Set async to three times the time that the work takes, ${WANTED_SECONDS} where you do not know: nobody waits for it.`,
    ...(edit === undefined ? {} : { fix: { safe: false, says: `set async to ${WANTED_SECONDS}`, edits: [edit] } }),
  };
}

interface Found {
  readonly limitSeconds: number;
  readonly own: OwnDuration;
  readonly verdict: Verdict;
}

function finding(flow: Flow, task: Task, found: Found): ReturnType<LintView>[number] {
  const { limitSeconds, own, verdict } = found;
  const wanted = limitAbove(own.upTo);
  const edits = limitEdits(flow, task, { limitSeconds, wanted });
  const node = task.asyncLimit.kind === "number" ? task.asyncLimit.node : task.map;
  return {
    ...(verdict === "always" ? { severity: "error" as const } : { severity: "warning" as const, condition: CONDITIONS[verdict] }),
    source: task.source,
    span: node.span,
    task: titleOf(task),
    what: whatText(found),
    why: whyText(task, found),
    do: `Set async to ${wanted} at least. To learn what the whole work needs, measure it, and take three times that.`,
    ...(verdict === "where the kill is exact" ? { cores: { from: "2.18" } } : {}),
    ...(edits === undefined ? {} : { fix: { safe: true, says: saysText(wanted, edits.length > 1), edits } }),
  };
}

function whatText({ own, limitSeconds, verdict }: Found): string {
  return verdict === "when it takes long"
    ? `The task gives itself up to ${own.upTo} s (\`${own.words}\`), but its async limit is ${limitSeconds} s.`
    : `The command sleeps for ${own.atLeast} s (\`${own.words}\`), but its async limit is ${limitSeconds} s.`;
}

function whyText(task: Task, { own, verdict }: Found): string {
  if (verdict === "when it takes long") {
    // `timeout` makes a process group of its own, which the kill of the job's group does not reach (seen on 2.16 and 2.21).
    const program = own.words.startsWith("timeout ") ? "The job is killed then, but not the program under `timeout`: it runs on with nobody looking." : "The job is killed then.";
    return `When the work takes longer than the limit, Ansible reports a timeout before the work's own bound is reached. ${program}`;
  }
  if (verdict === "always") {
    return isPolled(task)
      ? "Ansible gives up at the limit and kills the job, so this task fails whenever it runs."
      : "The job is killed at its limit, on older ansible-core up to ten seconds later: what comes after the sleep never happens.";
  }
  if (verdict === "killed or spoiled") {
    return "Patch releases since the middle of 2026 kill the job when its limit is over. Older ones let it end a few seconds later, but then may write `Timeout exceeded` over its good result.";
  }
  return "Patch releases since the middle of 2026 kill a job when its limit is over, so what comes after the sleep (a reboot, say) is not done. Older ones kill it five to ten seconds late, which is why this used to work.";
}

function saysText(wanted: number, withRetries: boolean): string {
  const base = `set async to ${wanted}: the command's own time and 10 s, rounded up`;
  return withRetries ? `${base}; raise the retries that wait for it` : base;
}

/** The limit, and the waits that were long enough for it before. */
function limitEdits(flow: Flow, task: Task, { limitSeconds, wanted }: { readonly limitSeconds: number; readonly wanted: number }): readonly Edit[] | undefined {
  const waits = flow.pairs.filter(({ launch, status }) => launch === task && status.until.length > 0).flatMap(({ status }) => {
    const wait = waitSecondsOf(status);
    return wait === undefined || wait === 0 || wait < limitSeconds || wait >= wanted ? [] : [retriesEdits(status, wanted)];
  });
  if (waits.includes(undefined)) return undefined;
  return allEdits([limitEdit(task, wanted), ...waits.flatMap((edits) => edits ?? [])]);
}

export const mode: Mode = {
  id: "limit-too-short",
  title: "The async limit is shorter than the work",
  why: "async is the time a job may take, in seconds. When it is over Ansible reports a failure and the job is killed, wherever it is in its work. Which of the two watches first, the controller or the watcher on the host, decides the message.",
  do: "Set async to three times the time that the work really takes: a job that ends earlier costs nothing.",
  messages: [
    { text: "async task did not complete within the requested time - *s" },
    { text: "Timeout exceeded" },
    { text: "async task produced unparsable results", cores: "2.21" },
  ],
  lint,
  symptom,
  probe,
  fix: "safe or needs-a-person",
};
