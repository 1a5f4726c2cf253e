// `npm test`: every check in turn, then every test; the last line counts both.
// `npm test -- --only types,unit src/readers` does some of it: steps by name, tests by folder or file.
// The step `hosts` is not among them unless it is named: its tests (*.hosts.test.ts) start servers and break them, and take minutes.

import { spawnSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join, relative } from "node:path";
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

interface Outcome extends Count {
  readonly wasAnyThere: boolean;
  readonly failedFiles: readonly string[];
}

async function runFiles(files: readonly string[], concurrency: number): Promise<Outcome> {
  const tests = run({ cwd: ROOT, files: [...files], concurrency });
  let count: Count = { passed: 0, failed: 0 };
  let wasAnyThere = false;
  const failedFiles: string[] = [];
  tests.on("test:summary", ({ file, counts, success }) => {
    if (file !== undefined) {
      if (!success) failedFiles.push(file);
      return;
    }
    wasAnyThere = counts.tests > 0;
    count = { passed: counts.passed, failed: counts.tests - counts.passed - counts.skipped - counts.todo };
    if (counts.skipped > 0) console.log(`\n${counts.skipped} skipped, for the reason that each test names`);
  });
  const report = tests.compose(dot);
  report.pipe(process.stdout, { end: false });
  await once(report, "end");
  return { ...count, wasAnyThere, failedFiles };
}

/**
 * Runs the tests. In: folders and files to look in, relative to the root, and which of the files there.
 * Real servers and real faults side by side on a busy machine are slow at times: a file that failed runs once more by itself, and that counts.
 * What failed at first is told all the same.
 */
async function runTests(paths: readonly string[], isMeant: (file: string) => boolean): Promise<Count> {
  const isDirectory = (path: string): boolean => statSync(join(ROOT, path), { throwIfNoEntry: false })?.isDirectory() === true;
  const found = paths.flatMap((path) => (isDirectory(path) ? globSync(`${path}/**/*.test.ts`, { cwd: ROOT }) : [path])).filter(isMeant);
  const files = found.toSorted().map((file) => join(ROOT, file));
  const { passed, failed, wasAnyThere, failedFiles } = await runFiles(files, availableParallelism());
  if (!wasAnyThere) {
    console.error(`no test ran in ${paths.join(", ")}`);
    return { passed: 0, failed: 1 };
  }
  if (failedFiles.length === 0) return { passed, failed };
  console.log(`\nonce more, one by one: ${failedFiles.map((file) => relative(ROOT, file)).join(", ")}`);
  const again = await runFiles(failedFiles, 1);
  const mended = failed - again.failed;
  if (mended > 0) console.log(`\n${mended} failed among the others and passed alone`);
  return { passed: passed + mended, failed: again.failed };
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
