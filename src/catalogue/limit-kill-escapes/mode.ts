// A program in a session of its own: the kill at the limit reaches one process group only, and passes it by.

import { shellLineOf } from "../../model/limits.ts";
import type { LintView, Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Task } from "../../model/playbook.ts";
import { isLaunch, isPolled, numberOf, titleOf } from "../../model/playbook.ts";
import type { ShellWord } from "../../model/shell.ts";
import { probe } from "./probe.ts";

const lint: LintView = (flow) => flow.tasks.filter(isLaunch).flatMap((task) => {
  const limitSeconds = numberOf(task.asyncLimit);
  const node = task.action?.command?.node;
  // Where nobody waits for the job its program may be meant to outlive it.
  const isWaitedFor = isPolled(task) || flow.pairs.some(({ launch, status }) => launch === task && status.until.length > 0);
  const leaver = leaverOf(task);
  if (limitSeconds === undefined || limitSeconds <= 0 || node === undefined || !isWaitedFor || leaver === undefined) return [];
  const { program, user } = leaver;
  return [{
    severity: "warning" as const,
    condition: `the limit of ${limitSeconds} s is reached${user?.literal === false ? ` and ${user.text} is not root` : ""}`,
    source: task.source,
    span: node.span,
    task: titleOf(task),
    what: `\`${program}\` gives the program a session of its own, which the kill at the limit does not reach.`,
    why: `When the limit of ${limitSeconds} s is over Ansible reports a failure and kills the process group of the job. What \`${program}\` has started is not in it and runs on, with no limit and with nobody looking; the next run starts it a second time.`,
    do: user === undefined
      ? "Leave setsid away: a job has no terminal that could take the program with it."
      : `Let the task itself run as that user (become: true, become_user: ${user.literal ? user.text : `"${user.text}"`}), so that its program belongs to the job.`,
  }];
});

interface Leaver {
  readonly program: string;
  /** The user that `su` changes to. */
  readonly user?: ShellWord;
}

/**
 * The first command that puts its program into a session of its own; undefined where there is none, or where something runs in the
 * background (background-under-async).
 */
function leaverOf(task: Task): Leaver | undefined {
  const commands = shellLineOf(task)?.commands ?? [];
  if (task.action?.module === "shell" && commands.some(({ operator }) => operator === "&")) return undefined;
  // What the command module calls an argument is none of the shell's operators.
  const own = task.action?.module === "command" ? commands.slice(0, 1) : commands;
  for (const { words } of own) {
    const [first, ...rest] = words[0]?.text === "exec" ? words.slice(1) : words;
    const program = first?.text.replace(/^\/(?:usr\/)?s?bin\//, "");
    if (program === "setsid" && rest.some(({ text }) => !text.startsWith("-"))) return { program };
    const user = program === "su" || program === "runuser" ? userOf(rest) : undefined;
    if (program !== undefined && user !== undefined) return { program: `${program} -c`, user };
  }
  return undefined;
}

/** Options of `su` and `runuser` that take a word, as far as they are used with `-c` (util-linux 2.38, su(1)). */
const TAKES_WORD = /^(?:-[cgGsTw]|--(?:command|group|supp-group|shell|whitelist-environment))$/;

/**
 * In: the words after `su`. Out: the user, where `su` will make a session: it does for a command given with -c, unless the user is
 * root (util-linux login-utils/su-common.c; tried out with 2.38).
 */
function userOf(words: readonly ShellWord[]): ShellWord | undefined {
  let user: ShellWord | undefined;
  let hasCommand = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    hasCommand ||= /^(?:-\w*c|--command(?:=.*)?)$/s.test(word.text);
    // The page's own advice: a program that ends by itself.
    if (/^-\w*c$|^--command$/.test(word.text) && /^timeout\s/.test(words[at + 1]?.text ?? "")) return undefined;
    // A pseudo-terminal is another matter, and `runuser -u` makes no session.
    if (/^(?:-\w*[Pu]|--pty|--user|--session-command)/.test(word.text)) return undefined;
    if (TAKES_WORD.test(word.text) || /^-\w+c$/.test(word.text)) at += 1;
    else if (!word.text.startsWith("-")) user ??= word;
  }
  return hasCommand && user?.text !== "root" ? user : undefined;
}

export const mode: Mode = {
  id: "limit-kill-escapes",
  title: "The kill at the limit does not reach the program",
  why: "At its limit a job is killed by a SIGKILL to one process group. A program in a session of its own (setsid, su -c) is not in that group: Ansible says that the job has failed, and the program runs on.",
  do: "Keep the program in the job's process group: become instead of su -c, and no setsid. Or let it end by itself, with timeout and less than the limit.",
  messages: [],
  lint,
  symptom: cannot("the log of a limit that is over does not show what the command had started; limit-too-short tells what to look for"),
  probe,
  fix: cannot("only a person knows whether the program may be moved to become, or is meant to outlive the limit"),
};
