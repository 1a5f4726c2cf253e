// Which measurements a command that runs can be compared with, when nothing but its command line is known.

import type { Measurement } from "../../model/duration.ts";
import { shapeOfCommand } from "../../model/duration.ts";

/** Whose name says nothing of what runs in them, or whose time stands in their arguments. */
const VAGUE: ReadonlySet<string> = new Set([
  "bash", "dash", "env", "java", "ksh", "make", "nice", "node", "nohup", "perl", "php", "pwsh", "python", "python2", "python3", "ruby", "sh", "sleep", "ssh", "sudo", "su", "timeout", "watch", "xargs", "zsh",
]);

/** As the kernel has it of a text that a shell was given. */
const SHELL_COMMAND = /^\S*sh -c (.*)$/s;

/** What the agent shows of a longer one ends here: the options after it are not known. */
const SHOWN_CHARACTERS = 300;

/**
 * In: what was measured in one project, and the command line of a process.
 * Out: what was measured of the same command; nothing where its name says too little, or where several tasks run it.
 */
export function measuredOfCommand(measurements: readonly Measurement[], commandLine: string): readonly Measurement[] {
  if (commandLine.length >= SHOWN_CHARACTERS) return [];
  const shape = shapeOfCommand(SHELL_COMMAND.exec(commandLine)?.[1] ?? commandLine);
  if (shape.split("; ").every((part) => part === "" || VAGUE.has(part.split(" ")[0] ?? ""))) return [];
  const own = measurements.filter(({ work }) => work.shape === shape);
  const tasks = new Set(own.flatMap(({ work }) => (work.task === "" ? [] : [work.task])));
  return tasks.size > 1 ? [] : own;
}
