// The end of a run: what becomes of the jobs that still run.

import { hostsArguments } from "../../../engine/run/arguments.ts";
import { printable } from "../../../model/printable.ts";
import type { RunJob } from "../../../model/run.ts";
import { count, shellWord } from "../style.ts";
import type { World } from "../world.ts";
import type { RunOptions, Running } from "./running.ts";
import { jobTitle, openJobs } from "./run-text.ts";

/** After an interrupt by a signal: at Ctrl-C asks whether the jobs that still run are to be ended too; else they stay, as nobody is there. */
export async function closing(world: World, running: Running, signal: string): Promise<void> {
  const { fold, supervisor, record, tell } = running;
  const open = openJobs(fold.run());
  if (open.length === 0) return tell({ type: "interrupted", jobs: "none" });
  const list = open.map((job) => `  ${jobTitle(fold.run(), job)} (${printable(job.jid)})\n`).join("");
  world.err(`longhaul: ${count(open.length, "job")} of this run still ${open.length === 1 ? "runs" : "run"} on the hosts:\n${list}`);
  const kill = signal === "SIGINT" && world.ask !== undefined && (await world.ask(`End ${open.length === 1 ? "it" : "them"} there too? [y/N] `));
  if (kill) {
    for (const failure of await supervisor.kill()) world.err(`longhaul: ${printable(failure)}\n`);
    return tell({ type: "interrupted", jobs: "killed" });
  }
  tell({ type: "interrupted", jobs: "left" });
  world.err(`longhaul: left running; longhaul attach ${record.id} follows ${open.length === 1 ? "it" : "them"} to the end\n`);
}

/** After a run to its end: says which of its jobs still run, as nobody waits for them any more. */
export function tellLeft(world: World, { fold, options }: Running): void {
  const run = fold.run();
  // Who polls a job gives up at its limit, and the wrapper ends it in the next seconds.
  const open = openJobs(run).filter(({ pollSeconds, state }) => pollSeconds === 0 && state !== "unknown");
  if (open.length === 0 || options.isQuiet) return;
  const names = open.map((job) => jobTitle(run, job)).join("; ");
  world.err(`longhaul: ${count(open.length, "job")} still ${open.length === 1 ? "runs" : "run"} (${names}); ${waitCommand(options, open)}\n`);
}

export function waitCommand({ args }: RunOptions, jobs: readonly RunJob[]): string {
  return ["longhaul jobs wait", ...hostsArguments(args).map((word) => shellWord(printable(word))), ...jobs.map(({ jid }) => printable(jid))].join(" ");
}
