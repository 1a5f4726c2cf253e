// A wait for one job of a launch that starts several in a loop.

import type { Fix } from "../../model/finding.ts";
import type { Expression } from "../../model/expression.ts";
import { isLaunchAnswer } from "../../model/job-answers.ts";
import { known } from "../../model/outcome.ts";
import { evaluate } from "../../model/evaluate.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Project, Task, Template } from "../../model/playbook.ts";
import { isDetached, isStatus, ownField, tasksNaming, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import type { LoggedResult, Story } from "../../model/story.ts";
import { jobOf } from "../../model/story.ts";
import { addKeywords, replaceNode } from "../../model/task-edits.ts";

const lint: LintView = (flow, project) => flow.tasks.filter(isStatus).flatMap((status) => {
  const jid = jidOf(status);
  const picked = jid === undefined ? undefined : pickedIn(jid.expression);
  if (jid === undefined || picked === undefined || status.loop !== undefined) return [];
  const launch = flow.pairs.find((pair) => pair.status === status && pair.register === picked.register)?.launch;
  const count = launch === undefined ? undefined : itemsOf(launch);
  if (launch === undefined || !isDetached(launch) || launch.loop === undefined || count === 1 || isAskedForOtherwise(flow, status, picked.register)) return [];
  const fix = repair({ status, jid, launch, register: picked.register, count, project });
  const certain = count !== undefined && launch.when.length === 0;
  return [{
    severity: certain ? "error" as const : "warning" as const,
    ...(certain ? {} : { condition: "the loop of the launch starts more than one job" }),
    source: status.source,
    span: jid.node.span,
    task: titleOf(status),
    what: `Asks for the ${picked.which} job only: "${titleOf(launch)}" starts ${count === undefined ? "one for each item of its loop" : String(count)}.`,
    why: "Nobody waits for the other jobs. They may still run when the play goes on, and when one of them fails nobody sees it.",
    do: `Loop over \`${picked.register}.results\`, and take the jid of each item.`,
    related: [{ place: { file: launch.source.path, span: launch.map.span }, says: "the task that starts the jobs" }],
    ...(fix === undefined ? {} : { fix }),
  }];
});

/** The jid, where it is one expression in braces and nothing else. */
function jidOf(status: Task): Template | undefined {
  const node = status.action?.args.get("jid");
  const templates = status.templates().filter((template) => template.node === node);
  return templates.length === 1 && node?.kind === "scalar" && /^\{\{[^{}]*\}\}$/.test(node.raw.trim()) ? templates[0] : undefined;
}

interface Picked {
  readonly register: string;
  readonly which: "first" | "last" | "second" | "third";
}

/** `jobs.results[0].ansible_job_id`, `(jobs.results | first).ansible_job_id` and the like. */
function pickedIn(jid: Expression): Picked | undefined {
  const { target: item, step } = lastStep(jid) ?? {};
  if (item === undefined || step !== "ansible_job_id") return undefined;
  if (item.kind === "filter") {
    const name = item.name.replace(/^ansible\.builtin\./, "");
    const register = registerOfResults(item.target);
    return register !== undefined && (name === "first" || name === "last") ? { register, which: name } : undefined;
  }
  const { target, step: index } = lastStep(item) ?? {};
  const register = target === undefined ? undefined : registerOfResults(target);
  const which = index === 0 ? "first" : index === -1 ? "last" : index === 1 ? "second" : index === 2 ? "third" : undefined;
  return register === undefined || which === undefined ? undefined : { register, which };
}

function registerOfResults(expression: Expression): string | undefined {
  const { target, step } = lastStep(expression) ?? {};
  return step === "results" && target?.kind === "name" ? target.name : undefined;
}

/** `a.b` and `a['b']`: a and b. */
function lastStep(expression: Expression): { readonly target: Expression; readonly step: unknown } | undefined {
  if (expression.kind === "attribute") return { target: expression.target, step: expression.name };
  if (expression.kind !== "index") return undefined;
  const step = evaluate(expression.index, () => known(null));
  return step.kind === "value" ? { target: expression.target, step: step.value } : undefined;
}

/** How many items a loop has that is written out; undefined where a run decides. */
function itemsOf({ loop }: Task): number | undefined {
  if (loop?.value.kind !== "list" || !["loop", "with_items", "with_list"].includes(loop.key)) return undefined;
  return loop.value.items.some((item) => loop.key === "with_items" && item.kind === "scalar" && item.raw.includes("{{")) ? undefined : loop.value.items.length;
}

/** Another task asks for jobs of the same launch: together they may ask for all. */
function isAskedForOtherwise(flow: Flow, status: Task, register: string): boolean {
  return tasksNaming(flow, register).some((task) => task !== status && (isStatus(task) || task.action?.module === "set_fact" || /^include|^import/.test(task.action?.module ?? "")));
}

interface Place {
  readonly status: Task;
  readonly jid: Template;
  readonly launch: Task;
  readonly register: string;
  readonly count: number | undefined;
  readonly project: Project;
}

function repair({ status, jid, launch, register, count, project }: Place): Fix | undefined {
  const variable = launch.loopVariable;
  const control = variable === "item" ? [] : ["loop_control:", `  loop_var: ${variable}`];
  if (ownField(status, "loop_control") !== undefined || launch.when.length > 0) return undefined;
  // Whoever reads the result of the wait would find a list of results.
  const where = { source: status.source, span: status.map.span };
  const isRead = status.register !== undefined && project.mentionedElsewhere(status.register, where);
  const edits = allEdits([
    replaceNode(status, jid.node, `"{{ ${variable}.ansible_job_id }}"`),
    addKeywords(status, status.action?.written ?? "", [`loop: "{{ ${register}.results }}"`, ...control]),
  ]);
  return edits === undefined ? undefined : { safe: !isRead && count !== undefined, says: `wait for every job of \`${register}.results\``, edits };
}

const symptom: SymptomView = (subject, story) => {
  if (subject.failed) return undefined;
  for (const result of subject.results) {
    const other = forgottenBeside(result, story);
    if (other === undefined) continue;
    const look = jobOf(story, other)?.looks[0];
    const recap = story.recap.find(({ host }) => host === result.host);
    if (look === undefined || recap === undefined) continue;
    return {
      supports: [
        { quote: result.quote, says: `The loop started a job for ${result.item ?? "this item"}, and no task looked at it.` },
        { quote: look.quote, says: `A job of another item of the same loop was looked at (${other.item ?? "another item"}).` },
        { quote: recap.quote, says: "The run went through to its end." },
      ],
      against: [],
      unknown: [{ what: "How the other jobs have ended.", command: `ansible ${result.host} -m async_status -a "jid=${jobOf(story, result)?.jid ?? "JID"}"` }],
    };
  }
  return undefined;
};

/** Another item of the same loop whose job was looked at, where nobody has looked at the job of this one. */
function forgottenBeside(result: LoggedResult, story: Story): LoggedResult | undefined {
  const job = jobOf(story, result);
  if (!isLaunchAnswer(result) || result.item === undefined || job === undefined || job.looks.length > 0 || job.polls > 0) return undefined;
  const failed = story.results.some((each) => each.host === result.host && each.status === "failed");
  if (failed) return undefined;
  return story.results.find((each) => {
    return each !== result && each.task === result.task && each.host === result.host && isLaunchAnswer(each) && (jobOf(story, each)?.looks.length ?? 0) > 0;
  });
}

export const mode: Mode = {
  id: "first-job-only",
  title: "Only one job of a loop of launches is waited for",
  why: "A launch in a loop starts a job for each item, and `results` holds all their ids. A status task that takes one of them waits for that job alone.",
  do: "Loop the status task over `REGISTER.results`, with `jid: \"{{ item.ansible_job_id }}\"`.",
  messages: [{ text: '"ansible_job_id": "*", "ansible_loop_var": "item", "changed": true, "finished": 0', cores: "up to 2.18" }, { text: '"ansible_job_id": "*", "ansible_loop_var": "item", "changed": true, "finished": false', cores: "2.19 and newer" }],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; the host shows jobs that run as they should"),
  inPlaybook: true,
  fix: "safe or needs-a-person",
};
