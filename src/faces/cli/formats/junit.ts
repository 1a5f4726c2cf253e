// JUnit XML, as Jenkins and others read it: a test case for each finding; errors and warnings fail it.

import { positionAt } from "../../../model/place.ts";
import { printable } from "../../../model/printable.ts";
import type { Finding } from "../../../model/finding.ts";
import type { LintReport } from "./report.ts";
import { sentence } from "./report.ts";

/** In: a report. Out: one XML document; a run without findings is one passed case. */
export function junit(report: LintReport): string {
  const failures = report.findings.filter((finding) => finding.severity !== "info").length;
  const cases = [
    ...report.findings.map(findingCase),
    ...report.problems.map(({ code, message }) => `    <testcase classname="longhaul" name="${escape(code)}">\n      <error message="${escape(message)}"/>\n    </testcase>`),
  ];
  const all = cases.length === 0 ? ['    <testcase classname="longhaul" name="lint"/>'] : cases;
  const counts = `tests="${all.length}" failures="${failures}" errors="${report.problems.length}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n  <testsuite name="longhaul" ${counts}>\n${all.join("\n")}\n  </testsuite>\n</testsuites>\n`;
}

function findingCase(finding: Finding): string {
  const { line, column } = positionAt(finding.source.text, finding.span.start);
  const name = `${finding.mode} ${finding.source.path}:${line}:${column}`;
  const head = `    <testcase classname="${escape(finding.mode)}" name="${escape(name)}" file="${escape(finding.source.path)}"`;
  if (finding.severity === "info") return `${head}/>`;
  return `${head}>\n      <failure message="${escape(sentence(finding))}" type="${finding.severity}">${escape(finding.why)}</failure>\n    </testcase>`;
}

/** XML 1.0 has no place for control characters: they are shown as they would be on a terminal. */
function escape(text: string): string {
  return printable(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
