// Edits of one task's text: change, add or drop a keyword, a variable or a condition, insert a task after it, drop it. Everything else stays as it is.
// A task behind an alias is not edited (undefined): its text serves others. Of one in flow style only keywords are changed and dropped.

import type { Edit } from "./finding.ts";
import type { Task } from "./playbook.ts";
import type { YamlField, YamlMap, YamlNode } from "./yaml.ts";
import { fieldOf } from "./yaml.ts";

/** A task as lines to insert: the first line gets the dash, the others its indent. */
export type TaskLines = readonly string[];

/** Replaces the value of a keyword that the task has itself. */
export function replaceValue(task: Task, key: string, text: string): Edit | undefined {
  const field = fieldOf(task.map, key);
  return field === undefined || field.merged ? undefined : replaceNode(task, field.value, text);
}

/** Replaces the value of a keyword, which may be a list or a text of several lines, by a text on the keyword's own line. */
export function replaceLines(task: Task, key: string, text: string): Edit | undefined {
  const field = fieldOf(task.map, key);
  if (field === undefined || field.merged || field.value.shared || task.map.shared) return undefined;
  const isPlain = field.value.kind === "scalar" && !isBlock(field.value);
  if (isPlain || (field.value.kind === "list" && field.value.flow)) return replaceNode(task, field.value, text);
  const source = task.source.text;
  const colon = source.indexOf(":", field.keySpan.end);
  const end = fieldEnd(source, field);
  // A comment among the lines would go with them.
  if (colon === -1 || colon >= end || source.slice(colon, end).includes("#")) return undefined;
  return { file: task.source.path, span: { start: colon + 1, end }, text: ` ${text}` };
}

/** Replaces a value inside the task. An empty value (`async:`) gets the text after its colon. */
export function replaceNode(task: Task, node: YamlNode, text: string): Edit | undefined {
  if (node.shared || task.map.shared || isWord(task, node)) return undefined;
  const empty = node.kind === "scalar" && node.raw === "" && node.style === "plain";
  if (!empty) return { file: task.source.path, span: node.span, text };
  const at = node.span.start;
  const space = task.source.text[at - 1] === ":" ? " " : "";
  return { file: task.source.path, span: { start: at, end: at }, text: `${space}${text}` };
}

/** True for a `key=value` word: its node spans the whole line of words (readers/playbook/action.ts). */
function isWord({ source }: Task, node: YamlNode): boolean {
  if (node.kind !== "scalar" || node.raw === "") return false;
  const written = source.text.slice(node.span.start, node.span.end);
  return written.includes(`=${node.raw}`) || written.includes(`="${node.raw}`) || written.includes(`='${node.raw}`);
}

/** Adds `key: value` lines after the keyword `after` (or after the last one). */
export function addKeywords(task: Task, after: string, lines: readonly string[]): Edit | undefined {
  const field = fieldOf(task.map, after) ?? task.map.fields.at(-1);
  if (field === undefined || field.merged || task.map.shared || task.map.flow) return undefined;
  const { text } = task.source;
  const at = lineEnd(text, fieldEnd(text, field));
  const indent = " ".repeat(columnOf(text, task.map.span.start));
  const added = lines.map((line) => `${eolOf(text)}${indent}${line}`).join("");
  return { file: task.source.path, span: { start: at, end: at }, text: added };
}

/** Gives the task a variable of its own: a new line under `vars`, or a new `vars`. */
export function addVariable(task: Task, name: string, text: string): Edit | undefined {
  const vars = fieldOf(task.map, "vars");
  if (vars === undefined) return addKeywords(task, task.action?.written ?? "", ["vars:", `  ${name}: ${text}`]);
  if (vars.merged || vars.value.kind !== "map" || task.map.shared) return undefined;
  const present = fieldOf(vars.value, name);
  if (present === undefined) return addToMap(task, vars.value, `${name}: ${text}`);
  return present.merged || vars.value.flow || vars.value.shared ? undefined : replaceNode(task, present.value, text);
}

/** Gives the module an argument that it has not: a new line in its map or under `args`, or a new `args`. */
export function addArgument(task: Task, name: string, text: string): Edit | undefined {
  const { action } = task;
  const module = action?.form === "key" ? fieldOf(task.map, action.written) : undefined;
  const args = fieldOf(task.map, "args");
  const given = module?.value.kind === "map" ? module : args;
  if (module === undefined || given?.merged === true) return undefined;
  if (given === undefined) return addKeywords(task, action?.written ?? "", ["args:", `  ${name}: ${text}`]);
  return given.value.kind === "map" && !task.map.shared ? addToMap(task, given.value, `${name}: ${text}`) : undefined;
}

function addToMap(task: Task, map: YamlMap, line: string): Edit | undefined {
  const last = map.fields.at(-1);
  if (map.flow || map.shared || last === undefined || last.merged) return undefined;
  const source = task.source.text;
  const at = lineEnd(source, fieldEnd(source, last));
  const indent = " ".repeat(columnOf(source, last.keySpan.start));
  return { file: task.source.path, span: { start: at, end: at }, text: `${eolOf(source)}${indent}${line}` };
}

