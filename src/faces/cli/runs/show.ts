// `longhaul show`: one run, from its journal.

import { stripVTControlCharacters } from "node:util";
import { printable } from "../../../model/printable.ts";
import { jsonText } from "../jobs/wanted.ts";
import { createStyle } from "../style.ts";
import type { World } from "../world.ts";
import type { KeptRun } from "./kept.ts";
import { idOf, keptRun, runDocument, tornLine } from "./kept.ts";
import { runPage } from "./runs-text.ts";

export interface ShowOptions {
  readonly format: "text" | "json";
  /** What Ansible printed, and nothing else. */
  readonly isOutput: boolean;
}

/** Out: the exit code. Throws Problem. */
export async function showRun(world: World, name: string, { format, isOutput }: ShowOptions): Promise<number> {
  const runs = await world.runs();
  const id = idOf(runs, name);
  if (isOutput) {
    await printOutput(world, runs.logPath(id));
    return 0;
  }
  const kept = keptRun(runs, id);
  world.out(format === "json" ? jsonText(document(kept)) : runPage(kept, { columns: world.columns, style: createStyle(world.color) }));
  world.err(tornLine(kept) ?? "");
  return 0;
}

function document(kept: KeptRun): Readonly<Record<string, unknown>> {
  const { run, torn } = kept;
  const jobs = [...run.jobs.values()].map((job) => ({ ...job, isOpen: job.endedAt === null }));
  const { refused, interrupted, plays, results, failures, diagnosed } = run;
  return { ...runDocument(kept), torn, refused, interrupted, plays, tasks: [...run.tasks.values()], jobs, results, failures, diagnosed };
}

/** As it is into a pipe or a file; in a terminal without what could steer it, colours too. */
async function printOutput(world: World, path: string): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  const print = (text: string): void => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) world.out(`${shown(line)}\n`);
  };
  const shown = (line: string): string => (world.terminal ? printable(stripVTControlCharacters(line)) : line);
  await world.readChunks(path, (chunk) => print(decoder.decode(chunk, { stream: true })));
  print(decoder.decode());
  if (rest !== "") world.out(shown(rest));
}
