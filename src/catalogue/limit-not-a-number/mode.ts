// async, poll, or the retries and delay of a status task hold something that is no whole number. The values are judged in values.ts.

import type { Edit, Fix } from "../../model/finding.ts";
import { limitKey } from "../../model/limits.ts";
import type { LintView, Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Setting, Task } from "../../model/playbook.ts";
import { DEFAULT_DELAY_SECONDS, DEFAULT_RETRIES, STATIC_IMPORTS, isStatus, numberOf, ownField, titleOf } from "../../model/playbook.ts";
import { allEdits, retriesFor } from "../../model/repairs.ts";
import { addKeywords, replaceValue } from "../../model/task-edits.ts";
import { symptom } from "./symptom.ts";
import type { Fault, Key } from "./values.ts";
import { faultOf } from "./values.ts";

// On an import these keywords go nowhere (async-ignored says so).
const lint: LintView = (flow) => flow.tasks.filter(({ action }) => action !== undefined && !STATIC_IMPORTS.has(action.module)).flatMap((task) => {
  const keys: readonly Key[] = [limitKey(task), "poll", ...(isStatus(task) ? (["retries", "delay"] as const) : [])];
  return keys.flatMap((key) => {
    const field = ownField(task, key);
    const setting = settingOf(task, key);
    const fault = field === undefined ? undefined : faultOf(key, field.value, setting);
    if (field === undefined || fault === undefined || isIdle(task, key, setting)) return [];
    const fix = fixOf(flow, task, { key, fault });
    return [{
      severity: fault.severity,
      ...(fault.condition === undefined ? {} : { condition: fault.condition }),
      source: task.source,
      span: { start: field.keySpan.start, end: field.value.span.end },
      task: titleOf(task),
      what: `${key === "async_val" ? "async" : key}: ${fault.is}.`,
      why: fault.why,
      do: doText(key, fault),
      ...(fault.cores === undefined ? {} : { cores: fault.cores }),
      ...(fix === undefined ? {} : { fix }),
    }];
  });
});

/** Without async nothing looks at a poll that has no value or a negative one. */
function isIdle(task: Task, key: Key, setting: Setting): boolean {
  const unlooked = setting.kind === "number" || (setting.kind === "invalid" && setting.node.kind === "scalar" && setting.node.value === null);
  return key === "poll" && unlooked && (task.asyncLimit.kind === "absent" || numberOf(task.asyncLimit) === 0) && !isFraction(setting);
}

function isFraction(setting: Setting): boolean {
  return setting.kind === "number" && typeof setting.node.value === "number" && !Number.isInteger(setting.node.value);
}

function settingOf(task: Task, key: Key): Setting {
  if (key === "poll" || key === "retries" || key === "delay") return task[key];
  return task.asyncLimit;
}

function doText(key: Key, { repair, severity }: Fault): string {
  if (severity === "info") return "Write poll: 0, which says what happens.";
  if (repair?.text.includes("| int") === true) return "Add `| int` to the whole expression, or divide with //.";
  if (repair !== undefined) return key === "retries" ? `Write the count: ${repair.text}.` : `Write whole seconds: ${repair.text}.`;
  return key === "retries" ? "Write a whole number." : "Write a whole number of seconds; leave the keyword out where none is meant.";
}

interface Change {
  readonly key: Key;
  readonly fault: Fault;
}

function fixOf(flow: Flow, task: Task, { key, fault }: Change): Fix | undefined {
  const { repair } = fault;
  const field = ownField(task, key);
  if (repair === undefined || field?.value.kind !== "scalar") return undefined;
  if (repair.text.includes("{{")) {
    const source = task.source.text.slice(field.value.span.start, field.value.span.end);
    const edits = allEdits([source.includes(field.value.raw) ? replaceValue(task, key, source.replace(field.value.raw, () => repair.text)) : undefined]);
    return edits === undefined ? undefined : { safe: repair.safe, says: "make the value a whole number with `| int`", edits };
  }
  const others = waitEditsOf(flow, task, { key, fault });
  const written = others?.own ?? repair.text;
  const edits = others === undefined ? undefined : allEdits([replaceValue(task, key, written), ...others.edits]);
  const also = others !== undefined && others.edits.length > 0 ? ", and raise the retries so that the wait outlasts the limit" : "";
  return edits === undefined ? undefined : { safe: repair.safe, says: `set ${key === "async_val" ? "async" : key} to ${written}${also}`, edits };
}

interface Others {
  /** A count of retries that outlasts the limit, where the written one does not. */
  readonly own?: string;
  readonly edits: readonly Edit[];
}

/** With the number known, a wait may turn out too short for the limit: retries are raised along with it. Undefined where that cannot be written. */
function waitEditsOf(flow: Flow, task: Task, { key, fault }: Change): Others | undefined {
  const value = Number(fault.repair?.text);
  if (key === "poll") return { edits: [] };
  const pairs = flow.pairs.filter(({ launch, status }) => (status === task || launch === task) && status.until.length > 0);
  const edits: Edit[] = [];
  for (const { launch, status } of pairs) {
    const isOwn = status === task;
    const limitSeconds = isOwn ? numberOf(launch.asyncLimit) : value;
    const delay = isOwn && key === "delay" ? value : (status.delay.kind === "absent" ? DEFAULT_DELAY_SECONDS : numberOf(status.delay));
    const retries = isOwn && key === "retries" ? value : (status.retries.kind === "absent" ? DEFAULT_RETRIES : numberOf(status.retries));
    if (limitSeconds === undefined || delay === undefined || delay <= 0 || retries === undefined || retries * delay >= limitSeconds) continue;
    const enough = String(retriesFor(limitSeconds, delay));
    if (isOwn && key === "retries") return { own: enough, edits: [] };
    if (status.retries.kind === "number" && !status.retries.literal) return undefined;
    const edit = status.retries.kind === "absent" ? addKeywords(status, "until", [`retries: ${enough}`]) : replaceValue(status, "retries", enough);
    if (edit === undefined) return undefined;
    edits.push(edit);
  }
  return { edits };
}

export const mode: Mode = {
  id: "limit-not-a-number",
  title: "async, poll, retries or delay is not a whole number",
  why: "Ansible wants whole seconds, without a unit. Anything else fails the task when it is reached, not when the playbook is read; a yes counts as one second, and a negative limit starts the job without waiting for it.",
  do: "Write whole numbers: an hour is 3600. In a template, end a division with `| int`.",
  messages: [
    { text: "the field 'async_val' has an invalid value (*), and could not be converted to an int.The error was: *", cores: "2.14 to 2.16" },
    { text: "the field 'async_val' has an invalid value (*), and could not be converted to int.*", cores: "2.17 and 2.18" },
    { text: "Error processing keyword 'async_val': The value * could not be converted to 'int'.", cores: "2.19 and newer" },
    { text: "The field 'async_val' has an invalid value, which includes an undefined variable*", cores: "2.14 to 2.18" },
    { text: "Error processing keyword 'async_val': * is undefined", cores: "2.19 and newer" },
    { text: "async task did not complete within the requested time - Trues", cores: "2.18 to 2.20" },
    { text: "Unexpected failure during module execution: '>' not supported between instances of 'NoneType' and 'int'", cores: "2.14 to 2.18" },
    { text: "Task failed: '>' not supported between instances of 'NoneType' and 'int'", cores: "2.19 and newer" },
  ],
  lint,
  symptom,
  probe: cannot("the value is in the playbook; a job that was started has the number that it came to"),
  fix: "safe or needs-a-person",
};
