// Code Climate issues, as GitLab's code quality report reads them: one JSON array.

import type { Severity } from "../../../model/finding.ts";
import { positionAt } from "../../../model/place.ts";
import { fingerprints } from "./fingerprint.ts";
import type { LintReport } from "./report.ts";
import { sentence } from "./report.ts";

const SEVERITIES: Record<Severity, string> = { error: "major", warning: "minor", info: "info" };

/** In: a report. Out: the array, on one line as ansible-lint writes it. */
export function codeclimate(report: LintReport): string {
  const prints = fingerprints(report.findings);
  const issues = report.findings.map((finding, index) => {
    const begin = positionAt(finding.source.text, finding.span.start);
    const end = positionAt(finding.source.text, finding.span.end);
    return {
      type: "issue",
      check_name: finding.mode,
      categories: ["Bug Risk"],
      severity: SEVERITIES[finding.severity],
      description: sentence(finding),
      fingerprint: prints[index],
      location: { path: finding.source.path, positions: { begin, end } },
      content: { body: finding.why },
    };
  });
  return `${JSON.stringify(issues)}\n`;
}
