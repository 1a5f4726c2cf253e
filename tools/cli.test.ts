// The built command line, started as a user starts it.

import assert from "node:assert/strict";
import type { SpawnSyncReturns } from "node:child_process";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const root = join(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
let directory = "";
before(() => {
  directory = mkdtempSync(join(tmpdir(), "longhaul-cli-"));
  cpSync(join(root, "examples/migration"), join(directory, "migration"), { recursive: true });
});
after(() => rmSync(directory, { recursive: true, force: true }));

function longhaul(args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string; readonly bin?: string } = {}): SpawnSyncReturns<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...clean } = process.env;
  return spawnSync(options.bin ?? join(root, "bin/longhaul"), args, { cwd: directory, encoding: "utf8", env: { ...clean, ...options.env }, input: options.input ?? "" });
}

test("it says its version, from anywhere and through a link", () => {
  symlinkSync(join(root, "bin/longhaul"), join(directory, "linked"));
  for (const bin of [join(root, "bin/longhaul"), join(directory, "linked")]) {
    const { status, stdout } = longhaul(["--version"], { bin });
    assert.deepEqual([status, stdout], [0, `${version}\n`]);
  }
});

test("it finds all five mistakes of the example project and repairs them", () => {
  const found = longhaul(["lint", "migration", "-f", "json"]);
  assert.equal(found.status, 1, found.stderr);
  const { findings } = JSON.parse(found.stdout) as { findings: { file: string; mode: string }[] };
  assert.deepEqual(findings.map(({ file, mode }) => [file, mode]), [
    ["migration/compact.yml", "status-of-polled-task"],
    ["migration/migrate.yml", "limit-too-short"],
    ["migration/reindex.yml", "retries-too-short"],
    ["migration/report.yml", "not-a-login-shell"],
    ["migration/warm-cache.yml", "background-under-async"],
  ]);
  assert.equal(longhaul(["lint", "--fix", "migration"]).status, 0);
  assert.equal(longhaul(["lint", "migration"]).status, 0);
});

test("a mode's page is there in the built version", () => {
  const { status, stdout } = longhaul(["explain", "status-of-polled-task"]);
  assert.equal(status, 0);
  assert.match(stdout, /^# A status task asks for a job that Ansible has polled itself\n/);
});

test("colours only where they are wanted", () => {
  const plain = longhaul(["explain"]);
  assert.doesNotMatch(plain.stdout, /\u001b/);
  assert.match(longhaul(["explain"], { env: { FORCE_COLOR: "1" } }).stdout, /\u001b\[1m/);
  assert.doesNotMatch(longhaul(["explain"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } }).stdout, /\u001b/);
});

test("a log comes from standard input too, and a reader that goes away is no error", () => {
  const log = "PLAY [a] ***\n\nTASK [b] ***\nok: [h]\n";
  const { status, stdout } = longhaul(["diagnose"], { input: log });
  assert.deepEqual([status, stdout.split(".", 1)[0]], [0, "Nothing failed in this log"]);
  const head = spawnSync("sh", ["-c", '"$0" explain | head -n 1', join(root, "bin/longhaul")], { encoding: "utf8" });
  assert.equal(head.stderr, "");
});
