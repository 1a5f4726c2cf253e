// Applies what a project wants to hear of to what was found.

import { overlap } from "../model/cores.ts";
import type { Finding } from "../model/finding.ts";
import type { Profile, Settings } from "../model/settings.ts";

/** In: findings as the modes give them. Out: those the project wants to hear of, with its own severities. */
export function settled(findings: readonly Finding[], { cores, profile, levels, view }: Settings): readonly Finding[] {
  const wanted = findings.flatMap((finding): readonly Finding[] => {
    if (cores !== undefined && finding.cores !== undefined && !overlap(cores, finding.cores)) return [];
    const severity = levels.get(finding.mode) ?? finding.severity;
    if (severity === "off" || (profile === "min" && severity !== "error")) return [];
    return [severity === finding.severity ? finding : { ...finding, severity }];
  });
  return view === undefined ? wanted : view(wanted);
}

/** True for a finding that makes a run end with 1. */
export function isFailure({ severity }: Finding, profile: Profile): boolean {
  return severity !== "info" || profile === "strict";
}
