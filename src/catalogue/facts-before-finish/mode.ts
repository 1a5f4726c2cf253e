// Facts that are gathered in the background, and used before the task that waits for them.

import { evaluate } from "../../model/evaluate.ts";
import { pathsIn } from "../../model/expression.ts";
import { untilErrorOf } from "../../model/job-answers.ts";
import { judge, withRegister } from "../../model/job-results.ts";
import { conditionText } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Outcome, Scope } from "../../model/outcome.ts";
import type { Condition, Flow, Project, Task } from "../../model/playbook.ts";
import { isDetached, titleOf } from "../../model/playbook.ts";
import type { LoggedJob, LoggedResult, Story } from "../../model/story.ts";
import { playbookOf, textOf } from "../../model/story.ts";
import type { YamlScalar } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";
import type { FactModule } from "./facts.ts";
import { factModuleOf, isAnyFact, isFactName, isFactOf } from "./facts.ts";

const lint: LintView = (flow, project) => flow.tasks.filter(isDetached).flatMap((launch) => {
  const module = factModuleOf(launch.action?.module ?? "");
  if (module === undefined || flow.gaps.length > 0 || hasFactsAlready({ flow, project, launch, module })) return [];
  const wait = flow.pairs.find((pair) => pair.launch === launch)?.status;
  const before = flow.tasks.slice(launch.flowIndex + 1, wait?.flowIndex);
  const again = before.findIndex((task) => factModuleOf(task.action?.module ?? "") === module);
  return before.slice(0, again === -1 ? undefined : again).filter(({ shape }) => shape !== "role-entry").flatMap((task) => readOf(task, module)).map(({ task, node, name, unless }) => ({
    severity: "warning" as const,
    condition: `${unless.length === 0 ? "" : `\`${conditionText(unless)}\` is true, and `}no fact cache holds them from an earlier run`,
    source: task.source,
    span: node.span,
    task: titleOf(task),
    what: `\`${name}\` is not there yet: "${titleOf(launch)}" has only started to gather it.`,
    why: `With poll: 0 facts are not set when the job ends, but when an async_status task finds it ended. ${wait === undefined ? "No task of this play asks for this job." : `That is "${titleOf(wait)}", which comes later.`}`,
    do: wait === undefined ? "Wait for the job with async_status before this task, or gather in the foreground." : `Move "${titleOf(wait)}" before this task, or gather in the foreground.`,
    related: [{ place: { file: launch.source.path, span: launch.map.span }, says: "the task that gathers in the background" }],
  }));
});

interface Place {
  readonly flow: Flow;
  readonly project: Project;
  readonly launch: Task;
  readonly module: FactModule;
}

/** The play gathers at its start, or an earlier task or play of the file may have set the same facts. */
function hasFactsAlready({ flow, project, launch, module }: Place): boolean {
  if (flow.play === undefined || (module === "setup" && gathersAtStart(flow))) return true;
  const earlier = flow.tasks.slice(0, launch.flowIndex);
  if (earlier.some(({ action }) => setsFacts(action?.module ?? "", module))) return true;
  const start = flow.play.span.start;
  const plays = project.flows.filter((other) => other.source.path === flow.source.path && other.play !== undefined && other.play.span.start < start);
  return plays.some((play) => (module === "setup" && gathersAtStart(play)) || play.gaps.length > 0 || play.tasks.some(({ action }) => setsFacts(action?.module ?? "", module)));
}

/** Plays gather unless they say no; what `ansible.cfg` says of plays that say nothing is not known. */
function gathersAtStart({ play }: Flow): boolean {
  const value = play === undefined ? undefined : fieldOf(play, "gather_facts")?.value;
  return !(value?.kind === "scalar" && value.value === false);
}

function setsFacts(written: string, module: FactModule): boolean {
  return factModuleOf(written) === module || (module === "setup" && written === "gather_facts");
}

interface Read {
  readonly task: Task;
  readonly node: YamlScalar;
  readonly name: string;
  /** Conditions of the task that only a run can tell. */
  readonly unless: readonly Condition[];
}

