// Findings as a person reads them: place, what, the source with the spot underlined, why, and what to do.

import type { Finding } from "../../model/finding.ts";
import { confidenceOf } from "../../model/finding.ts";
import type { Place } from "../../model/place.ts";
import { positionAt } from "../../model/place.ts";
import { printable } from "../../model/printable.ts";
import type { SourceText } from "../../model/yaml.ts";
import type { Style } from "./style.ts";
import { labelled, wrap } from "./style.ts";

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
