// `longhaul runs` and `longhaul show`: past runs of `longhaul run`, from their journals.

import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
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
}

function runCount(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError("It is a number of runs.");
  return Number(value);
}
