// `longhaul jobs`: its subcommands and their options.

import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { JobState } from "../../../model/job-state.ts";
import { JOB_STATES } from "../../../model/job-state.ts";
import type { Seconds } from "../durations.ts";
import { secondsOf } from "../durations.ts";
import type { HostsFlags, HostsOptionFlags } from "../hosts-options.ts";
import { addHostsOptions, hostsRequest } from "../hosts-options.ts";
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
  longhaul jobs tail -i hosts.yml -f j482093.2231
  longhaul jobs kill -i hosts.yml j482093.2231
  longhaul jobs prune -i hosts.yml --dry-run
${EXITS}`;

const LIST_HELP = `
Examples:
  longhaul jobs list -i hosts.yml
  longhaul jobs list -i hosts.yml -b --all-users db
  longhaul jobs list -i hosts.yml --state running -w 5
  longhaul jobs list -i hosts.yml -f json | jq '.jobs[].jid'
${EXITS}`;

const SHOW_HELP = `
Examples:
  longhaul jobs show -i hosts.yml j482093.2231
  longhaul jobs show -i hosts.yml -l db1 -f json j482093
${EXITS}`;

const WAIT_HELP = `
A connection that is lost is opened again, and the wait goes on; nothing on a
host depends on it.

Examples:
  longhaul jobs wait -i hosts.yml                  # until nothing runs any more
  longhaul jobs wait -i hosts.yml j482093.2231 j77.5 --timeout 2h
  longhaul jobs wait -i hosts.yml --any            # until the first has ended

Exit codes: 0 all ended well, 1 one did not or a host was lost for good,
124 the time of --timeout was over first, 2 asked wrongly or unreadable input,
3 longhaul itself failed.`;

const TAIL_HELP = `
Ansible keeps the output of a job back until it has ended: of a job that it has
started itself there is nothing to see before. Jobs that longhaul has started
have a log beside the job file.

Examples:
  longhaul jobs tail -i hosts.yml j482093.2231     # the last lines
  longhaul jobs tail -i hosts.yml -n 100 j482093.2231
  longhaul jobs tail -i hosts.yml -f               # all that run, to their end
${EXITS}`;

const KILL_HELP = `
Ends every process of the jobs: TERM, and KILL for those that are left after
the time of grace. A process that only has got the id of one that is gone is
never touched. A connection that is lost is opened again, and what is left is
ended.

Examples:
  longhaul jobs kill -i hosts.yml j482093.2231
  longhaul jobs kill -i hosts.yml -b --yes --grace 30s j482093.2231
${EXITS}`;

const PRUNE_HELP = `
Removes job files, and the .tmp and .log beside them. A job that runs is never
touched; lost, unreadable and absent ones only when --state names them.

Examples:
  longhaul jobs prune -i hosts.yml --dry-run       # what would go
  longhaul jobs prune -i hosts.yml --older 30d --state finished
  longhaul jobs prune -i hosts.yml -b --all-users --state lost db
