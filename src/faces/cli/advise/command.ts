// `longhaul advise`: its options.

import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import { secondsOf } from "../durations.ts";
import { EXITS } from "../options.ts";
import type { World } from "../world.ts";
import type { Expectation } from "./advise.ts";

const ADVISE_HELP = `
Examples:
  longhaul advise                              # every async task below this directory
  longhaul advise site.yml
  longhaul advise site.yml --expect 20m        # where nothing was measured
  longhaul advise site.yml --expect "Migrate the database=2h"
  longhaul advise site.yml --diff              # what --apply would change
  longhaul advise site.yml --apply
longhaul history shows what was measured; history import LOG adds to it.
${EXITS}`;

interface AdviseFlags {
  readonly expect?: readonly Expectation[];
  readonly apply?: boolean;
  readonly yes?: boolean;
  readonly diff?: boolean;
  readonly config?: string;
  readonly format: "text" | "json";
}

/** `20m`, or `Name of a task=20m`. */
function expectation(value: string, before: readonly Expectation[] = []): readonly Expectation[] {
  const at = value.lastIndexOf("=");
  const seconds = secondsOf(value.slice(at + 1).trim());
  if (seconds === 0) throw new InvalidArgumentError("Work that takes no time needs no limit.");
  return [...before, { seconds, ...(at === -1 ? {} : { task: value.slice(0, at).trim() }) }];
}

export function addAdvise(world: World, program: Command, done: (exit: number) => void): void {
  program
    .command("advise")
    .description("limits, polls and retries for async tasks, from measured durations")
    .argument("[path...]", "playbooks, task files, roles, directories; this directory if none")
    .option("--expect <[task=]time>", "how long work takes that was not measured: 20m", expectation)
    .option("--apply", "make the changes; what needs your consent is asked for")
    .option("-y, --yes", "consent to every change beforehand")
    .option("--diff", "show the changes as a diff, write nothing")
    .option("--config <file>", "configuration, instead of the nearest longhaul.yml")
    .addOption(new Option("-f, --format <format>", "how to print").choices(["text", "json"]).default("text"))
    .addHelpText("after", ADVISE_HELP)
    .action(async (paths: readonly string[], { expect, apply, yes, diff, ...options }: AdviseFlags) => {
      const { runAdvise } = await import("./advise.ts");
      done(await runAdvise(world, { ...options, paths, expect: expect ?? [], apply: apply === true, yes: yes === true, diff: diff === true }));
    });
}
