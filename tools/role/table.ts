// The page docs/role-faults.md: what the role told about each fault on each ansible-core, from told.json, which the hosts test writes.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allSeries } from "../../proofs/series.ts";
import { FAULTS } from "./faults.ts";

const RECORD = join(import.meta.dirname, "told.json");

/** By series: the whole version, how its hosts were reached, and by fault what was told and how many seconds after the fault. */
type Recording = Readonly<Record<string, { readonly version: string; readonly connection: string; readonly faults: Readonly<Record<string, { readonly state: string; readonly seconds: number }>> }>>;

function readRecord(): Recording {
  return existsSync(RECORD) ? (JSON.parse(readFileSync(RECORD, "utf8")) as Recording) : {};
}

/** Puts what one series told in the place of what it told before. */
export function record(series: string, entry: Recording[string]): void {
  const all = { ...readRecord(), [series]: entry };
  writeFileSync(RECORD, `${JSON.stringify(all, null, 1)}\n`);
}

export function faultsPage(): string {
  const told = readRecord();
  const series = allSeries.map(({ name }) => name).filter((name) => name in told);
  const cell = (name: string, id: string): string => {
    const one = told[name]?.faults[id];
    return one === undefined ? "" : `${one.state}, ${one.seconds} s`;
  };
  return [
    "# What the role tells about faults",
    "",
    "Each cell is a run of the role `async_task` on a real ansible-core: a job was started, the fault was made to happen to it, and the cell shows which",
    "`async_task_result.state` the role then told, and how many seconds after the fault. An empty cell was not recorded. Some faults take their time",
    "by themselves: a job that works to its end, a limit and the minute after it. All of these jobs ran at once on a busy machine.",
    "",
    "What has to come out, exit code, output and message included, stands in `tools/role/faults.ts`; `npm run test:hosts` checks it on the",
    "oldest and the newest ansible-core, `LONGHAUL_CORES=2.16,2.19` before it on others. This page is written by `npm run docs`.",
    "",
    `| fault | ${series.map((name) => told[name]?.version ?? name).join(" | ")} |`,
    `|---|${series.map(() => "---|").join("")}`,
    `| connection | ${series.map((name) => told[name]?.connection ?? "").join(" | ")} |`,
    ...FAULTS.map(({ id, title }) => `| ${title} | ${series.map((name) => cell(name, id)).join(" | ")} |`),
    "",
  ].join("\n");
}
