// A name for a finding that stays when lines above it come and go: for baselines and for services that compare runs.

import { createHash } from "node:crypto";
import type { Finding } from "../../../model/finding.ts";
import { positionAt } from "../../../model/place.ts";

/**
 * In: findings, in order. Out: a hexadecimal fingerprint for each: of the mode, the file, the text of the line and how many
 * alike came before.
 */
export function fingerprints(findings: readonly Finding[]): readonly string[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const key = [finding.mode, finding.source.path, lineOf(finding).trim()].join("\n");
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    return createHash("sha256").update(`${key}\n${count}`).digest("hex");
  });
}

function lineOf({ source, span }: Finding): string {
  const start = span.start - (positionAt(source.text, span.start).column - 1);
  const end = source.text.indexOf("\n", span.start);
  return source.text.slice(start, end === -1 ? undefined : end);
}
