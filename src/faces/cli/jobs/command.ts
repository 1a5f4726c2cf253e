// `longhaul jobs`: its subcommands and their options.

import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { JobState } from "../../../model/job-state.ts";
import { JOB_STATES } from "../../../model/job-state.ts";
import type { HostsFlags, HostsOptionFlags } from "../hosts-options.ts";
import { addHostsOptions, hostsRequest } from "../hosts-options.ts";
import type { Seconds } from "../durations.ts";
import { secondsOf } from "../durations.ts";
import { EXITS, collected } from "../options.ts";
import type { World } from "../world.ts";
import type { JobsOptions } from "./wanted.ts";

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

interface WaitFlags extends Omit<JobsFlags, "timeout"> {
  readonly connectTimeout?: string;
  readonly timeout?: Seconds;
  readonly any?: boolean;
  readonly reconnect: Seconds;
}

export function addJobs(world: World, program: Command, done: (exit: number) => void): void {
  const jobs = program.command("jobs").description("list, show and wait for the jobs on the hosts of an inventory").addHelpText("after", JOBS_HELP);
  const command = (name: string, description: string, hostsFlags?: HostsOptionFlags): Command =>
    addHostsOptions(jobs.command(name).description(description), hostsFlags)
      .option("--dir <dir>", "async dir to look in (default: that of the inventory, or ~/.ansible_async)", collected)
      .option("--all-users", "the async dirs of all users that can be read")
      .option("--state <state>", `only jobs in this state: ${JOB_STATES.join(", ")}`, stateCollected)
      .addOption(new Option("-f, --format <format>", "how to print").choices(["text", "json"]).default("text"));
  command("list", "a table of all jobs, whoever started them")
    .argument("[pattern]", "hosts, as in Ansible", "all")
    .action(async (pattern: string, flags: JobsFlags) => done(await (await import("./list.ts")).listJobs(world, jobsOptions(pattern, [], flags))));
  command("show", "everything known of jobs, and what their state rests on")
    .argument("<jid...>", "ids of jobs")
    .action(async (jids: readonly string[], flags: JobsFlags) => done(await (await import("./list.ts")).showJobs(world, jobsOptions("all", jids, flags))));
  // How long to wait is what everybody means by --timeout here; the time to connect keeps its short name.
  command("wait", "until the jobs have ended; 0 if all ended well", { timeout: "-T, --connect-timeout <seconds>" })
    .argument("[jid...]", "ids of jobs; every running one if none")
    .option("--timeout <time>", "wait no longer than this (90s, 15m, 2h); exit code 124 then", secondsOf)
    .option("--any", "until the first of them has ended")
    .option("--reconnect <time>", "how long a host may be away before it is given up", secondsOf, 1800)
    .action(async (jids: readonly string[], { timeout, connectTimeout, any, reconnect, ...flags }: WaitFlags) => {
      const options = jobsOptions("all", jids, { ...flags, ...(connectTimeout === undefined ? {} : { timeout: connectTimeout }) });
      done(await (await import("./wait.ts")).waitForJobs(world, { ...options, timeoutSeconds: timeout, any: any === true, awaySeconds: reconnect }));
    });
}