/** The first place where a task cannot do without a fact of the module. */
function readOf(task: Task, module: FactModule): readonly Read[] {
  const scope = withoutFacts(task, module);
  const verdict = judge(task.when, scope);
  if (verdict === "false") return [];
  const conditions = task.when.flatMap(({ node, expression }) => (expression === undefined ? [] : [{ node, expression }]));
  for (const { node, expression } of verdict === "fails" ? conditions : task.templates()) {
    const outcome = evaluate(expression, scope);
    const name = outcome.kind === "undefined" ? /^(\w+)(?:\.(\w+)|\['(\w+)'\])?/.exec(outcome.name) : null;
    const [path, root = "", attribute, key] = name ?? [];
    const isFact = root === "ansible_facts" ? isFactOf(module, attribute ?? key ?? "") : isFactName(module, root);
    const unless = task.when.filter((condition) => condition.node !== node && judge([condition], scope) === "unknown");
    if (path !== undefined && isFact) return [{ task, node, name: root === "ansible_facts" ? path : root, unless }];
  }
  return [];
}

/** The task's scope before anything was gathered: no fact of the module is defined; of others nothing is known. */
function withoutFacts(task: Task, module: FactModule): Scope {
  const expressions = [...task.when, ...task.templates()].flatMap(({ expression }) => (expression === undefined ? [] : pathsIn(expression)));
  const keys = expressions.flatMap(({ steps: [root, key] }) => (root === "ansible_facts" && typeof key === "string" && isFactOf(module, key) ? [key] : []));
  const fields = new Map(keys.map((key): [string, Outcome] => [key, { kind: "undefined", name: `ansible_facts.${key}` }]));
  const scope = withRegister(task.scope, "ansible_facts", { kind: "record", fields, open: true });
  return (name) => (isFactName(module, name) ? { kind: "undefined", name } : scope(name));
}

const symptom: SymptomView = (subject, story) => {
  const result = subject.results[0];
  const text = result === undefined ? "" : (textOf(result, "msg") ?? "");
  const fact = /has no attribute '(\w+)'/.exec(text)?.[1] ?? /'ansible_(\w+)' is undefined/.exec(text)?.[1];
  if (!subject.failed || result === undefined || fact === undefined || !isAnyFact(fact)) return undefined;
  const error = untilErrorOf(result);
  const job = openJobBefore(story, result);
  if (job?.launch === undefined || error?.isUntil === true) return undefined;
  return {
    supports: [
      { quote: result.quote, says: `The task reads the fact \`${fact}\`, which is not there.` },
      { quote: job.launch.quote, says: `Job ${job.jid} had been started, and nothing had waited for it: facts of a job are set when its end is found.` },
    ],
    against: [],
    // Facts of other modules may be missing for many reasons, a getent_* hardly for another.
    ...(gathersFacts(job.launch) || isFactOf("getent", fact) ? {} : { circumstantial: true }),
    unknown: [{ what: `Whether "${job.launch.task.name}" is the task that gathers this fact.`, command: `longhaul diagnose LOG -p ${playbookOf(story)}` }],
  };
};

/** True where the log tells that a launch gathers facts: its module, or the name of its task. */
function gathersFacts({ task }: LoggedResult): boolean {
  return /(?:^|\.)(?:setup|gather_facts|\w+_facts)$/.test(task.action ?? "") || /\bsetup\b|facts\b/i.test(task.name);
}

function openJobBefore(story: Story, result: LoggedResult): LoggedJob | undefined {
  return story.jobs.findLast(({ host, launch, looks, polls }) => {
    const before = host === result.host && launch !== undefined && launch.task !== result.task && launch.quote.line < result.quote.line;
    return before && polls === 0 && looks.every((look) => look.quote.line > result.quote.line);
  });
}

export const mode: Mode = {
  id: "facts-before-finish",
  title: "Facts are used before the job that gathers them has been waited for",
  why: "Facts of a module that runs with poll: 0 are set when an async_status task finds its job ended, and not before, however fast the job was.",
  do: "Wait with async_status before the first task that needs the facts, or gather them in the foreground.",
  messages: [
    { text: "'dict object' has no attribute '*'", cores: "2.14 to 2.18" },
    { text: "object of type 'dict' has no attribute '*'", cores: "2.19 and newer" },
    { text: "'ansible_*' is undefined" },
  ],
  lint,
  symptom,
  probe: cannot("facts are kept by the controller; the host shows a job that has ended well"),
  inPlaybook: true,
  fix: cannot("the wait, or the tasks that need the facts, have to be moved by hand"),
};
