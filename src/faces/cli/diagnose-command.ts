// `longhaul diagnose`: its options.

import type { Command } from "commander";
import { Option } from "commander";
import { Problem } from "../../model/problem.ts";
import type { HostsFlags } from "./hosts-options.ts";
import { addHostsOptions, hostsRequest } from "./hosts-options.ts";
import { EXITS, collected } from "./options.ts";
import type { World } from "./world.ts";

const DIAGNOSE_HELP = `
Examples:
  longhaul diagnose run.log
  longhaul diagnose run.log -p site.yml      # with the playbook as a witness
  ansible-playbook site.yml 2>&1 | longhaul diagnose -
  longhaul diagnose -i hosts.yml run.log     # look at the hosts as well
  longhaul diagnose -i hosts.yml -b --host db1 --jid j482093556121.2231
${EXITS}`;

interface DiagnoseFlags extends HostsFlags {
  readonly playbook?: readonly string[];
  readonly format: "text" | "json";
  readonly host?: string;
  readonly jid?: readonly string[];
  readonly dir?: readonly string[];
}

export function addDiagnose(world: World, program: Command, done: (exit: number) => void): void {
  const command = program
    .command("diagnose")
    .description("name the cause of a failure from Ansible's output, and from the hosts")
    .argument("[log...]", "output of ansible-playbook or ansible; standard input if none or -")
    .option("-p, --playbook <path>", "the playbook that was run: what lint finds in it is evidence", collected)
    .addOption(new Option("-f, --format <format>", "how to print").choices(["text", "json"]).default("text"))
    .option("--host <pattern>", "without a log: hosts that may have the job (default: all)")
    .option("--jid <jid>", "without a log: the id of the job", collected)
    .option("--dir <dir>", "an async dir to look in as well", collected)
    .optionsGroup("To look at the hosts (with -i, --host or --jid):");
  addHostsOptions(command)
    .addHelpText("after", DIAGNOSE_HELP)
    .action(async (logs: readonly string[], flags: DiagnoseFlags) => {
      const { format, host, jid: jids = [], dir: directories = [], playbook: playbooks = [] } = flags;
      if (host !== undefined && jids.length === 0) throw new Problem("bad-usage", "--host needs the id of a job; name it with --jid, or give a log instead");
      if (jids.length > 0 && logs.length > 0) throw new Problem("bad-usage", "--jid takes no log: a log names its jobs itself; leave one of the two away");
      if (jids.length > 0) return done(await (await import("./diagnose-jobs.ts")).runDiagnoseJobs(world, { hosts: hostsRequest(host ?? "all", flags), jids, directories, format }));
      const hosts = flags.inventory === undefined ? {} : { hosts: hostsRequest("all", flags) };
      const { runDiagnose } = await import("./diagnose.ts");
      return done(await runDiagnose(world, { logs: logs.length === 0 ? ["-"] : logs, format, playbooks, directories, ...hosts }));
    });
}