/** Adds a condition to the task's `when`: to a list an item, to a text an `and`. The condition has no quotes in it. */
export function addCondition(task: Task, text: string): Edit | undefined {
  const field = fieldOf(task.map, "when");
  if (field === undefined) return addKeywords(task, "", [`when: ${text}`]);
  const { value } = field;
  if (field.merged || value.shared || task.map.shared || value.kind === "map") return undefined;
  const source = task.source.text;
  if (value.kind === "list") {
    const last = value.items.at(-1);
    if (value.flow || last === undefined) return undefined;
    const dash = /^\s*-\s+/.exec(source.slice(lineStart(source, last.span.start), last.span.start));
    if (dash === null || last.kind !== "scalar" || isBlock(last)) return undefined;
    const at = lineEnd(source, last.span.end);
    return { file: task.source.path, span: { start: at, end: at }, text: `${eolOf(source)}${dash[0]}${text}` };
  }
  const expression = task.when.find((condition) => condition.node === value)?.expression;
  if (expression === undefined || isBlock(value) || value.raw.includes("{{") || value.raw.includes("\n")) return undefined;
  const quote = value.style === "plain" ? "" : source.charAt(value.span.start);
  const inner = source.slice(value.span.start + quote.length, value.span.end - quote.length);
  const loose = expression.kind === "conditional" || (expression.kind === "logic" && expression.operator === "or");
  return replaceNode(task, value, `${quote}${loose ? `(${inner})` : inner} and ${text}${quote}`);
}

function isBlock(node: YamlNode): boolean {
  return node.kind === "scalar" && (node.style === "literal" || node.style === "folded");
}

/** Drops a keyword with its line, in `{a: 1, b: 2}` with the comma before it. */
export function removeKeyword(task: Pick<Task, "source" | "map">, key: string): Edit | undefined {
  const index = task.map.fields.findIndex((field) => field.key === key);
  const field = task.map.fields[index];
  if (field === undefined || field.merged || task.map.shared) return undefined;
  if (task.map.flow) return removeInFlow(task, field);
  const { text } = task.source;
  const next = task.map.fields.find((each) => each.keySpan.start > field.keySpan.start);
  const first = field.keySpan.start === task.map.span.start;
  if (first && next === undefined) return undefined;
  // The first keyword shares its line with the dash: the next one moves up to it.
  const start = first ? field.keySpan.start : lineStart(text, field.keySpan.start);
  const end = first ? (next?.keySpan.start ?? start) : afterLine(text, fieldEnd(text, field));
  return { file: task.source.path, span: { start, end }, text: "" };
}

function removeInFlow(task: Pick<Task, "source" | "map">, field: YamlField): Edit | undefined {
  const { text } = task.source;
  const before = task.map.fields.findLast((each) => each.keySpan.start < field.keySpan.start);
  const start = before === undefined ? undefined : fieldEnd(text, before);
  if (start === undefined || !/^\s*,\s*$/.test(text.slice(start, field.keySpan.start))) return undefined;
  return { file: task.source.path, span: { start, end: fieldEnd(text, field) }, text: "" };
}

/** Inserts a task after this one, with the dash and the blank lines that its neighbours have. */
export function insertTaskAfter(task: Task, lines: TaskLines): Edit | undefined {
  const dash = dashOf(task);
  if (dash === undefined) return undefined;
  const { text } = task.source;
  const last = task.map.fields.at(-1);
  const at = lineEnd(text, last === undefined ? task.map.span.end : Math.max(...task.map.fields.map((field) => fieldEnd(text, field))));
  const eol = eolOf(text);
  const blank = hasBlankLineBefore(text, lineStart(text, dash)) || hasBlankLineAfter(text, at) ? eol : "";
  const indent = " ".repeat(columnOf(text, dash));
  const step = " ".repeat(columnOf(text, task.map.span.start) - columnOf(text, dash) - 1);
  const body = lines.map((line, index) => `${eol}${indent}${index === 0 ? `-${step}` : ` ${step}`}${line}`).join("");
  return { file: task.source.path, span: { start: at, end: at }, text: `${blank}${body}` };
}

/** Drops the task with the blank line before it. */
export function removeTask(task: Task): Edit | undefined {
  const dash = dashOf(task);
  if (dash === undefined) return undefined;
  const { text } = task.source;
  const end = afterLine(text, Math.max(...task.map.fields.map((field) => fieldEnd(text, field))));
  let start = lineStart(text, dash);
  const before = lineStart(text, start - 1);
  if (start > 0 && text.slice(before, start).trim() === "") start = before;
  return { file: task.source.path, span: { start, end }, text: "" };
}

/** Where the task's dash stands; undefined in flow style and behind aliases. */
function dashOf(task: Task): number | undefined {
  if (task.map.shared || task.map.flow) return undefined;
  const { text } = task.source;
  let at = task.map.span.start - 1;
  while (at >= 0 && (text[at] === " " || text[at] === "\n" || text[at] === "\r")) at -= 1;
  const alone = text[at] === "-" && text.slice(lineStart(text, at), at).trim() === "";
  // A dash on a line of its own, or tabs: left to a person.
  return alone && lineStart(text, at) === lineStart(text, task.map.span.start) ? at : undefined;
}

function fieldEnd(text: string, field: YamlField): number {
  let end = Math.max(field.value.span.end, field.keySpan.end);
  while (end > field.keySpan.end && /\s/.test(text[end - 1] ?? "")) end -= 1;
  return end;
}

function eolOf(text: string): string {
  const at = text.indexOf("\n");
  return at > 0 && text[at - 1] === "\r" ? "\r\n" : "\n";
}

function lineStart(text: string, at: number): number {
  return at <= 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

/** The end of the line, before its line break. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  if (end === -1) return text.length;
  return text[end - 1] === "\r" && end - 1 >= at ? end - 1 : end;
}

/** The start of the next line. */
function afterLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end + 1;
}

function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}

function hasBlankLineBefore(text: string, start: number): boolean {
  return start > 0 && text.slice(lineStart(text, start - 1), start).trim() === "";
}

/** A blank line with something behind it: the first task of a list has none before it. */
function hasBlankLineAfter(text: string, at: number): boolean {
  const next = afterLine(text, at);
  return text.slice(next, afterLine(text, next)).trim() === "" && text.slice(next).trim() !== "";
}
