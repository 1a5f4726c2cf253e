// The register of a launch, read as if it held the result of the job.

import type { Edit, Fix } from "../../model/finding.ts";
import { isAbsentKey, startedResult } from "../../model/launch-reads.ts";
import { isLaunchAnswer, untilErrorOf } from "../../model/job-answers.ts";
import { withRegister } from "../../model/job-results.ts";
import { conditionText } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { ownField, tasksNaming, titleOf } from "../../model/playbook.ts";
import { statusTaskEdits, waitFor } from "../../model/status-task.ts";
import type { LoggedJob, LoggedResult, Story } from "../../model/story.ts";
import { jidOf, numberOf, playbookOf, textOf } from "../../model/story.ts";
import type { YamlScalar } from "../../model/yaml.ts";
import type { Read, ReadKind } from "./reads.ts";
import { loopNames, readsIn } from "./reads.ts";

const lint: LintView = (flow) => {
  const reads = readsIn(flow);
  return reads.map((read) => {
    const fix = repair({ flow, read, reads });
    const onlyPrints = read.kind === "shown" || (read.kind === "default" && read.task.action?.module === "debug");
    const severity = onlyPrints ? "info" as const : read.unless.length > 0 ? "warning" as const : "error" as const;
    return {
      severity,
      ...(severity === "warning" ? { condition: `\`${conditionText(read.unless)}\` is true` } : {}),
      source: read.task.source,
      span: read.node.span,
      task: titleOf(read.task),
      what: whatOf(read),
      why: WHY[read.kind],
      do: doOf(read),
      related: [{ place: { file: read.launch.source.path, span: read.launch.map.span }, says: "the task that starts the job" }],
      ...(fix === undefined ? {} : { fix }),
    };
  });
};

function whatOf({ kind, path, register, waited, launch }: Read): string {
  const start = `\`${register}\` is the register of the start of the job`;
  const since = waited === undefined ? `${start}, and nothing has waited for the end of it.` : `${start}; what came of it is in the register of "${titleOf(waited)}".`;
  if (kind === "never") return `\`${path}\` is never true: ${since}`;
  if (kind === "default") return `\`${path}\` is always its default: ${since}`;
  return `\`${path}\` does not exist${launch.loop === undefined ? "" : " for a start"}: ${since}`;
}

const START = "With poll: 0 a register holds ansible_job_id, started, finished and results_file of the start, and stays as it is whatever the job does.";
const WHY: Readonly<Record<ReadKind, string>> = {
  fails: `${START} Nothing of the command's own result is in it: the task stops with an error.`,
  default: `${START} The default stands for a result that never comes: the task does the same whether the job went well or not.`,
  shown: `${START} debug shows that the variable is not defined.`,
  never: `${START} finished is 0 in it for good: the task is skipped in every run.`,
};

function doOf({ task, waited, path, name, launch, kind }: Read): string {
  if (waited === task && waited.register !== undefined) return `Ask the register of this task, once the job has ended: \`${waited.register} is finished and …\`.`;
  if (waited === undefined) return "Wait for the job with async_status first, and read the register of that task.";
  if (waited.register === undefined) return `Register "${titleOf(waited)}", and read that register.`;
  if (launch.loop !== undefined) return `Loop over \`${waited.register}.results\`: what was \`${launch.loopVariable}\` of a start is one step further away there.`;
  return kind === "never" ? `Ask \`${waited.register}\`.` : `Read \`${waited.register}${path.slice(name.length)}\`.`;
}

interface Place {
  readonly flow: Flow;
  readonly read: Read;
  readonly reads: readonly Read[];
}

function repair(place: Place): Fix | undefined {
  const { waited } = place.read;
  return waited === undefined ? waitFirst(place) : readTheOther(place, waited);
}

/** A status task after the launch that registers the same name: every later read then finds the result. */
function waitFirst({ flow, read, reads }: Place): Fix | undefined {
  const { launch, register } = read;
    const isAskedFor = flow.pairs.some((pair) => pair.launch === launch) || tasksNaming(flow, register).some((task) => task.action?.module === "async_status");
  // One edit for all reads of a job: the first of them carries it.
  if (reads.find((other) => other.launch === launch) !== read || launch.loop !== undefined || isAskedFor || flow.kind === "tasks" || flow.gaps.length > 0) return undefined;
  const edits = statusTaskEdits(launch, { launchRegister: register, register, ...waitFor(launch) });
  return edits === undefined ? undefined : { safe: false, says: `wait for the job in an async_status task after its start, which registers \`${register}\` too`, edits };
}

