// What was played plain and supervised and what came out, from played.json, which run.ts writes: a section of docs/bridge.md.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allSeries } from "../../proofs/series.ts";
import { ALLOWED } from "./allowed.ts";
import type { Allowed } from "./compare.ts";
import type { Outcomes } from "./compare-on.ts";

const RECORD = join(import.meta.dirname, "played.json");

/** By series: the whole version, the seed, and by playbook the allowed differences that it had, or null where it differed otherwise. */
type Recording = Readonly<Record<string, { readonly version: string; readonly seed: number; readonly playbooks: Outcomes }>>;

function readRecord(): Recording {
  return existsSync(RECORD) ? (JSON.parse(readFileSync(RECORD, "utf8")) as Recording) : {};
}

/** Puts what was played on a core into the place of what the same playbooks gave before; another seed begins anew. */
export function record(core: { readonly series: string; readonly version: string }, seed: number, outcomes: Outcomes): void {
  const all = readRecord();
  const before = all[core.series];
  const playbooks = { ...(before?.seed === seed ? before.playbooks : {}), ...outcomes };
  const entries = Object.entries({ ...all, [core.series]: { version: core.version, seed, playbooks } });
  const sorted = allSeries.flatMap(({ name }) => entries.filter(([series]) => series === name));
  writeFileSync(RECORD, `{\n${sorted.map(([series, one]) => `${JSON.stringify(series)}: ${JSON.stringify(one)}`).join(",\n")}\n}\n`);
}

/** The section of the page, with its heading. */
export function equalSection(): string {
  const all = readRecord();
  const rows = allSeries.flatMap(({ name }) => {
    const told = all[name];
    if (told === undefined) return [];
    const outcomes = Object.values(told.playbooks);
    const equal = outcomes.filter((one) => one !== null);
    const used = ALLOWED.map(({ name: allowed }) => equal.filter((one) => one.includes(allowed)).length);
    return [`| ${[told.version, outcomes.length, equal.length, outcomes.length - equal.length, ...used].join(" | ")} |`];
  });
  const columns = ["ansible-core", "playbooks", "equal", "differing", ...ALLOWED.map((_, n) => `(${n + 1})`)];
  return [
    "## Played plain and supervised",
    "",
    "`tools/equal` generates async playbooks, plays each under plain `ansible-playbook` and under `longhaul run`, and compares what every task gave on every",
    "host, all that was registered, the recap, the exit code and the number of job files that are left. Polled and detached jobs, status tasks, loops,",
    "handlers, blocks, roles, includes, become, delegation, strategies, serial, check mode, tags, environment, `no_log`, local and ssh connections with",
    "pipelining on and off, odd modules and odd output, jobs that fail and jobs that take too long are mixed in them.",
    "`node tools/equal/run.ts --cores 2.14,2.18,2.21 --count 200` plays it; `npm run test:hosts` plays a few on the oldest and the newest ansible-core.",
    "",
    ...(rows.length === 0 ? ["No long session has been recorded yet.", ""] : [`| ${columns.join(" | ")} |`, `|${"---|".repeat(columns.length)}`, ...rows, "", "The numbered columns count the playbooks in which an allowed difference was met.", ""]),
    "These are all of the allowed differences:",
    "",
    ...ALLOWED.map(allowedLine),
    "",
  ].join("\n");
}

function allowedLine({ name, why }: Allowed, index: number): string {
  return `${index + 1}. **${name}**: ${why}`;
}
