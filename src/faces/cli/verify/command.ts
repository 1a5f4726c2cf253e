// `longhaul verify` and its options.

import type { Command } from "commander";
import { Option } from "commander";
import type { HostsFlags } from "../hosts-options.ts";
import { addHostsOptions, hostsRequest } from "../hosts-options.ts";
import { EXITS } from "../options.ts";
import type { World } from "../world.ts";

const HELP = `
Examples:
  longhaul verify -i hosts.yml                     # all hosts
  longhaul verify -i hosts.yml db -b --become-user postgres
  longhaul verify -i hosts.yml --needs psql,PGHOST # the job needs them
  longhaul verify -i hosts.yml --no-job            # look only, start nothing
${EXITS}`;

interface VerifyFlags extends HostsFlags {
  readonly dir?: string;
  readonly needs?: readonly string[];
  readonly job: boolean;
  readonly format: "text" | "json";
}

function namesCollected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(",").map((name) => name.trim()).filter((name) => name !== "")];
}

export function addVerify(world: World, program: Command, done: (exit: number) => void): void {
  addHostsOptions(program.command("verify").description("can these hosts run async jobs? looks, then proves it with a real small job"))
    .argument("[pattern]", "hosts, as in Ansible", "all")
    .option("--dir <dir>", "async dir to look at and to use (default: that of the inventory, or ~/.ansible_async)")
    .option("--needs <names>", "programs and variables that the job will need, with commas between", namesCollected)
    .option("--no-job", "look only, start no job")
    .addOption(new Option("-f, --format <format>", "how to print").choices(["text", "json"]).default("text"))
    .addHelpText("after", HELP)
    .action(async (pattern: string, flags: VerifyFlags) => {
      const { runVerify } = await import("./verify.ts");
      // For Ansible and for us alike.
      const ofDir = flags.dir === undefined ? [] : [JSON.stringify({ ansible_async_dir: flags.dir })];
      const hosts = hostsRequest(pattern, { ...flags, extraVars: [...(flags.extraVars ?? []), ...ofDir] });
      done(await runVerify(world, { hosts, needs: flags.needs ?? [], job: flags.job, format: flags.format }));
    });
}
