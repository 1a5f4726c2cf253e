// `longhaul jobs`: its subcommands and their options.

import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { JobState } from "../../../model/job-state.ts";
import { JOB_STATES } from "../../../model/job-state.ts";
import type { HostsFlags } from "../hosts-options.ts";
import { addHostsOptions, hostsRequest } from "../hosts-options.ts";
import { EXITS, collected } from "../options.ts";
import type { World } from "../world.ts";
import type { JobsOptions } from "./jobs.ts";

const JOBS_HELP = `
Examples:
  longhaul jobs list -i hosts.yml                  # all hosts
  longhaul jobs list -i hosts.yml -b --all-users db
  longhaul jobs list -i hosts.yml --state running --state lost
  longhaul jobs show -i hosts.yml j482093.2231
  longhaul jobs wait -i hosts.yml                  # until nothing runs any more
${EXITS}`;

interface JobsFlags extends HostsFlags {
  readonly dir?: readonly string[];
  readonly allUsers?: boolean;
  readonly state?: readonly JobState[];
  readonly format: "text" | "json";
}

function stateCollected(value: string, before: readonly JobState[] = []): readonly JobState[] {
  const state = JOB_STATES.find((each) => each === value);
  if (state === undefined) throw new InvalidArgumentError(`There are ${JOB_STATES.join(", ")}.`);
  return [...before, state];
}

function jobsOptions(pattern: string, jids: readonly string[], flags: JobsFlags): JobsOptions {
  return {
    hosts: hostsRequest(pattern, flags),
    directories: flags.dir ?? [],
    allUsers: flags.allUsers === true,
    states: flags.state ?? [],
    jids,
    format: flags.format,
  };
}

export function addJobs(world: World, program: Command, done: (exit: number) => void): void {
  const jobs = program.command("jobs").description("list, show and wait for the jobs on the hosts of an inventory").addHelpText("after", JOBS_HELP);
  const command = (name: string, description: string): Command =>
    addHostsOptions(jobs.command(name).description(description))
      .option("--dir <dir>", "async dir to look in (default: that of the inventory, or ~/.ansible_async)", collected)
      .option("--all-users", "the async dirs of all users that can be read")
      .option("--state <state>", `only jobs in this state: ${JOB_STATES.join(", ")}`, stateCollected)
      .addOption(new Option("-f, --format <format>", "how to print").choices(["text", "json"]).default("text"));
  command("list", "a table of all jobs, whoever started them")
    .argument("[pattern]", "hosts, as in Ansible", "all")
    .action(async (pattern: string, flags: JobsFlags) => done(await (await import("./jobs.ts")).listJobs(world, jobsOptions(pattern, [], flags))));
  command("show", "everything known of jobs, and what their state rests on")
    .argument("<jid...>", "ids of jobs")
    .action(async (jids: readonly string[], flags: JobsFlags) => done(await (await import("./jobs.ts")).showJobs(world, jobsOptions("all", jids, flags))));
  command("wait", "until the jobs have ended; 0 if all ended well")
    .argument("[jid...]", "ids of jobs; every running one if none")
    .action(async (jids: readonly string[], flags: JobsFlags) => done(await (await import("./jobs.ts")).waitForJobs(world, jobsOptions("all", jids, flags))));
}
