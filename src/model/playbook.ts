// Plays and tasks as Ansible would run them: imports followed, keywords inherited, values resolved where the project tells.

import type { Expression } from "./expression.ts";
import type { Scope } from "./outcome.ts";
import type { Span } from "./place.ts";
import type { SourceText, YamlField, YamlMap, YamlNode, YamlScalar } from "./yaml.ts";
import { fieldOf } from "./yaml.ts";

/** A duration keyword (`async`, `poll`, `delay`) or a count (`retries`) as Ansible would convert it. */
export type Setting =
  | { readonly kind: "absent" }
  | { readonly kind: "number"; readonly value: number; readonly literal: boolean; readonly node: YamlScalar }
  | { readonly kind: "unknown"; readonly why: string; readonly node: YamlNode }
  | { readonly kind: "invalid"; readonly written: string; readonly node: YamlNode };

/** One condition of `when`, `until`, `failed_when`, `changed_when`: a bare Jinja expression. */
export interface Condition {
  readonly node: YamlScalar;
  readonly text: string;
  /** Absent where the text is no expression that longhaul can read. */
  readonly expression?: Expression;
}

/** A keyword as it counts for a task: its own, or the nearest one it inherits. */
export interface Keyword {
  readonly node: YamlNode;
  readonly owner: "task" | "block" | "role" | "import" | "play";
  readonly source: SourceText;
}

/** An expression in a task's values: in braces, or bare where the module takes one (`that` of assert, `var` of debug). */
export interface Template {
  readonly node: YamlScalar;
  /** The expression without its braces. */
  readonly text: string;
  readonly expression: Expression;
}

export interface Action {
  /** As written: `ansible.builtin.shell`. */
  readonly written: string;
  /** Short name for ansible-core's own modules (`shell`), otherwise as written (`community.general.iptables_state`). */
  readonly module: string;
  readonly form: "key" | "action" | "local_action";
  readonly keySpan: Span;
  /** Arguments from the mapping, from `args:` and from `k=v` words. */
  readonly args: ReadonlyMap<string, YamlNode>;
  /** The command line of `shell: …`, `command: …`, `raw: …`, or of their `cmd` argument. */
  readonly command?: { readonly text: string; readonly node: YamlScalar };
}

export interface Task {
  readonly source: SourceText;
  readonly map: YamlMap;
  readonly shape: "task" | "handler" | "role-entry";
  readonly name: string | undefined;
  readonly role: string | undefined;
  readonly action: Action | undefined;
  /** Keywords as they count here: own ones, and inherited ones where Ansible inherits them. */
  readonly keywords: ReadonlyMap<string, Keyword>;
  /** Every `when` that guards the task, outermost first. */
  readonly when: readonly Condition[];
  readonly until: readonly Condition[];
  readonly failedWhen: readonly Condition[];
  readonly changedWhen: readonly Condition[];
  /** Every `environment` that counts, outermost first. */
  readonly environment: readonly Keyword[];
  readonly asyncLimit: Setting;
  /** The same in a dry run (`--check`), where `{{ ansible_check_mode | ternary(0, 600) }}` and its like give 0. */
  readonly asyncLimitInCheckMode: Setting;
  readonly poll: Setting;
  /** What the project's ansible.cfg says of `poll_interval`, seconds; absent where it says nothing. */
  readonly defaultPollSeconds?: number;
  readonly retries: Setting;
  readonly delay: Setting;
  readonly register: string | undefined;
  /** The loop keyword (`loop`, `with_items` …) and its value. */
  readonly loop: YamlField | undefined;
  readonly loopVariable: string;
  /** The templates of the module's arguments and of the loop, read when asked for. */
  readonly templates: () => readonly Template[];
  /** What a name stands for in this task's templates. */
  readonly scope: Scope;
  /** The value as written that the `vars` around the task give a name, the nearest first; for the item of a loop around an include the loop. */
  readonly given: (name: string) => YamlNode | undefined;
  /** The list of tasks in the file that the task stands in, and its number there: neighbours are tasks of one list. */
  readonly list: object;
  readonly index: number;
  /** How often the text of this task is reached by different plays or includes does not matter: a task per reach. */
  readonly flowIndex: number;
}

/** A status task (`async_status`) and the launch whose job it asks about. */
export interface Pair {
  readonly status: Task;
  readonly launch: Task;
  readonly register: string;
  /** `single`: `register.ansible_job_id`; `results`: an item of the launch's loop; `other`: another expression with that register in it. */
  readonly shape: "single" | "results" | "other";
}

/** A map of keywords that Ansible reads as a block: a block, or the `apply` of an include. */
export interface Block {
  readonly source: SourceText;
  readonly map: YamlMap;
  readonly isApply: boolean;
}

/** What runs in one go: a play with all it pulls in, or a file of tasks that no play reaches. */
export interface Flow {
  readonly kind: "play" | "tasks";
  readonly source: SourceText;
  readonly name: string | undefined;
  /** The play itself, for `hosts`, `serial` and `strategy`; undefined for a file of tasks. */
  readonly play: YamlMap | undefined;
  /** In the order of execution; handlers last. */
  readonly tasks: readonly Task[];
  /** Those around the tasks, outermost first. */
  readonly blocks: readonly Block[];
  readonly pairs: readonly Pair[];
  /** What could not be followed, in words: a templated include, a role that is not in the project. */
  readonly gaps: readonly string[];
}

