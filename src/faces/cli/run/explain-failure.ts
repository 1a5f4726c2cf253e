// Why a run failed. Loaded then only: a diagnosis is the larger part of longhaul, and Ansible starts sooner without it.

import { playbooksOf } from "../../../engine/run/arguments.ts";
import { printable } from "../../../model/printable.ts";
import { Problem } from "../../../model/problem.ts";
import { diagnosed } from "../diagnose.ts";
import { diagnosisText } from "../diagnose-text.ts";
import { shellWord } from "../style.ts";
import type { World } from "../world.ts";
import type { Running } from "./running.ts";

/** After a failure: its cause where the catalogue knows one, and how to find this run again. */
export async function explainFailure(world: World, running: Running): Promise<void> {
  const { record, options, supervisor, tell } = running;
  try {
    const report = await diagnosed(world, record.logPath, { playbooks: readable(world, playbooksOf(options.args)), openHosts: (request) => supervisor.openHosts(request) });
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
