// Programs that a task did not find, as its result or the log around it tells.

import type { LoggedResult, Story } from "./story.ts";
import { numberOf, textOf } from "./story.ts";

/** dash: `/bin/sh: 1: x: not found`; bash: `bash: line 1: x: command not found`; ash: `/bin/sh: x: not found`. */
const SHELL = /^(?:\S*sh|-sh): (?:(?:line )?\d+: )?([^\s:]+): (?:command )?not found/m;
const NO_SHELL = /\[Errno (?:2|13)\] [^:\n]*: b'([^'\n]+)'/;

/** The program (or the shell's word `source`) that a command did not find. */
export function missedProgram(result: LoggedResult, story: Story): string | undefined {
  const message = textOf(result, "msg") ?? "";
  const fromShell = SHELL.exec(textOf(result, "stderr") ?? "")?.[1];
  // With another rc the shell went on after it; that counts for `source` alone, whose absence spoils the rest.
  if (fromShell !== undefined && (numberOf(result, "rc") === 127 || fromShell === "source")) return fromShell;
  if (result.fields["cmd"] === undefined) return undefined;
  const direct = NO_SHELL.exec(message)?.[1];
  if (direct !== undefined || message !== "Error executing command.") return direct;
  // From 2.19 on the reason stands in the error that is printed before the result.
  const error = story.errors.findLast(({ quote }) => quote.line < result.quote.line);
  return NO_SHELL.exec(error?.message ?? "")?.[1];
}

const NO_PYTHON = "you probably need to set the interpreter";
const NO_PYTHON_NEWER = /The module interpreter '(.+?)' was not found/;
/** What a shell says of a program that is not there. */
const OF_SHELL = /(?:^|[\s:])([^\s:]+): (?:command not found|not found|No such file or directory|inaccessible or not found)/;

/** In: a failed result. Out: undefined where it does not miss its interpreter; else which one, "" where the log does not name it. */
export function missedPython(result: LoggedResult): string | undefined {
  const message = textOf(result, "msg") ?? "";
  const named = NO_PYTHON_NEWER.exec(message)?.[1];
  if (named === undefined && !message.includes(NO_PYTHON)) return undefined;
  return named ?? OF_SHELL.exec(textOf(result, "module_stderr") ?? "")?.[1] ?? "";
}
