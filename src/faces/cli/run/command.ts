// `longhaul run`: its own options stand before those of ansible-playbook, which are passed on untouched.

import type { Command } from "commander";
import type { World } from "../world.ts";

const RUN_HELP = `
Options of longhaul stand first; from the first other one on everything goes to
ansible-playbook as it is, and its exit code is passed on.

Examples:
  longhaul run -i hosts.yml site.yml
  longhaul run -q -i hosts.yml site.yml --limit db -K -e @vars.yml
  longhaul run --reattach -i hosts.yml site.yml    # after a crash
  longhaul run --json events.jsonl -i hosts.yml site.yml
  longhaul run --json 3 site.yml 3>events.jsonl

Exit codes: those of ansible-playbook (0 all went well, 2 a host failed, 4 a
host was unreachable, 99 interrupted); 2 asked wrongly, 3 longhaul itself failed.`;

export function addRun(world: World, program: Command, done: (exit: number) => void): void {
  program
    .command("run")
    .description("run ansible-playbook with its jobs seen, waited for to the moment, and explained when they fail")
    .usage("[options] [ansible-playbook's options] <playbook...>")
    .argument("[arguments...]", "options and playbooks, as for ansible-playbook")
    .option("-q, --quiet", "no lines of our own about jobs")
    .option("--reattach", "join jobs of an interrupted run that still run, instead of starting them twice")
    .option("--json <file>", "append each event of the run as a line of JSON to a file, or to an open one by its number")
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText("after", RUN_HELP)
    .action(async (_: readonly string[], { quiet, json, reattach }: { quiet?: boolean; json?: string; reattach?: boolean }, command: Command) => {
      const { runPlaybook } = await import("./run.ts");
      done(await runPlaybook(world, { args: command.args, isQuiet: quiet === true, isReattach: reattach === true, ...(json === undefined ? {} : { json }) }));
    });
}
