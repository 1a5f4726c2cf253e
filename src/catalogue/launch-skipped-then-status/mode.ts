// The launch can be skipped, the status task cannot: then there is no job id to ask with.

import { asksForOneLaunch } from "../../model/async-dirs.ts";
import type { Evidence } from "../../model/diagnosis.ts";
import type { Edit } from "../../model/finding.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { isSwitchedOff, missingJobOf, usesLoopVariable } from "../../model/pair-conditions.ts";
import type { Flow, Pair } from "../../model/playbook.ts";
import { isLaunch, isPolled, ownField, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import type { LoggedResult, Story } from "../../model/story.ts";
import { jidOf, playbookOf, textOf } from "../../model/story.ts";
import { addCondition, replaceNode } from "../../model/task-edits.ts";
import { skippedItemsOf } from "./empty-loop.ts";

const lint: LintView = (flow) => flow.pairs.flatMap((pair) => {
  const { launch, status, register } = pair;
  const missing = isPolled(launch) ? undefined : missingJobOf(pair);
  if (missing === undefined || missing.because === "in the foreground in check mode" || mayEndBetween(flow, pair)) return [];
  // Of two launches with one register the later one takes the earlier one's job id: register-overwritten speaks of them.
  if (flow.tasks.some((task) => task !== launch && task.register === register && isLaunch(task) && task.list === launch.list && task.flowIndex < status.flowIndex)) return [];
  const skipped = skippedItemsOf(flow, launch, missing.conditions);
  if (skipped === "none") return [];
  const condition = missing.conditions.map(({ text }) => text.replaceAll(/\s+/g, " ").trim()).join(" and ");
  const isLoop = pair.shape === "results";
  const isCertain = !isLoop && status.when.length === 0 && isSwitchedOff(launch);
  const edits = guardEdits(flow, pair);
  const says = isLoop ? "loop over the items that have a job" : "ask only where there is a job";
  const when = missing.because === "skipped" ? `unless \`${condition}\`` : `in check mode (\`${condition}\`)`;
  return [{
    ...(isCertain ? { severity: "error" as const } : { severity: "warning" as const, condition: missing.because === "skipped" ? `\`${condition}\` is false` : "the playbook is run with --check" }),
    source: status.source,
    span: status.action?.args.get("jid")?.span ?? status.map.span,
    task: titleOf(status),
    what: isCertain ? `"${titleOf(launch)}" never runs (when: ${condition}); this task does.` : `"${titleOf(launch)}" is skipped ${when}; this task is not.`,
    why: skipped === "from 2.19" ? EMPTY_DICT : `${isLoop ? "A skipped item has" : "A skipped task's register has"} no ansible_job_id. This task then fails on the undefined jid${isLoop ? ", and up to ansible-core 2.18 no later item is waited for" : ""}.`,
    do: isLoop ? `Loop over \`${register}.results | selectattr('ansible_job_id', 'defined')\`.` : `Guard this task with \`when: ${guardOf(pair)}\`.`,
    related: [{ place: { file: launch.source.path, span: launch.map.span }, says: "the task that may be skipped" }],
    ...(skipped === "from 2.19" ? { cores: { from: "2.19" } } : {}),
    ...(edits === undefined ? {} : { fix: { safe: isOnlyLaunch(flow, pair), says, edits } }),
  }];
});

const EMPTY_DICT = "The loop is over an empty dict then: from ansible-core 2.19 on with_items has one item in it, the dict itself, which is skipped and has no ansible_job_id. Before, there was no item, and this task was skipped as well.";

/** Hosts whose launch was skipped may never come to the status task: `meta: end_host`, or a task that fails for them. */
function mayEndBetween(flow: Flow, { launch, status }: Pair): boolean {
  return flow.tasks.slice(launch.flowIndex + 1, status.flowIndex).some((task) => {
    const value = task.action === undefined ? undefined : ownField(task, task.action.written)?.value;
    const ends = task.action?.module === "meta" && value?.kind === "scalar" && value.raw.startsWith("end_");
    return ends || ((task.action?.module === "fail" || task.action?.module === "assert") && task.keywords.get("ignore_errors") === undefined);
  });
}

/** With two launches of one register the later one, skipped, hides the job of the earlier: a guard would then hide it for good. */
function isOnlyLaunch(flow: Flow, { register, status }: Pair): boolean {
  return flow.tasks.filter((task) => task.register === register && task.flowIndex < status.flowIndex).length === 1;
}

function guardOf({ status, register }: Pair): string {
  return `${usesLoopVariable(status) ? status.loopVariable : register}.ansible_job_id is defined`;
}

function guardEdits(flow: Flow, pair: Pair): readonly Edit[] | undefined {
  const { status, register, shape } = pair;
  if (shape !== "results" || !asksForOneLaunch(flow.pairs, pair)) return allEdits([addCondition(status, guardOf(pair))]);
  const loop = status.loop?.value;
  // `loop` takes any list, `with_items` and its like want one that is really made.
  if (loop?.kind !== "scalar" || loop.style === "literal" || loop.style === "folded") return undefined;
  return allEdits([replaceNode(status, loop, `"{{ ${register}.results | selectattr('ansible_job_id', 'defined') | list }}"`)]);
}

const UNDEFINED = /has no attribute 'ansible_job_id'/;

const symptom: SymptomView = (subject, story) => {
  const result = subject.results.find((each) => UNDEFINED.test(textOf(each, "msg") ?? ""));
  if (result === undefined || isOtherModule(result)) return undefined;
  const skipped = skippedEvidence(result, story);
  const dry = story.checkMode ? [{ quote: subject.task.heading, says: "The run was a dry run (--check): there a launch need not be skipped to give no job." }] : [];
  return {
    supports: [
      { quote: result.quote, says: "The task was given a register, or an item of one, that has no job id." },
      ...skipped,
    ],
    against: [...dry, ...notSkipped(result, story)],
    unknown: skipped.length > 0 ? [] : [
      { what: "Whether the launch was skipped: the log does not show it, the playbook may tell.", command: `longhaul diagnose LOG -p ${playbookOf(story)}` },
    ],
  };
};

/** True where the log tells that the task is no async_status: by its module, or from 2.19 on by the argument or the action in the message. */
function isOtherModule(result: LoggedResult): boolean {
  const text = textOf(result, "msg") ?? "";
  const action = result.task.action ?? /Finalization of task args for '([\w.]+)' failed/.exec(text)?.[1];
  const argument = /Error while resolving value for '(\w+)'/.exec(text)?.[1] ?? "jid";
  return argument !== "jid" || (action !== undefined && !/(?:^|\.)async_status$/.test(action));
}

function skippedEvidence(result: LoggedResult, story: Story): readonly Evidence[] {
  if (/'skipped': True|skip_reason/.test(result.item ?? "")) return [{ quote: result.quote, says: "The item of the loop says by itself that its launch was skipped." }];
  const sibling = story.results.find((each) => each.task === result.task && each.host === result.host && each.item !== undefined && jidOf(each) !== undefined);
  if (sibling !== undefined) return [{ quote: sibling.quote, says: "Other items of the same loop had a job." }];
  const skip = story.skips.find((each) => each.host === result.host && each.quote.line < result.quote.line);
  if (skip !== undefined) return [{ quote: skip.quote, says: `${skip.isItem ? "An item of a task" : "A task"} was skipped on ${result.host} before.` }];
  const recap = story.recap.find((line) => line.host === result.host);
  if (recap === undefined || recap.skipped === 0) return [];
  return [{ quote: recap.quote, says: `${recap.skipped === 1 ? "1 task was" : `${recap.skipped} tasks were`} skipped on ${result.host}.` }];
}

/** A whole log in which nothing of this host was skipped, no item either: the jid is wrong for another reason. */
function notSkipped(result: LoggedResult, story: Story): readonly Evidence[] {
  const recap = story.recap.find((line) => line.host === result.host);
  const started = story.jobs.filter(({ host, launch }) => host === result.host && launch !== undefined);
  if (recap?.skipped === 0 && started.length > 0 && started.every(({ launch }) => launch?.item === undefined)) {
    return [{ quote: recap.quote, says: `No task was skipped on ${result.host}, and no launch was a loop: the register that the task reads is not that of a launch.` }];
  }
  // At -vv and up a skipped item is printed over several lines, which are not kept.
  if (recap === undefined || recap.skipped > 0 || story.form !== "text" || story.verbosity > 1) return [];
  if (story.skips.some((skip) => skip.host === result.host)) return [];
  return [{ quote: recap.quote, says: `No task or item was skipped on ${result.host}: the jid is not where the task looks for it. A launch in a loop has one for each item, in results.` }];
}

export const mode: Mode = {
  id: "launch-skipped-then-status",
  title: "The launch may be skipped, the status task is not",
  why: "A launch whose when is false starts no job, and its register has no ansible_job_id. A status task that runs anyway fails on the undefined jid.",
  do: "Guard the status task with `when: REGISTER.ansible_job_id is defined`, or loop over the results that have one.",
  messages: [
    { text: "The task includes an option with an undefined variable.*'dict object' has no attribute 'ansible_job_id'*", cores: "2.14 to 2.18" },
    { text: "Error while resolving value for 'jid': object of type 'dict' has no attribute 'ansible_job_id'", cores: "2.19 and newer" },
  ],
  lint,
  symptom,
  probe: cannot("a job that was never started leaves nothing on a host"),
  fix: "safe or needs-a-person",
};
