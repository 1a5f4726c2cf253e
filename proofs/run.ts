// Runs the proofs of the catalogue on real ansible-core versions and writes their recordings.
//   node proofs/run.ts [--core 2.14,2.19] [--mode ID,ID] [--variant NAME] [--jobs N] [--missing]
import { accessSync, constants, existsSync, readFileSync, realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareCores } from "./cores.ts";
import type { Core } from "./cores.ts";
import { readProofs, recordingPath, runName, runsOf } from "./plan.ts";
import type { PlannedRun, Proof } from "./plan.ts";
import { play } from "./play.ts";
import type { Surroundings } from "./play.ts";
import { askProgram, endPrograms } from "./programs.ts";
import { parseRecording } from "./recording.ts";
import { allSeries } from "./series.ts";
import { createHash } from "node:crypto";

const root = join(import.meta.dirname, "..");
const { values: options } = parseArgs({
  options: {
    core: { type: "string" }, mode: { type: "string" }, variant: { type: "string" }, jobs: { type: "string" },
    missing: { type: "boolean", default: false },
  },
});

// A run that is broken off still removes what it made; while the environments are made there is nothing to remove.
let stopping = false;
let playing = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    stopping = true;
    endPrograms();
    if (!playing) process.exit(1);
  });
}

if (!existsSync("/proc/self/environ")) stop("The proofs need Linux: they find the programs of a run in /proc.");
const wanted = options.core?.split(",");
const unknown = wanted?.filter((name) => !allSeries.some((series) => series.name === name)) ?? [];
if (unknown.length > 0) stop(`No such series: ${unknown.join(", ")}. Known: ${allSeries.map((series) => series.name).join(", ")}.`);
const { proofs, problems } = readProofs(join(root, "src", "catalogue"));
for (const problem of problems) console.log(`unreadable  ${problem}`);
const chosen = proofs.filter((proof) => isWanted(proof));
if (chosen.length === 0) stop("No proof of that name.");
let failures = problems.length;

const cores: Core[] = [];
for (const core of await prepareCores(allSeries.filter((one) => wanted?.includes(one.name) ?? true), join(root, ".cache", "ansible"))) {
  if ("version" in core) cores.push(core);
  else {
    console.log(`no core     ${core.series}: ${core.reason}`);
    if (wanted !== undefined) failures += 1;
  }
}

// Series after series inside a proof, so that a mode is complete as early as possible.
const queue = chosen.flatMap((proof) => cores.flatMap((core) => runsOf(proof, core.series).map((run) => ({ run, core }))));
const jobs = Math.max(1, Number(options.jobs ?? Math.min(2, availableParallelism())));
let next = 0;
let ran = 0;
playing = true;
await Promise.all(Array.from({ length: jobs }, work));
if (stopping) console.log("stopped");
else console.log(failures === 0 ? `${ran} runs, all as their proofs say` : `${ran} runs, ${failures} problems`);
process.exitCode = failures === 0 && !stopping ? 0 : 1;

function isWanted(proof: Proof): boolean {
  const modes = options.mode?.split(",");
  return (modes?.includes(proof.mode) ?? true) && (options.variant === undefined || options.variant === proof.variant);
}

async function work(): Promise<void> {
  for (;;) {
    const item = queue[next];
    next += 1;
    if (item === undefined || stopping) return;
    await one(item.run, item.core);
  }
}

async function one(run: PlannedRun, core: Core): Promise<void> {
  const name = runName(run);
  if (options.missing && isRecorded(run, core)) return;
  const around: Surroundings = { root, interpreter: await interpreterFor(core), collections: join(root, ".cache", "collections") };
  const lacking = await lackOf(run, around);
  if (lacking !== undefined) {
    console.log(`left out    ${name}: ${lacking}`);
    return;
  }
  ran += 1;
  try {
    const outcome = await play(run, core, around);
    if (stopping) return;
    const seconds = `${outcome.seconds.toFixed(1)} s`;
    if (outcome.problems.length === 0) console.log(`ok          ${name}: ${outcome.damage}, ${seconds}`);
    else {
      failures += 1;
      console.log(`FAILED      ${name}: ${seconds}\n${outcome.problems.map((problem) => `            ${problem}`).join("\n")}`);
    }
  } catch (error) {
    failures += 1;
    console.log(`FAILED      ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whether the recording at hand was made from the present proof on this core. */
function isRecorded(run: PlannedRun, core: Core): boolean {
  const path = recordingPath(run);
  if (!existsSync(path)) return false;
  const header = parseRecording(readFileSync(path, "utf8"))?.header;
  return header?.core === core.version && header.proof === createHash("sha256").update(run.proof.text).digest("hex").slice(0, 12);
}

/** What a run needs and is not here. */
async function lackOf(run: PlannedRun, around: Surroundings): Promise<string | undefined> {
  const needs = [...run.proof.header.needs, ...(run.proof.header.user ? ["root"] : [])];
  if (needs.includes("root") && process.getuid?.() !== 0) return "needs root";
  if (run.proof.header.disk !== undefined && (await askProgram(["unshare", "--mount", "true"], 5000)).exitCode !== 0) return "needs the right to mount";
  if (needs.includes("sudo") && !existsSync("/usr/bin/sudo")) return "needs sudo";
  if (needs.includes("dash") && !realpathSync("/bin/sh").endsWith("dash")) return "needs dash as /bin/sh";
  if ((run.look === "json" || run.look === "jsonl") && !existsSync(join(around.collections, "ansible_collections", "ansible", "posix"))) {
    return "needs a collection: ansible-galaxy collection install ansible.posix:1.5.4 -p .cache/collections";
  }
  return undefined;
}

/** The system's Python where the core's modules run on it (other logins can use it too), else the environment's own. */
async function interpreterFor(core: Core): Promise<string> {
  const system = "/usr/bin/python3";
  try {
    accessSync(system, constants.X_OK);
  } catch {
    return join(core.bin, "python");
  }
  const answer = await askProgram([system, "-c", "import sys; print(sys.version_info[1])"], 20_000);
  const minor = Number(answer.text);
  const newest = Math.max(...(allSeries.find((series) => series.name === core.series)?.pythons ?? []));
  return answer.exitCode === 0 && minor >= 9 && minor <= newest ? system : join(core.bin, "python");
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