/** What was measured of a launch in earlier runs, and what follows from it. */
export interface MeasuredLaunch {
  /** Runs that ended well. */
  readonly runs: number;
  /** How many of them took longer than a number of seconds. */
  readonly longerThan: (seconds: number) => number;
  readonly maxSeconds: number;
  /** The limit that is advised. */
  readonly limitSeconds: number;
}

export interface Project {
  readonly flows: readonly Flow[];
  /** What was measured of a launch; absent where no history is kept, undefined where nothing of this launch ended well. */
  readonly measured?: ((task: Task, flow: Flow) => MeasuredLaunch | undefined) | undefined;
  /** True when a name stands in any file of the project besides at the given place (a word search over the texts). */
  readonly mentionedElsewhere: (name: string, where: { readonly source: SourceText; readonly span: Span }) => boolean;
}

/** ansible-core's default for `poll`, seconds (config/base.yml, DEFAULT_POLL_INTERVAL, 2.14 to 2.21). */
const DEFAULT_POLL_SECONDS = 15;
/** Defaults of `until`: retries and delay (playbook/task.py, 2.14 to 2.21). */
export const DEFAULT_RETRIES = 3;
export const DEFAULT_DELAY_SECONDS = 5;

/** True where a finding stands in the text of a task. */
export function standsIn({ source, span }: { readonly source: SourceText; readonly span: Span }, task: Pick<Task, "source" | "map">): boolean {
  return task.source.path === source.path && span.start >= task.map.span.start && span.start < task.map.span.end;
}

/** The task's own keyword, not an inherited one. */
export function ownField(task: Task, key: string): YamlField | undefined {
  return fieldOf(task.map, key);
}

/** The number a setting stands for, or undefined where it is absent, unknown or no number. */
export function numberOf(setting: Setting): number | undefined {
  return setting.kind === "number" ? setting.value : undefined;
}

/** The value of `poll` in seconds: its default where absent, undefined where unknown. */
export function pollSecondsOf(task: Task): number | undefined {
  return task.poll.kind === "absent" ? (task.defaultPollSeconds ?? DEFAULT_POLL_SECONDS) : numberOf(task.poll);
}

/** True for a task with `async` that is not known to be 0: it is to start a job, whether its value is a number and its action knows async or not. */
export function isMeantAsLaunch(task: Task): boolean {
  if (task.asyncLimit.kind === "absent") return false;
  const module = task.action?.module ?? "";
  return numberOf(task.asyncLimit) !== 0 && task.shape !== "role-entry" && !STATIC_IMPORTS.has(module) && !DYNAMIC_INCLUDES.has(module);
}

/** True for a task that starts a job, or is meant to where its value is no number. An action that refuses async starts none. */
export function isLaunch(task: Task): boolean {
  return isMeantAsLaunch(task) && !REFUSING_ASYNC.has(task.action?.module ?? "");
}

/** True for a launch that returns at once: `poll: 0` (or below) with a limit that is not 0. */
export function isDetached(task: Task): boolean {
  const poll = pollSecondsOf(task);
  return isLaunch(task) && poll !== undefined && poll <= 0;
}

/** True for a launch that Ansible itself polls to the end. */
export function isPolled(task: Task): boolean {
  const poll = pollSecondsOf(task);
  return isLaunch(task) && poll !== undefined && poll > 0;
}

/** True for a task that asks how a job is (`async_status` without `mode: cleanup`). */
export function isStatus(task: Task): boolean {
  if (task.action?.module !== "async_status") return false;
  const mode = task.action.args.get("mode");
  return mode === undefined || (mode.kind === "scalar" && mode.raw !== "cleanup");
}

/** Pseudo-modules that are replaced by tasks: most keywords on them go to those tasks, `async` goes nowhere. `include` was removed in 2.16. */
export const STATIC_IMPORTS: ReadonlySet<string> = new Set(["import_tasks", "import_role", "import_playbook", "include"]);

/** Actions that bring in tasks while the play runs; Ansible refuses `async` on them. */
export const DYNAMIC_INCLUDES: ReadonlySet<string> = new Set(["include_tasks", "include_role"]);

/** ansible-core's own actions that refuse async: `_supports_async` of plugins/action/*.py, the same in 2.14 to 2.21 but for reboot; each tried on 2.14, 2.16, 2.17, 2.19 and 2.21. */
export const REFUSING_ASYNC: ReadonlySet<string> = new Set(
  ("add_host assemble assert async_status copy debug fail fetch gather_facts group_by include_vars pause raw reboot script set_fact set_stats template " +
    "unarchive validate_argument_spec wait_for_connection").split(" "),
);

/** The tasks of a flow in whose text a register (or any other word) stands. */
export function tasksNaming(flow: Flow, word: string): readonly Task[] {
  const pattern = new RegExp(`\\b${word.replaceAll(/\W/g, "\\$&")}\\b`);
  return flow.tasks.filter(({ source, map }) => pattern.test(source.text.slice(map.span.start, map.span.end)));
}

/** How a task is called in messages: its name, or its module. */
export function titleOf(task: Task): string {
  return task.name ?? task.action?.written ?? "unnamed task";
}
