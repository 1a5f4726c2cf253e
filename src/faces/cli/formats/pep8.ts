// One line for each finding, `path:line:col: mode: message`: what editors and grep read, and ansible-lint's `-f pep8`.

import { positionAt } from "../../../model/place.ts";
import { printable } from "../../../model/printable.ts";
import type { LintReport } from "./report.ts";
import { sentence } from "./report.ts";

/** In: a report. Out: its lines. */
export function pep8(report: LintReport): string {
  const lines = report.findings.map((finding) => {
    const { line, column } = positionAt(finding.source.text, finding.span.start);
    return `${printable(finding.source.path)}:${line}:${column}: ${finding.mode}: ${printable(sentence(finding))}\n`;
  });
  return lines.join("");
}
