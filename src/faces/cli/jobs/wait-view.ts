// What a person sees while jobs are waited for: a line for each that runs, and one that sums up.

import { printable } from "../../../model/printable.ts";
import { cellsOf, padded } from "../cells.ts";
import { duration } from "../durations.ts";
import type { Footer } from "../footer.ts";
import { createStyle, count } from "../style.ts";
import type { World } from "../world.ts";
import { etaText } from "../eta-text.ts";
import { earlierRuns } from "./earlier.ts";
import type { Earlier, FoundJob } from "./found.ts";
import { etaOfJob, judged } from "./found.ts";
import { leftOf, whatOf } from "./jobs-text.ts";
import { nameOf } from "./wanted.ts";

export interface WaitView {
  /** A job that runs, or news of it. */
  readonly runs: (job: FoundJob) => void;
  /** The last line that a job has written into its log. */
  readonly says: (job: FoundJob, line: string) => void;
  /** A job that has ended is shown no more. */
  readonly ended: (job: FoundJob) => void;
  /** Whether the link to a host is lost. */
  readonly away: (host: string, isAway: boolean) => void;
  readonly progress: (text: string | undefined) => void;
}

const EACH_MS = 1000;

/** Draws until the signal is aborted. In: until when is waited at most, in milliseconds of the clock. */
export function createWaitView(world: World, footer: Footer, { signal, untilMs }: { readonly signal: AbortSignal; readonly untilMs: number | undefined }): WaitView {
  const style = createStyle(world.color);
  const running = new Map<string, FoundJob>();
  const lines = new Map<string, string>();
  const earlierOf = earlierRuns(world);
  const earlier = new Map<string, Earlier | undefined>();
  const absent = new Set<string>();
  const beganMs = world.clock.nowMs();
  let [ended, connecting]: [number, string | undefined] = [0, undefined];

  const draw = (): void => {
    const jobs = [...running.values()].map((job) => judged(job.link, job.report, earlier.get(nameOf(job)))).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const rows = jobs.map((job) => [nameOf(job), job.ageSeconds === undefined ? "-" : duration(job.ageSeconds), leftOf(job)] as const);
    const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => cellsOf(row[at] ?? ""))));
    const most = Math.max(1, Math.floor((world.live?.size().rows ?? 0) / 2));
    const shown = jobs.slice(0, most).map((job, at) => {
      const [name = "", age = "", left = ""] = (rows[at] ?? []).map((cell, column) => padded(cell, widths[column] ?? 0));
      const what = absent.has(job.host) ? "no connection" : printable(lines.get(nameOf(job)) ?? whatOf(job));
      const eta = etaOfJob(job);
      const usual = eta === undefined ? "" : `${eta.isUnusual ? style.bad(etaText(eta)) : etaText(eta)}  `;
      return `${name}  ${age}  ${left === "" ? "" : `left ${left}  `}${usual}${absent.has(job.host) ? style.bad(what) : style.dim(what)}`;
    });
    const nowMs = world.clock.nowMs();
    const parts = [
      ...(jobs.length === 0 && connecting !== undefined ? [] : [`waiting for ${count(jobs.length, "job")}`]),
      ...(jobs.length > most ? [`${jobs.length - most} of them not shown`] : []),
      ...(ended === 0 ? [] : [`${ended} ended`]),
      ...(connecting === undefined ? [] : [connecting]),
      duration((nowMs - beganMs) / 1000),
      ...(untilMs === undefined ? [] : [`at most ${duration(Math.max(0, untilMs - nowMs) / 1000)} more`]),
    ];
    footer.set([...shown, style.bold(parts.join(", "))]);
  };
  const tick = async (): Promise<void> => {
    while (!signal.aborted) {
      draw();
      await world.clock.sleep(EACH_MS, signal);
    }
  };
  const remember = async (job: FoundJob): Promise<void> => {
    const name = nameOf(job);
    if (world.live === undefined || earlier.has(name)) return;
    earlier.set(name, undefined);
    earlier.set(name, await earlierOf(job));
  };
  if (world.live !== undefined) void tick();
  return {
    runs: (job) => {
      running.set(nameOf(job), job);
      void remember(job);
    },
    says: (job, line) => void lines.set(nameOf(job), line),
    ended: (job) => {
      ended += 1;
      running.delete(nameOf(job));
      lines.delete(nameOf(job));
    },
    away: (host, isAway) => void (isAway ? absent.add(host) : absent.delete(host)),
    progress: (text) => {
      connecting = text;
      if (world.live !== undefined) draw();
    },
  };
}
