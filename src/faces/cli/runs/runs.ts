// `longhaul runs`: what was run, how it went, and which of it is still open.

import { printable } from "../../../model/printable.ts";
import { PROBLEM_EXITS, Problem } from "../../../model/problem.ts";
import { jsonText } from "../jobs/wanted.ts";
import { createStyle, count } from "../style.ts";
import type { World } from "../world.ts";
import type { KeptRun } from "./kept.ts";
import { keptRun, runDocument, tornLine } from "./kept.ts";
import { runsTable } from "./runs-text.ts";

export interface RunsOptions {
  readonly number: number;
  readonly format: "text" | "json";
}

/** Out: the exit code: that of the worst journal that tells nothing, or 0. */
export async function listRuns(world: World, { number, format }: RunsOptions): Promise<number> {
  const runs = await world.runs();
  const ids = runs.ids();
  const kept: KeptRun[] = [];
  const unread: { readonly run: string; readonly why: string }[] = [];
  let exit = 0;
  for (const id of ids.slice(0, number)) {
    try {
      kept.push(keptRun(runs, id));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      unread.push({ run: id, why: problem.message });
      exit = Math.max(exit, PROBLEM_EXITS[problem.code]);
    }
  }
  const older = Math.max(0, ids.length - number);
  if (format === "json") world.out(jsonText({ runs: kept.map(runDocument), unread, older }));
  else if (ids.length === 0) world.out("no runs yet; longhaul run makes one\n");
  else if (kept.length > 0) world.out(runsTable(kept, { columns: world.columns, style: createStyle(world.color) }));
  for (const each of kept) world.err(tornLine(each) ?? "");
  for (const { why } of unread) world.err(`longhaul: ${printable(why)}\n`);
  if (older > 0) world.err(`longhaul: ${count(older, "older run")} not shown; -n shows more\n`);
  return exit;
}
