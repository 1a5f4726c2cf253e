// The report of a lint run for a person: what was repaired, what is found, and a line that counts.

import type { CoreRange } from "../../model/cores.ts";
import { coresText } from "../../model/cores.ts";
import type { Finding, Severity } from "../../model/finding.ts";
import { positionAt } from "../../model/place.ts";
import { printable } from "../../model/printable.ts";
import { findingText } from "./lint-text.ts";
import { count, createStyle, wrap } from "./style.ts";
import type { World } from "./world.ts";

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
