// Fix: takes the edits of findings, round by round, until nothing is left that may be fixed. Writes nothing itself.

import type { Edit, Finding } from "../model/finding.ts";
import type { Mode } from "../model/mode.ts";
import { applyEdits, overlaps } from "./edit.ts";
import { lint } from "./lint.ts";
import type { ProjectFiles } from "./ports.ts";
import { assemble } from "./project/assemble.ts";
import type { Library } from "./project/library.ts";
import { createLibrary } from "./project/library.ts";

/** A repair may lay open another one; more rounds than this is a quarrel between modes. */
const ROUNDS_MAX = 20;

export interface FixRequest {
  readonly files: ProjectFiles;
  readonly paths: readonly string[];
  readonly modes: readonly Mode[];
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
  readonly request: FixRequest;
  /** Texts that differ from the files. */
  readonly texts: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
  readonly library: Library;
}

/** In: the project and which fixes are wanted. Out: new texts, each of which reads as YAML and has fewer findings than before. */
export function fix(request: FixRequest): FixResult {
  let state = look(request, new Map());
  const fixed: Finding[] = [];
  const refused = new Map<string, { finding: Finding; why: string }>();
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const wanted = state.findings.filter((finding) => isWanted(finding, request.all) && !refused.has(keyOf(finding)));
    const batch = compatible(wanted);
    if (batch.length === 0) break;
    const together = attempt(state, batch);
    if (together.ok) {
      state = together.state;
      fixed.push(...batch);
      continue;
    }
    // Together they make things worse: one at a time shows which.
    const first = batch[0];
    if (first === undefined) break;
    const alone = attempt(state, [first]);
    if (alone.ok) {
      state = alone.state;
      fixed.push(first);
    } else refused.set(keyOf(first), { finding: first, why: alone.why });
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

type Attempt = { readonly ok: true; readonly state: State } | { readonly ok: false; readonly why: string };

function attempt(state: State, findings: readonly Finding[]): Attempt {
  const byFile = new Map<string, Edit[]>();
  for (const edit of findings.flatMap((finding) => finding.fix?.edits ?? [])) {
    byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit]);
  }
  const texts = new Map(state.texts);
  for (const [path, edits] of byFile) {
    const applied = applyEdits(textOf(state, path), edits);
    if (applied.skipped.length > 0) return { ok: false, why: "its edits touch one place twice" };
    texts.set(path, applied.text);
  }
  const after = look(state.request, texts);
  const worse = worsening(state.findings, after.findings);
  if (worse !== undefined) return { ok: false, why: worse };
  const unreadable = [...byFile.keys()].find((path) => after.library.parsed(path) === undefined);
  return unreadable === undefined ? { ok: true, state: after } : { ok: false, why: `${unreadable} would not be valid YAML any more` };
}

function worsening(before: readonly Finding[], after: readonly Finding[]): string | undefined {
  if (after.length >= before.length) return "it would not lower the number of findings";
  const count = (findings: readonly Finding[], mode: string): number => findings.filter((finding) => finding.mode === mode).length;
  const more = after.find((finding) => count(after, finding.mode) > count(before, finding.mode));
  return more === undefined ? undefined : `it would bring up ${more.mode}`;
}

function look(request: FixRequest, texts: ReadonlyMap<string, string>): State {
  const library = createLibrary(withTexts(request.files, texts));
  return { request, texts, findings: lint(assemble(library, request.paths), request.modes).findings, library };
}

function withTexts(files: ProjectFiles, texts: ReadonlyMap<string, string>): ProjectFiles {
  return {
    list: files.list,
    read: (path) => {
      const text = texts.get(path);
      return text === undefined ? files.read(path) : { ok: true, text };
    },
  };
}

function textOf(state: State, path: string): string {
  return state.library.text(path) ?? "";
}

function changesOf(state: State): FixResult["changed"] {
  const changed = new Map<string, { before: string; after: string }>();
  for (const [path, after] of state.texts) {
    const reading = state.request.files.read(path);
    const before = reading?.ok === true ? reading.text : "";
    if (before !== after) changed.set(path, { before, after });
  }
  return changed;
}

function keyOf(finding: Finding): string {
  return `${finding.mode} ${finding.source.path} ${finding.span.start}`;
}
