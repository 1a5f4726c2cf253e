// A job whose program, or whose `source`, was not found.

import type { Judgement } from "../../model/diagnosis.ts";
import type { SymptomView } from "../../model/mode.ts";
import type { LoggedResult, Story } from "../../model/story.ts";
import { jidOf, numberOf, textOf } from "../../model/story.ts";

export const symptom: SymptomView = (subject, story) => {
  for (const result of subject.results) {
    const program = jidOf(result) === undefined ? undefined : missingProgram(result, story);
    if (program !== undefined) return program === "source" || program === "." ? sourceJudgement(result, program) : programJudgement(result, program);
  }
  return undefined;
};

/** dash: `/bin/sh: 1: x: not found`; bash: `bash: line 1: x: command not found`; ash: `/bin/sh: x: not found`. */
const SHELL = /^(?:\S*sh|-sh): (?:(?:line )?\d+: )?([^\s:]+): (?:command )?not found/m;
const NO_SHELL = /\[Errno (?:2|13)\] [^:\n]*: b'([^'\n]+)'/;

function missingProgram(result: LoggedResult, story: Story): string | undefined {
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

function sourceJudgement(result: LoggedResult, word: string): Judgement {
  const inShell = word === "source" && textOf(result, "stderr")?.includes("not found") === true;
  return {
    supports: [
      { quote: result.quote, says: inShell ? "The shell that ran the command does not know `source`: it is not bash." : `The command was run without a shell, and there is no program called ${word}.` },
      ...(inShell && numberOf(result, "rc") === 0 ? [{ quote: result.quote, says: "It went on without the settings, and rc is 0 all the same." }] : []),
    ],
    against: [],
    do: inShell ? "Set executable: /bin/bash for this task." : "Use the shell module with executable: /bin/bash.",
  };
}

function programJudgement(result: LoggedResult, program: string): Judgement {
  const name = /^[\w.+/-]+$/.test(program) ? program : "PROGRAM";
  return {
    supports: [{ quote: result.quote, says: `${program} was not found on the PATH that the job had.` }],
    against: program.includes("/") ? [{ quote: result.quote, says: "It was called by its path, so that no PATH has a part in it: the file, or the interpreter in its first line, is not there." }] : [],
    do: `If a login finds it, call ${program} by its full path, or set PATH in environment (with {{ ansible_facts.env.PATH }}, as $PATH is not expanded there). Otherwise install it.`,
    unknown: [{
      what: `Whether a login shell finds ${program}: if it does not, it is not installed.`,
      command: `ansible ${result.delegatedTo ?? result.host} -m ansible.builtin.shell -a 'bash -lc "command -v ${name}"'`,
    }],
  };
}
