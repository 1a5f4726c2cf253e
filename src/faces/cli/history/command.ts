// `longhaul history`: its subcommands and their options.

import type { Command } from "commander";
import { Option } from "commander";
import { secondsOf } from "../durations.ts";
import { EXITS } from "../options.ts";
import type { World } from "../world.ts";

const HISTORY_HELP = `
Examples:
  longhaul history                             # every task that was measured
  longhaul history migrate                     # the runs of one, drawn
  longhaul history import run.log              # output with -v, or JSON
  longhaul history import artifacts/           # of ansible-runner
  longhaul history import ~/.ara/server/ansible.sqlite
  longhaul history forget --older 90d
${EXITS}`;

interface HistoryFlags {
  readonly allProjects?: boolean;
  readonly format: "text" | "json";
}

interface ForgetFlags {
  readonly all?: boolean;
  readonly older?: number;
  readonly allProjects?: boolean;
}

export function addHistory(world: World, program: Command, done: (exit: number) => void): void {
  const history = program
    .command("history")
    .description("how long async tasks took in earlier runs")
    .argument("[task...]", "words of a task's name: draws its runs")
    .option("--all-projects", "not only what was measured in this project")
    .addOption(new Option("-f, --format <format>", "how to print").choices(["text", "json"]).default("text"))
    .addHelpText("after", HISTORY_HELP)
    .action(async (words: readonly string[], { allProjects, format }: HistoryFlags) => {
      const { showHistory } = await import("./history.ts");
      done(await showHistory(world, { words, allProjects: allProjects === true, format }));
    });
  history
    .command("import")
    .description("take durations from output and artifacts; a second time adds nothing")
    .argument("<log...>", "output of ansible-playbook, artifacts of ansible-runner, events of AWX, ARA's database")
    .action(async (paths: readonly string[]) => done(await (await import("./history.ts")).importDurations(world, paths)));
  history
    .command("forget")
    .description("remove durations")
    .argument("[task...]", "words of a task's name")
    .option("--all", "everything that was measured in this project")
    .option("--older <time>", "only what is older: 90d", secondsOf)
    .option("--all-projects", "in every project")
    .action(async (words: readonly string[], { all, older, allProjects }: ForgetFlags) => {
      const { forget } = await import("./history.ts");
      done(await forget(world, { words, all: all === true, allProjects: allProjects === true, ...(older === undefined ? {} : { olderSeconds: older }) }));
    });
}
