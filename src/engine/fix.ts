// Fix: takes the edits of findings, round by round, until nothing is left that may be fixed. Writes nothing itself.

import type { Edit, Finding } from "../model/finding.ts";
import { applyEdits, overlaps } from "./edit.ts";
import type { Session, SessionRequest } from "./session.ts";
import { createSession } from "./session.ts";

export interface FixRequest extends SessionRequest {
  /** Also fixes that need a person's consent. */
  readonly all: boolean;
}

export interface FixResult {
  /** New texts by path; only files that change. */
  readonly changed: ReadonlyMap<string, { readonly before: string; readonly after: string }>;
  readonly fixed: readonly Finding[];
  /** Repairs that were not made because their result reads or lints worse. */
  readonly refused: readonly { readonly finding: Finding; readonly why: string }[];
}

interface State {
  readonly session: Session;
  /** First texts of the files that were changed. */
  readonly originals: Map<string, string>;
  findings: readonly Finding[];
}

/** In: the project and which fixes are wanted. Out: new texts, each of which reads as YAML and has fewer findings than before. */
export function fix(request: FixRequest): FixResult {
  const session = createSession(request);
  const state: State = { session, originals: new Map(), findings: session.look().findings };
  const fixed: Finding[] = [];
  const refused = new Map<string, { finding: Finding; why: string }>();
  // Each round makes a repair or refuses one, and a repair lowers the number of findings: it ends.
  for (;;) {
    let batch = compatible(state.findings.filter((finding) => isWanted(finding, request.all) && !refused.has(keyOf(finding))));
    const [first] = batch;
    if (first === undefined) break;
    let why = attempt(state, batch);
    // Together they make things worse: halves show which one does.
    while (why !== undefined && batch.length > 1) {
      batch = batch.slice(0, Math.ceil(batch.length / 2));
      why = attempt(state, batch);
    }
    if (why === undefined) fixed.push(...batch);
    else refused.set(keyOf(first), { finding: first, why });
  }
  return { changed: changesOf(state), fixed, refused: [...refused.values()] };
}

function isWanted(finding: Finding, all: boolean): boolean {
  return finding.fix !== undefined && (all || finding.fix.safe);
}

/** Findings whose edits touch no stretch of each other, in order. */
function compatible(findings: readonly Finding[]): readonly Finding[] {
  const taken: Edit[] = [];
  return findings.filter((finding) => {
    const edits = finding.fix?.edits ?? [];
    const clash = edits.some((edit) => taken.some((other) => other.file === edit.file && overlaps(other, edit)));
    if (!clash) taken.push(...edits);
    return !clash;
  });
}

/** Makes repairs. Out: undefined, or why they were not made; then everything is as before. */
function attempt(state: State, findings: readonly Finding[]): string | undefined {
  const { session } = state;
  const byFile = Map.groupBy(findings.flatMap((finding) => finding.fix?.edits ?? []), (edit) => edit.file);
  const before = new Map([...byFile.keys()].map((path) => [path, session.library.text(path) ?? ""]));
  const after = [...byFile].map(([path, edits]) => ({ path, ...applyEdits(before.get(path) ?? "", edits) }));
  if (after.some(({ skipped }) => skipped.length > 0)) return "its edits touch one place twice";
  for (const { path, text } of after) session.update(path, text);
  const left = session.look().findings;
  const unreadable = after.find(({ path }) => session.library.parsed(path) === undefined);
  const why = worsening(state.findings, left) ?? (unreadable === undefined ? undefined : `${unreadable.path} would not be valid YAML any more`);
  if (why !== undefined) {
    for (const [path, text] of before) session.update(path, text);
    return why;
  }
  state.findings = left;
  for (const [path, text] of before) if (!state.originals.has(path)) state.originals.set(path, text);
  return undefined;
}

function worsening(before: readonly Finding[], after: readonly Finding[]): string | undefined {
  if (after.length >= before.length) return "it would not lower the number of findings";
  const count = (findings: readonly Finding[], mode: string): number => findings.filter((finding) => finding.mode === mode).length;
  const more = after.find((finding) => count(after, finding.mode) > count(before, finding.mode));
  return more === undefined ? undefined : `it would bring up ${more.mode}`;
}

function changesOf({ session, originals }: State): FixResult["changed"] {
  const changed = new Map<string, { before: string; after: string }>();
  for (const [path, before] of originals) {
    const after = session.library.text(path) ?? "";
    if (before !== after) changed.set(path, { before, after });
  }
  return changed;
}

function keyOf(finding: Finding): string {
  return `${finding.mode} ${finding.source.path} ${finding.span.start}`;
}
