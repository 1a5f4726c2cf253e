// Jobs as a person reads them: a table that fits the terminal, a page for one job, a line for one that has ended.

import type { Eta } from "../../../engine/advise/eta.ts";
import { printable } from "../../../model/printable.ts";
import { cellsOf, padded, shortened } from "../cells.ts";
import { duration } from "../durations.ts";
import type { Style } from "../style.ts";
import { count, labelled } from "../style.ts";
import { etaText } from "../eta-text.ts";
import type { FoundJob } from "./found.ts";
import { etaOfJob, programOf } from "./found.ts";

const HEAD = ["HOST", "STATE", "AGE", "LEFT", "ETA", "RC", "JID"] as const;

/** In: jobs, in order. Out: a line for each under a heading; the command takes what is left of the width. ETA is there where earlier runs tell one. */
export function jobsTable(jobs: readonly FoundJob[], { columns, style }: { readonly columns: number; readonly style: Style }): string {
  const told = jobs.map((job) => ({ job, eta: etaOfJob(job) }));
  const shown = (cells: readonly string[]): readonly string[] => (told.some(({ eta }) => eta !== undefined) ? cells : cells.filter((_, at) => HEAD[at] !== "ETA"));
  const head = shown(HEAD);
  const rows = told.map(({ job, eta }) => ({ cells: shown(rowOf(job, eta)), what: printable(whatOf(job)), isBad: BAD.has(job.state) || eta?.isUnusual === true }));
  const widths = head.map((word, index) => Math.max(word.length, ...rows.map(({ cells }) => cellsOf(cells[index] ?? ""))));
  const line = (cells: readonly string[], what: string): string => {
    const start = cells.map((cell, index) => padded(cell, widths[index] ?? 0)).join("  ");
    const room = columns - cellsOf(start) - 2;
    return room < 8 ? start.trimEnd() : `${start}  ${shortened(what, room)}`.trimEnd();
  };
  const lines = rows.map(({ cells, what, isBad }) => (isBad ? style.bad(line(cells, what)) : line(cells, what)));
  return [style.dim(line(head, "LAST LINE OR COMMAND")), ...lines].map((each) => `${each}\n`).join("");
}

/** The last line of the output (of what went wrong that of the errors), or of a job that runs its program: the first that was started. */
export function whatOf(job: FoundJob): string {
  const { report } = job;
  return errorOf(job) ?? report.stdout_last ?? report.cmd ?? programOf(report)?.argv ?? report.module ?? report.msg ?? "";
}

/** What the command module says of a program that has ended with another code than 0, which the rc says already: up to ansible-core 2.20, and 2.21 (modules/command.py). */
const ONLY_A_CODE: ReadonlySet<string | null> = new Set(["non-zero return code", "The command exited with a non-zero return code."]);

function errorOf({ state, report: { stderr_last: last, msg } }: FoundJob): string | null {
  return state === "failed" || state === "killed" ? (last ?? (ONLY_A_CODE.has(msg) ? null : msg)) : null;
}

const BAD: ReadonlySet<string> = new Set(["lost", "killed", "timed-out", "failed", "unreadable"]);

function rowOf(job: FoundJob, eta: Eta | undefined): readonly string[] {
  const { host, state, ageSeconds, report } = job;
  return [printable(host), state, ageSeconds === undefined ? "-" : duration(ageSeconds), leftOf(job), etaCell(eta), report.rc === null ? "-" : String(report.rc), printable(report.jid)];
}

/** "4m07s", "longest" for one that is longer than all before, "unusual", or "-" where nothing tells. */
function etaCell(eta: Eta | undefined): string {
  if (eta === undefined) return "-";
  if (eta.isUnusual) return "unusual";
  return eta.remainingSeconds === undefined ? "longest" : duration(eta.remainingSeconds);
}

/** Time until the async limit: "8m55s", "over", or "-" where no limit is known. */
export function leftOf({ ageSeconds, report: { limit } }: FoundJob): string {
  if (limit === null || ageSeconds === undefined) return "-";
  return limit - ageSeconds > 0 ? duration(limit - ageSeconds) : "over";
}

/** With what it rests on. */
function etaLine(job: FoundJob): string | undefined {
  const eta = etaOfJob(job);
  return eta === undefined ? undefined : `${etaText(eta)}: ${count(eta.count, "earlier run")} of "${job.earlier?.name ?? ""}", hardly any takes longer than ${duration(eta.unusualAfterSeconds)}`;
}

/** One line for a job that has ended: how, with which code, and its last words; of one without a result why. */
export function endLine(job: FoundJob): string {
  const { host, state, because, report } = job;
  const rc = report.rc === null ? "" : ` rc ${report.rc}`;
  const words = state === "lost" || state === "absent" || state === "unreadable" ? because.slice(0, 2).join("; ") : (errorOf(job) ?? report.stdout_last ?? report.msg ?? "");
  return `${printable(host)}  ${printable(report.jid)}  ${state}${rc}${words === "" ? "" : `  ${printable(words)}`}\n`;
}

/** Everything known of one job, with what its state rests on. */
export function jobPage(job: FoundJob, options: { readonly columns: number; readonly style: Style }): string {
  const { style } = options;
  const { host, state, because, ageSeconds, report } = job;
  const known: readonly (readonly [string, string | number | null | undefined])[] = [
    ["file", report.path ?? `${report.dir}/${report.jid} (none)`],
    ["user", report.owner],
    ["age", ageSeconds === undefined ? undefined : duration(ageSeconds)],
    ["eta", etaLine(job)],
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
