// Repairs that give a job a task that waits for it: the lines of an async_status task, with all that it must share with the launch.

import type { Edit } from "./finding.ts";
import type { Project, Task } from "./playbook.ts";
import { numberOf, ownField } from "./playbook.ts";
import { delayFor, retriesFor, untilFinished } from "./repairs.ts";
import { addKeywords, insertTaskAfter } from "./task-edits.ts";
import type { YamlField } from "./yaml.ts";

/** Keywords that decide where and as whom a job file is looked for, and what is shown of it. */
const SHARED_KEYWORDS = [
  "become", "become_user", "become_method", "become_exe", "become_flags", "remote_user", "port", "connection", "delegate_to", "run_once", "no_log", "tags",
] as const;

export interface StatusTask {
  /** The register of the launch, already there or to be added. */
  readonly launchRegister: string;
  /** The register of the new task. */
  readonly register: string;
  readonly retries: number;
  readonly delaySeconds: number;
}

/** A limit that only the run knows is taken for an hour: whoever agrees to the edit sees the number. */
const UNKNOWN_LIMIT_SECONDS = 3600;

/** retries and delay that outlast a launch's limit. What its author has chosen stays, where it is long enough or nothing is known. */
export function waitFor(launch: Task): Pick<StatusTask, "retries" | "delaySeconds"> {
  const limitSeconds = numberOf(launch.asyncLimit);
  const chosen = numberOf(launch.delay);
  const delaySeconds = chosen !== undefined && chosen > 0 ? chosen : delayFor(limitSeconds ?? UNKNOWN_LIMIT_SECONDS);
  const retries = numberOf(launch.retries);
  const enough = retries !== undefined && (limitSeconds === undefined || retries * delaySeconds >= limitSeconds);
  return { retries: enough ? retries : retriesFor(limitSeconds ?? UNKNOWN_LIMIT_SECONDS, delaySeconds), delaySeconds };
}

/**
 * Inserts a status task after a launch, and a `register` into the launch where it has none. `removed` are edits of the launch that
 * go along with it.
 * Out: the edits, or undefined where the text cannot be edited or the launch has something that cannot be carried over as it is.
 */
export function statusTaskEdits(launch: Task, wanted: StatusTask, removed: readonly Edit[] = []): readonly Edit[] | undefined {
  // A handler runs only where it is notified.
  const lines = launch.shape === "handler" ? undefined : statusTaskLines(launch, wanted);
  const inserted = lines === undefined ? undefined : insertTaskAfter(launch, lines);
  if (inserted === undefined) return undefined;
  if (launch.register !== undefined) return joined(removed, inserted);
  const named = addKeywords(launch, ownField(launch, "poll") === undefined ? "async" : "poll", [`register: ${wanted.launchRegister}`]);
  if (named === undefined) return undefined;
  // Two insertions at one place are one edit: the keyword first, then the task.
  if (named.span.start === inserted.span.start) return joined(removed, { ...inserted, text: `${named.text}${inserted.text}` });
  return [named, ...joined(removed, inserted)];
}

/** An insertion at the end of a line that is dropped takes the place of that line. */
function joined(removed: readonly Edit[], inserted: Edit): readonly Edit[] {
  const at = inserted.span.start;
  const around = removed.find(({ span }) => span.start < at && at <= span.end);
  if (around === undefined) return [...removed, inserted];
  const eol = inserted.text.startsWith("\r\n") ? "\r\n" : "\n";
  const text = `${inserted.text.slice(eol.length)}${around.span.end > at ? eol : ""}`;
  return [...removed.filter((edit) => edit !== around), { ...around, text }];
}

function statusTaskLines(launch: Task, { launchRegister, register, retries, delaySeconds }: StatusTask): readonly string[] | undefined {
  const shared = sharedLines(launch);
  if (shared === undefined) return undefined;
  const looped = launch.loop !== undefined;
  // A launch that was skipped, or ran in the foreground in a dry run, has no job.
  const mayHaveNone = ownField(launch, "when") !== undefined || launch.asyncLimit.kind !== "number" || !launch.asyncLimit.literal;
  const started = mayHaveNone ? `${launchRegister}.results | default([]) | selectattr('ansible_job_id', 'defined')` : `${launchRegister}.results`;
  return [
    `name: ${titleFor(launch)}`,
    `${statusModule(launch)}:`,
    `  jid: "{{ ${looped ? launch.loopVariable : launchRegister}.ansible_job_id }}"`,
    ...(looped ? [`loop: "{{ ${started} }}"`] : []),
    ...(looped && launch.loopVariable !== "item" ? ["loop_control:", `  loop_var: ${launch.loopVariable}`] : []),
    ...(mayHaveNone && !looped ? [`when: ${launchRegister}.ansible_job_id is defined`] : []),
    ...shared,
    `register: ${register}`,
    `until: ${untilFinished(register)}`,
    `retries: ${retries}`,
    `delay: ${delaySeconds}`,
  ];
}

/** A name that tells which job is waited for. */
function titleFor(launch: Task): string {
  const name = launch.name ?? "";
  const title = name === "" ? "Wait for the job" : `Wait until "${name}" is done`;
  return /: |:$| #/.test(title) ? `'${title.replaceAll("'", "''")}'` : title;
}

/** The long name where the launch has one. */
function statusModule(launch: Task): string {
  return (launch.action?.written ?? "").includes(".") ? "ansible.builtin.async_status" : "async_status";
}

/** The launch's own keywords that the status task needs too; undefined where one cannot be copied as it stands. */
function sharedLines(launch: Task): readonly string[] | undefined {
  const lines: string[] = [];
  // `vars` may hold ansible_async_dir, ansible_become_user …
  if (launch.action?.form === "local_action" || ownField(launch, "vars") !== undefined) return undefined;
  for (const key of SHARED_KEYWORDS) {
    const field = ownField(launch, key);
    if (field === undefined) continue;
    const line = lineOf(launch, field);
    // A host or a user that differs from item to item cannot be asked of the results of the loop.
    if (line === undefined || (launch.loop !== undefined && line.includes(launch.loopVariable))) return undefined;
    lines.push(line);
  }
  return lines;
}

/** The text of a keyword that stands on one line. */
function lineOf({ source }: Task, field: YamlField): string | undefined {
  const text = source.text.slice(field.keySpan.start, field.value.span.end).trimEnd();
  return field.merged || field.value.shared || text.includes("\n") ? undefined : text;
}

/**
 * The register that takes the job's end: the launch's own where other tasks read that, which can only mean the end; otherwise a new
 * name.
 */
export function registerOfResult(launch: Task, register: string, project: Project): string {
  const read = project.mentionedElsewhere(register, { source: launch.source, span: launch.map.span });
  return read ? register : freshName(`${register}_result`, launch, project);
}

/** A name for a new register that stands nowhere in the project yet. */
export function freshName(wanted: string, task: Task, project: Project): string {
  const where = { source: task.source, span: { start: 0, end: 0 } };
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? wanted : `${wanted}_${count}`;
    if (!project.mentionedElsewhere(name, where)) return name;
  }
}
