// What pipelines start: other people's (the hooks for pre-commit, the GitHub action, the snippets of docs/ci.md) and our own. All are run.

import { validateAction, validateWorkflow } from "@action-validator/core";
import assert from "node:assert/strict";
import type { SpawnSyncReturns } from "node:child_process";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { parse } from "yaml";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const SNIPPETS = [...read("docs/ci.md").matchAll(/^```yaml\n([^]*?)^```$/gm)].map((match) => match[1] ?? "");

let directory = "";
let project = "";
before(() => {
  directory = mkdtempSync(join(tmpdir(), "longhaul-ci-"));
  project = join(directory, "a project");
});
beforeEach(() => {
  rmSync(project, { recursive: true, force: true });
  cpSync(join(root, "examples/migration"), project, { recursive: true });
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a script as GitHub and GitLab do: in bash, ending at the first failure. In: the script and variables. */
function bash(script: string, variables: Readonly<Record<string, string>> = {}): SpawnSyncReturns<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const path = [join(root, "bin"), env["PATH"]].join(delimiter);
  return spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], { cwd: project, encoding: "utf8", env: { ...env, PATH: path, ...variables } });
}

interface Hook {
  readonly id: string;
  readonly entry: string;
  readonly files: string;
  readonly language: string;
  readonly pass_filenames: boolean;
}

const hooks = parse(read(".pre-commit-hooks.yaml")) as readonly Hook[];

test("the hooks start what package.json installs, at changes of what longhaul reads", () => {
  const { bin } = JSON.parse(read("package.json")) as { bin: Record<string, string> };
  assert.deepEqual(hooks.map((hook) => hook.id), ["longhaul", "longhaul-fix"]);
  for (const hook of hooks) {
    assert.deepEqual([hook.language, hook.pass_filenames, Object.keys(bin)], ["node", false, [hook.entry.split(" ")[0]]]);
    const files = new RegExp(hook.files);
    assert.deepEqual(["a.yml", "b/c.yaml", "ansible.cfg", "b/ansible.cfg", "longhaul.yml", "x.json", "my-ansible.cfg", "a.yml.j2"].filter((path) => !files.test(path)), ["x.json", "my-ansible.cfg", "a.yml.j2"]);
  }
});

test("a hook's command runs, with arguments of the user after it", () => {
  const entry = (id: string): string => hooks.find((hook) => hook.id === id)?.entry ?? "false";
  assert.equal(bash(entry("longhaul")).status, 1);
  assert.equal(bash(`${entry("longhaul")} compact.yml`).stdout.match(/^\S+\.yml:\d+:\d+/gm)?.length, 1);
  assert.equal(bash(entry("longhaul-fix")).status, 0);
  assert.equal(bash(entry("longhaul")).status, 0);
});

test("docs/ci.md names hooks that there are, and its own hook is the same", () => {
  const repositories = SNIPPETS.flatMap((text) => (parse(text) as { repos?: { repo: string; hooks: Partial<Hook>[] }[] }).repos ?? []);
  assert.deepEqual(repositories.map(({ repo }) => repo), ["https://HOST/OWNER/longhaul", "local"]);
  const [theirs, local] = repositories.map((repository) => repository.hooks[0]);
  assert.equal(theirs?.id, "longhaul");
  const { id, entry, files, pass_filenames } = local ?? {};
  assert.deepEqual([id, entry, files, pass_filenames], [hooks[0]?.id, hooks[0]?.entry, hooks[0]?.files, hooks[0]?.pass_filenames]);
});

test("the action and the workflows that use it are valid by GitHub's schemas", () => {
  const action = read("action.yml");
  assert.deepEqual(validateAction(action).errors, []);
  assert.notDeepEqual(validateAction(action.replace("using: composite", "using: shell")).errors, []);
  const workflows = SNIPPETS.filter((text) => text.includes("runs-on:"));
  assert.equal(workflows.length, 2);
  for (const text of workflows) {
    assert.deepEqual(validateWorkflow(text).errors, []);
    const steps = (parse(text) as { jobs: { lint: { steps: { uses: string; with?: object }[] } } }).jobs.lint.steps;
    const ours = steps.filter((step) => step.uses.startsWith("OWNER/")).flatMap((step) => Object.keys(step.with ?? {}));
    assert.deepEqual(ours.filter((name) => !(name in inputs)), []);
  }
});

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly { readonly run: string; readonly env?: Readonly<Record<string, string>> }[] };
}

const { inputs, runs } = parse(read("action.yml")) as Action;

/** Runs the action's steps. In: inputs. Out: the last step, and what it wrote for `outputs`. */
function action(given: Readonly<Record<string, string>> = {}): SpawnSyncReturns<string> & { readonly outputs: string } {
  const outputs = join(directory, "outputs");
  writeFileSync(outputs, "");
  const value = (expression: string): string => expression.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => given[name] ?? inputs[name]?.default ?? assert.fail(`no input ${name}`));
  const steps = runs.steps.map((step) => {
    const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, expression]) => [name, value(expression)]));
    return bash(step.run, { ...env, GITHUB_ACTION_PATH: root, GITHUB_OUTPUT: outputs });
  });
  const last = steps.pop() ?? assert.fail("no steps");
  for (const step of steps) assert.equal(step.status, 0, step.stderr);
  return { ...last, outputs: readFileSync(outputs, "utf8") };
}

