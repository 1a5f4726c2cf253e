// From the text of a journal to the run that it tells, or to why it tells none.

import type { Run } from "../../model/run.ts";
import { JOURNAL, readRunEvent } from "../../model/run-event.ts";
import { foldRun } from "./fold.ts";

export interface ToldRun {
  readonly run: Run;
  /** Lines that are no whole event: the disk was full, or the machine stopped while it was written. */
  readonly torn: number;
}

/** In: the text of a journal. Out: its run; a string says why there is none. */
export function runOfJournal(text: string): ToldRun | string {
  const lines = text.split("\n").filter((line) => line !== "");
  const events = lines.flatMap((line) => readRunEvent(line) ?? []);
  const [first] = events;
  if (first === undefined) return lines.length === 0 ? "its journal is empty" : "no line of its journal is an event of longhaul";
  if (first.type !== "run-started" || first.run === "") return "its journal does not say how it began";
  if (first.journal > JOURNAL) return `its journal has format ${first.journal}, and this longhaul knows ${JOURNAL}; take a newer longhaul`;
  return { run: foldRun(events), torn: lines.filter((line) => !isObject(line)).length };
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}
