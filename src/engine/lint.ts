// Lint: every mode looks at every flow; what it finds is put in order, each thing once.

import type { Finding } from "../model/finding.ts";
import type { LintView, Mode } from "../model/mode.ts";
import type { Flow, Project } from "../model/playbook.ts";
import type { UnusedIgnore } from "./ignores.ts";
import { withoutIgnored } from "./ignores.ts";
import type { Settings } from "../model/settings.ts";
import { defaultSettings } from "../model/settings.ts";
import { neverRuns } from "./never-runs.ts";
import { settled } from "./settings.ts";
import { isGuardedAgainst } from "./version-guard.ts";

export interface LintResult {
  readonly findings: readonly Finding[];
  readonly unusedIgnores: readonly UnusedIgnore[];
  /** Modes that broke, with what they threw: their silence means nothing. */
  readonly crashed: readonly { readonly mode: string; readonly cause: unknown }[];
}

/**
 * In: a project, the modes to look for and what the project wants to hear of.
 * Out: findings by file and place that no comment takes back, and the modes that failed to look.
 */
export function lint(project: Project, modes: readonly Mode[], settings: Settings = defaultSettings): LintResult {
  const found = new Map<string, Finding>();
  const crashed: { mode: string; cause: unknown }[] = [];
  for (const mode of modes) {
    if (typeof mode.lint !== "function") continue;
    try {
      for (const flow of project.flows) {
        for (const finding of lookAt(flow, { mode, look: mode.lint, project: { ...project, measured: settings.measured } })) {
          if (isGuardedAgainst(flow, finding) || (mode.atLoad !== true && neverRuns(flow, finding))) continue;
          // A role that two plays use is found twice and said once.
          const key = `${mode.id} ${finding.source.path} ${finding.span.start}`;
          if (!found.has(key)) found.set(key, { mode: mode.id, ...finding });
        }
      }
    } catch (cause) {
      crashed.push({ mode: mode.id, cause });
    }
  }
  const findings = [...found.values()].toSorted(
    (a, b) => compare(a.source.path, b.source.path) || a.span.start - b.span.start || compare(a.mode, b.mode),
  );
  const { findings: left, unused } = withoutIgnored(findings, project);
  return { findings: settled(left, settings), unusedIgnores: unused, crashed };
}

type Found = ReturnType<LintView>;

/** What modes found in flows that say it all: a flow that was not read again is not looked at again. */
const remembered = new WeakMap<Flow, Map<Mode, Found>>();

/** In: a flow and a mode. Out: its findings, from before where the mode asked about nothing but the flow. */
function lookAt(flow: Flow, { mode, look, project }: { readonly mode: Mode; readonly look: LintView; readonly project: Project }): Found {
  const kept = remembered.get(flow) ?? new Map<Mode, Found>();
  const before = kept.get(mode);
  if (before !== undefined) return before;
  let isAlone = true;
  const found = look(flow, {
    get flows() {
      isAlone = false;
      return project.flows;
    },
    measured: project.measured === undefined ? undefined : (task, own) => {
      isAlone = false;
      return project.measured?.(task, own);
    },
    mentionedElsewhere: (name, where) => {
      isAlone = false;
      return project.mentionedElsewhere(name, where);
    },
  });
  if (isAlone) remembered.set(flow, kept.set(mode, found));
  return found;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
