// `longhaul jobs list --watch`: the table of jobs, looked at again and again over links that stay open.

import type { HostLink } from "../../../engine/ports.ts";
import { PROBLEM_EXITS, Problem } from "../../../model/problem.ts";
import { duration } from "../durations.ts";
import { withFooter } from "../footer.ts";
import { steadily } from "../steady.ts";
import { count, createStyle } from "../style.ts";
import type { World } from "../world.ts";
import { earlierRuns, withEarlier } from "./earlier.ts";
import type { FoundJob } from "./found.ts";
import { inOrder, jobsOf, judged, problemLine, searchJobs } from "./found.ts";
import { jobsTable } from "./jobs-text.ts";
import { tableColumns } from "./list.ts";
import type { JobsOptions } from "./wanted.ts";
import { isWanted } from "./wanted.ts";

export interface WatchOptions extends JobsOptions {
  readonly eachSeconds: number;
}

/** Longer than any operator looks at a table. */
const AWAY_SECONDS = 86_400;

/** Draws until it is interrupted, or until no host is left. Out: the exit code of the worst problem. */
export async function watchJobs(world: World, options: WatchOptions): Promise<number> {
  if (world.live === undefined) throw new Problem("bad-usage", "--watch draws over its own lines and needs a terminal; longhaul jobs list -f json can be called again and again");
  return withFooter(world, async (footer) => {
    const byHost = new Map<string, readonly FoundJob[]>();
    const stop = new AbortController();
    const earlier = earlierRuns(world);
    const style = createStyle(world.color);
    let [worst, connecting]: [number, string | undefined] = [0, undefined];
    const table = (): readonly string[] => {
      const jobs = inOrder([...byHost.values()].flat().map((job) => judged(job.link, job.report, job.earlier)).filter((job) => isWanted(job, options)));
      const rows = jobs.length === 0 ? [] : jobsTable(jobs, { columns: tableColumns(world) - 1, style }).trimEnd().split("\n");
      const running = jobs.filter(({ state }) => state === "running" || state === "starting").length;
      const sum = `${count(jobs.length, "job")} on ${count(byHost.size, "host")}, ${running} running; every ${duration(options.eachSeconds)}, Ctrl-C ends`;
      return [...rows, style.bold(connecting === undefined ? sum : `${sum}; ${connecting}`)];
    };
    const draw = (): void => footer.set(table());
    const told = new Set<string>();
    const tell = (host: string, problem: Problem): void => {
      if (told.has(problem.message)) return;
      told.add(problem.message);
      worst = Math.max(worst, PROBLEM_EXITS[problem.code]);
      footer.print(problemLine(host, problem), "err");
    };
    const patience = { clock: world.clock, awaySeconds: AWAY_SECONDS, note: (text: string) => footer.print(text, "err"), signal: stop.signal };
    const follow = async (first: HostLink): Promise<void> =>
      steadily(first, patience, async (link) => {
        while (!stop.signal.aborted) {
          byHost.set(link.host, await withEarlier(await jobsOf(link, options, tell), earlier));
          draw();
          await world.clock.sleep(options.eachSeconds * 1000, stop.signal);
        }
      });
    const release = world.onInterrupt(() => {
      stop.abort();
      footer.stop();
      // The last state stays on the screen, as a list would have left it.
      world.out(table().slice(0, -1).map((line) => `${line}\n`).join(""));
    });
    try {
      const progress = (text: string | undefined): void => {
        connecting = text;
        draw();
      };
      const { exit } = await searchJobs(world, options, { err: (text) => footer.print(text, "err"), progress, use: async (_, link) => follow(link) });
      return Math.max(exit, worst);
    } finally {
      release();
      stop.abort();
    }
  });
}