${EXITS}`;

interface JobsFlags extends HostsFlags {
  readonly dir?: readonly string[];
  readonly allUsers?: boolean;
  readonly state?: readonly JobState[];
  readonly format: "text" | "json";
}

interface WaitFlags extends Omit<JobsFlags, "timeout"> {
  readonly connectTimeout?: string;
  readonly timeout?: Seconds;
  readonly any?: boolean;
  readonly reconnect: Seconds;
}

interface Parts {
  readonly world: World;
  /** A subcommand with the options that all of them have. */
  readonly command: (name: string, description: string, flags?: Partial<SharedFlags>) => Command;
  readonly done: (exit: number) => void;
}

interface SharedFlags extends HostsOptionFlags {
  readonly format: string;
}

function stateCollected(value: string, before: readonly JobState[] = []): readonly JobState[] {
  const state = JOB_STATES.find((each) => each === value);
  if (state === undefined) throw new InvalidArgumentError(`There are ${JOB_STATES.join(", ")}.`);
  return [...before, state];
}

function lineCount(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError("It is a number of lines.");
  return Number(value);
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
  const jobs = program.command("jobs").description("the jobs on the hosts of an inventory: list, show, wait, tail, kill, prune").addHelpText("after", JOBS_HELP);
  const command = (name: string, description: string, { format = "-f, --format <format>", ...flags }: Partial<SharedFlags> = {}): Command =>
    addHostsOptions(jobs.command(name).description(description), flags)
      .option("--dir <dir>", "async dir to look in (default: that of the inventory, or ~/.ansible_async)", collected)
      .option("--all-users", "the async dirs of all users that can be read")
      .option("--state <state>", `only jobs in this state: ${JOB_STATES.join(", ")}`, stateCollected)
      .addOption(new Option(format, "how to print").choices(["text", "json"]).default("text"));
  const parts: Parts = { world, command, done };
  addLooks(parts);
  addWait(parts);
  addTail(parts);
  addKill(parts);
  addPrune(parts);
}

function addLooks({ world, command, done }: Parts): void {
  command("list", "a table of all jobs, whoever started them")
    .argument("[pattern]", "hosts, as in Ansible", "all")
    .option("-w, --watch [time]", "look again every so often (2s), until Ctrl-C", secondsOf)
    .addHelpText("after", LIST_HELP)
    .action(async (pattern: string, { watch, ...flags }: JobsFlags & { readonly watch?: Seconds | true }) => {
      const options = jobsOptions(pattern, [], flags);
      if (watch === undefined) done(await (await import("./list.ts")).listJobs(world, options));
      else done(await (await import("./watch.ts")).watchJobs(world, { ...options, eachSeconds: watch === true ? 2 : Math.max(0.2, watch) }));
    });
  command("show", "everything known of jobs, and what their state rests on")
    .argument("<jid...>", "ids of jobs")
    .addHelpText("after", SHOW_HELP)
    .action(async (jids: readonly string[], flags: JobsFlags) => done(await (await import("./list.ts")).showJobs(world, jobsOptions("all", jids, flags))));
}

function addWait({ world, command, done }: Parts): void {
  // How long to wait is what everybody means by --timeout here; the time to connect keeps its short name.
  command("wait", "until the jobs have ended; 0 if all ended well", { timeout: "-T, --connect-timeout <seconds>" })
    .argument("[jid...]", "ids of jobs; every running one if none")
    .option("--timeout <time>", "wait no longer than this (90s, 15m, 2h); exit code 124 then", secondsOf)
    .option("--any", "until the first of them has ended")
    .addOption(reconnect())
    .addHelpText("after", WAIT_HELP)
    .action(async (jids: readonly string[], { timeout, connectTimeout, any, reconnect: awaySeconds, ...flags }: WaitFlags) => {
      const options = jobsOptions("all", jids, { ...flags, ...(connectTimeout === undefined ? {} : { timeout: connectTimeout }) });
      done(await (await import("./wait.ts")).waitForJobs(world, { ...options, timeoutSeconds: timeout, any: any === true, awaySeconds }));
    });
}

/** In: flags, what they do, and the time without them. */
function time(flags: string, description: string, [seconds, shown]: readonly [seconds: number, shown: string]): Option {
  return new Option(flags, description).argParser(secondsOf).default(seconds, shown);
}

/** The option of all that wait. */
export function reconnect(): Option {
  return time("--reconnect <time>", "how long a host may be away before it is given up", [1800, "30m"]);
}

function addTail({ world, command, done }: Parts): void {
  command("tail", "what jobs have printed, or print", { format: "--format <format>" })
    .argument("[jid...]", "ids of jobs; every running one if none")
    .option("-f, --follow", "go on until they have ended")
    .option("-n, --lines <number>", "so many last lines", lineCount, 10)
    .addOption(reconnect())
    .addHelpText("after", TAIL_HELP)
    .action(async (jids: readonly string[], { follow, lines, reconnect: awaySeconds, ...flags }: JobsFlags & { readonly follow?: boolean; readonly lines: number; readonly reconnect: Seconds }) =>
      done(await (await import("./tail.ts")).tailJobs(world, { ...jobsOptions("all", jids, flags), follow: follow === true, lines, awaySeconds })),
    );
}

function addKill({ world, command, done }: Parts): void {
  command("kill", "end jobs with all their processes; shows them and asks first")
    .argument("<jid...>", "ids of jobs")
    .addOption(time("--grace <time>", "between TERM and KILL", [10, "10s"]))
    .option("--orphans", "also processes that only the time of their start ties to the job")
    .option("-y, --yes", "do not ask")
    .addOption(reconnect())
    .addHelpText("after", KILL_HELP)
    .action(async (jids: readonly string[], { grace, orphans, yes, reconnect: awaySeconds, ...flags }: JobsFlags & { readonly grace: Seconds; readonly orphans?: boolean; readonly yes?: boolean; readonly reconnect: Seconds }) =>
      done(await (await import("./kill.ts")).killJobs(world, { ...jobsOptions("all", jids, flags), graceSeconds: grace, orphans: orphans === true, yes: yes === true, awaySeconds })),
    );
}

function addPrune({ world, command, done }: Parts): void {
  command("prune", "remove the files of jobs that have ended")
    .argument("[pattern]", "hosts, as in Ansible", "all")
    .addOption(time("--older <time>", "only files that have not changed for so long", [604_800, "7d"]))
    .option("--dry-run", "say what would go, remove nothing")
    .addHelpText("after", PRUNE_HELP)
    .action(async (pattern: string, { older, dryRun, ...flags }: JobsFlags & { readonly older: Seconds; readonly dryRun?: boolean }) =>
      done(await (await import("./prune.ts")).pruneJobs(world, { ...jobsOptions(pattern, [], flags), olderSeconds: older, dryRun: dryRun === true })),
    );
}