/** The author has waited, and reads the wrong one of two registers. */
function readTheOther({ flow, read, reads }: Place, waited: Task): Fix | undefined {
  const { task, launch, register, node, kind } = read;
  const { register: other } = waited;
  // The conditions of a look are asked while the job runs too: what they are to say then, a person knows.
  if (waited === task) return undefined;
  const between = flow.tasks.slice(waited.flowIndex + 1, task.flowIndex);
  if (other === undefined || other === register || between.some((each) => each.register === other) || task.source.path !== waited.source.path) return undefined;
  const says = `read \`${other}\`, the register of the wait`;
  if (launch.loop !== undefined) {
    const asked = flow.pairs.some((pair) => pair.status === waited && pair.launch === launch && pair.shape === "results");
    // One edit for all reads of a task: the first of them carries it.
    const isFirst = reads.find((each) => each.task === task) === read;
    const edits = asked && isFirst ? loopEdits(read, waited, other) : undefined;
    return edits === undefined ? undefined : { safe: false, says, edits };
  }
  if (waited.loop !== undefined || node.shared) return undefined;
  const text = task.source.text.slice(node.span.start, node.span.end);
  // A condition, and what debug and assert take without braces, is one expression.
  const isExpression = !/\{\{|\{%/.test(text) || task.when.some((condition) => condition.node === node);
  const changed = withOtherRegister({ text, style: node.style, isExpression }, { register, other, everyRead: kind === "never" });
  if (changed === undefined) return undefined;
  // The default was all there was until now: with a result the play may go another way.
  return changed === text ? undefined : { safe: kind !== "default", says, edits: [{ file: task.source.path, span: node.span, text: changed }] };
}

function wordOf(register: string): RegExp {
  return new RegExp(String.raw`(?<![\w.'"])${register}\b`, "g");
}

interface Written {
  /** A YAML value as it stands in the file, with its quotes. */
  readonly text: string;
  readonly style: YamlScalar["style"];
  /** The whole is an expression; otherwise those parts that stand in braces are. */
  readonly isExpression: boolean;
}

interface Renaming {
  readonly register: string;
  readonly other: string;
  /** Also where a key is read that a start has. */
  readonly everyRead: boolean;
}

/** Replaces the register in expressions, outside their texts. Out: the new text; undefined where quotes of YAML and of Jinja cannot be told apart. */
function withOtherRegister({ text, style, isExpression }: Written, { register, other, everyRead }: Renaming): string | undefined {
  if ((style === "single" && text.slice(1, -1).includes("''")) || (style === "double" && text.includes("\\"))) return undefined;
  const quotes = style === "single" || style === "double" ? 1 : 0;
  const body = text.slice(quotes, text.length - quotes);
  const expressions = isExpression ? [{ start: 0, end: body.length }] : [...body.matchAll(/\{\{.*?\}\}|\{%.*?%\}/gs)].map(({ index, 0: found }) => ({ start: index, end: index + found.length }));
  const texts = expressions.flatMap(({ start, end }) => [...body.slice(start, end).matchAll(/'[^']*'|"[^"]*"/g)].map(({ index, 0: found }) => ({ start: start + index, end: start + index + found.length })));
  const isIn = (at: number) => (stretch: { readonly start: number; readonly end: number }): boolean => at >= stretch.start && at < stretch.end;
  const scope = withRegister(() => ({ kind: "unknown", why: "another name" }), register, startedResult("up to 2.18"));
  const step = new RegExp(String.raw`(?<![\w.])${register}\b(?:\s*(?:\.(\w+)|\[\s*['"](\w+)['"]\s*\]))?`, "g");
  const wanted = [...body.matchAll(step)].filter(({ index, 1: attribute, 2: key }) => {
    return expressions.some(isIn(index)) && !texts.some(isIn(index)) && (everyRead || isAbsentKey(scope, register, attribute ?? key ?? "ansible_job_id"));
  });
  const changed = wanted.reduceRight((whole, { index }) => whole.slice(0, index) + other + whole.slice(index + register.length), body);
  return `${text.slice(0, quotes)}${changed}${text.slice(text.length - quotes)}`;
}

/** In the results of the wait the item of the launch is one step further away. */
function loopEdits({ task, launch, register, kind }: Read, waited: Task, other: string): readonly Edit[] | undefined {
  const variable = task.loopVariable;
  const names = loopNames(launch);
  if (names === undefined) return undefined;
  const step = new RegExp(String.raw`(?<![\w.])${variable}\.(?=(?:${names.join("|")})\b)`, "g");
  const nodes = [...new Set(task.templates().map(({ node }) => node))];
  if (kind !== "fails" || ownField(task, "loop_control") !== undefined || nodes.some((node) => node.shared)) return undefined;
  const edits = nodes.flatMap((node): readonly Edit[] => {
    const text = task.source.text.slice(node.span.start, node.span.end);
    const changed = node === task.loop?.value ? text.replaceAll(wordOf(register), other) : text.replaceAll(step, `${variable}.${waited.loopVariable}.`);
    return changed === text ? [] : [{ file: task.source.path, span: node.span, text: changed }];
  });
  return edits.length === 0 ? undefined : edits;
}

/** Keys of results of commands, stat, slurp, uri and find: a start has none of them. */
const COMMAND_KEYS = new Set(["stdout", "stdout_lines", "stderr", "stderr_lines", "rc", "cmd", "delta"]);
const RESULT_KEYS = new Set(["stdout", "stdout_lines", "stderr", "stderr_lines", "rc", "cmd", "delta", "start", "end", "stat", "content", "json", "status", "matched", "files", "dest"]);

const symptom: SymptomView = (subject, story) => {
  const result = subject.results[0];
  const key = result === undefined ? undefined : /has no attribute '(\w+)'/.exec(textOf(result, "msg") ?? "")?.[1];
  if (!subject.failed || result === undefined || key === undefined || !RESULT_KEYS.has(key) || jidOf(result) !== undefined) return undefined;
  const job = lastJobBefore(story, result);
  if (job?.launch === undefined) return undefined;
  const ended = job.looks.find((look) => look.quote.line < result.quote.line && numberOf(look, "finished") === 1);
  // 2.19 and 2.20 do not tell a `when` from the `until` of a look; once the job has been found ended there is no look left.
  const error = untilErrorOf(result);
  if (error !== undefined && (error.isUntil || ended === undefined) && !/A 'when' expression failed/.test(textOf(result, "msg") ?? "")) return undefined;
  return {
    supports: [
      { quote: result.quote, says: `The task reads \`${key}\` of something that has no such key: the start of a job has none, the end of one has.` },
      { quote: job.launch.quote, says: `This is all that the register of "${job.launch.task.name}" holds: the start of job ${job.jid}.` },
      ended === undefined
        ? { quote: subject.task.heading, says: "No task had found the job ended before this one ran." }
        : { quote: ended.quote, says: "The result of the job was here, in the register of the task that waited." },
    ],
    against: [],
    ...(mayBeOther(key, result, story) ? { circumstantial: true } : {}),
    do: ended === undefined
      ? `Wait with async_status before this task, and read the register of that task. The job goes on running on ${result.host}: look before you start it again.`
      : `Read the register of "${ended.task.name}" in this task.`,
    unknown: [{ what: "Which register the task reads.", command: `longhaul diagnose LOG -p ${playbookOf(story)}` }],
  };
};

/** True where the register may well be another one: the key is one that many things have, or the register of a task that was skipped has none either. */
function mayBeOther(key: string, result: LoggedResult, story: Story): boolean {
  if (!COMMAND_KEYS.has(key)) return true;
  return story.skips.some((skip) => skip.host === result.host && !skip.isItem && skip.quote.line < result.quote.line);
}

function lastJobBefore(story: Story, result: LoggedResult): LoggedJob | undefined {
  return story.jobs.findLast(({ host, launch }) => {
    return host === result.host && launch !== undefined && isLaunchAnswer(launch) && launch.task !== result.task && launch.quote.line < result.quote.line;
  });
}

export const mode: Mode = {
  id: "result-used-before-finish",
  title: "A task reads the job's result from the register of its start",
  why: "The register of a launch with poll: 0 holds the start of the job, for good: no stdout, no rc, nothing of the command's own. The result is in the register of the task that waits.",
  do: "Wait with async_status before the result is needed, and read the register of that task.",
  messages: [
    { text: "The task includes an option with an undefined variable.*'dict object' has no attribute 'stdout'*", cores: "2.14 to 2.18" },
    { text: "The conditional check '*' failed. The error was: *'dict object' has no attribute 'rc'*", cores: "2.14 to 2.18" },
    { text: "Error while resolving value for '*': object of type 'dict' has no attribute 'stdout'", cores: "2.19 and newer" },
    { text: "Error while evaluating conditional: object of type 'dict' has no attribute 'rc'", cores: "2.19 and newer" },
  ],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; the host shows a job that runs as it should"),
  inPlaybook: true,
  fix: "safe or needs-a-person",
};
