// A connection that comes back: when the link to a host is lost, it is opened again, with growing pauses and for a bounded time.

import type { HostLink } from "../../engine/ports.ts";
import { printable } from "../../model/printable.ts";
import { Problem } from "../../model/problem.ts";
import { duration } from "./durations.ts";
import type { Clock } from "./world.ts";

export interface Patience {
  readonly clock: Clock;
  /** How long a host may stay away. */
  readonly awaySeconds: number;
  /** Is told, in a line, that a host is away and that it is back. */
  readonly note: (text: string) => void;
  /** Ends everything, quietly. */
  readonly signal: AbortSignal;
}

/** The first try comes at once, then pauses double, up to the last of these. */
const PAUSES_MS = [0, 1000, 2000, 4000, 8000, 15_000] as const;
/** A link that holds this long was really back: later losses are counted anew. */
const SETTLED_MS = 20_000;

/**
 * Does something over a link, and all of it again over a new one whenever the link is lost in the middle. Links made here are closed here.
 * In: a link, how long to be patient, and what to do. Throws Problem unreachable where the host stays away.
 */
export async function steadily(first: HostLink, patience: Patience, use: (link: HostLink) => Promise<void>): Promise<void> {
  const { clock, signal } = patience;
  let link = first;
  const stop = (): void => void link.close();
  signal.addEventListener("abort", stop);
  const absence: Absence = { sinceMs: 0, tries: 0, backMs: Number.NEGATIVE_INFINITY };
  try {
    while (!signal.aborted) {
      try {
        await use(link);
        return;
      } catch (problem) {
        if (!(problem instanceof Problem) || problem.code !== "unreachable") throw problem;
        if (signal.aborted) return;
        if (clock.nowMs() - absence.backMs > SETTLED_MS) Object.assign(absence, { sinceMs: clock.nowMs(), tries: 0 });
        const next = await back(link, problem, { patience, absence });
        if (next === undefined) return;
        if (link !== first) await link.close();
        link = next;
      }
    }
  } finally {
    signal.removeEventListener("abort", stop);
    if (link !== first) await link.close();
  }
}

interface Absence {
  sinceMs: number;
  tries: number;
  backMs: number;
}

/** Out: the new link; undefined where the signal came first. */
async function back(link: HostLink, lost: Problem, { patience, absence }: { readonly patience: Patience; readonly absence: Absence }): Promise<HostLink | undefined> {
  const { clock, note, signal, awaySeconds } = patience;
  const host = printable(link.host);
  if (absence.tries === 0) note(`longhaul: ${printable(lost.message)}; trying again for up to ${duration(awaySeconds)}\n`);
  let last = lost;
  while (clock.nowMs() - absence.sinceMs <= awaySeconds * 1000) {
    const pauseMs = PAUSES_MS[Math.min(absence.tries, PAUSES_MS.length - 1)] ?? 0;
    absence.tries += 1;
    await clock.sleep(pauseMs, signal);
    if (signal.aborted) return undefined;
    try {
      const next = await link.reopen(signal);
      absence.backMs = clock.nowMs();
      const after = duration((clock.nowMs() - absence.sinceMs) / 1000);
      note(`longhaul: ${host}: connected again after ${after}${hasRebooted(link, next) ? "; the host was started anew meanwhile" : ""}\n`);
      return next;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (signal.aborted) return undefined;
      last = problem;
    }
  }
  const why = printable(last.message).replace(`${host}: `, "");
  throw new Problem("unreachable", `${host}: away for ${duration((clock.nowMs() - absence.sinceMs) / 1000)} and given up (${why}); its jobs may still run: look with longhaul jobs list -l ${host}`, { cause: last });
}

function hasRebooted(before: HostLink, now: HostLink): boolean {
  return before.ready.boot_id !== null && now.ready.boot_id !== null && before.ready.boot_id !== now.ready.boot_id;
}
