import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { validateWorkflow } from "@action-validator/core";
import { readConfiguration } from "../../../readers/configuration.ts";
import { readYaml } from "../../../readers/yaml.ts";
import { modes } from "../../../catalogue/index.ts";
import { runCli } from "../program.ts";
import { fakeWorld } from "../world.fake.ts";
import type { FakeWorld } from "../world.fake.ts";

const ALL = ["--config", "--pre-commit", "--github", "--gitlab", "--collection", "--example"];
const SOURCE = ["--source", "https://git.example.org/tools/longhaul.git@v0.1.0"];
const main = join(import.meta.dirname, "../../../main.ts");

async function init(world: FakeWorld, ...argv: readonly string[]): Promise<number> {
  world.printed.out = "";
  return runCli(world, ["init", ...argv]);
}

test("without options it says what is there and what could be written, and writes nothing", async () => {
  const world = fakeWorld({ "site.yml": "- hosts: all\n  tasks:\n    - command: x\n      async: 60\n", "roles/a/tasks/main.yml": "- command: y\n", ".gitlab-ci.yml": "test:\n  script: [x]\n", "longhaul.yml": "profile: min\n" }, modes);
  const before = { ...world.texts };
  assert.equal(await init(world), 0);
  assert.equal(world.printed.out, `found   4 YAML files, 1 with async tasks: site.yml
there   --config      longhaul.yml
could   --pre-commit  write .pre-commit-config.yaml: a hook for pre-commit
could   --github      write .github/workflows/longhaul.yml: a workflow for GitHub
could   --gitlab      say what to add to .gitlab-ci.yml
could   --collection  write collections/requirements.yml: the collection longhaul.jobs in a requirements.yml
could   --example     write longhaul-example.yml: a playbook that uses the role async_task

Name what you want: longhaul init --config --pre-commit. --dry-run shows it first.
`);
  assert.deepEqual(world.texts, before);
});

test("only what is asked for is written", async () => {
  const world = fakeWorld({}, modes);
  assert.equal(await init(world, "--config"), 0);
  assert.deepEqual(Object.keys(world.texts), ["longhaul.yml"]);
  assert.equal(world.printed.out, "wrote   longhaul.yml\n");
});

test("all of it is YAML, and its second time leaves it as it is", async () => {
  const world = fakeWorld({}, modes);
  assert.equal(await init(world, ...ALL, ...SOURCE), 0);
  assert.equal(Object.keys(world.texts).length, ALL.length);
  for (const [path, text] of Object.entries(world.texts)) {
    assert.ok(readYaml(text).ok, path);
    assert.doesNotMatch(text, /HOST|OWNER|REVISION/, path);
  }
  const before = { ...world.texts };
  assert.equal(await init(world, ...ALL, ...SOURCE), 0);
  assert.equal(world.printed.out.split("\n").filter((line) => line.startsWith("there ")).length, ALL.length);
  assert.deepEqual(world.texts, before);
});

test("without a source, what has to be filled in is said", async () => {
  const world = fakeWorld({}, modes);
  assert.equal(await init(world, "--gitlab"), 0);
  assert.match(world.printed.out, /^next {4}put the place of longhaul for HOST, OWNER and REVISION in it/m);
});

test("a source on GitHub is an action there; another one is cloned", async () => {
  const world = fakeWorld({}, modes);
  await init(world, "--github", "--dry-run", "--source", "git@github.com:tools/longhaul.git@v0.1.0");
  assert.match(world.printed.out, /uses: tools\/longhaul@v0\.1\.0$/m);
  await init(world, "--github", "--dry-run", ...SOURCE);
  assert.match(world.printed.out, /git clone --quiet https:\/\/git\.example\.org\/tools\/longhaul\.git /);
});

test("GitHub's schema takes the workflow", async () => {
  for (const source of [["--source", "git@github.com:tools/longhaul.git@v0.1.0"], SOURCE]) {
    const world = fakeWorld({}, modes);
    await init(world, "--github", ...source);
    assert.deepEqual(validateWorkflow(world.texts[".github/workflows/longhaul.yml"] ?? "").errors, []);
  }
});

test("a source that is none is refused", async () => {
  const world = fakeWorld({}, modes);
  assert.equal(await init(world, "--github", "--source", "longhaul"), 2);
  assert.deepEqual(world.texts, {});
});

test("a dry run prints what it would write", async () => {
  const world = fakeWorld({}, modes);
  assert.equal(await init(world, "--config", "--dry-run"), 0);
  assert.match(world.printed.out, /^would {3}write longhaul\.yml:\n {2}# What longhaul goes by/);
  assert.deepEqual(world.texts, {});
});

test("a file of the project's own is not changed; the lines for it are printed, and the exit code says that they are missing", async () => {
  const hooks = "repos:\n  - repo: https://example.org/x # keep\n    rev: v1\n    hooks: [{id: x}]\n";
  const world = fakeWorld({ ".pre-commit-config.yaml": hooks }, modes);
  assert.equal(await init(world, "--pre-commit"), 1);
  assert.match(world.printed.out, /^add {5}\.pre-commit-config\.yaml is there without it; add below repos::?\n {4}- repo: local\n/m);
  assert.equal(world.texts[".pre-commit-config.yaml"], hooks);
  const added = world.printed.out.split("\n").filter((line) => line.startsWith("  ")).map((line) => line.slice(2)).join("\n");
  world.texts[".pre-commit-config.yaml"] = `${hooks}${added}\n`;
  assert.ok(readYaml(world.texts[".pre-commit-config.yaml"]).ok);
  assert.equal(await init(world, "--pre-commit"), 0, "with them it is content");
});

test("in a real directory: files and directories are made, the configuration is one, lint is content with the example", () => {
  const directory = mkdtempSync(join(tmpdir(), "longhaul-init-"));
  const longhaul = (...argv: readonly string[]): string => execFileSync(process.execPath, [main, ...argv], { cwd: directory, encoding: "utf8" });
  try {
    writeFileSync(join(directory, "requirements.yml"), "collections:\n  - name: longhaul.jobs\n");
    const out = longhaul("init", ...ALL, ...SOURCE);
    assert.match(out, /^wrote {3}\.github\/workflows\/longhaul\.yml$/m);
    assert.match(out, /^there {3}requirements\.yml has it already/m);
    assert.equal(readFileSync(join(directory, "requirements.yml"), "utf8"), "collections:\n  - name: longhaul.jobs\n");
    assert.ok(readConfiguration(readFileSync(join(directory, "longhaul.yml"), "utf8"), modes.map(({ id }) => id)).ok);
    assert.match(longhaul("lint", "longhaul-example.yml"), /^no async mistakes found/);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
