// `longhaul env`: the settings that put the bridge under a plain ansible-playbook, ansible-runner or AWX project.

import type { Command } from "commander";
import { EXITS } from "../options.ts";
import type { World } from "../world.ts";

const ENV_HELP = `
Examples:
  eval "$(longhaul env)"; ansible-playbook site.yml
  longhaul env --cfg >> ansible.cfg          # where [defaults] is the last section
${EXITS}`;

export function addEnv(world: World, program: Command, done: (exit: number) => void): void {
  program
    .command("env")
    .description("the settings that put longhaul's wrapper of jobs under a plain ansible-playbook")
    .option("--cfg", "as lines of ansible.cfg instead of a shell's")
    .addHelpText("after", ENV_HELP)
    .action(async ({ cfg }: { cfg?: boolean }) => {
      const { printEnv } = await import("./env.ts");
      done(await printEnv(world, cfg === true));
    });
}
