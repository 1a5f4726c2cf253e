// `npm run bench`: what longhaul costs, beside a named peer or floor in the same run. Ratios are what counts; the machine is not.
// Options: --quick (small inputs), --megabytes N (size of the log), --files N (size of the project), --runs N (of each side),
// --only start|project|log|relint. The log of a gigabyte: npm run bench -- --only log --megabytes 1024 --runs 3
// With real hosts, some minutes each: npm run bench -- hosts [--quick] [--only list|ends|watch|connect], and
// npm run bench -- run [--quick] [--only latency|overhead|fleet|output]. How good advice is, in simulated histories: npm run bench -- advise.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchAdvice } from "./advise.ts";
import { writeLog } from "./generate-log.ts";
import { writeProject } from "./generate-project.ts";
import { benchHosts } from "./hosts.ts";
import type { Cost } from "./measure.ts";
import { best, isThere, measure } from "./measure.ts";
import { benchRuns } from "./supervised.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, megabytes: { type: "string" }, files: { type: "string" }, runs: { type: "string" }, only: { type: "string" } },
});
const megabytes = Number(values.megabytes ?? (values.quick ? 20 : 200));
const files = Number(values.files ?? (values.quick ? 500 : 10_000));
const runs = Number(values.runs ?? (values.quick ? 2 : 5));
const root = join(import.meta.dirname, "..");
const longhaul = join(root, "bin/longhaul");
const temporary = mkdtempSync(join(tmpdir(), "longhaul-bench-"));

interface Row {
  readonly what: string;
  readonly own: Cost;
  readonly peer: string;
  readonly theirs: Cost;
  readonly note: string;
}

/** Runs both sides in turn and keeps the best of each. */
function compare(own: readonly string[], peer: readonly string[], times: number): { readonly own: Cost; readonly theirs: Cost } {
  const costs = Array.from({ length: times }, () => ({ own: measure(own, [0, 1]), theirs: measure(peer, [0, 1, 2]) }));
  return { own: best(costs.map((cost) => cost.own)), theirs: best(costs.map((cost) => cost.theirs)) };
}

function startRows(): readonly Row[] {
  const playbook = join(root, "examples/migration/compact.yml");
  const node = [process.execPath, "-e", "0"];
  const rows: Row[] = [
    { what: "longhaul --version", peer: "node -e 0 (floor)", note: "", ...compare([longhaul, "--version"], node, runs * 2) },
    { what: "longhaul lint, one playbook", peer: "node -e 0 (floor)", note: "", ...compare([longhaul, "lint", playbook], node, runs * 2) },
  ];
  if (isThere("ansible")) rows.push({ what: "longhaul lint, one playbook", peer: "ansible --version", note: "", ...compare([longhaul, "lint", playbook], ["ansible", "--version"], runs) });
  if (isThere("ansible-lint")) {
    rows.push({ what: "longhaul lint, one playbook", peer: "ansible-lint --offline", note: "only the async rules", ...compare([longhaul, "lint", playbook], ["ansible-lint", "--offline", "-q", playbook], 2) });
  }
  return rows;
}

function projectRows(): readonly Row[] {
  const directory = join(temporary, "project");
  writeProject(directory, files);
  const [part, some] = [join(temporary, "part"), Math.max(20, Math.round(files / 10))];
  writeProject(part, some);
  const cost = compare([longhaul, "lint", directory], ["grep", "-rlF", "async", directory], runs);
  const tenth = compare([longhaul, "lint", part], ["grep", "-rlF", "async", part], runs);
  const each = (own: Cost, number: number): string => `${((own.cpuSeconds * 1e6) / number).toFixed(0)} µs CPU a file`;
  return [
    { what: `longhaul lint, ${some} files`, peer: "grep -rlF async (floor)", note: each(tenth.own, some), ...tenth },
    { what: `longhaul lint, ${files} files`, peer: "grep -rlF async (floor)", note: each(cost.own, files), ...cost },
    ...lintPeer(),
  ];
}

