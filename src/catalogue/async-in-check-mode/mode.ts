// Async under check mode: refused up to 2.16, and a status task without a job where the launch runs in the foreground for --check.

import type { Evidence } from "../../model/diagnosis.ts";
import type { Edit, Finding } from "../../model/finding.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { missingJobOf } from "../../model/pair-conditions.ts";
import type { Flow, Pair, Task } from "../../model/playbook.ts";
import { isLaunch, isPolled, numberOf, ownField, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import type { JsonObject, LoggedResult } from "../../model/story.ts";
import { textOf } from "../../model/story.ts";
import { addCondition, removeKeyword } from "../../model/task-edits.ts";

type Draft = Omit<Finding, "mode">;

const lint: LintView = (flow) => [
  ...flow.tasks.filter(isLaunch).flatMap((task) => refused(flow, task)),
  ...flow.pairs.filter((pair) => !isPolled(pair.launch)).flatMap(unguarded),
];

/** `check_mode: true` is a dry run of one task, whatever the run is: `ansible_check_mode` tells of --check alone. */
function refused(flow: Flow, task: Task): readonly Draft[] {
  const keyword = task.keywords.get("check_mode");
  const isDry = keyword?.node.kind === "scalar" && keyword.node.value === true;
  const limitSeconds = numberOf(task.asyncLimit);
  if (!isDry || limitSeconds === undefined || limitSeconds <= 0) return [];
  const field = ownField(task, "check_mode") ?? ownField(task, "async");
  const edits = flow.pairs.some((pair) => pair.launch === task) ? undefined : foregroundEdits(task);
  return [{
    severity: "error",
    source: task.source,
    span: field === undefined ? task.map.span : { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(task),
    what: `A dry run (check_mode: true) with an async limit of ${limitSeconds} s.`,
    why: "Up to ansible-core 2.16 the task fails: `check mode and async cannot be used on same task.` Later versions start a job that changes nothing.",
    do: "Drop async and poll: a dry run takes no long time.",
    cores: { to: "2.16" },
    ...(edits === undefined ? {} : { fix: { safe: false, says: "drop async and poll", edits } }),
  }];
}

function foregroundEdits(task: Task): readonly Edit[] | undefined {
  const keys = ["async", "async_val", "poll"].filter((key) => ownField(task, key) !== undefined);
  return allEdits(keys.map((key) => removeKeyword(task, key)));
}

/** `async: "{{ ansible_check_mode | ternary(0, 600) }}"`: under --check there is no job, and so no job id. */
function unguarded(pair: Pair): readonly Draft[] {
  const { launch, status, shape } = pair;
  if (missingJobOf(pair)?.because !== "in the foreground in check mode") return [];
  const edits = allEdits([addCondition(status, "not ansible_check_mode")]);
  return [{
    severity: "warning",
    condition: "the playbook is run with --check",
    source: status.source,
    span: status.action?.args.get("jid")?.span ?? status.map.span,
    task: titleOf(status),
    what: `Under --check "${titleOf(launch)}" runs in the foreground, and there is no job to ask for.`,
    why: `Its async is 0 in check mode: ${shape === "results" ? "its results have" : "its register has"} no ansible_job_id then, and a dry run fails here on the undefined jid.`,
    do: "Guard this task with `when: not ansible_check_mode`.",
    related: [{ place: { file: launch.source.path, span: launch.map.span }, says: "the launch, with a limit of 0 in check mode" }],
    ...(edits === undefined ? {} : { fix: { safe: true, says: "leave this task out under --check", edits } }),
  }];
}

const REFUSAL = "check mode and async cannot be used on same task";
const UNDEFINED = /has no attribute 'ansible_job_id'/;
const NO_LOOK = /async_status\) does not support check mode/;

const symptom: SymptomView = (subject, story) => {
  const result = subject.results.find((each) => evidenceOf(each, story.checkMode).length > 0);
  return result === undefined ? undefined : { supports: evidenceOf(result, story.checkMode), against: [], ...remedyOf(result) };
};

function evidenceOf(result: LoggedResult, isDryRun: boolean): readonly Evidence[] {
  const message = textOf(result, "msg") ?? "";
  const { quote } = result;
  const dry = isDryRun ? [{ quote: result.task.heading, says: "The run was a dry run (--check)." }] : [];
  if (message.includes(REFUSAL)) return [{ quote, says: "Ansible refused to start a job in a dry run, as it does up to 2.16." }, ...dry];
  if (NO_LOOK.test(message)) return [{ quote, says: "async_status itself was skipped: up to 2.16 it does nothing in a dry run." }, ...dry];
  const inner = result.fields["async_result"];
  const nested = inner !== null && typeof inner === "object" && !Array.isArray(inner) ? (inner as JsonObject) : {};
  if (typeof nested["msg"] === "string" && NO_LOOK.test(nested["msg"])) {
    return [
      { quote, says: "Ansible's own look at the job was skipped because of the dry run: it gave up at once, whatever the job did." },
      { quote, says: "The limit was never waited for: the job had been started all the same (check_mode: false)." },
      ...dry,
    ];
  }
  if (!UNDEFINED.test(message) || !isDryRun) return [];
  return [{ quote, says: "The register has no job id: its launch started no job." }, ...dry];
}

function remedyOf(result: LoggedResult): { readonly do?: string } {
  if (UNDEFINED.test(textOf(result, "msg") ?? "")) return { do: "Guard the status task with `when: not ansible_check_mode`." };
  if (result.fields["async_result"] !== undefined) return { do: "Up to 2.15 a polled task with check_mode: false cannot be waited for under --check: give it `when: not ansible_check_mode`, or drop check_mode: false. The job was started: look whether it still runs." };
  return {};
}

export const mode: Mode = {
  id: "async-in-check-mode",
  title: "An async task in check mode",
  why: "Up to ansible-core 2.16 a task with async fails in check mode. A launch that turns async off for check mode starts no job then, and a status task that runs anyway fails on the undefined jid.",
  do: "Turn async off in check mode (`async: \"{{ ansible_check_mode | ternary(0, 600) }}\"`) and guard the status task with `when: not ansible_check_mode`.",
  messages: [
    { text: "check mode and async cannot be used on same task.", cores: "2.14 to 2.16" },
    { text: "remote module (ansible.legacy.async_status) does not support check mode", cores: "2.14 to 2.16" },
    { text: "* has no attribute 'ansible_job_id'" },
  ],
  lint,
  symptom,
  probe: cannot("a dry run leaves nothing on a host"),
  fix: "safe or needs-a-person",
};