test("the action annotates and fails, unless it is told not to fail", () => {
  const { status, stdout, outputs } = action();
  assert.deepEqual([status, outputs], [1, "exit-code=1\n"]);
  assert.equal(stdout.match(/^::(?:error|warning) file=[\w-]+\.yml,line=\d+/gm)?.length, 5);
  const mild = action({ "fail-on-findings": "false" });
  assert.deepEqual([mild.status, mild.outputs], [0, "exit-code=1\n"]);
});

test("the action takes paths, options and a file for the report, and none of them as code", () => {
  mkdirSync(join(project, "sub dir"));
  cpSync(join(project, "compact.yml"), join(project, "sub dir/$(touch pwned).yml"));
  const { status, stdout } = action({ paths: "report.yml\nsub dir\n", format: "json", report: "out.json", options: "--profile strict" });
  assert.deepEqual([status, stdout], [1, ""]);
  const { findings } = JSON.parse(readFileSync(join(project, "out.json"), "utf8")) as { findings: { file: string }[] };
  assert.deepEqual(findings.map(({ file }) => file), ["report.yml", "sub dir/$(touch pwned).yml"]);
  assert.equal(action({ paths: "$(touch pwned)\n`touch pwned`\n; touch pwned", options: "--core *" }).status, 2);
  assert.equal(bash("ls").stdout.split("\n").includes("pwned"), false);
  assert.equal(action({ paths: "nowhere", "fail-on-findings": "false" }).status, 2);
  assert.equal(action({ paths: "--help" }).status, 2, "a path is no option");
});

interface GitlabJob {
  readonly longhaul: { readonly script: readonly string[]; readonly artifacts: { readonly reports: Readonly<Record<string, string>> } };
}

test("the GitLab job writes the reports that it names, as GitLab reads them, and fails", () => {
  const text = SNIPPETS.find((snippet) => snippet.includes("codequality:")) ?? "";
  const { script, artifacts } = (parse(text) as GitlabJob).longhaul;
  const { status, stdout } = bash(script.join("\n"));
  assert.equal(status, 1);
  assert.match(stdout, /^2 errors, 3 warnings/m);
  const report = (name: string): string => readFileSync(join(project, artifacts.reports[name] ?? ""), "utf8");
  const issues = JSON.parse(report("codequality")) as { description: string; check_name: string; fingerprint: string; severity: string; location: { path: string; positions: { begin: { line: number } } } }[];
  assert.equal(issues.length, 5);
  assert.equal(new Set(issues.map((issue) => issue.fingerprint)).size, 5, "GitLab drops a second issue with the same fingerprint");
  for (const { description, check_name, fingerprint, severity, location } of issues) {
    assert.ok(description !== "" && check_name !== "" && fingerprint !== "");
    assert.ok(["info", "minor", "major", "critical", "blocker"].includes(severity));
    assert.ok(Number.isInteger(location.positions.begin.line));
    assert.doesNotMatch(location.path, /^\.?\//, "a path from the top of the repository");
  }
  assert.match(report("junit"), /^<\?xml [^]*<testsuites tests="5" failures="5" errors="0">/);
});

/** Runs .ci/run where npm prints what is given for each of its two calls and ends with a code. Nothing is installed. */
function ownPipeline(calls: Readonly<Record<"test" | "run", readonly [prints: string, code: number]>>): { readonly status: number | null; readonly lines: readonly string[] } {
  const bin = join(directory, "bin");
  mkdirSync(bin, { recursive: true });
  const cases = Object.entries(calls).map(([name, [prints, code]]) => `  ${name}) printf '${prints}'; exit ${code} ;;`);
  writeFileSync(join(bin, "npm"), `#!/bin/sh\ncase $2 in\n${cases.join("\n")}\nesac\n`, { mode: 0o755 });
  writeFileSync(join(bin, "apt-get"), "#!/bin/sh\n", { mode: 0o755 });
  const { status, stdout } = spawnSync(join(root, ".ci/run"), { encoding: "utf8", env: { ...process.env, PATH: [bin, process.env["PATH"]].join(delimiter) } });
  return { status, lines: stdout.trimEnd().split("\n") };
}

test("our own pipeline runs both kinds of tests and ends with one count of them", () => {
  const well = ownPipeline({ test: ["one\\n\\n40 passed, 0 failed\\n", 0], run: ["two\\n2 passed, 0 failed\\n", 0] });
  assert.deepEqual([well.status, well.lines], [0, ["one", "", "two", "42 passed, 0 failed"]]);
  const failed = ownPipeline({ test: ["38 passed, 2 failed\\n", 1], run: ["2 passed, 1 failed\\n", 1] });
  assert.deepEqual([failed.status, failed.lines.at(-1)], [1, "40 passed, 3 failed"]);
  const hosts = ownPipeline({ test: ["40 passed, 0 failed\\n", 0], run: ["1 passed, 1 failed\\n", 1] });
  assert.deepEqual([hosts.status, hosts.lines.at(-1)], [1, "41 passed, 1 failed"]);
});

test("a run of our own pipeline that died without a count is a failure", () => {
  const died = ownPipeline({ test: ["out of memory\\n", 137], run: ["2 passed, 0 failed\\n", 0] });
  assert.deepEqual([died.status, died.lines.at(-1)], [1, "2 passed, 1 failed"]);
  const late = ownPipeline({ test: ["40 passed, 0 failed\\n", 0], run: ["2 passed, 0 failed\\n", 9] });
  assert.deepEqual([late.status, late.lines.at(-1)], [1, "42 passed, 1 failed"]);
});
