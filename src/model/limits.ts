// The async limit against what a command says of its own duration: literal sleeps, `timeout`, `wait_for`. When a job is killed.

import type { Edit } from "./finding.ts";
import type { Task } from "./playbook.ts";
import { ownField } from "./playbook.ts";
import type { ShellCommand, ShellLine } from "./shell.ts";
import { readShell } from "./shell.ts";
import { replaceValue } from "./task-edits.ts";
import type { YamlNode } from "./yaml.ts";

/** How long a task's command takes by its own words, seconds. */
export interface OwnDuration {
  /** It sleeps that long in any case. */
  readonly atLeast: number;
  /** It may take that long: sleeps, and the bounds that it sets itself. */
  readonly upTo: number;
  /** True where nothing else in it takes any time: it surely is done after `upTo`. */
  readonly isAll: boolean;
  /** The part that says so: `timeout 20m`. */
  readonly words: string;
}

/** Seconds from the start to the kill of a job that does not end. */
export interface KillTimes {
  /** Current patch releases of 2.18 and newer (seen on 2.18.19, 2.19.14, 2.20.10 and 2.21.5). */
  readonly exact: number;
  /** 2.14 to 2.17, and older releases of the newer ones: the watcher looks every 5 s, and the first 5 s do not count. */
  readonly late: number;
}

/** modules/async_wrapper.py, main: a step of 5 s, on newer releases half the limit where the limit is 5 s or less. */
export function killTimes(limitSeconds: number): KillTimes {
  const steps = Math.ceil(limitSeconds / 5) * 5;
  return { exact: limitSeconds <= 5 ? limitSeconds : steps, late: 5 + steps };
}

/** For work that takes that long: 10 s more, because older releases overwrite a result of the last ten seconds; in fives, from 5 minutes on in minutes. */
export function limitAbove(seconds: number): number {
  const step = seconds < 300 ? 5 : 60;
  return Math.ceil((seconds + 10) / step) * step;
}

/** Replaces the task's own literal `async`. */
export function limitEdit(task: Task, seconds: number): Edit | undefined {
  const literal = task.asyncLimit.kind === "number" && task.asyncLimit.literal;
  return literal ? replaceValue(task, limitKey(task), String(seconds)) : undefined;
}

export function limitKey(task: Task): "async" | "async_val" {
  return ownField(task, "async") === undefined ? "async_val" : "async";
}

/** The command line of `shell` or `command`; undefined for other modules, and where another program than a shell reads it. */
export function shellLineOf(task: Task): ShellLine | undefined {
  const { action } = task;
  if (action?.command === undefined || (action.module !== "shell" && action.module !== "command")) return undefined;
  const line = readShell(action.command.text);
  const executable = executableOf(task, line);
  return executable === undefined || /(?:^|\/)(?:ba|da|z|k|a)?sh$/.test(executable) ? line : undefined;
}

/** The `executable` of a shell task, from its arguments or its free-form line. */
export function executableOf(task: Task, line: ShellLine): string | undefined {
  const given = task.action?.args.get("executable");
  return given?.kind === "scalar" ? given.raw : line.options.get("executable");
}

/** Commands that take no time worth speaking of. */
const AT_ONCE: ReadonlySet<string> = new Set([":", "cd", "date", "echo", "exit", "export", "false", "printf", "set", "touch", "true"]);

/** In: a task. Out: its duration by its own words, or undefined where it says nothing. */
export function ownDurationOf(task: Task): OwnDuration | undefined {
  if (task.action?.module === "wait_for") return waitForDuration(task.action.args);
  const line = shellLineOf(task);
  const commands = line?.sequence === true ? line.commands : argumentsOf(task.action?.args.get("argv"));
  if (commands.length > 1 && task.action?.module === "command") return undefined;
  const parts = commands.flatMap((command) => durationOf(command) ?? []);
  if (parts.length === 0) return undefined;
  const others = commands.filter((command) => durationOf(command) === undefined);
  return {
    isAll: others.every(({ words }) => AT_ONCE.has(words[0]?.text ?? "")),
    atLeast: parts.reduce((sum, part) => sum + part.atLeast, 0),
    upTo: parts.reduce((sum, part) => sum + part.upTo, 0),
    words: parts.map((part) => part.words).join("`, `"),
  };
}

/** With neither port nor path it is a plain sleep. Its default of 300 s is nobody's word. */
function waitForDuration(args: ReadonlyMap<string, YamlNode>): OwnDuration | undefined {
  const timeout = args.get("timeout");
  const seconds = timeout?.kind === "scalar" && /^\d+$/.test(timeout.raw) ? Number(timeout.raw) : undefined;
  if (seconds === undefined) return undefined;
  const sleeps = !["port", "path", "state", "search_regex"].some((key) => args.has(key));
  return { atLeast: sleeps ? seconds : 0, upTo: seconds, isAll: true, words: `timeout: ${seconds}` };
}

/** `argv: [sleep, 20]` as a command. */
function argumentsOf(argv: YamlNode | undefined): readonly ShellCommand[] {
  if (argv?.kind !== "list") return [];
  const words = argv.items.map((item) => {
    const text = item.kind === "scalar" ? item.raw : "";
    return { text, span: item.span, literal: item.kind === "scalar" && !text.includes("{{") };
  });
  return [{ words, operator: "end", operatorAt: 0 }];
}

type Part = Omit<OwnDuration, "isAll">;

function durationOf(command: ShellCommand): Part | undefined {
  const words = command.words.map((word) => (word.literal ? word.text : undefined));
  const program = words[0]?.replace(/^\/(?:usr\/)?bin\//, "");
  if (program === "sleep") return sleepDuration(words.slice(1));
  return program === "timeout" ? timeoutDuration(words.slice(1)) : undefined;
}

/** GNU sleep adds up its arguments. */
function sleepDuration(words: readonly (string | undefined)[]): Part | undefined {
  const parts = words.map((word) => secondsOf(word));
  if (parts.length === 0 || parts.includes(undefined)) return undefined;
  const seconds = parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  return { atLeast: seconds, upTo: seconds, words: `sleep ${words.join(" ")}` };
}

/** `timeout [-k 10] [-s TERM] 20m program`: the program may run that long. */
function timeoutDuration(words: readonly (string | undefined)[]): Part | undefined {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) return undefined;
    if (["-k", "-s", "--kill-after", "--signal"].includes(word)) at += 1;
    if (word.startsWith("-")) continue;
    const seconds = secondsOf(word);
    // 0 switches it off.
    return seconds === undefined || seconds === 0 ? undefined : { atLeast: 0, upTo: seconds, words: `timeout ${word}` };
  }
  return undefined;
}

function secondsOf(word: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)([smhd]?)$/.exec(word ?? "");
  const unit = { s: 1, m: 60, h: 3600, d: 86_400 }[match?.[2] ?? ""] ?? 1;
  return match === null ? undefined : Number(match[1]) * unit;
}
