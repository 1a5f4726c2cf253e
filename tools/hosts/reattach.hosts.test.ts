// A run that is killed with all its processes, and `longhaul run --reattach` after it: nothing that still runs is done twice, on other hosts neither. On the oldest
// and the newest ansible-core that are here.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import type { BridgeCore } from "../../bridge/play.fixture.ts";
import { coresHere, until } from "../../bridge/play.fixture.ts";

const main = join(import.meta.dirname, "../../src/main.ts");
const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "auto_silent";

/** On `box` the polled job waits for its word, on `chest` it ends at once. Every job says in `done` that it was started. */
const PLAYBOOK = `
- hosts: all
  gather_facts: false
  tasks:
    - name: Detached
      ansible.builtin.shell: echo "{{ inventory_hostname }} detached" >> done; until test -e go; do sleep 0.2; done; echo detached
      args: {chdir: "{{ inventory_dir }}"}
      async: 600
      poll: 0
      register: detached
      delegate_to: box
    - name: Each
      ansible.builtin.shell: echo "{{ inventory_hostname }} {{ item }}" >> done; until test -e go; do sleep 0.2; done; echo {{ item }}
      args: {chdir: "{{ inventory_dir }}"}
      loop: [x, y]
      no_log: true
      async: 600
      poll: 0
      register: each
    - name: Polled
      ansible.builtin.shell: echo "{{ inventory_hostname }} polled" >> done; until test -e {{ 'go' if inventory_hostname == 'box' else 'hosts.ini' }}; do sleep 0.2; done; echo polled
      args: {chdir: "{{ inventory_dir }}"}
      async: 600
      poll: 5
      register: polled
    - name: Wait for the detached one
      ansible.builtin.async_status: {jid: "{{ detached.ansible_job_id }}"}
      delegate_to: box
      register: end
      until: end is finished
      retries: 100
      delay: 5
    - name: Wait for each
      ansible.builtin.async_status: {jid: "{{ item.ansible_job_id }}"}
      loop: "{{ each.results }}"
      loop_control: {label: "{{ item.item }}"}
      register: ends
      until: ends is finished
      retries: 100
      delay: 5
    - ansible.builtin.debug: {msg: "told {{ polled.stdout }} {{ end.stdout }} {{ ends.results | map(attribute='stdout') | join(' ') }}"}
`;

interface Ended {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

async function joinsAfterKill(core: BridgeCore): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "longhaul-reattach-test-"));
  const state = join(directory, "state");
  const env = { ...process.env, PATH: [core.bin, process.env["PATH"]].join(delimiter), COLUMNS: "80", LONGHAUL_STATE_DIR: state, TMPDIR: directory, ANSIBLE_NOCOWS: "1" };
  const host = (name: string): string => `${name} ansible_connection=local ansible_async_dir=${directory}/jobs-${name} ansible_python_interpreter=${python}\n`;
  writeFileSync(join(directory, "hosts.ini"), host("box") + host("chest"));
  writeFileSync(join(directory, "site.yml"), PLAYBOOK);
  const begin = (...options: readonly string[]): { readonly child: ReturnType<typeof spawn>; readonly said: () => string; readonly ended: Promise<Ended> } => {
    const child = spawn(process.execPath, [main, "run", ...options, "-i", "hosts.ini", "site.yml"], { env, cwd: directory, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    return { child, said: () => out + err, ended: once(child, "close").then(([code]) => ({ code: code as unknown, out, err })) };
  };
  const journal = (): string => readdirSync(join(state, "runs")).map((id) => readFileSync(join(state, "runs", id, "journal.jsonl"), "utf8")).join("");
  try {
    const first = begin();
    await until("all jobs, and the end of the one that does not wait", () => existsSync(state) && existsSync(join(state, "runs")) && journal().split('"job-launched"').length === 9 && journal().includes('"job-ended"'), 300_000);
    process.kill(-(first.child.pid ?? 0), "SIGKILL");
    await first.ended;
    const second = begin("--reattach");
    await until("the second run's polled task", () => second.child.exitCode !== null || /chest: Polled: finished/.test(second.said()), 300_000);
    writeFileSync(join(directory, "go"), "");
    const { code, out, err } = await second.ended;
    assert.equal(code, 0, out + err);
    const done = readFileSync(join(directory, "done"), "utf8").trim().split("\n").toSorted();
    // What had ended is done again, as ever.
    assert.deepEqual(done, ["box detached", "box polled", "box x", "box y", "chest detached", "chest polled", "chest polled", "chest x", "chest y"], out + err);
    assert.equal(out.match(/told polled detached x y/g)?.length, 2, out);
    assert.equal(err.match(/: joined job j\S+ of run \S+, which has run /g)?.length, 7, err);
    assert.doesNotMatch(journal(), /"key":""/);
    assert.equal(statSync(join(state, "salt")).mode & 0o777, 0o600);
    // Both journals have the ends; nothing is open any more.
    const third = begin();
    const last = await third.ended;
    assert.equal(last.code, 0, last.out + last.err);
    assert.doesNotMatch(last.err, /may still run/);
  } finally {
    writeFileSync(join(directory, "go"), "");
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

const cores = coresHere();
for (const core of new Set([cores[0], cores.at(-1)])) {
  if (core !== undefined) test(`ansible-core ${core.series}: after a kill, jobs that still run are joined: polled, detached, in a loop; what had ended is done anew`, async () => joinsAfterKill(core));
}
