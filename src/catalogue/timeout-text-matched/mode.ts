// A condition that knows a time limit by one of the texts that ansible-core has for it.

import type { CompareNode, Expression, LiteralNode } from "../../model/expression.ts";
import { childrenOf, pathsIn } from "../../model/expression.ts";
import type { Edit, Finding } from "../../model/finding.ts";
import type { LintView, Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Condition, Flow, Task } from "../../model/playbook.ts";
import { isPolled, titleOf } from "../../model/playbook.ts";
import { replaceNode } from "../../model/task-edits.ts";
import type { YamlScalar } from "../../model/yaml.ts";

/** The controller's text, up to 2.20 (executor/task_executor.py, _poll_async_result). */
const CONTROLLER = "async task did not complete within the requested time - ";
/** The watcher's text, in the job file (modules/async_wrapper.py). */
const WATCHER = "Timeout exceeded";
/** A text for each of the three, 2.21's among them, in either spelling. */
const ANY = "requested time|Timeout exceeded|unpars";
const SHORTEST = 10;

const lint: LintView = (flow) => flow.tasks.flatMap((task) => {
  const conditions = conditionsOf(task);
  // Whoever asks for another sign as well has met the other texts.
  if (conditions.some(({ expression }) => expression !== undefined && knowsMore(expression))) return [];
  return conditions.flatMap((condition) => {
    const { expression } = condition;
    const literal = expression === undefined ? undefined : literalsIn(expression).find(({ value }) => typeof value === "string" && textOf(value) !== undefined);
    if (expression === undefined || typeof literal?.value !== "string") return [];
    const asked = askedOf(flow, task, expression);
    return findingOf({ task, condition, literal, text: textOf(literal.value) ?? WATCHER, asked });
  });
});

/** `when`, `until`, `failed_when`, `changed_when` and what an assert wants. */
function conditionsOf(task: Task): readonly Condition[] {
  // A `when` of a block would be found at each of its tasks.
  const isOwn = ({ node }: Condition): boolean => node.span.start >= task.map.span.start && node.span.end <= task.map.span.end;
  const own = [...task.when.filter(isOwn), ...task.until, ...task.failedWhen, ...task.changedWhen];
  return task.action?.module === "assert" ? [...own, ...task.templates()] : own;
}

/** Which of the texts a literal stands for. */
function textOf(literal: string): string | undefined {
  const wanted = literal.trim().toLowerCase();
  if (wanted.length < SHORTEST) return undefined;
  if (wanted.includes("did not complete within") || wanted.includes("within the requested time") || CONTROLLER.includes(wanted)) return CONTROLLER;
  return wanted.includes(WATCHER.toLowerCase()) ? WATCHER : undefined;
}

/** Another of the texts, or a key by which a limit that is over is known. */
function knowsMore(expression: Expression): boolean {
  const texts = literalsIn(expression).flatMap(({ value }) => (typeof value === "string" ? [value] : []));
  const kinds = new Set(texts.flatMap((text) => [...(textOf(text) === undefined ? [] : [textOf(text)]), ...(/unpars/i.test(text) ? ["unparsable"] : [])]));
  const both = texts.some((text) => /timeout exceeded/i.test(text) && /requested time/i.test(text));
  // The output of the program holds its own words, never Ansible's.
  const keys = pathsIn(expression).some(({ steps }) => steps.some((step) => ["child_pid", "async_result", "rc", "finished", ...OUTPUT_KEYS].includes(String(step))));
  return kinds.size > 1 || both || keys;
}

const OUTPUT_KEYS = ["stdout", "stderr", "stdout_lines", "stderr_lines", "content", "json"];

function literalsIn(expression: Expression): readonly LiteralNode[] {
  return [...(expression.kind === "literal" ? [expression] : []), ...childrenOf(expression).flatMap(literalsIn)];
}

/** Whose message is read: that of a task Ansible polls, of a status task, of a start, or of one that is not known. */
type Asked = "polled" | "status" | "other" | "unknown";

function askedOf(flow: Flow, task: Task, expression: Expression): Asked {
  const roots = new Set(pathsIn(expression).map(({ steps: [root] }) => root));
  const setting = flow.tasks.filter((each) => each.register !== undefined && roots.has(each.register));
  const last = setting.findLast((each) => each.flowIndex <= task.flowIndex);
  if (last === undefined) return roots.has("ansible_failed_result") ? "unknown" : "other";
  if (isPolled(last)) return "polled";
  return last.action?.module === "async_status" ? "status" : "other";
}

interface Match {
  readonly task: Task;
  readonly condition: Condition;
  readonly literal: LiteralNode;
  readonly text: string;
  readonly asked: Asked;
}

