// The collection as its users get it: built, installed from the tarball, used by its full name; and what longhaul itself says about it.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { ansibleBin } from "../ansible.ts";

const root = join(import.meta.dirname, "../..");
let directory = "";
let env: NodeJS.ProcessEnv = {};

before(() => {
  directory = mkdtempSync(join(tmpdir(), "longhaul-collection-"));
  env = {
    ...process.env, PATH: [ansibleBin(), process.env["PATH"]].join(delimiter), ANSIBLE_COLLECTIONS_PATH: join(directory, "c"), ANSIBLE_GALAXY_CACHE_DIR: join(directory, "cache"),
    ANSIBLE_LOCALHOST_WARNING: "false", ANSIBLE_NOCOWS: "1",
  };
  const run = (...args: readonly string[]): string => execFileSync("ansible-galaxy", args, { env, cwd: directory, encoding: "utf8" });
  run("collection", "build", join(root, "collection"), "--output-path", directory);
  run("collection", "install", join(directory, "longhaul-jobs-0.1.0.tar.gz"), "-p", join(directory, "c"), "--offline");
});
after(() => rmSync(directory, { recursive: true, force: true }));

function play(text: string): { readonly status: number | null; readonly output: string } {
  writeFileSync(join(directory, "play.yml"), text);
  const { status, stdout, stderr } = spawnSync("ansible-playbook", ["-i", "localhost,", "-c", "local", "-e", "ansible_python_interpreter=/usr/bin/python3", "-e", `ansible_async_dir=${directory}/async`, join(directory, "play.yml")], { env, cwd: directory, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

const ROLE = "        name: longhaul.jobs.async_task\n";

test("installed from its tarball: a list of jobs, a failure is logged and raised, the result of each is there", () => {
  const { status, output } = play(`- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
${ROLE}      vars:
        async_task_limit: "60"
        async_task_poll: "2"
        async_task_log_file: ${directory}/failed.jsonl
        async_task_jobs:
          - {name: good, command: echo $WORD, environment: {WORD: hello}}
          - {name: bad, command: [sh, -c, "echo oh; exit 3"]}
    - ansible.builtin.debug: {msg: not reached}
`);
  assert.equal(status, 2, output);
  assert.match(output, /bad failed with rc 3\. Its last line: oh/);
  assert.doesNotMatch(output, /not reached/);
  const logged = readFileSync(join(directory, "failed.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as { readonly name: string; readonly state: string; readonly rc: number });
  assert.deepEqual(logged.map(({ name, state, rc }) => [name, state, rc]), [["bad", "failed", 3]]);
});

test("numbers are compared as numbers, and what is none is refused", () => {
  const { status, output } = play(`- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
${ROLE}        tasks_from: validate.yml
      vars: {async_task_limit: "100", async_task_poll: "20", async_task_expected: "100"}
    - block:
        - ansible.builtin.include_role:
    ${ROLE}            tasks_from: validate.yml
          vars: {async_task_limit: 1h}
      rescue:
        - ansible.builtin.debug: {msg: refused}
    - block:
        - ansible.builtin.include_role:
    ${ROLE}            tasks_from: validate.yml
          vars: {async_task_limit: 100, async_task_expected: "300"}
      rescue:
        - ansible.builtin.debug: {msg: refused}
`);
  assert.equal(status, 0, output);
  assert.match(output, /async_task_limit is \\?"1h\\?": give whole seconds/);
  assert.match(output, /async_task_limit is 100 and async_task_expected 300/);
  assert.equal(output.match(/"msg": "refused"/g)?.length, 2);
});

test("a job is started, and it and any other task's are waited for later", () => {
  const { status, output } = play(`- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.command: echo by another task
      async: 60
      poll: 0
      register: other
    - ansible.builtin.include_role:
${ROLE}      vars: {async_task_command: echo mine, async_task_wait: false}
    - ansible.builtin.debug: {msg: "now {{ async_task_result.state }}"}
    - ansible.builtin.include_role:
${ROLE}        tasks_from: wait.yml
      vars: {async_task_started: "{{ [other, async_task_result] }}"}
    - ansible.builtin.debug: {msg: "{{ async_task_results | map(attribute='stdout') | join('+') }}"}
`);
  assert.equal(status, 0, output);
  assert.match(output, /now started/);
  assert.match(output, /by another task\+mine/);
});

/** Those of ansible-test's that need nothing from the network, not even an environment of their own. */
const SANITY = ["compile", "empty-init", "ignores", "line-endings", "no-assert", "no-get-exception", "no-illegal-filenames", "no-smart-quotes", "replace-urlopen", "shebang", "symlinks", "use-argspec-type-path"];

test("ansible-test finds nothing wrong with it, and is asked to ignore nothing", (t) => {
  const program = join(ansibleBin(), "ansible-test");
  if (!existsSync(program)) return t.skip("this ansible-core came without ansible-test");
  const at = join(directory, "sanity/ansible_collections/longhaul/jobs");
  cpSync(join(root, "collection"), at, { recursive: true });
  assert.equal(existsSync(join(at, "tests/sanity")), false);
  const python = execFileSync(join(ansibleBin(), "python"), ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"], { encoding: "utf8" }).trim();
  // In its home it keeps what it makes.
  const { status, stdout, stderr } = spawnSync(program, ["sanity", "--python", python, ...SANITY.flatMap((name) => ["--test", name])], { cwd: at, env: { ...env, HOME: directory }, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  // validate-modules wants it so, and needs the network.
  for (const name of readdirSync(join(at, "plugins/modules"))) assert.doesNotMatch(readFileSync(join(at, "plugins/modules", name), "utf8"), /subprocess/, name);
});

test("ansible-doc shows its role and its modules", () => {
  const show = (kind: string, ...names: readonly string[]): string => execFileSync(join(ansibleBin(), "ansible-doc"), ["-t", kind, ...names], { env, cwd: directory, encoding: "utf8" });
  assert.match(show("role", "longhaul.jobs.async_task"), /async_task_limit/);
  assert.match(show("module", ...["async_command", "async_wait", "async_look"].map((name) => `longhaul.jobs.${name}`)), /output_dropped[^]*patience[^]*job_file/);
});

test("longhaul finds nothing wrong with it", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "src/main.ts"), "lint", "collection"], { cwd: root, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
});
