import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Problem } from "../model/problem.ts";
import { changedFiles } from "./git.ts";

const home = process.cwd();
let directory = "";

function git(...args: readonly string[]): void {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"];
  execFileSync("git", [...identity, ...args], { cwd: directory, stdio: "pipe" });
}

before(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-git-")));
  process.chdir(directory);
});
after(() => {
  process.chdir(home);
  rmSync(directory, { recursive: true, force: true });
});

const problem = (words: RegExp) => (error: unknown): boolean => error instanceof Problem && error.code === "bad-usage" && words.test(error.message);

test("files that differ from a commit are told, relative to where one stands", () => {
  assert.throws(() => changedFiles(undefined), problem(/in no git work tree/));
  git("init", "-q");
  assert.throws(() => changedFiles(undefined), problem(/no such commit/));
  mkdirSync(join(directory, "roles"));
  for (const name of ["a.yml", "b.yml", "roles/c.yml", "gone.yml"]) writeFileSync(name, "1\n");
  writeFileSync(".gitignore", "secret.yml\n");
  git("add", ".");
  git("commit", "-qm", "first");
  assert.deepEqual(changedFiles(undefined), []);
  git("switch", "-qc", "work");
  writeFileSync("a.yml", "2\n");
  rmSync("gone.yml");
  git("commit", "-qam", "second");
  writeFileSync("roles/c.yml", "2\n");
  writeFileSync("new file.yml", "");
  writeFileSync("secret.yml", "");
  assert.deepEqual(changedFiles(undefined).toSorted(), ["new file.yml", "roles/c.yml"]);
  assert.deepEqual(changedFiles("main").toSorted(), ["a.yml", "new file.yml", "roles/c.yml"]);
  process.chdir("roles");
  assert.deepEqual(changedFiles("main"), ["c.yml"]);
  process.chdir(directory);
});

test("a reference is never taken for an option of git", () => {
  assert.throws(() => changedFiles("--output=stolen"), problem(/no such commit/));
});
