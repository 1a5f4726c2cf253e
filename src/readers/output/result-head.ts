// Reads the head of a result: status, host, delegation, item, and what stands behind `=> `. The default callback and the ad-hoc ones.

import type { ResultStatus } from "../../model/story.ts";
import { parseObject } from "./result-fields.ts";
import { safeName } from "./safe-text.ts";

export interface ResultHead {
  readonly status: ResultStatus;
  readonly host: string;
  readonly delegatedTo?: string;
  readonly item?: string;
  /** What stands behind the last `=>`: a result, `{` where it follows on the lines below, or nothing. */
  readonly text: string;
  /** True when `=>` stands at the end of the line and the result follows in YAML. */
  readonly yaml: boolean;
}

const STATUS: Readonly<Record<string, ResultStatus>> = { ok: "ok", changed: "changed", skipping: "skipped", fatal: "failed", failed: "failed" };
const MAX_ARROWS = 16;

/** In: a line that begins as a result does. Out: its head, or nothing where it is not a result. */
export function readHead(line: string): ResultHead | undefined {
  const open = line.indexOf(": [");
  const word = line.slice(0, Math.max(open, 0));
  const status = STATUS[word];
  if (status === undefined) return undefined;
  const label = labelEnd(line, open + 3, word);
  if (label === undefined) return undefined;
  const host = readLabel(line.slice(open + 3, label.end));
  const rest = line.slice(label.after);
  const split = rest.startsWith("(item=") ? splitItem(rest) : { item: undefined, text: rest };
  const text = split.text.trim();
  return {
    status: label.unreachable ? "unreachable" : status,
    ...host,
    ...(split.item === undefined ? {} : { item: safeName(split.item) }),
    text,
    yaml: (text === "" && line.trimEnd().endsWith("=>")) || SUMMARY.test(text),
  };
}

/** The yaml callback of community.general puts these before the YAML, on the line of the head. */
const SUMMARY = /^changed=(true|false)(?: skipped=(true|false))?$/;

/** The fields on the line of the head itself. */
export function readSummary(text: string): { readonly changed?: boolean; readonly skipped?: boolean } {
  const match = SUMMARY.exec(text);
  if (match === null) return {};
  return { changed: match[1] === "true", ...(match[2] === undefined ? {} : { skipped: match[2] === "true" }) };
}

/** Out: true when bytes end as such a head does. */
export function endsInSummary(bytes: Buffer, start: number, end: number): boolean {
  return bytes[end - 1] === 101 && / => changed=(?:true|false)(?: skipped=(?:true|false))?$/.test(bytes.toString("latin1", Math.max(start, end - 40), end));
}

interface LabelEnd {
  readonly end: number;
  readonly after: number;
  readonly unreachable: boolean;
}

/** Where the host's label ends. It may hold brackets, so the words behind it decide. */
function labelEnd(line: string, from: number, word: string): LabelEnd | undefined {
  const marks = word === "fatal" ? ["]: FAILED! =>", "]: UNREACHABLE! =>"] : word === "failed" ? ["] (item=", "] =>"] : ["] =>"];
  const found = marks.map((mark) => ({ mark, at: line.indexOf(mark, from) })).filter(({ at }) => at !== -1);
  const first = found.toSorted((a, b) => a.at - b.at)[0];
  if (first !== undefined) {
    const after = first.at + (first.mark === "] (item=" ? 2 : first.mark.length);
    return { end: first.at, after: after + (line[after] === " " ? 1 : 0), unreachable: first.mark.includes("UNREACHABLE") };
  }
  const trimmed = line.trimEnd();
  return word !== "fatal" && trimmed.endsWith("]") ? { end: trimmed.length - 1, after: line.length, unreachable: false } : undefined;
}

/** `h`, `h -> d` or `h -> d(address)`. */
export function readLabel(label: string): { readonly host: string; readonly delegatedTo?: string } {
  const arrow = label.indexOf(" -> ");
  if (arrow === -1) return { host: safeName(label) };
  const delegate = label.slice(arrow + 4);
  const address = delegate.endsWith(")") ? delegate.lastIndexOf("(") : -1;
  return { host: safeName(label.slice(0, arrow)), delegatedTo: safeName(address > 0 ? delegate.slice(0, address) : delegate) };
}

/** An item may hold `) => ` itself: the first place counts behind which a whole result stands, else the last. */
function splitItem(rest: string): { readonly item: string; readonly text: string } {
  let last: { item: string; text: string } | undefined;
  let at = rest.indexOf(")");
  for (let tries = 0; at !== -1 && tries < MAX_ARROWS; at = rest.indexOf(") ", at + 1)) {
    const arrow = /^\) {1,2}=>(?: |$)/.exec(rest.slice(at, at + 8));
    if (arrow === null) continue;
    tries += 1;
    const split = { item: rest.slice(6, at), text: rest.slice(at + arrow[0].length) };
    if (parseObject(split.text) !== undefined) return split;
    if (last === undefined || /^\{?\s*$/.test(split.text) || !last.text.startsWith('{"')) last = split;
  }
  if (last !== undefined) return last;
  const trimmed = rest.trimEnd();
  return { item: trimmed.slice(6, trimmed.endsWith(")") ? -1 : trimmed.length), text: "" };
}

export interface AdhocHead extends ResultHead {
  /** The command's answer follows as plain text (`>>`), or stands behind it (oneline callback). */
  readonly rc?: number;
  readonly follows: boolean;
}

const ADHOC = /^(\S{1,250}) \| (SUCCESS|CHANGED|FAILED|FAILED!|UNREACHABLE!|SKIPPED)(?: =>(?: |$)|: | \| rc=(-?\d{1,9}) (?:>>|\| \(stdout\) ?)|$)/;
const ADHOC_STATUS: Readonly<Record<string, ResultStatus>> = {
  "SUCCESS": "ok", "CHANGED": "changed", "FAILED": "failed", "FAILED!": "failed", "UNREACHABLE!": "unreachable", "SKIPPED": "skipped",
};

/** In: a line of an ad-hoc run. Out: its head, or nothing. */
export function readAdhocHead(line: string): AdhocHead | undefined {
  const match = ADHOC.exec(line.slice(0, 400));
  const status = ADHOC_STATUS[match?.[2] ?? ""];
  if (match === null || status === undefined) return undefined;
  const text = line.slice(match[0].length).trim();
  return {
    status,
    host: safeName(match[1] ?? ""),
    text,
    yaml: text === "" && line.trimEnd().endsWith("=>"),
    ...(match[3] === undefined ? {} : { rc: Number(match[3]) }),
    follows: match[0].endsWith(">>"),
  };
}

/** A cheap look at bytes: could this be an ad-hoc result? */
export function maybeAdhoc(bytes: Buffer, start: number, end: number): boolean {
  const bar = bytes.subarray(start, Math.min(end, start + 260)).indexOf(124);
  const next = bytes[start + bar + 2];
  // S, C, F, U behind ` | `.
  return bar > 1 && bytes[start + bar - 1] === 32 && (next === 83 || next === 67 || next === 70 || next === 85);
}
