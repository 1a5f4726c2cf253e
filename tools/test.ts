// `npm test`: every check in turn, then every test; the last line counts both.
// `npm test -- --only types,unit src/readers` does some of it: steps by name, tests by folder or file.
// The step `hosts` is not among them unless it is named: its tests (*.hosts.test.ts) start servers and break them, and take minutes.

import { spawnSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { once } from "node:events";
import { run } from "node:test";
import { dot } from "node:test/reporters";
import { parseArgs } from "node:util";
import { prepareCores } from "../proofs/cores.ts";
import { allSeries } from "../proofs/series.ts";

const ROOT = join(import.meta.dirname, "..");
const CORES = join(ROOT, ".cache/ansible");
const ROOMS = ["src", "tools", "proofs", "bench", "bridge"];

interface Check {
  readonly name: string;
  readonly title: string;
  readonly commands: readonly (readonly [program: string, ...args: string[]])[];
}

const CHECKS: readonly Check[] = [
  { name: "types", title: "types (tsc)", commands: [["tsc"]] },
  { name: "lint", title: "walls and lint rules (oxlint)", commands: [["oxlint", "--type-aware", "--deny-warnings"]] },
  { name: "knip", title: "dead files, exports, dependencies (knip)", commands: [["knip", "--no-config-hints"], ["knip", "--production", "--no-config-hints"]] },
  { name: "build", title: "build (esbuild)", commands: [["node", "tools/build.ts"]] },
  { name: "docs", title: "generated pages (tools/docs.ts)", commands: existsSync(join(ROOT, "tools/docs.ts")) ? [["node", "tools/docs.ts", "--check"]] : [] },
];
const USUAL = [...CHECKS.map(({ name }) => name), "unit"];
const STEPS = [...USUAL, "hosts"];
const OF_HOSTS = /\.hosts\.test\.ts$/;

interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** Runs a check's commands, the output as it comes. Out: true when each of them ended with 0. */
function passes(check: Check): boolean {
  const env = { ...process.env, PATH: [join(ROOT, "node_modules/.bin"), process.env["PATH"]].join(delimiter) };
  return check.commands.every(([program, ...args]) => {
    const { status, error } = spawnSync(program, args, { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit"] });
    if (status !== 0) console.error(`${check.name}: ${[program, ...args].join(" ")} ${error?.message ?? `ended with ${status}`}`);
    return status === 0;
  });
}

/** Runs the tests. In: folders and files to look in, relative to the root, and which of the files there. */
async function runTests(paths: readonly string[], isMeant: (file: string) => boolean): Promise<Count> {
  const isDirectory = (path: string): boolean => statSync(join(ROOT, path), { throwIfNoEntry: false })?.isDirectory() === true;
  const files = paths.flatMap((path) => (isDirectory(path) ? globSync(`${path}/**/*.test.ts`, { cwd: ROOT }) : [path])).filter(isMeant);
  const tests = run({ cwd: ROOT, files: files.toSorted().map((file) => join(ROOT, file)), concurrency: availableParallelism() });
  let count: Count = { passed: 0, failed: 0 };
  let wasAnyThere = false;
  tests.on("test:summary", ({ file, counts }) => {
    if (file !== undefined) return;
    wasAnyThere = counts.tests > 0;
    count = { passed: counts.passed, failed: counts.tests - counts.passed - counts.skipped - counts.todo };
    if (counts.skipped > 0) console.log(`\n${counts.skipped} skipped, for the reason that each test names`);
  });
  const report = tests.compose(dot);
  report.pipe(process.stdout, { end: false });
  await once(report, "end");
  if (wasAnyThere) return count;
  console.error(`no test ran in ${paths.join(", ")}`);
  return { passed: 0, failed: 1 };
}

/** Makes every ansible-core that can be had here before tests that run side by side ask for the same one. */
async function makeCores(): Promise<void> {
  for (const core of await prepareCores(allSeries, CORES)) if ("reason" in core) console.log(`no ansible-core ${core.series}: ${core.reason}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { only: { type: "string" } }, allowPositionals: true });
  const wanted = values.only?.split(",") ?? USUAL;
  const unknown = wanted.filter((name) => !STEPS.includes(name));
  if (unknown.length > 0) {
    console.error(`no such step: ${unknown.join(", ")}; there are ${STEPS.join(", ")}`);
    process.exitCode = 2;
    return;
  }

  let passed = 0;
  let failed = 0;
  for (const check of CHECKS) {
    if (!wanted.includes(check.name) || check.commands.length === 0) continue;
    console.log(`\n== ${check.title}`);
    const good = passes(check);
    console.log(good ? "passed" : "FAILED");
    if (good) passed += 1;
    else failed += 1;
  }
  const suites = [
    { name: "unit", title: "tests (node --test)", isMeant: (file: string) => !OF_HOSTS.test(file) },
    { name: "hosts", title: "tests of hosts, with real servers and real faults", isMeant: (file: string) => OF_HOSTS.test(file) },
  ];
  for (const { name, title, isMeant } of suites.filter((suite) => wanted.includes(suite.name))) {
    console.log(`\n== ${title}`);
    if (name === "hosts") await makeCores();
    const count = await runTests(positionals.length > 0 ? positionals : ROOMS, isMeant);
    passed += count.passed;
    failed += count.failed;
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

await main();
