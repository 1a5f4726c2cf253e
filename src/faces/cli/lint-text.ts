// Findings as a person reads them: place, what, the source with the spot underlined, why, and what to do.

import type { CoreRange } from "../../model/cores.ts";
import { coresText } from "../../model/cores.ts";
import type { Finding, Severity } from "../../model/finding.ts";
import { confidenceOf } from "../../model/finding.ts";
import type { Place } from "../../model/place.ts";
import { positionAt } from "../../model/place.ts";
import { printable } from "../../model/printable.ts";
import type { SourceText } from "../../model/yaml.ts";
import type { Style } from "./style.ts";
import { count, createStyle, labelled, wrap } from "./style.ts";
import type { World } from "./world.ts";

export interface TextOptions {
  readonly columns: number;
  readonly style: Style;
  /** The text of a file that a finding names besides its own. */
  readonly textOf?: (path: string) => string | undefined;
}

/** In: a finding. Out: its block of lines, ending in a line break. */
export function findingText(finding: Finding, options: TextOptions): string {
  const { style, columns } = options;
  const { line, column } = positionAt(finding.source.text, finding.span.start);
  const confidence = confidenceOf(finding);
  const place = `${printable(finding.source.path)}:${line}:${column}`;
  const lines = [
    `${style.bold(place)}  ${style.severity(finding.severity)}  ${finding.mode}`,
    wrap(printable(finding.what), columns, "  "),
    snippet(finding.source, finding.span, options),
    labelled("why", printable(finding.why), options),
    ...(confidence === undefined ? [] : [labelled("when", printable(confidence), options)]),
    labelled("do", printable(finding.do), options),
    ...(finding.related ?? []).map((related) => labelled("see", `${relatedPlace(finding, related.place, options)}: ${printable(related.says)}`, options)),
    ...(finding.fix === undefined ? [] : [labelled("fix", fixText(finding.fix), options)]),
  ];
  return `${lines.join("\n")}\n\n`;
}

function relatedPlace({ source }: Finding, { file, span }: Place, { textOf }: TextOptions): string {
  const text = file === source.path ? source.text : textOf?.(file);
  return text === undefined ? printable(file) : `${printable(file)}:${positionAt(text, span.start).line}`;
}

function fixText(fix: NonNullable<Finding["fix"]>): string {
  return fix.safe ? `${printable(fix.says)} (--fix)` : `${printable(fix.says)} (needs your consent: --fix=all)`;
}

/** The first line of a span with a rule under it; long lines are cut around the spot. */
function snippet(source: SourceText, span: Finding["span"], { columns, style }: TextOptions): string {
  const { line, column } = positionAt(source.text, span.start);
  const lineStart = span.start - (column - 1);
  const lineEnd = source.text.indexOf("\n", lineStart);
  const whole = source.text.slice(lineStart, lineEnd === -1 ? source.text.length : lineEnd).replace(/\r$/, "");
  const gutter = ` ${line} | `;
  const width = Math.max(20, columns - gutter.length - 2);
  const from = column - 1 > width - 20 ? Math.max(0, column - 1 - Math.floor(width / 2)) : 0;
  const shown = whole.slice(from, from + width);
  // Widths are those of what is printed: a control character takes more than one column then.
  const before = printable(shown.slice(0, column - 1 - from));
  const length = Math.max(1, Math.min(span.end - span.start, whole.length - (column - 1), from + width - (column - 1)));
  const marked = printable(shown.slice(column - 1 - from, column - 1 - from + length));
  const rule = " ".repeat(before.length) + "^".repeat(Math.max(1, marked.trimEnd().length));
  const blank = `${" ".repeat(gutter.length - 2)}| `;
  const [left, right] = [from > 0 ? "…" : " ", from + width < whole.length ? "…" : ""];
  return `${style.dim(gutter)}${left}${printable(shown)}${right}\n${style.dim(blank)} ${style.bad(rule)}`;
}

interface Shown {
  readonly findings: readonly Finding[];
  readonly fixed: readonly Finding[];
  readonly files: number;
  readonly unread: number;
  readonly textOf: (path: string) => string | undefined;
  /** The ansible-core that counted, and what says so; undefined where every version did. */
  readonly cores: { readonly range: CoreRange; readonly from: string } | undefined;
}

/** Prints what was repaired, what is found, and a line that counts. */
export function showFindings(world: World, shown: Shown): void {
  const { findings, fixed } = shown;
  const style = createStyle(world.color);
  for (const finding of fixed) {
    const { line } = positionAt(finding.source.text, finding.span.start);
    const indent = "       ";
    const text = wrap(printable(`${finding.source.path}:${line}  ${finding.mode}: ${finding.fix?.says ?? ""}`), world.columns, indent);
    world.out(`${style.good("fixed")}  ${text.slice(indent.length)}\n`);
  }
  if (fixed.length > 0) world.out("\n");
  for (const finding of findings) world.out(findingText(finding, { columns: world.columns, style, textOf: shown.textOf }));
  world.out(`${summary(shown)}\n`);
}

function summary({ findings, fixed, files, unread, cores }: Shown): string {
  const repaired = fixed.length === 0 ? "" : `${fixed.length} repaired, `;
  const version = cores === undefined ? "" : ` for ansible-core ${coresText(cores.range)} (${cores.from})`;
  const checked = `${count(files - unread, "file")} checked${version}${unread === 0 ? "" : `, ${unread} not read`}`;
  if (files === unread && findings.length === 0) return `nothing checked, ${unread} not read`;
  if (findings.length === 0) return `${repaired}${fixed.length === 0 ? "no async mistakes found" : "nothing left"}, ${checked}`;
  const kinds = (["error", "warning", "info"] as const).flatMap((severity: Severity) => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : [severity === "info" ? `${number} info` : count(number, severity)];
  });
  const safe = findings.filter((finding) => finding.fix?.safe === true).length;
  const others = findings.filter((finding) => finding.fix?.safe === false).length;
  const hint = `${safe === 0 ? "" : `; --fix repairs ${safe}`}${others === 0 ? "" : `; --fix=all repairs ${safe === 0 ? "" : "another "}${others}`}`;
  return `${repaired}${kinds.join(", ")}, ${checked}${hint}`;
}