function findingOf({ task, condition, literal, text, asked }: Match): readonly Omit<Finding, "mode">[] {
  // The watcher's text is the one that a status task gives; of a task that is not known nothing is said about it.
  if (asked === "other" || (text === WATCHER && asked !== "polled")) return [];
  const place = { source: task.source, span: condition.node.span, task: titleOf(task) };
  if (asked === "status") {
    const edit = asWatcher(task, condition, literal);
    return [{
      ...place,
      severity: "error",
      what: `A status task never says \`${String(literal.value)}\`.`,
      why: "That is what the controller says of a task that it polls itself. Of a job with poll: 0 a look says `Timeout exceeded` when its limit is over, and has no message at all when its own retries are used up.",
      do: `Ask for \`${WATCHER}\`, or for \`is not finished\` where the task's own wait was too short.`,
      ...(edit === undefined ? {} : { fix: { safe: false, says: `ask for \`${WATCHER}\``, edits: [edit] } }),
    }];
  }
  const edit = widened(task, condition, literal);
  const others = text === CONTROLLER
    ? "Where the looks are slow the watcher on the host comes first, with `Timeout exceeded`"
    : "Where the looks are quick the controller comes first, with `did not complete within the requested time`";
  return [{
    ...place,
    severity: "warning",
    condition: text === CONTROLLER ? "the looks are slow, or the core is 2.21" : "the looks are quick, or the core is 2.21",
    what: `\`${String(literal.value)}\` is one of three texts that say that the time limit is over.`,
    why: `${others}; ansible-core 2.21 says \`async task produced unparsable results\`. The condition takes those for something else.`,
    do: `Ask for all of them: \`is search('${ANY}')\`.`,
    ...(edit === undefined ? {} : { fix: { safe: false, says: "ask for all three texts", edits: [edit] } }),
  }];
}

/** `'TEXT' in r.msg`, `r.msg == 'TEXT'` and `r.msg is search('TEXT')`, with all three texts. */
function widened(task: Task, { node, text, expression }: Condition, literal: LiteralNode): Edit | undefined {
  const found = expression === undefined ? undefined : parentOf(expression, literal);
  const quote = text.charAt(literal.span.start);
  if (found === undefined || !/['"]/.test(quote)) return undefined;
  const pattern = `${quote}${ANY}${quote}`;
  const cut = ({ span }: Expression): string => text.slice(span.start, span.end);
  const isSearch = found.kind === "test" && /(?:^|\.)search$/.test(found.name);
  const young = isSearch ? pattern : found.kind === "compare" ? asSearch(found, { literal, pattern, cut }) : undefined;
  return young === undefined ? undefined : replaceOnce(task, node, { old: cut(isSearch ? literal : found), young });
}

function asWatcher(task: Task, { node, text }: Condition, { span }: LiteralNode): Edit | undefined {
  const quote = text.charAt(span.start);
  return replaceOnce(task, node, { old: text.slice(span.start, span.end), young: `${quote}${WATCHER}${quote}` });
}

function replaceOnce(task: Task, node: YamlScalar, { old, young }: { readonly old: string; readonly young: string }): Edit | undefined {
  const written = task.source.text.slice(node.span.start, node.span.end);
  if (written.split(old).length !== 2 || node.style === "literal" || node.style === "folded") return undefined;
  return replaceNode(task, node, written.replace(old, () => young));
}

function asSearch({ first, rest }: CompareNode, { literal, pattern, cut }: { readonly literal: LiteralNode; readonly pattern: string; readonly cut: (part: Expression) => string }): string | undefined {
  const [only, ...more] = rest;
  if (only === undefined || more.length > 0) return undefined;
  const other = first === literal ? only.operand : only.operand === literal ? first : undefined;
  const isEqual = only.operator === "==" || only.operator === "!=";
  if (other === undefined || (!isEqual && first !== literal)) return undefined;
  if (!["==", "!=", "in", "not in"].includes(only.operator) || !["name", "attribute", "index"].includes(other.kind)) return undefined;
  return `${cut(other)} is ${only.operator === "==" || only.operator === "in" ? "" : "not "}search(${pattern})`;
}

function parentOf(expression: Expression, wanted: Expression): Expression | undefined {
  const children = childrenOf(expression);
  if (children.includes(wanted)) return expression;
  return children.map((child) => parentOf(child, wanted)).find((found) => found !== undefined);
}

export const mode: Mode = {
  id: "timeout-text-matched",
  title: "A condition knows a time limit by one of its three texts",
  why: "When a limit is over, the controller says `did not complete within the requested time`, or the watcher on the host `Timeout exceeded`, whichever comes first; 2.21 says `unparsable results`. A condition on one text misses the others.",
  do: "Ask for all three (`is search('requested time|Timeout exceeded|unpars')`), or do not tell a time limit from other failures.",
  messages: [
    { text: "async task did not complete within the requested time - *s", cores: "2.14 to 2.20" },
    { text: "Timeout exceeded" },
    { text: "async task produced unparsable results", cores: "2.21" },
  ],
  lint,
  symptom: cannot("a condition that does not hold leaves no trace in a log"),
  probe: cannot("the mistake is in the playbook"),
  fix: "needs-a-person",
};
