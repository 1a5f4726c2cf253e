// `longhaul exec`: its options. The command for the hosts stands after `--`, so that none of its words is taken for one of ours.

import { basename } from "node:path/posix";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { Problem } from "../../../model/problem.ts";
import type { Seconds } from "../durations.ts";
import { secondsOf } from "../durations.ts";
import type { HostsFlags } from "../hosts-options.ts";
import { addHostsOptions } from "../hosts-options.ts";
import { collected } from "../options.ts";
import type { World } from "../world.ts";

const EXEC_HELP = `
The words after -- go to the program as they are. With --shell there is one
word, and the shell of the host reads it. All hosts begin at once. The job
files are Ansible's: any async_status reads them, of any controller.

Values of --env are on no command line and in no journal; with NAME alone not
even in the history of your shell.

Examples:
  longhaul exec db -i hosts.yml -- /opt/db/bin/compact --all
  longhaul exec db -i hosts.yml -b --limit 4h -- ./compact.sh
  longhaul exec web -i hosts.yml --shell -- 'du -x / | sort -n | tail -5'
  TOKEN=x longhaul exec db -i hosts.yml --env TOKEN -- ./migrate
  longhaul exec db -i hosts.yml --detach -- ./compact.sh
  longhaul attach last                   # comes back to it

Exit codes: 0 all went well, 1 it failed on a host or a host was not reached, 2
asked wrongly, 3 longhaul itself failed, 130 interrupted.`;

export interface ExecFlags extends Omit<HostsFlags, "limit"> {
  /** `-l` */
  readonly subset?: string;
  readonly limit: Seconds;
  readonly chdir?: string;
  readonly env?: readonly string[];
  readonly name?: string;
  readonly shell?: boolean;
  readonly detach?: boolean;
  readonly quiet?: boolean;
  readonly json?: string;
  readonly forks?: string;
  readonly verbose: number;
  readonly askPass?: boolean;
  readonly askBecomePass?: boolean;
}

export function addExec(world: World, program: Command, done: (exit: number) => void): void {
  addHostsOptions(program.command("exec").description("run one command as an async job on hosts, with its output seen and its end told"), { limit: "-l, --subset <pattern>" })
    .usage("<pattern> [options] -- <command...>")
    .argument("<words...>", "hosts, as in Ansible; after -- the program and its arguments")
    .option("--limit <time>", "end the job after this (90s, 15m, 2h)", limitOf, 3600)
    .option("--chdir <directory>", "the directory on the host to run it in")
    .option("--env <name[=value]>", "a variable for it; with a name alone its value is taken from here", collected)
    .option("--name <name>", "what it is called in journal and history, instead of its program")
    .option("--shell", "one word, which the host's shell reads")
    .option("--detach", "start it, say how to come back, and end")
    .option("-q, --quiet", "no lines of our own about jobs")
    .option("--json <file>", "append each event of the run as a line of JSON to a file, or to an open one by its number")
    .option("--forks <number>", "how many hosts are begun at a time, as in Ansible")
    .option("-v, --verbose", "Ansible tells more", (_, before: number) => before + 1, 0)
    .addHelpText("after", EXEC_HELP)
    .action(async (args: readonly string[], flags: ExecFlags) => {
      const { pattern, words } = askedOf(program, args);
      const { execOnHosts } = await import("./exec.ts");
      done(await execOnHosts(world, { pattern, words, flags: { ...flags, name: flags.name ?? nameOf(words) } }));
    });
}

/** What stands before and after `--`. Throws Problem where it is missing: a word may have been taken for an option of ours. */
function askedOf(program: Command, args: readonly string[]): { readonly pattern: string; readonly words: readonly string[] } {
  const raw = "rawArgs" in program && Array.isArray(program.rawArgs) ? program.rawArgs.map(String) : [];
  const at = raw.indexOf("--");
  if (at === -1) throw new Problem("bad-usage", `the command stands after --: longhaul exec ${args[0] ?? "PATTERN"} [options] -- ${args[1] ?? "COMMAND"}`);
  const words = raw.slice(at + 1);
  const [pattern, odd] = args.slice(0, args.length - words.length);
  if (pattern === undefined || words.length === 0) throw new Problem("bad-usage", "hosts stand before --, and a command after it: longhaul exec PATTERN [options] -- COMMAND");
  if (odd !== undefined) throw new Problem("bad-usage", `${odd}: only one pattern stands before --; several are separated by commas, and the command stands after --`);
  return { pattern, words };
}

function nameOf([word = ""]: readonly string[]): string {
  return basename(word.trim().split(/\s/)[0] ?? "") || "exec";
}

function limitOf(text: string): Seconds {
  if (/^[a-z_*!&]/i.test(text)) throw new InvalidArgumentError("It is the time that the job may take (90s, 15m, 2h); -l takes a pattern of hosts.");
  const seconds = Math.ceil(secondsOf(text));
  if (seconds < 1) throw new InvalidArgumentError("A job needs a second at least.");
  return seconds;
}
