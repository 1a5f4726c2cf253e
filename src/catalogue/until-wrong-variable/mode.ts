// The until of a status task reads a variable that nothing sets: its register is spelled otherwise, or missing.

import type { Edit, Fix } from "../../model/finding.ts";
import { statusEvidence, untilErrorOf } from "../../model/job-answers.ts";
import type { Look } from "../../model/look.ts";
import { conditionText, rootsOf, waitsIn } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Project, Task } from "../../model/playbook.ts";
import { titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import { playbookOf } from "../../model/story.ts";
import { addKeywords, replaceNode, replaceValue } from "../../model/task-edits.ts";

const lint: LintView = (flow, project) => waitsIn(flow).flatMap(({ look, until }) => {
  const { status } = look;
  const name = unsetName(look, flow, project);
  if (name === undefined) return [];
  const register = status.register ?? name;
  const fix = repair(status, name, project);
  return [{
    severity: "error" as const,
    source: status.source,
    span: until.value.span,
    task: titleOf(status),
    what: status.register === undefined ? `\`${name}\` is set by no task: this one has no register.` : `\`${name}\` is set by no task: the register of this one is \`${status.register}\`.`,
    why: "The condition is an error at the first look: the task fails, whatever its job does, and the job goes on with nobody looking.",
    do: status.register === undefined ? `Give the task \`register: ${name}\`.` : `Wait by the task's own register: \`until: ${conditionText(status.until).replaceAll(wordOf(name), register)}\`.`,
    ...(fix === undefined ? {} : { fix }),
  }];
});

/** Variables that Ansible itself gives, or that only look like variables. */
const GIVEN = /^(?:ansible_\w+|hostvars|groups|group_names|inventory_\w+|play_hosts|omit|environment|role_\w+|playbook_dir|vars|lookup|query|q|now|range|undef)$/;

/** The one variable of the until, where it is read as a job's answer and nothing in the project can have set it. */
function unsetName({ status, pairs }: Look, flow: Flow, project: Project): string | undefined {
  const [name, ...more] = [...(rootsOf(status.until) ?? [])];
  if (name === undefined || more.length > 0 || GIVEN.test(name) || name === status.register) return undefined;
  if (status.loop !== undefined && name === status.loopVariable) return undefined;
  const outcome = status.scope(name);
  if (pairs.some(({ register }) => register === name) || outcome.kind !== "unknown" || outcome.nowhere !== true) return undefined;
  const isAnswer = new RegExp(`\\b${name}(?:\\.|\\[| is (?:not )?(?:finished|started|succeeded|success|failed)\\b)`);
  if (!isAnswer.test(conditionText(status.until)) || isReadBefore(status, name)) return undefined;
  const isSet = project.flows.some((each) => each.tasks.some((task) => task.register === name || (task.action?.module === "set_fact" && task.action.args.has(name))));
  if (isSet) return undefined;
  // Files that are not known, or that were not asked about, may set it.
  const isOpen = flow.kind === "tasks" || flow.gaps.length > 0;
  return isOpen && isMentioned(project, status, name) ? undefined : name;
}

/** The jid or another keyword of the task reads it too: then it comes from somewhere. */
function isReadBefore({ map, source }: Task, name: string): boolean {
  return map.fields.some(({ key, value }) => key !== "until" && key !== "failed_when" && key !== "changed_when" && wordOf(name).test(source.text.slice(value.span.start, value.span.end)));
}

function isMentioned(project: Project, { source, map }: Task, name: string): boolean {
  return project.mentionedElsewhere(name, { source, span: map.span });
}

function repair(status: Task, name: string, project: Project): Fix | undefined {
  const { register } = status;
  if (register === undefined) return fixOf(`give the task the register ${name}`, [addKeywords(status, status.action?.written ?? "", [`register: ${name}`])]);
  // Later tasks read the one name or the other.
  if (isMentioned(project, status, name) && !isMentioned(project, status, register)) {
    return fixOf(`register the result as ${name}`, [replaceValue(status, "register", name)]);
  }
  const nodes = status.until.map((condition) => condition.node).filter((node) => wordOf(name).test(node.raw));
  return fixOf(`read ${register}`, nodes.map((node) => {
    const written = status.source.text.slice(node.span.start, node.span.end);
    return replaceNode(status, node, written.replaceAll(wordOf(name), register));
  }));
}

function fixOf(says: string, edits: readonly (Edit | undefined)[]): Fix | undefined {
  const all = allEdits(edits);
  return all === undefined ? undefined : { safe: true, says, edits: all };
}

function wordOf(name: string): RegExp {
  return new RegExp(`(?<![\\w.])${name}(?!\\w)`, "g");
}

const symptom: SymptomView = (subject, story) => {
  const [result] = subject.results;
  const error = result === undefined ? undefined : untilErrorOf(result);
  if (!subject.failed || result === undefined || error === undefined) return undefined;
  const name = /^'(\w+)' is undefined/.exec(error.message)?.[1];
  const isTest = error.message.startsWith("The 'finished' test expects a dictionary");
  if (name === undefined && !isTest) return undefined;
  const status = statusEvidence(story, result);
  // Up to 2.17 nothing tells the until from that of a task that has to do with no job.
  const speaksOfEnd = error.isUntil && /\bfinished\b/.test(result.quote.text);
  if (status === undefined && !speaksOfEnd) return undefined;
  return {
    supports: [
      { quote: result.quote, says: name === undefined ? "The variable that is tested for `finished` is not defined, or is no result." : `Nothing has set \`${name}\`, which the condition reads.` },
      ...(speaksOfEnd ? [{ quote: result.quote, says: "The condition asks for the end of a job." }] : []),
      ...(status === undefined ? [] : [status]),
    ],
    against: [],
    ...(error.isUntil ? {} : { unknown: [{ what: "Whether it is the until of the task or its when: this ansible-core does not say.", command: `longhaul diagnose LOG -p ${playbookOf(story)}` }] }),
  };
};

export const mode: Mode = {
  id: "until-wrong-variable",
  title: "The until condition reads a variable that nothing sets",
  why: "The until of a status task has to read that task's own register. Under another name, or without a register, the variable is undefined: the condition is an error at the first look, which no retry follows.",
  do: "Give the status task a register, and read that one in its until: `until: REGISTER is finished`.",
  messages: [
    { text: "The conditional check '*' failed. The error was: *'*' is undefined", cores: "2.14 to 2.18" },
    { text: "The 'finished' test expects a dictionary", cores: "2.14 to 2.18" },
    { text: "Error while evaluating conditional: '*' is undefined", cores: "2.19 and newer" },
    { text: "An 'until' expression failed", cores: "2.21" },
  ],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; a host shows only a job that nobody waits for"),
  inPlaybook: true,
  fix: "safe",
};
