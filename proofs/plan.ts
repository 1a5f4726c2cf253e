// Which runs there are: every proof of the catalogue, on every series, and the further looks some of them ask for.
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { parseHeader } from "./header.ts";
import type { Look, ProofHeader } from "./header.ts";

export interface Proof {
  readonly mode: string;
  /** "" for proof.yml, `wrapper` for proof-wrapper.yml. */
  readonly variant: string;
  readonly path: string;
  readonly text: string;
  readonly header: ProofHeader;
}

/** One run of a proof. */
export interface PlannedRun {
  readonly proof: Proof;
  readonly series: string;
  readonly look: Look;
}

/** The proofs of a catalogue folder, by name, and a sentence for each that cannot be read. */
export function readProofs(catalogue: string): { readonly proofs: readonly Proof[]; readonly problems: readonly string[] } {
  const proofs: Proof[] = [];
  const problems: string[] = [];
  for (const mode of foldersOf(catalogue)) {
    const folder = join(catalogue, mode, "proof");
    for (const name of filesOf(folder)) {
      const variant = /^proof(?:-([a-z0-9-]+))?\.yml$/.exec(name);
      if (variant === null) continue;
      const path = join(folder, name);
      const text = readFileSync(path, "utf8");
      const header = parseHeader(text);
      if (typeof header === "string") problems.push(`${path}: ${header}`);
      else if (header.id !== mode) problems.push(`${path}: says it is the proof of ${header.id}`);
      else proofs.push({ mode, variant: variant[1] ?? "", path, text, header });
    }
  }
  return { proofs, problems };
}

function foldersOf(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** The runs of a proof on a series: the ordinary one, and the further looks where the proof asks for them there. */
export function runsOf(proof: Proof, series: string): readonly PlannedRun[] {
  const further = proof.header.lookSeries.includes(series) ? proof.header.looks : [];
  return (["v", ...further] as const).map((look) => ({ proof, series, look }));
}

/** `recordings/2.14.txt`, `2.14-wrapper.txt`, `2.14--vvv.txt`, `2.14-wrapper--vvv.txt` beside the proof. */
export function recordingPath(run: PlannedRun): string {
  const variant = run.proof.variant === "" ? "" : `-${run.proof.variant}`;
  const look = run.look === "v" ? "" : `--${run.look}`;
  return join(run.proof.path, "..", "recordings", `${run.series}${variant}${look}.txt`);
}

/** A run in a few words: `limit-too-short/wrapper 2.14 (-vvv)`. */
export function runName(run: PlannedRun): string {
  const variant = run.proof.variant === "" ? "" : `/${run.proof.variant}`;
  return `${run.proof.mode}${variant} ${run.series}${run.look === "v" ? "" : ` (${run.look})`}`;
}

/** The series, variant and look that a recording's file name stands for. */
export function readRecordingName(path: string): { readonly series: string; readonly variant: string; readonly look: string } | undefined {
  const match = /^(\d+\.\d+)(?:-([a-z0-9]+(?:-[a-z0-9]+)*))?(?:--([a-z0-9]+))?\.txt$/.exec(basename(path));
  return match === null ? undefined : { series: match[1] ?? "", variant: match[2] ?? "", look: match[3] ?? "v" };
}
