// Repairs that several modes share: what a status task needs in order to wait for the end of a job.

import type { Edit } from "./finding.ts";
import type { Task } from "./playbook.ts";
import { DEFAULT_DELAY_SECONDS, DEFAULT_RETRIES, numberOf, ownField } from "./playbook.ts";
import { addKeywords, replaceLines, replaceNode, replaceValue } from "./task-edits.ts";

/**
 * A job may outlive its limit by this much before it is killed: the watcher looks every 5 s after a first 5 s
 * (modules/async_wrapper.py, main: kill at 5 + 5 * ceil(limit / 5) seconds up to 2.17.14; up to 5 s sooner from 2.18.19 on).
 */
const KILL_DELAY_SECONDS = 10;
const DELAY_MAX_SECONDS = 30;

/** Retries that outlast a limit. In: the limit and the delay, seconds. Out: a count. */
export function retriesFor(limitSeconds: number, delaySeconds: number): number {
  return Math.ceil((limitSeconds + KILL_DELAY_SECONDS) / Math.max(1, delaySeconds));
}

/** A delay that costs a job of that length little: a twentieth of the limit, 1 to 30 seconds. */
export function delayFor(limitSeconds: number): number {
  return Math.min(DELAY_MAX_SECONDS, Math.max(1, Math.round(limitSeconds / 20)));
}

/** How long a status task waits in all, seconds: retries x delay (executor/task_executor.py, _execute); undefined where unknown. */
export function waitSecondsOf(status: Task): number | undefined {
  const retries = status.retries.kind === "absent" ? DEFAULT_RETRIES : numberOf(status.retries);
  const delay = status.delay.kind === "absent" ? DEFAULT_DELAY_SECONDS : numberOf(status.delay);
  return retries === undefined || delay === undefined ? undefined : retries * delay;
}

/** `until: NAME is finished`: right on every core from 2.7 (`finished` is 0 or 1 up to 2.18 and a boolean later). */
export function untilFinished(register: string): string {
  return `${register} is finished`;
}

/** Sets the task's `until` to the end of the job that `register` tells of. */
export function untilEdit(status: Task, register: string): Edit | undefined {
  const text = untilFinished(register);
  const value = ownField(status, "until")?.value;
  const only = value?.kind === "list" && value.items.length === 1 ? value.items[0] : undefined;
  return only?.kind === "scalar" && only.style !== "literal" && only.style !== "folded" ? replaceNode(status, only, text) : replaceLines(status, "until", text);
}

export interface Wait {
  readonly limitSeconds: number;
  readonly delaySeconds: number;
  /** The register to give a task that has none. */
  readonly register: string;
}

/**
 * Makes a status task wait until its job has ended. What it has already is kept.
 * Out: the edits, or undefined where its text cannot be edited.
 */
export function waitEdits(status: Task, { limitSeconds, delaySeconds, register: wanted }: Wait): readonly Edit[] | undefined {
  const register = status.register ?? wanted;
  const delay = status.delay.kind === "number" ? status.delay.value : delaySeconds;
  const lines = [
    ...(status.register === undefined ? [`register: ${register}`] : []),
    ...(status.until.length === 0 ? [`until: ${untilFinished(register)}`] : []),
    ...(status.retries.kind === "absent" ? [`retries: ${retriesFor(limitSeconds, delay)}`] : []),
    ...(status.delay.kind === "absent" ? [`delay: ${delay}`] : []),
  ];
  if (lines.length === 0) return [];
  const after = ownField(status, "register") === undefined ? "" : "register";
  const added = addKeywords(status, after, lines);
  return added === undefined ? undefined : [added];
}

/** Makes `retries` outlast the limit. Out: the edits, or undefined where `retries` is no plain number of this task. */
export function retriesEdits(status: Task, limitSeconds: number): readonly Edit[] | undefined {
  if (status.retries.kind === "number" && !status.retries.literal) return undefined;
  const delay = status.delay.kind === "absent" ? DEFAULT_DELAY_SECONDS : numberOf(status.delay);
  if (delay === undefined || delay <= 0) return undefined;
  const retries = String(retriesFor(limitSeconds, delay));
  const edit =
    status.retries.kind === "absent" ? addKeywords(status, "until", [`retries: ${retries}`]) : replaceValue(status, "retries", retries);
  return edit === undefined ? undefined : [edit];
}

/** Drops undefined edits; undefined when one is missing, because half a repair is none. */
export function allEdits(edits: readonly (Edit | undefined)[]): readonly Edit[] | undefined {
  const present = edits.filter((edit) => edit !== undefined);
  return present.length === edits.length && present.length > 0 ? present : undefined;
}
