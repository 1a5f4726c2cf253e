// A job whose program, or whose `source`, was not found.

import type { Judgement } from "../../model/diagnosis.ts";
import type { SymptomView } from "../../model/mode.ts";
import { missedProgram } from "../../model/missed-programs.ts";
import type { LoggedResult } from "../../model/story.ts";
import { jidOf, numberOf, textOf } from "../../model/story.ts";

export const symptom: SymptomView = (subject, story) => {
  for (const result of subject.results) {
    const program = jidOf(result) === undefined ? undefined : missedProgram(result, story);
    if (program !== undefined) return program === "source" || program === "." ? sourceJudgement(result, program) : programJudgement(result, program);
  }
  return undefined;
};

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
