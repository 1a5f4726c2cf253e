// Findings for programs. Names are stable within a schema version; new ones may be added.

import type { Finding, Fix } from "../../../model/finding.ts";
import { confidenceOf } from "../../../model/finding.ts";
import type { Position, Span } from "../../../model/place.ts";
import { positionAt } from "../../../model/place.ts";
import type { LintReport } from "./report.ts";

/** In: a report. Out: one JSON document. Lines and columns start at 1, columns count UTF-16 code units. */
export function lintJson(report: LintReport): string {
  const document = {
    schema: 1,
    tool: { name: "longhaul", version: report.version },
    files: report.files,
    findings: report.findings.map((finding) => findingJson(finding, report)),
    fixed: report.fixed.map((finding) => findingJson(finding, report)),
    problems: report.problems,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function findingJson(finding: Finding, { textOf }: LintReport): object {
  const { source } = finding;
  return {
    mode: finding.mode,
    severity: finding.severity,
    file: source.path,
    ...rangeJson(source.text, finding.span),
    task: finding.task ?? null,
    what: finding.what,
    why: finding.why,
    do: finding.do,
    confidence: confidenceOf(finding) ?? null,
    condition: finding.condition ?? null,
    cores: finding.cores ?? null,
    related: (finding.related ?? []).map(({ place, says }) => {
      const text = textOf(place.file);
      return { file: place.file, ...(text === undefined ? { start: null, end: null } : rangeJson(text, place.span)), says };
    }),
    fix: finding.fix === undefined ? null : fixJson(source.text, finding.fix),
  };
}

function fixJson(text: string, fix: Fix): object {
  const edits = fix.edits.map((edit) => ({ file: edit.file, ...rangeJson(text, edit.span), text: edit.text }));
  return { safe: fix.safe, says: fix.says, edits };
}

function rangeJson(text: string, span: Span): { readonly start: Position; readonly end: Position } {
  return { start: positionAt(text, span.start), end: positionAt(text, span.end) };
}
