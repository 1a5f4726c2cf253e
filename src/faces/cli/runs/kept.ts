// Past runs as commands find them: by name, with what their journals tell.

import type { KeptRuns } from "../../../engine/ports.ts";
import { runOfJournal } from "../../../engine/run/journal.ts";
import { printable } from "../../../model/printable.ts";
import { Problem } from "../../../model/problem.ts";
import type { Run } from "../../../model/run.ts";
import { openJobs } from "../run/run-text.ts";
import { count } from "../style.ts";

export interface KeptRun {
  readonly id: string;
  readonly run: Run;
  readonly logPath: string;
  /** In a word or two: ok, failed, unreachable, `exit 1`, a signal, interrupted, goes on, cut off. */
  readonly result: string;
  readonly torn: number;
}

/** In: all runs, and the id of one. Throws Problem cannot-read where its journal tells no run. */
export function keptRun(runs: KeptRuns, id: string): KeptRun {
  const told = runOfJournal(runs.journal(id));
  if (typeof told === "string") throw new Problem("cannot-read", `run ${id}: ${told}`);
  return { id, ...told, logPath: runs.logPath(id), result: resultOf(told.run, runs) };
}

/** In: an id, a beginning that only one run has, or `last`. Throws Problem bad-usage. */
export function idOf(runs: KeptRuns, name: string): string {
  const ids = runs.ids();
  const [newest] = ids;
  if (newest === undefined) throw new Problem("bad-usage", "there are no runs yet; longhaul run makes one");
  if (name === "last") return newest;
  if (ids.includes(name)) return name;
  const [first, second, ...more] = name === "" ? [] : ids.filter((id) => id.startsWith(name));
  if (first === undefined) throw new Problem("bad-usage", `${name}: there is no such run; longhaul runs lists them`);
  if (second !== undefined) throw new Problem("bad-usage", `${name}: ${2 + more.length} runs begin so: ${[first, second, ...more].slice(0, 3).join(", ")}${more.length > 1 ? ", …" : ""}`);
  return first;
}

/** The line about a journal that is not whole; undefined where it is. */
export function tornLine({ id, torn }: KeptRun): string | undefined {
  return torn === 0 ? undefined : `longhaul: run ${printable(id)}: ${count(torn, "line")} of its journal ${torn === 1 ? "is" : "are"} torn; what the others tell is shown\n`;
}

/** Ansible's codes 2 and 4 also stand for other mistakes, so a result has to bear them out. */
function resultOf({ ended, interrupted, results, pid, startedAt }: Run, runs: KeptRuns): string {
  if (ended === null) return runs.lives(pid, startedAt) ? "goes on" : "cut off";
  if (interrupted !== null) return "interrupted";
  const { code, signal } = ended;
  if (code === null) return signal ?? "unknown";
  if (code === 0) return "ok";
  if (code === 2 && results.failed > 0) return "failed";
  if (code === 4 && results.unreachable > 0) return "unreachable";
  return `exit ${code}`;
}

/** What JSON has of a run in every command. */
export function runDocument({ id, run, logPath, result }: KeptRun): Readonly<Record<string, unknown>> {
  const { playbook, argv, directory, core, startedAt, ended } = run;
  return { run: id, startedAt, endedAt: ended?.at ?? null, result, code: ended?.code ?? null, signal: ended?.signal ?? null, open: openJobs(run).length, playbook, argv, directory, core, logPath };
}
