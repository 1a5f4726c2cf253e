// The end of a run: what becomes of its jobs after an interrupt, and why it failed.

import { hostsArguments, playbooksOf } from "../../../engine/run/arguments.ts";
import { printable } from "../../../model/printable.ts";
import { Problem } from "../../../model/problem.ts";
import { diagnosed } from "../diagnose.ts";
import { diagnosisText } from "../diagnose-text.ts";
import { count } from "../style.ts";
import type { World } from "../world.ts";
import type { Running } from "./running.ts";
import { jobTitle, openJobs } from "./run-text.ts";

/** After an interrupt: asks whether the jobs that still run are to be ended too; they stay where nobody can be asked. */
export async function closing(world: World, running: Running): Promise<void> {
  const { fold, supervisor, options, tell } = running;
  const open = openJobs(fold.run());
  if (open.length === 0) return tell({ type: "interrupted", jobs: "none" });
  const list = open.map((job) => `  ${jobTitle(fold.run(), job)} (${printable(job.jid)})\n`).join("");
  world.err(`longhaul: ${count(open.length, "job")} of this run still ${open.length === 1 ? "runs" : "run"} on the hosts:\n${list}`);
  const kill = world.ask !== undefined && (await world.ask(`End ${open.length === 1 ? "it" : "them"} there too? [y/N] `));
  if (kill) {
    for (const failure of await supervisor.kill()) world.err(`longhaul: ${printable(failure)}\n`);
    return tell({ type: "interrupted", jobs: "killed" });
  }
  tell({ type: "interrupted", jobs: "left" });
  const where = hostsArguments(options.args).map(shellWord).join(" ");
  world.err(`longhaul: left running; longhaul jobs wait ${where === "" ? "" : `${where} `}${open.map(({ jid }) => printable(jid)).join(" ")}\n`);
}

/** After a failure: its cause where the catalogue knows one, and how to find this run again. */
export async function explainFailure(world: World, running: Running): Promise<void> {
  const { record, options, tell } = running;
  try {
    const report = await diagnosed(world, record.logPath, readable(world, playbooksOf(options.args)));
    const unexplained = report.result.unexplained.filter(({ pointers }) => pointers.length > 0);
    if (report.result.diagnoses.length + unexplained.length > 0) {
      world.err(`\n${diagnosisText({ ...report, result: { ...report.result, unexplained, leftRunning: [] } }, { columns: world.columns, color: world.color && running.around.isErrorTerminal, directory: world.directory, many: false })}`);
    }
    const causes = report.result.diagnoses.flatMap((each) => each.causes.slice(0, 1));
    for (const { mode, title } of causes) tell({ type: "diagnosed", mode, title });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    world.err(`longhaul: the failure could not be looked into: ${printable(problem.message)}\n`);
  }
  world.err(`longhaul: run ${record.id}; longhaul diagnose ${shellWord(printable(record.logPath))}\n`);
}

/** A playbook of a collection (`ns.name.play`) is no path: Ansible finds it elsewhere. */
function readable(world: World, playbooks: readonly string[]): readonly string[] {
  return playbooks.filter((path) => world.files.read(path)?.ok === true);
}

function shellWord(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
