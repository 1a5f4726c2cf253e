// Decides whether a run of a proof did what its header says. Pure: the run is handed over as a value.
import type { Claim, ProofHeader } from "./header.ts";
import { holdsFor } from "./series.ts";

export interface Observed {
  readonly series: string;
  readonly exitCode: number | undefined;
  /** What the run printed, neutralised. */
  readonly output: string;
  /** True for the look the header was written for; others print more or less, so that only their exit code is judged. */
  readonly wholeHeader: boolean;
}

/** What is wrong with a run, a sentence each; empty when it did what its header says. */
export function judge(header: ProofHeader, observed: Observed): readonly string[] {
  const problems: string[] = [];
  const exits = header.exits.filter((exit) => holdsFor(exit.range, observed.series));
  // The narrowest statement counts: one with a range goes before one without.
  const exit = exits.find((one) => one.range !== undefined) ?? exits[0];
  if (exit === undefined) problems.push(`no exit code expected for ${observed.series}`);
  else if (observed.exitCode === undefined || !exit.codes.includes(observed.exitCode)) {
    problems.push(`exit ${observed.exitCode ?? "by a signal"} instead of ${exit.codes.join(" or ")}`);
  }
  if (!observed.wholeHeader) return problems;
  for (const claim of about(header.shows, observed.series)) {
    if (!contains(observed.output, claim.text)) problems.push(`does not show: ${claim.text}`);
  }
  for (const claim of about(header.neverShows, observed.series)) {
    if (contains(observed.output, claim.text)) problems.push(`shows: ${claim.text}`);
  }
  return problems;
}

/** The claims that are about a series. */
export function about<T extends Claim>(claims: readonly T[], series: string): readonly T[] {
  return claims.filter((claim) => holdsFor(claim.range, series));
}

/** Whether a text is in the output; Ansible breaks long warnings and errors into lines, so blanks of any kind are alike. */
export function contains(output: string, text: string): boolean {
  return output.includes(text) || collapse(output).includes(collapse(text));
}

function collapse(text: string): string {
  return text.replace(/\s+/g, " ");
}
