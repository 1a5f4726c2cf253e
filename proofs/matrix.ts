// The page docs/matrix.md: which failure mode was made to happen on which ansible-core, from the recordings' headers.
// `npm run docs` writes it.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readRecordingName } from "./plan.ts";
import { parseRecording } from "./recording.ts";
import type { RecordingHeader } from "./recording.ts";
import { allSeries, compareSeries } from "./series.ts";

/** A recording of the ordinary look, with the series its file is named after. */
export interface Recorded {
  readonly series: string;
  readonly header: RecordingHeader;
}

/** The page of a catalogue folder. */
export function matrixPage(catalogue: string): string {
  const { modes, recorded } = readRecorded(catalogue);
  return matrixOf(modes, recorded);
}

/** The page. In: every mode's folder name and the recordings. Out: Markdown, the same for the same recordings. */
export function matrixOf(modes: readonly string[], recorded: readonly Recorded[]): string {
  const series = allSeries.map((one) => one.name);
  const main = modes.map((mode) => row(`\`${mode}\``, series, recorded.filter((one) => isOf(one, mode, "main"))));
  const variants = modes.flatMap((mode) => {
    const names = [...new Set(recorded.filter((one) => one.header.mode === mode).map((one) => one.header.variant))];
    const others = names.filter((name) => name !== "main").sort();
    return others.map((name) => row(`\`${mode}\`: ${name}`, series, recorded.filter((one) => isOf(one, mode, name))));
  });
  return [
    "# Where each failure mode happens",
    "",
    "Every cell is a run of a proof (`src/catalogue/ID/proof/`) on a real ansible-core; what it printed is in `recordings/` beside it.",
    "A time means: the damage happened, and the playbook took that long. **no** means: it ran, and the damage does not happen there.",
    "An empty cell was not recorded. This page is written by `npm run docs`.",
    "",
    ...table(series, recorded, main),
    ...(variants.length === 0 ? [] : ["", "## Variants", "", "Other ways into the same mode.", "", ...table(series, recorded, variants)]),
    "",
  ].join("\n");
}

function isOf(one: Recorded, mode: string, variant: string): boolean {
  return one.header.mode === mode && one.header.variant === variant;
}

function row(title: string, series: readonly string[], recorded: readonly Recorded[]): string {
  const cells = series.map((name) => {
    const header = recorded.find((one) => one.series === name)?.header;
    if (header === undefined) return "";
    return header.damage === "absent" ? "**no**" : `${Math.max(1, Math.round(header.seconds))} s`;
  });
  return `| ${[title, ...cells].join(" | ")} |`;
}

/** A table with the exact versions in its head, the newest where a series was recorded on several. */
function table(series: readonly string[], recorded: readonly Recorded[], rows: readonly string[]): readonly string[] {
  const versions = series.map((name) => {
    const cores = recorded.filter((one) => one.series === name).map((one) => one.header.core);
    return cores.sort(compareVersions).at(-1) ?? name;
  });
  return [`| mode | ${versions.join(" | ")} |`, `|---|${series.map(() => "---|").join("")}`, ...rows];
}

function compareVersions(a: string, b: string): number {
  return compareSeries(a, b) || Number(a.split(".")[2] ?? "0") - Number(b.split(".")[2] ?? "0");
}

/** Every mode of a catalogue folder and every recording of the ordinary look. */
function readRecorded(catalogue: string): { readonly modes: readonly string[]; readonly recorded: readonly Recorded[] } {
  const entries = readdirSync(catalogue, { withFileTypes: true, recursive: true });
  const modes = entries.filter((entry) => entry.isDirectory() && entry.parentPath === catalogue).map((entry) => entry.name).sort();
  const recorded: Recorded[] = [];
  for (const entry of entries) {
    const name = entry.parentPath.endsWith(join("proof", "recordings")) ? readRecordingName(entry.name) : undefined;
    if (name === undefined || name.look !== "v") continue;
    const parsed = parseRecording(readFileSync(join(entry.parentPath, entry.name), "utf8"));
    if (parsed !== undefined) recorded.push({ series: name.series, header: parsed.header });
  }
  return { modes, recorded };
}
