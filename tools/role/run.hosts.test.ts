// The role under `longhaul run`, whose bridge puts a wrapper of its own under every job: what the role tells is the same as without.

import assert from "node:assert/strict";
import { closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { runProgram, sweep } from "../../proofs/programs.ts";
import { ansibleBin } from "../ansible.ts";

const root = join(import.meta.dirname, "../..");
const TIMEOUT_MS = 10 * 60_000;
let directory = "";
let env: Readonly<Record<string, string>> = {};
const at = (name: string): string => join(directory, name);

const PLAY = `- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: longhaul.jobs.async_task
      vars:
        async_task_limit: 900
        async_task_poll: 2
        async_task_ignore_failure: true
        async_task_jobs:
          - name: held
            command: echo held; until test -e {{ playbook_dir }}/go; do sleep 0.2; done; echo done; echo word >&2
          - {name: bad, command: echo oh; exit 3}
          - {name: long, command: echo begun; sleep 600, limit: 5}
    - ansible.builtin.copy:
        content: "{{ async_task_results | to_json }}"
        dest: "{{ playbook_dir }}/{{ to }}"
        mode: "0600"
`;

before(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-role-run-")));
  mkdirSync(at("collections/ansible_collections/longhaul"), { recursive: true });
  cpSync(join(root, "collection"), at("collections/ansible_collections/longhaul/jobs"), { recursive: true });
  writeFileSync(at("play.yml"), PLAY);
  writeFileSync(at("hosts.ini"), `box ansible_connection=local ansible_python_interpreter=/usr/bin/python3 ansible_async_dir=${at("jobs")}\n`);
  env = {
    PATH: [ansibleBin(), process.env["PATH"]].join(delimiter), HOME: process.env["HOME"] ?? "", LANG: "C.UTF-8", ANSIBLE_COLLECTIONS_PATH: at("collections"), ANSIBLE_NOCOWS: "1",
    ANSIBLE_LOCAL_TEMP: at("tmp"), LONGHAUL_STATE_DIR: at("state"), LONGHAUL_ROLE_RUN: directory,
  };
});
after(async () => {
  await sweep(`LONGHAUL_ROLE_RUN=${directory}`);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** Runs a program to its end. Out: what it printed. */
async function run(name: string, command: readonly [string, ...string[]], exit: number): Promise<string> {
  const output = openSync(at(name), "w");
  const { exitCode } = await runProgram(command, { env, cwd: directory, output, timeoutMs: TIMEOUT_MS });
  closeSync(output);
  const text = readFileSync(at(name), "utf8");
  assert.equal(exitCode, exit, text);
  return text;
}

const longhaul = [process.execPath, join(root, "src/main.ts")] as const;

/** Plays it, and lets the held job go once its log can be read while it runs. Out: what the role told, without times and ids; the log; what `jobs tail` printed. */
async function play(to: string, command: readonly [string, ...string[]]): Promise<{ readonly told: unknown; readonly log: string; readonly tail: string }> {
  rmSync(at("go"), { force: true });
  const playing = run(`${to}.out`, [...command, "-i", "hosts.ini", "-e", `to=${to}`, "play.yml"], 0);
  const jid = await Promise.race([heldJob(), playing.then((text) => assert.fail(text))]);
  const log = readFileSync(at(`jobs/${jid}.log`), "utf8");
  const tail = await run(`${to}.tail`, [...longhaul, "jobs", "tail", "-i", "hosts.ini", jid], 0);
  writeFileSync(at("go"), "");
  await playing;
  const results = JSON.parse(readFileSync(at(to), "utf8")) as readonly Readonly<Record<string, unknown>>[];
  return { log, tail, told: results.map(({ name, state, rc, stdout, stderr, limit, still_running, left, msg, log: path }) => ({ name, state, rc, stdout, stderr, limit, still_running, left, msg, path })) };
}

/** The job of the list that waits, once its first line can be read. */
async function heldJob(): Promise<string> {
  for (;;) {
    const logs = existsSync(at("jobs")) ? readdirSync(at("jobs")).filter((name) => name.endsWith(".log")) : [];
    const held = logs.find((name) => readIfThere(at(`jobs/${name}`)).startsWith("held"));
    if (held !== undefined) return held.replace(/\.log$/, "");
    await pause(200);
  }
}

/** Logs of the other jobs go when those have ended. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

test("results are the same, output can be read while a job runs, and nothing is left", async () => {
  const plain = await play("plain.json", ["ansible-playbook"]);
  const supervised = await play("run.json", [...longhaul, "run"]);
  assert.deepEqual(supervised.told, plain.told);
  for (const { log, tail } of [plain, supervised]) {
    assert.equal(log, "held\n");
    assert.match(tail, /held/);
  }
  assert.deepEqual(readdirSync(at("jobs")), []);
});