/** ansible-lint needs tenths of a second for each file, so it gets fewer of the same. */
function lintPeer(): readonly Row[] {
  if (!isThere("ansible-lint")) return [];
  const directory = join(temporary, "peer");
  const few = values.quick ? 20 : 100;
  writeProject(directory, few);
  return [{ what: `longhaul lint, ${few} files`, peer: "ansible-lint --offline", note: "only the async rules", ...compare([longhaul, "lint", directory], ["ansible-lint", "--offline", "-q", directory], 1) }];
}

/** One file of an open project changes: what the library that an editor calls needs for it. */
function relintLine(): string {
  const directory = join(temporary, "project");
  writeProject(directory, files);
  const { stdout } = spawnSync(process.execPath, [join(root, "bench/relint.ts"), directory], { encoding: "utf8" });
  const { firstMs, againMs } = JSON.parse(stdout) as { readonly firstMs: number; readonly againMs: readonly number[] };
  const sorted = againMs.toSorted((one, other) => one - other);
  const [median, worst] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0];
  return `\nA change of one file in ${files} (the library an editor calls): median ${median.toFixed(1)} ms, worst of ${sorted.length} ${worst.toFixed(1)} ms; the first look took ${firstMs.toFixed(0)} ms (1/${(firstMs / median).toFixed(0)}).`;
}

/** What a program for Node cannot go below: it starts, reads the file and finds its lines. */
const FIND_LINES = `
const { openSync, readSync } = require("node:fs");
const file = openSync(process.argv[1]), buffer = Buffer.allocUnsafeSlow(262144);
for (let length; (length = readSync(file, buffer)) > 0; ) {
  for (let at = buffer.indexOf(10); at !== -1 && at < length; at = buffer.indexOf(10, at + 1));
}`;

function logRows(): readonly Row[] {
  const log = join(temporary, "run.log");
  writeLog(log, megabytes);
  const peers = [
    { peer: "grep -c -F ansible_job_id (floor)", command: ["grep", "-c", "-F", "ansible_job_id", log] },
    { peer: "node, finding the lines (floor)", command: [process.execPath, "-e", FIND_LINES, log] },
  ];
  return peers.map(({ peer, command }) => {
    const cost = compare([longhaul, "diagnose", log], command, runs);
    return { what: `longhaul diagnose, ${megabytes} MB of -vvvv`, peer, note: `${Math.round(megabytes / cost.own.cpuSeconds)} MB per CPU-s`, ...cost };
  });
}

function line({ what, own, peer, theirs, note }: Row): string {
  const cost = (each: Cost): string => `${(each.wallSeconds * 1000).toFixed(0)} ms, ${(each.cpuSeconds * 1000).toFixed(0)} ms CPU, ${each.peakMegabytes.toFixed(0)} MB`;
  const ratio = own.cpuSeconds / Math.max(theirs.cpuSeconds, 0.001);
  return `| ${what} | ${cost(own)} | ${peer} | ${cost(theirs)} | ${ratio >= 1 ? `${ratio.toFixed(1)} x its CPU` : `1/${(1 / ratio).toFixed(0)} of its CPU`} | ${note} |`;
}

const parts = { start: startRows, project: projectRows, log: logRows };

/** The tables of what needs no host. */
function report(): void {
  if (values.only !== "relint") console.log("| what | longhaul | peer | its cost | ratio | |\n|---|---|---|---|---|---|");
  for (const [part, rows] of Object.entries(parts)) {
    if (values.only === undefined || values.only === part) for (const row of rows()) console.log(line(row));
  }
  if (values.only === undefined || values.only === "relint") console.log(relintLine());
}

try {
  const isOnHosts = positionals.includes("hosts") || positionals.includes("run");
  if (!positionals.includes("advise")) console.log(`${availableParallelism()} x ${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}${isOnHosts ? "" : `; best of ${runs}, interleaved\n`}`);
  if (positionals.includes("hosts")) await benchHosts({ isQuick: values.quick, only: values.only });
  else if (positionals.includes("run")) await benchRuns({ isQuick: values.quick, only: values.only });
  else if (positionals.includes("advise")) benchAdvice();
  else report();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
