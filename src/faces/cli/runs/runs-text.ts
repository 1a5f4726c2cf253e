// Past runs as a person reads them: a table of many, a page for one.

import { playbooksOf } from "../../../engine/run/arguments.ts";
import { printable } from "../../../model/printable.ts";
import type { Run, RunJob } from "../../../model/run.ts";
import { isExecPlaybook } from "../../../model/run.ts";
import { RESULT_STATUSES } from "../../../model/run-event.ts";
import { cellsOf, padded, shortened } from "../cells.ts";
import { took } from "../durations.ts";
import { openJobs } from "../run/run-text.ts";
import type { Style } from "../style.ts";
import { count, labelled } from "../style.ts";
import type { KeptRun } from "./kept.ts";

interface Look {
  readonly columns: number;
  readonly style: Style;
}

interface Row {
  readonly cells: readonly string[];
  readonly isBad: boolean;
}

/** In: a heading and rows. Out: lines; the last column takes what is left of the width. */
function table(head: readonly string[], rows: readonly Row[], { columns, style }: Look): string {
  const widths = head.map((word, at) => Math.max(cellsOf(word), ...rows.map(({ cells }) => cellsOf(cells[at] ?? ""))));
  const line = (cells: readonly string[]): string => shortened(cells.map((cell, at) => (at === head.length - 1 ? cell : padded(cell, widths[at] ?? 0))).join("  ").trimEnd(), columns);
  return [style.dim(line(head)), ...rows.map(({ cells, isBad }) => (isBad ? style.bad(line(cells)) : line(cells)))].map((each) => `${each}\n`).join("");
}

export function runsTable(runs: readonly KeptRun[], look: Look): string {
  const rows = runs.map(({ id, run, result }): Row => {
    const open = openJobs(run).length;
    return { cells: [printable(id), timeText(run.startedAt).slice(0, 16), result, open === 0 ? "-" : String(open), playbookOf(run)], isBad: !WELL.has(result) };
  });
  return table(["RUN", "BEGAN", "RESULT", "OPEN", "PLAYBOOK"], rows, look);
}

const WELL: ReadonlySet<string> = new Set(["ok", "goes on"]);

/** As it was given: Ansible itself only tells the name of the file. */
function playbookOf(run: Run): string {
  const playbooks = playbooksOf(run.argv.slice(1));
  if (playbooks.some((path) => isExecPlaybook(run, path))) {
    const [job] = run.jobs.values();
    return `exec: ${printable(job === undefined ? "began nowhere" : taskName(run, job.task))}`;
  }
  const given = playbooks.join(" ");
  return printable(given === "" ? run.playbook : given);
}

/** `2026-11-27 22:42:36`, by the clock on the wall here. */
function timeText(atSeconds: number): string {
  const time = new Date(atSeconds * 1000);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** Everything that is known of one run. */
export function runPage(kept: KeptRun, look: Look): string {
  const { id, run, result, logPath } = kept;
  const { style } = look;
  const time = run.ended === null ? `, last heard of ${timeText(run.lastAt)}` : `, took ${took(run.ended.at - run.startedAt)}`;
  const results = RESULT_STATUSES.flatMap((status) => (run.results[status] === 0 ? [] : [`${run.results[status]} ${status}`])).join(", ");
  const known: readonly (readonly [string, string])[] = [
    ["when", `${timeText(run.startedAt)}${time}`],
    ["cmd", run.argv.join(" ")],
    ["in", run.directory],
    ["core", run.core],
    ["said", results],
    ...run.failures.map(({ host, task, status }) => ["bad", `${host}: ${taskName(run, task)}: ${status}`] as const),
    ...run.diagnosed.map(({ mode, title }) => ["why", `${title} [${mode}]`] as const),
    ["log", logPath],
  ];
  const lines = known.flatMap(([label, value]) => (value === "" ? [] : [`${labelled(label, printable(value), look)}\n`])).join("");
  const open = openJobs(run).length;
  const next = open === 0 || result === "goes on" ? "" : `\n${count(open, "job")} of it ${open === 1 ? "has" : "have"} no end that anybody saw; longhaul attach ${printable(id)}\n`;
  return `${style.bold(printable(id))}  ${WELL.has(result) ? result : style.bad(result)}\n${lines}\n${jobsTable(kept, look)}${next}`;
}

function taskName(run: Run, task: string): string {
  return run.tasks.get(task)?.name ?? task;
}

function jobsTable({ run, result }: KeptRun, look: Look): string {
  const jobs = [...run.jobs.values()];
  if (jobs.length === 0) return "it started no jobs\n";
  const rows = jobs.map((job): Row => {
    const { host, rc, jid, durationSeconds, task } = job;
    const cells = [printable(host), stateWord(job, result), durationSeconds === null ? "-" : took(durationSeconds), rc === null ? "-" : String(rc), printable(jid), printable(taskName(run, task))];
    return { cells, isBad: job.endedAt !== null && job.state !== "finished" };
  });
  return table(["HOST", "STATE", "TOOK", "RC", "JID", "TASK"], rows, look);
}

/** What a journal says of a job without an end is old, unless its run goes on. */
function stateWord({ endedAt, state }: RunJob, result: string): string {
  return endedAt === null && result !== "goes on" ? "open" : state;
}
