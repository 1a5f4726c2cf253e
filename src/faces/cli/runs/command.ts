// `longhaul runs`, `show` and `attach`: past runs of `longhaul run`, from their journals.

import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { Seconds } from "../durations.ts";
import { secondsOf } from "../durations.ts";
import type { HostsFlags } from "../hosts-options.ts";
import { addHostsOptions } from "../hosts-options.ts";
import { reconnect } from "../jobs/command.ts";
import { EXITS } from "../options.ts";
import type { World } from "../world.ts";

const RUNS_HELP = `
A run that was "cut off" has no end in its journal: its longhaul was killed, or
the machine stopped. OPEN counts the jobs whose end nobody has seen.

Examples:
  longhaul runs
  longhaul runs -n 100
  longhaul runs -f json | jq -r '.runs[] | select(.open > 0).run'
${EXITS}`;

const SHOW_HELP = `
Examples:
  longhaul show last
  longhaul show 20261127-2242-57ca
  longhaul show 20261127-2242            # as much of the id as tells it apart
  longhaul show last --output            # what ansible-playbook printed
${EXITS}`;

const ATTACH_HELP = `
Hosts and how to reach them are taken from the command line of the run, in the
directory where it was started. Options that are given here go before those;
with -i the current directory counts. Give -e and -K again where hosts need
them: journals hold no secrets (of -e only the names of files).

Examples:
  longhaul attach last
  longhaul attach 20261127-2242 --timeout 2h
  longhaul attach last -i hosts.yml -K
  longhaul attach last -f json | jq -r '.jobs[] | .host + " " + .state'

Exit codes: 0 all ended well, 1 one did not, or its end is not known, 124 the
time of --timeout was over first, 2 asked wrongly or unreadable input, 3
longhaul itself failed.`;

interface AttachFlags extends Omit<HostsFlags, "timeout"> {
  readonly connectTimeout?: string;
  readonly timeout?: Seconds;
  readonly reconnect: Seconds;
  readonly format: "text" | "json";
}

interface ShowFlags {
  readonly format: "text" | "json";
  readonly output?: boolean;
}

export function addRuns(world: World, program: Command, done: (exit: number) => void): void {
  const format = (): Option => new Option("-f, --format <format>", "how to print").choices(["text", "json"]).default("text");
  program
    .command("runs")
    .description("past runs of longhaul run, newest first, with the jobs they left open")
    .option("-n, --number <number>", "so many at most", runCount, 20)
    .addOption(format())
    .addHelpText("after", RUNS_HELP)
    .action(async ({ number, format: as }: { readonly number: number; readonly format: "text" | "json" }) => done(await (await import("./runs.ts")).listRuns(world, { number, format: as })));
  program
    .command("show")
    .description("one run from its journal: its jobs, their states, durations and results")
    .argument("<run>", "id of a run, the beginning of it, or last")
    .option("--output", "only what ansible-playbook printed")
    .addOption(format())
    .addHelpText("after", SHOW_HELP)
    .action(async (name: string, { format: as, output }: ShowFlags) => done(await (await import("./show.ts")).showRun(world, name, { format: as, isOutput: output === true })));
  addHostsOptions(program.command("attach").description("follow the jobs that a run left open to their end, after a crash or a closed laptop"), { timeout: "-T, --connect-timeout <seconds>" })
    .argument("<run>", "id of a run, the beginning of it, or last")
    .option("--timeout <time>", "wait no longer than this (90s, 15m, 2h); exit code 124 then", secondsOf)
    .addOption(reconnect())
    .addOption(format())
    .addHelpText("after", ATTACH_HELP)
    .action(async (name: string, { timeout, connectTimeout, reconnect: awaySeconds, format: as, ...flags }: AttachFlags) => {
      const { attachToRun } = await import("./attach.ts");
      done(await attachToRun(world, name, { flags: { ...flags, ...(connectTimeout === undefined ? {} : { timeout: connectTimeout }) }, timeoutSeconds: timeout, awaySeconds, format: as }));
    });
}

function runCount(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError("It is a number of runs.");
  return Number(value);
}
