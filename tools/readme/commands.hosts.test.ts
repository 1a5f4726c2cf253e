// Every command that the README shows, in its order, on real Ansible; or the test that runs it.

import assert from "node:assert/strict";
import { closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { runProgram, sweep } from "../../proofs/programs.ts";
import { ansibleBin } from "../ansible.ts";
import { shownCommands } from "../shown-commands.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Shown {
  /** The exit code that it is to have. */
  readonly exit: number;
  readonly shows: RegExp;
  /** A job on db1 that its job id stands for: until its end, or one that ends while the command runs. */
  readonly job?: "runs" | "ends";
  /** In the checkout, not in the project. */
  readonly here?: true;
}

/** What runs a command that cannot be run from within this test, and the words there that do. */
interface RunElsewhere {
  readonly by: string;
  readonly words: RegExp;
}

const EXPECTED: Readonly<Record<string, Shown | RunElsewhere>> = {
  "ansible-playbook -i hosts.yml compact.yml 2>&1 | tee run.log": { exit: 0, shows: /could not find job/ },
  "longhaul diagnose run.log": { exit: 1, shows: /\[status-of-polled-task\]/ },
  "longhaul lint --fix compact.yml": { exit: 0, shows: /1 repaired, nothing left/ },
  "ansible-playbook -i hosts.yml compact.yml": { exit: 0, shows: /failed=0/ },
  "longhaul verify -i hosts.yml": { exit: 0, shows: /db1/ },
  "longhaul run -i hosts.yml night.yml": { exit: 2, shows: /\[limit-too-short\]/ },
  "npm run demo": { by: "tools/demo.test.ts", words: /"demo\.ts"/ },
  "npm ci": { by: "tools/setup.sh", words: /^\s*npm ci /m },
  "npm test": { by: ".ci/run", words: /^npm_counted test$/m },
  "bin/longhaul --help": { exit: 0, shows: /Usage: longhaul/, here: true },
  'ln -s "$PWD/bin/longhaul" ~/.local/bin/': { exit: 0, shows: /^$/, here: true },
  "longhaul lint": { exit: 1, shows: /night\.yml/ },
  "longhaul lint site.yml": { exit: 1, shows: /^site\.yml:\d+:\d+ {2}error {2}status-of-polled-task$/m },
  "longhaul lint --diff site.yml": { exit: 1, shows: /^\+ +poll: 0$/m },
  "longhaul lint --fix site.yml": { exit: 0, shows: /1 repaired, nothing left/ },
  "longhaul lint --fix=all site.yml": { exit: 0, shows: /no async mistakes found/ },
  "longhaul lint --changed": { exit: 0, shows: /checked/ },
  "longhaul diagnose run.log -p site.yml": { exit: 1, shows: /\[status-of-polled-task\]/ },
  "longhaul diagnose run.log -i hosts.yml": { exit: 1, shows: /\[status-of-polled-task\]/ },
  "longhaul diagnose -i hosts.yml --host db1 --jid j441615653013.1614": { exit: 0, shows: /running/, job: "runs" },
  "longhaul run -i hosts.yml site.yml": { exit: 0, shows: /failed=0/ },
  "longhaul runs": { exit: 0, shows: /ok .*site\.yml\n.*failed .*night\.yml/ },
  "longhaul show last": { exit: 0, shows: /^db1 +finished .* shop-db$/m },
  "longhaul attach last": { exit: 0, shows: /none of its jobs is open/ },
  "longhaul explain status-of-polled-task": { exit: 0, shows: /status-of-polled-task/ },
  'longhaul explain "could not find job"': { exit: 0, shows: /status-of-polled-task/ },
  "longhaul exec db -i hosts.yml --limit 2h -- shop-db compact": { exit: 0, shows: /compacted/ },
  "longhaul jobs list -i hosts.yml": { exit: 0, shows: /^db1 +running/m, job: "runs" },
  "longhaul jobs wait -i hosts.yml": { exit: 0, shows: /finished rc 0|nothing ran/, job: "ends" },
  "longhaul jobs tail -i hosts.yml -f": { exit: 0, shows: /begun|nothing/, job: "ends" },
  "longhaul jobs kill -i hosts.yml --yes j482093.2231": { exit: 0, shows: /ended|killed/, job: "runs" },
  "longhaul jobs prune -i hosts.yml": { exit: 0, shows: /removed|nothing to remove|no job/ },
  "longhaul history import run.log": { exit: 0, shows: /run\.log: / },
  "longhaul advise site.yml": { exit: 0, shows: /Rebuild the index/ },
  "longhaul init": { exit: 0, shows: /--pre-commit/ },
  "longhaul init --config --pre-commit --collection": { exit: 0, shows: /wrote {3}longhaul\.yml/ },
};

