// Durations for a person: a table of tasks, and the runs of one task drawn as bars with its limits as lines.

import { summaryOf } from "../../../engine/advise/bound.ts";
import { etaOf } from "../../../engine/advise/eta.ts";
import type { WorkGroup } from "../../../engine/advise/groups.ts";
import { nameOf } from "../../../engine/advise/groups.ts";
import { recommend } from "../../../engine/advise/recommend.ts";
import type { Measurement } from "../../../model/duration.ts";
import { printable } from "../../../model/printable.ts";
import { padded, shortened } from "../cells.ts";
import { took } from "../durations.ts";
import type { Style } from "../style.ts";
import { count, wrap } from "../style.ts";

export interface Look {
  readonly columns: number;
  readonly style: Style;
}

const NUMBER_CHARS = 8;
const COUNT_CHARS = 6;

/** In: groups. Out: a table, a line for each: the most measured first. */
export function historyTable(groups: readonly WorkGroup[], { columns, style }: Look): string {
  const numbers = (cells: readonly string[]): string => cells.map((cell, index) => cell.padStart(index === 0 ? COUNT_CHARS : NUMBER_CHARS)).join("");
  const nameChars = Math.max(16, columns - 5 * NUMBER_CHARS - COUNT_CHARS - 11);
  const line = (name: string, cells: readonly string[], last: string): string => `${fitted(name, nameChars)}${numbers(cells)}  ${last}`.trimEnd();
  const rows = groups.toSorted((a, b) => b.measurements.length - a.measurements.length).map((group) => {
    const summary = summaryOf(group.measurements);
    const of = (seconds: number | undefined): string => (seconds === undefined ? "-" : took(seconds));
    const last = group.measurements.at(-1)?.end ?? "";
    const cells = [String(group.measurements.length), of(summary?.p50), of(summary?.p95), of(summary?.max), of(limitOf(group)), of(recommend(group.measurements)?.limitSeconds)];
    const text = line(printable(nameOf(group.work)), cells, last);
    return last === "finished" ? text : `${text.slice(0, text.length - last.length)}${style.bad(last)}`;
  });
  return `${style.bold(line("task", ["runs", "p50", "p95", "max", "limit", "advised"], "last"))}\n${rows.join("\n")}\n`;
}

function fitted(text: string, cells: number): string {
  return padded(shortened(text, cells), cells);
}

/** The limit that was set last. */
export function limitOf({ measurements }: WorkGroup): number | undefined {
  return measurements.findLast(({ limitSeconds }) => limitSeconds !== undefined)?.limitSeconds;
}

const ROWS_MAX = 30;
const DATE_CHARS = 16;
const VALUE_CHARS = 8;

/** In: the measurements of one task. Out: its numbers, and its runs as bars, oldest first. */
export function historyPage(group: WorkGroup, look: Look): string {
  const { work, measurements } = group;
  const { style, columns } = look;
  const summary = summaryOf(measurements);
  const advised = recommend(measurements);
  const limit = limitOf(group);
  const hosts = new Set(measurements.map(({ host }) => host)).size;
  const numbers = summary === undefined ? ["nothing of it ever ended well"] : [`p50 ${took(summary.p50)}`, `p95 ${took(summary.p95)}`, `max ${took(summary.max)}`];
  const eta = etaOf(measurements, 0);
  const facts = [
    [work.file, work.play === "" ? "" : `play ${work.play}`, work.module, work.shape].filter((part) => part !== "").join(", "),
    `${count(measurements.length, "run")} on ${count(hosts, "host")}, ${dateOf(measurements[0])} to ${dateOf(measurements.at(-1))}`,
    numbers.join(", "),
    [
      ...(limit === undefined ? [] : [`| limit ${took(limit)}`]),
      ...(advised === undefined ? [] : [`: advised limit ${took(advised.limitSeconds)}`]),
      ...(eta === undefined ? [] : [`unusually long from ${took(eta.unusualAfterSeconds)} on`]),
    ].join(", "),
  ].filter((part) => part !== "");
  const head = [style.bold(printable(nameOf(work))), ...facts.map((fact) => wrap(printable(fact), columns, "  "))];
  const earlier = measurements.length - ROWS_MAX;
  const note = earlier > 0 ? [`  ${count(earlier, "earlier run")} not drawn; -f json has all`] : [];
  return `${[...head, "", ...bars(measurements.slice(-ROWS_MAX), { look, marks: { limit, advised: advised?.limitSeconds } }), ...note].join("\n")}\n`;
}

function dateOf(measurement: Measurement | undefined): string {
  return new Date((measurement?.at ?? 0) * 1000).toISOString().slice(0, 10);
}

interface Drawing {
  readonly look: Look;
  readonly marks: { readonly limit: number | undefined; readonly advised: number | undefined };
}

/** `=` for a run that ended well, `x` for one that failed, `>` at the end of one that was cut short: it would have taken longer. */
function bars(measurements: readonly Measurement[], { look: { columns, style }, marks }: Drawing): readonly string[] {
  const hostChars = Math.min(16, Math.max(...measurements.map(({ host }) => host.length)));
  const width = Math.max(10, columns - DATE_CHARS - hostChars - VALUE_CHARS - 6);
  const longest = Math.max(...measurements.map(({ seconds }) => seconds), 0.1);
  // A limit far beyond all runs would leave no room for them: it is drawn at the edge.
  const full = Math.min(Math.max(longest, marks.limit ?? 0, marks.advised ?? 0), longest * 4);
  const columnOf = (seconds: number): number => Math.min(width - 1, Math.round((seconds / full) * (width - 1)));
  return measurements.map(({ at, host, seconds, end }) => {
    const cells: string[] = Array.from({ length: width }, () => " ");
    const last = columnOf(seconds);
    const sign = end === "finished" ? "=" : end === "failed" ? "x" : "-";
    cells.fill(sign, 0, last + 1);
    if (sign === "-") cells[last] = ">";
    if (marks.advised !== undefined) cells[columnOf(marks.advised)] = ":";
    if (marks.limit !== undefined) cells[columnOf(marks.limit)] = "|";
    const when = new Date(at * 1000).toISOString().slice(0, DATE_CHARS).replace("T", " ");
    const drawn = cells.join("");
    return `  ${when}  ${fitted(printable(host), hostChars)} ${end === "finished" ? drawn : style.bad(drawn)} ${took(seconds)}`;
  });
}
