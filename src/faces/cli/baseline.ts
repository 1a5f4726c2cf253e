// A baseline: the findings a project knows of and lives with, so that a run tells of new ones only.

import type { Finding } from "../../model/finding.ts";
import { Problem } from "../../model/problem.ts";
import { fingerprints } from "./formats/fingerprint.ts";
import type { World } from "./world.ts";

export interface Baseline {
  readonly known: ReadonlySet<string>;
}

interface Entry {
  readonly mode: string;
  readonly file: string;
  readonly fingerprint: string;
}

/** In: the path of a baseline. Out: what it knows. Throws Problem where it cannot be read as one. */
export function readBaseline(world: World, path: string): Baseline {
  const reading = world.files.read(path);
  if (reading === undefined) throw new Problem("no-such-path", `${path}: no such file; --write-baseline ${path} makes it`);
  if (!reading.ok) throw new Problem("cannot-read", `${path}: ${reading.why}`);
  const entries = entriesIn(reading.text);
  if (entries === undefined) throw new Problem("bad-configuration", `${path}: is no baseline of longhaul; --write-baseline ${path} makes one`);
  return { known: new Set(entries.map((entry) => entry.fingerprint)) };
}

function entriesIn(text: string): readonly Entry[] | undefined {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document !== "object" || document === null || !("findings" in document) || !Array.isArray(document.findings)) return undefined;
    const entries: readonly unknown[] = document.findings;
    return entries.every((entry): entry is Entry => typeof entry === "object" && entry !== null && "fingerprint" in entry && typeof entry.fingerprint === "string") ? entries : undefined;
  } catch {
    return undefined;
  }
}

/** In: findings. Out: the text of a baseline that knows them all. */
export function baselineText(findings: readonly Finding[]): string {
  const prints = fingerprints(findings);
  const entries = findings.map((finding, index): Entry => ({ mode: finding.mode, file: finding.source.path, fingerprint: prints[index] ?? "" }));
  return `${JSON.stringify({ schema: 1, findings: entries }, null, 1)}\n`;
}

/** In: a baseline, where there is one, and all findings. Out: those that the baseline does not know, and how many of its entries are not found any more. */
export function unknownTo(baseline: Baseline | undefined, findings: readonly Finding[]): { readonly fresh: readonly Finding[]; readonly gone: number } {
  if (baseline === undefined) return { fresh: findings, gone: 0 };
  const { known } = baseline;
  const prints = fingerprints(findings);
  const fresh = findings.filter((_, index) => !known.has(prints[index] ?? ""));
  return { fresh, gone: known.size - (findings.length - fresh.length) };
}
