// The journals of the last runs, in which the jobs that still run on hosts are looked for.

import { Problem } from "../../model/problem.ts";
import type { KeptRuns } from "../ports.ts";

/** Older runs are not looked at. */
const RUNS_LOOKED_AT = 50;

/** Out: the newest runs, newest first, each read when it is asked for; one that cannot be read is empty. Throws Problem where none can be listed. */
export function* recentJournals(runs: KeptRuns): Generator<{ readonly id: string; readonly journal: string }, void, void> {
  for (const id of runs.ids().slice(0, RUNS_LOOKED_AT)) yield { id, journal: journalOf(runs, id) };
}

function journalOf(runs: KeptRuns, id: string): string {
  try {
    return runs.journal(id);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return "";
  }
}