const NIGHT = `- name: Night work
  hosts: all
  gather_facts: false
  tasks:
    - name: Compact the database
      ansible.builtin.shell: echo segment 1 of 300; sleep 90
      async: 3
      poll: 1
`;
const SITE = `- name: Shop
  hosts: all
  gather_facts: false
  tasks:
    - name: Rebuild the index
      ansible.builtin.command: echo rebuilt
      async: 120
      poll: 1
      register: rebuild

    - name: Wait for the index
      ansible.builtin.async_status:
        jid: "{{ rebuild.ansible_job_id }}"
      register: rebuilt
`;

/** Those that are shown twice are run at their first place. */
const commands = [...new Set(shownCommands(read("README.md")))];
const TIMEOUT_MS = 10 * 60_000;
/** Enough for the command to have begun; where it was not, the job has ended before, which is well too. */
const RELEASE_AFTER_MS = 5_000;
let directory = "";
let number = 0;
const at = (name: string): string => join(directory, name);

before(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-readme-")));
  for (const name of ["bin", "home/.local/bin", "project"]) mkdirSync(at(name), { recursive: true });
  symlinkSync(join(root, "bin/longhaul"), at("bin/longhaul"));
  for (const name of ["compact.yml", "bin"]) cpSync(join(root, "examples/migration", name), at(`project/${name}`), { recursive: true });
  const host = { ansible_connection: "local", ansible_python_interpreter: "/usr/bin/python3", ansible_async_dir: at("jobs") };
  writeFileSync(at("project/hosts.yml"), JSON.stringify({ all: { children: { db: { hosts: { db1: host } } } } }));
  writeFileSync(at("bin/shop-db"), "#!/bin/sh\necho compacted\n", { mode: 0o755 });
  writeFileSync(at("project/night.yml"), NIGHT);
  writeFileSync(at("project/site.yml"), SITE);
});
after(async () => {
  await sweep(`LONGHAUL_README=${directory}`);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

async function run(command: string, cwd: string): Promise<{ readonly exit: number | undefined; readonly output: string }> {
  const path = at(`output-${(number += 1)}`);
  const output = openSync(path, "w");
  const env = {
    PATH: [at("bin"), ansibleBin(), process.env["PATH"]].join(delimiter), HOME: at("home"), LONGHAUL_STATE_DIR: at("state"), LONGHAUL_README: directory, LANG: "C.UTF-8", COLUMNS: "80",
    ANSIBLE_NOCOWS: "1", ANSIBLE_LOCALHOST_WARNING: "false", GIT_CONFIG_GLOBAL: "/dev/null",
  };
  const { exitCode } = await runProgram(["sh", "-c", command], { env, cwd, output, timeoutMs: TIMEOUT_MS });
  closeSync(output);
  return { exit: exitCode, output: readFileSync(path, "utf8") };
}

/** Starts a job that runs until it is let go. Out: its id. */
async function startJob(): Promise<string> {
  rmSync(at("go"), { force: true });
  const { output } = await run(`ansible db1 -i hosts.yml -m shell -a 'echo begun; until test -e ${at("go")}; do sleep 0.2; done' -B 600 -P 0`, at("project"));
  return /"ansible_job_id": "(j[\d.]+)"/.exec(output)?.[1] ?? assert.fail(output);
}

test("each command has a test, and no test is of a command that is no longer shown", () => {
  assert.deepEqual(Object.keys(EXPECTED).toSorted(), commands.toSorted());
});

test("git knows the project", async () => {
  const { exit, output } = await run("git init -q && git add . && git -c user.name=x -c user.email=x@example.org commit -qm x", at("project"));
  assert.equal(exit, 0, output);
});

for (const command of commands) {
  const expected = EXPECTED[command];
  if (expected === undefined) continue;
  if ("by" in expected) {
    test(`${command}: ${expected.by}`, () => assert.match(read(expected.by), expected.words));
    continue;
  }
  test(command, async () => {
    const jid = expected.job === undefined ? "" : await startJob();
    const release = async (): Promise<void> => {
      await pause(RELEASE_AFTER_MS);
      writeFileSync(at("go"), "");
    };
    const releasing = expected.job === "ends" ? release() : undefined;
    const { exit, output } = await run(jid === "" ? command : command.replace(/\bj\d+\.\d+/, jid), expected.here === true ? root : at("project"));
    await releasing;
    if (jid !== "") writeFileSync(at("go"), "");
    assert.equal(exit, expected.exit, output);
    assert.match(output, expected.shows);
  });
}

test("the link of the README leads to longhaul", async () => {
  assert.ok(existsSync(at("home/.local/bin/longhaul")));
  assert.match((await run("~/.local/bin/longhaul --version", at("project"))).output, /^\d+\.\d+\.\d+\n$/);
});
