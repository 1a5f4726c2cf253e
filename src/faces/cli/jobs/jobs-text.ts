// Jobs as a person reads them: a table that fits the terminal, a page for one job.

import { printable } from "../../../model/printable.ts";
import type { Style } from "../style.ts";
import { labelled } from "../style.ts";
import type { FoundJob } from "./found.ts";

/** 42 is "42s", 4000 is "1h06m". Two units at most. */
function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  const units: readonly (readonly [number, string])[] = [[86_400, "d"], [3600, "h"], [60, "m"], [1, "s"]];
  const at = units.findIndex(([size]) => whole >= size);
  const [[size, unit] = [1, "s"], [smaller, name] = [1, "s"]] = units.slice(at, at + 2);
  return `${Math.floor(whole / size)}${unit}${String(Math.floor((whole % size) / smaller)).padStart(2, "0")}${name}`;
}

const HEAD = ["HOST", "STATE", "AGE", "LEFT", "RC", "JID"] as const;

/** In: jobs, in order. Out: a line for each under a heading; the command takes what is left of the width. */
export function jobsTable(jobs: readonly FoundJob[], { columns, style }: { readonly columns: number; readonly style: Style }): string {
  const rows = jobs.map((job) => ({ cells: cellsOf(job), what: printable(whatOf(job)), isBad: BAD.has(job.state) }));
  const widths = HEAD.map((head, index) => Math.max(head.length, ...rows.map(({ cells }) => cells[index]?.length ?? 0)));
  const line = (cells: readonly string[], what: string): string => {
    const start = cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ");
    const room = columns - start.length - 2;
    return room < 8 ? start.trimEnd() : `${start}  ${what.length > room ? `${what.slice(0, room - 1)}…` : what}`.trimEnd();
  };
  const lines = rows.map(({ cells, what, isBad }) => (isBad ? style.bad(line(cells, what)) : line(cells, what)));
  return [style.dim(line(HEAD, "LAST LINE OR COMMAND")), ...lines].map((each) => `${each}\n`).join("");
}

/** The last line of the output, or of a job that runs its program. */
function whatOf({ report }: FoundJob): string {
  const program = report.processes.find(({ role }) => role === "program");
  return report.stdout_last ?? report.cmd ?? program?.argv ?? report.module ?? report.msg ?? "";
}

const BAD: ReadonlySet<string> = new Set(["lost", "killed", "timed-out", "failed", "unreadable"]);

function cellsOf({ host, state, ageSeconds, report }: FoundJob): readonly string[] {
  const { limit, rc, jid } = report;
  const left = limit === null || ageSeconds === undefined ? "-" : limit - ageSeconds > 0 ? duration(limit - ageSeconds) : "over";
  return [printable(host), state, ageSeconds === undefined ? "-" : duration(ageSeconds), left, rc === null ? "-" : String(rc), printable(jid)];
}

/** Everything known of one job, with what its state rests on. */
export function jobPage({ host, state, because, ageSeconds, report }: FoundJob, options: { readonly columns: number; readonly style: Style }): string {
  const { style } = options;
  const known: readonly (readonly [string, string | number | null | undefined])[] = [
    ["file", report.path ?? `${report.dir}/${report.jid} (none)`],
    ["user", report.owner],
    ["age", ageSeconds === undefined ? undefined : duration(ageSeconds)],
    ["max", report.limit === null ? undefined : `${report.limit} s`],
    ["cmd", report.cmd],
    ["rc", report.rc],
    ["msg", report.msg],
    ["out", report.stdout_last],
    ["err", report.stderr_last],
    ["pids", report.processes.map(({ pid, role }) => `${pid} (${role})`).join(", ")],
  ];
  const lines = known.flatMap(([label, value]) => (value === null || value === undefined || value === "" ? [] : [labelled(label, printable(String(value)), options)]));
  const head = `${style.bold(`${printable(report.jid)} on ${printable(host)}`)}  ${BAD.has(state) ? style.bad(state) : state}`;
  return [head, ...because.map((reason) => labelled("why", printable(reason), options)), ...lines, ""].map((line) => `${line}\n`).join("");
}
