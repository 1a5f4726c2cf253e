import assert from "node:assert/strict";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Problem } from "../model/problem.ts";
import { findYaml, projectFiles, replaceText } from "./project-files.ts";

let directory = "";
before(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-files-")));
});
after(() => rmSync(directory, { recursive: true, force: true }));

const at = (path: string): string => join(directory, path);

function raises(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Problem && error.code === code;
}

test("YAML files are found below directories; a named file counts whatever it is called", () => {
  for (const folder of ["roles/web/tasks", ".git", "node_modules/x"]) mkdirSync(at(folder), { recursive: true });
  for (const path of ["site.yml", "roles/web/tasks/main.yaml", ".git/a.yml", "node_modules/x/b.yml", "notes.txt", "play"]) writeFileSync(at(path), "");
  symlinkSync(directory, at("roles/circle"));
  assert.deepEqual(findYaml([directory, at("play")]), { files: [at("play"), at("roles/web/tasks/main.yaml"), at("site.yml")], closed: [] });
  assert.throws(() => findYaml([at("nowhere")]), raises("no-such-path"));
  assert.throws(() => findYaml([at("site.yml/below")]), raises("no-such-path"));
});

test("what git or the project ignores is passed over, unless it is named", () => {
  for (const folder of ["repo/.git/info", "repo/vendor", "repo/roles/gen", "repo/keep"]) mkdirSync(at(folder), { recursive: true });
  writeFileSync(at("repo/.gitignore"), "vendor/\n*.gen.yml\nkeep/*\n");
  writeFileSync(at("repo/.git/info/exclude"), "local.yml\n");
  writeFileSync(at("repo/roles/.gitignore"), "!kept.gen.yml\n");
  writeFileSync(at("repo/keep/.gitignore"), "!this.yml\n");
  for (const path of ["site.yml", "local.yml", "vendor/a.yml", "roles/b.gen.yml", "roles/kept.gen.yml", "roles/gen/c.yml", "keep/this.yml", "keep/that.yml"]) writeFileSync(at(`repo/${path}`), "");
  const names = (...args: Parameters<typeof findYaml>): readonly string[] => findYaml(...args).files.map((path) => path.slice(at("repo/").length));
  assert.deepEqual(names([at("repo")]), ["keep/this.yml", "roles/gen/c.yml", "roles/kept.gen.yml", "site.yml"]);
  assert.deepEqual(names([at("repo/roles")], { root: at("repo"), patterns: ["roles/gen"] }), ["roles/kept.gen.yml"]);
  assert.deepEqual(names([at("repo/vendor/a.yml")]), ["vendor/a.yml"]);
});

test("what is no UTF-8 text is said and not guessed", () => {
  writeFileSync(at("latin.yml"), Buffer.from([0x61, 0xff]));
  writeFileSync(at("binary.yml"), Buffer.from([0x61, 0x00]));
  assert.deepEqual(projectFiles.read(at("latin.yml")), { ok: false, why: "is not UTF-8 text" });
  assert.deepEqual(projectFiles.read(at("binary.yml")), { ok: false, why: "is a binary file" });
  assert.equal(projectFiles.read(at("nowhere.yml")), undefined);
});

test("a byte order mark survives reading and writing", () => {
  writeFileSync(at("mark.yml"), "\ufeffa: 1\n");
  const reading = projectFiles.read(at("mark.yml"));
  assert.ok(reading?.ok === true);
  replaceText(at("mark.yml"), reading.text);
  assert.equal(readFileSync(at("mark.yml"), "utf8"), "\ufeffa: 1\n");
});

test("a file is replaced with its mode, through a link, and leaves nothing beside it", () => {
  writeFileSync(at("real.yml"), "old");
  chmodSync(at("real.yml"), 0o640);
  symlinkSync(at("real.yml"), at("link.yml"));
  replaceText(at("link.yml"), "new");
  assert.equal(readFileSync(at("real.yml"), "utf8"), "new");
  assert.equal(statSync(at("real.yml")).mode & 0o777, 0o640);
  assert.ok(lstatSync(at("link.yml")).isSymbolicLink());
  assert.deepEqual(readdirSync(directory).filter((name) => name.endsWith(".tmp")), []);
});

test("a file that cannot be written is said, and nothing is left behind", () => {
  assert.throws(() => replaceText(at("nowhere/a.yml"), "x"), raises("cannot-write"));
});
