// Annotations of a GitHub Actions job (workflow commands). Ten of a kind are shown for a step: the worst come first.

import type { Severity } from "../../../model/finding.ts";
import { positionAt } from "../../../model/place.ts";
import { printable } from "../../../model/printable.ts";
import type { LintReport } from "./report.ts";
import { sentence } from "./report.ts";

const COMMANDS: Record<Severity, string> = { error: "error", warning: "warning", info: "notice" };
const ORDER: readonly Severity[] = ["error", "warning", "info"];

/** In: a report. Out: a workflow command for each finding and problem. */
export function github(report: LintReport): string {
  const findings = report.findings.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  const lines = findings.map((finding) => {
    const [start, end] = [finding.span.start, finding.span.end].map((offset) => positionAt(finding.source.text, offset));
    const place = `line=${start?.line},endLine=${end?.line},col=${start?.column},endColumn=${end?.column}`;
    return `::${COMMANDS[finding.severity]} file=${property(finding.source.path)},${place},title=${property(finding.mode)}::${data(sentence(finding))}`;
  });
  const problems = report.problems.map(({ code, message }) => `::error title=${property(code)}::${data(message)}`);
  return [...lines, ...problems].map((line) => `${line}\n`).join("");
}

function data(text: string): string {
  return printable(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
