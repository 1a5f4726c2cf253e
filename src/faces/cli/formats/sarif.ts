// SARIF 2.1.0 (OASIS), as GitHub code scanning and other viewers read it, with fixes and fingerprints.

import type { Finding, Fix, Severity } from "../../../model/finding.ts";
import type { Span } from "../../../model/place.ts";
import { positionAt } from "../../../model/place.ts";
import { fingerprints } from "./fingerprint.ts";
import type { LintReport } from "./report.ts";
import { sentence } from "./report.ts";

const LEVELS: Record<Severity, string> = { error: "error", warning: "warning", info: "note" };

/** In: a report. Out: one SARIF document. */
export function sarif(report: LintReport): string {
  const used = report.modes.filter((mode) => report.findings.some((finding) => finding.mode === mode.id));
  const prints = fingerprints(report.findings);
  const run = {
    tool: {
      driver: {
        name: "longhaul",
        version: report.version,
        rules: used.map((mode) => ({
          id: mode.id,
          shortDescription: { text: mode.title },
          fullDescription: { text: mode.why },
          help: { text: `${mode.do} (longhaul explain ${mode.id})` },
        })),
      },
    },
    columnKind: "utf16CodeUnits",
    invocations: [
      {
        executionSuccessful: report.problems.length === 0,
        toolExecutionNotifications: report.problems.map(({ code, message }) => ({ level: "error", descriptor: { id: code }, message: { text: message } })),
      },
    ],
    results: report.findings.map((finding, index) => result(finding, { index: used.findIndex((mode) => mode.id === finding.mode), print: prints[index] ?? "" })),
  };
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }, null, 2)}\n`;
}

function result(finding: Finding, { index, print }: { readonly index: number; readonly print: string }): object {
  const { source, fix } = finding;
  return {
    ruleId: finding.mode,
    ruleIndex: index,
    level: LEVELS[finding.severity],
    message: { text: sentence(finding) },
    locations: [{ physicalLocation: { artifactLocation: artifact(source.path), region: region(source.text, finding.span) } }],
    partialFingerprints: { "primaryLocationLineHash/v1": print },
    // A fix of another file cannot be placed from this file's text.
    ...(fix === undefined || fix.edits.some((edit) => edit.file !== source.path) ? {} : { fixes: [fixOf(finding, fix)] }),
  };
}

function fixOf({ source }: Finding, fix: Fix): object {
  const replacements = fix.edits.map((edit) => ({
    deletedRegion: region(source.text, edit.span),
    ...(edit.text === "" ? {} : { insertedContent: { text: edit.text } }),
  }));
  return { description: { text: fix.says }, artifactChanges: [{ artifactLocation: artifact(source.path), replacements }] };
}

function artifact(path: string): object {
  return { uri: path.split("/").map(encodeURIComponent).join("/"), ...(path.startsWith("/") ? {} : { uriBaseId: "%SRCROOT%" }) };
}

function region(text: string, span: Span): object {
  const [start, end] = [positionAt(text, span.start), positionAt(text, span.end)];
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}
