// The same playbook plain and under `longhaul run`, over ssh: same recap, same results. On the oldest and the newest ansible-core that are here,
// or on all of them with LONGHAUL_TEST_CORES=all, which takes a quarter of an hour.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { coresHere } from "../../bridge/play.fixture.ts";
import type { BridgeCore } from "../../bridge/play.fixture.ts";
import { foldRun } from "../../src/engine/run/fold.ts";
import { readRunEvent } from "../../src/model/run-event.ts";
import type { Sshd } from "../../src/system/hosts/sshd.fixture.ts";
import { sshdMissing, startSshd } from "../../src/system/hosts/sshd.fixture.ts";

const main = join(import.meta.dirname, "../../src/main.ts");
const skip = sshdMissing();
/** Becoming another user needs the right to; tests that run as root have it. */
const becomes = userInfo().uid === 0 ? "nobody" : userInfo().username;
let sshd: Sshd;
let directory = "";

const playbook = (): string => `
- hosts: all
  gather_facts: false
  vars: {ansible_async_dir: ${directory}/jobs}
  tasks:
    - name: Polled
      shell: echo polled
      async: 60
      poll: 5
      register: polled
      notify: Say so
    - name: Polled in a loop
      command: "echo {{ item }}"
      loop: [x, y]
      async: 60
      poll: 2
      register: looped
    - name: Detached in a loop
      # Not a whole second: plain Ansible may lose what is printed just then (ansible/ansible#51393).
      ansible.builtin.shell: "sleep 1.5; echo {{ item }}"
      loop: [x, y]
      async: 60
      poll: 0
      register: detached
    - name: Each of them
      ansible.builtin.async_status:
        jid: "{{ item.ansible_job_id }}"
      loop: "{{ detached.results }}"
      loop_control: {label: "{{ item.item }}"}
      register: each
      until: each is finished
      retries: 30
      delay: 5
    - name: Their files
      ansible.builtin.async_status:
        jid: "{{ item.ansible_job_id }}"
        mode: cleanup
      loop: "{{ detached.results }}"
      loop_control: {label: "{{ item.item }}"}
    - block:
        - name: It fails
          shell: echo why >&2; exit 3
          async: 60
          poll: 2
          register: failing
      rescue:
        - debug: {msg: "rescued {{ failing.rc }} {{ failing.stderr }}"}
      always:
        - debug: {msg: always}
    - name: On another host
      shell: echo delegated
      delegate_to: h1
      async: 60
      poll: 2
      register: delegated
    - name: As another user
      shell: id -un
      become: true
      become_user: ${becomes}
      async: 60
      poll: 2
      register: become
    - name: Too long
      shell: sleep 60
      async: "{{ ansible_check_mode | ternary(60, 2) }}"
      poll: 1
      register: long
      ignore_errors: true
    - name: A job that is nowhere
      async_status: {jid: j1.1}
      register: nowhere
      ignore_errors: true
    - debug:
        msg: "{{ [polled.stdout, polled.rc, polled is changed, looped.results | map(attribute='stdout') | list, each.results | map(attribute='stdout') | list, delegated.stdout, become.stdout, long is failed, nowhere.msg] | to_json }}"
  handlers:
    - name: Say so
      shell: echo handled
      async: 60
      poll: 2
      register: handled
- hosts: all
  gather_facts: false
  strategy: free
  serial: 1
  vars: {ansible_async_dir: ${directory}/jobs, ansible_ssh_pipelining: true}
  tasks:
    - shell: echo free
      async: 60
      poll: 3
      register: free
    - debug: {msg: "{{ free.stdout }}"}
`;

before(async () => {
  if (skip !== false) return;
  sshd = await startSshd(2);
  directory = mkdtempSync(join(tmpdir(), "longhaul-cores-"));
  mkdirSync(join(directory, "jobs"));
  for (const path of [directory, join(directory, "jobs")]) chmodSync(path, 0o1777);
  writeFileSync(join(directory, "site.yml"), playbook());
});
after(async () => {
  if (skip !== false) return;
  await sshd.stop();
  rmSync(directory, { recursive: true, force: true });
});

interface Played {
  readonly code: unknown;
  /** Messages of debug, and the recap: hosts that run side by side come in any order. */
  readonly told: readonly string[];
  readonly text: string;
}

async function played(core: BridgeCore, command: readonly string[]): Promise<Played> {
  const env = { ...process.env, PATH: [core.bin, process.env["PATH"]].join(delimiter), LONGHAUL_STATE_DIR: join(directory, core.series), ANSIBLE_NOCOWS: "1", ANSIBLE_CALLBACK_RESULT_FORMAT: "json", ANSIBLE_HOST_KEY_CHECKING: "false" };
  const [file = "", ...args] = command;
  const child = spawn(file, [...args, "-i", sshd.inventory, join(directory, "site.yml")], { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, "close")) as [unknown];
  const told = text.split("\n").filter((line) => /^\s+"msg": |: ok=\d/.test(line)).map((line) => line.replace(/, finished=.*/, "").trim()).toSorted();
  return { code, told, text: text + errors };
}

const here = coresHere();
const cores = process.env["LONGHAUL_TEST_CORES"] === "all" ? here : here.filter((_, n) => n === 0 || n === here.length - 1);

for (const core of cores) {
  for (const more of [[], ["--check"]]) {
    test(`ansible-core ${core.series}${more.join("")}: recap and results are the same with longhaul and without`, { skip }, async () => {
      const plain = await played(core, ["ansible-playbook", "-f", "2", ...more]);
      const supervised = await played(core, [process.execPath, main, "run", "-f", "2", ...more]);
      assert.equal(supervised.code, plain.code, supervised.text);
      assert.deepEqual(supervised.told, plain.told, supervised.text);
    });
  }

  test(`ansible-core ${core.series}: every job was watched to its end, on the host and as the user that it ran as`, { skip }, () => {
    const runs = join(directory, core.series, "runs");
    const journals = readdirSync(runs).map((id) => foldRun(readFileSync(join(runs, id, "journal.jsonl"), "utf8").split("\n").flatMap((line) => readRunEvent(line) ?? [])));
    const run = journals.find(({ jobs }) => jobs.size > 10);
    assert.ok(run !== undefined);
    assert.deepEqual(run.refused, []);
    const jobs = [...run.jobs.values()].map(({ host, task, state, becomeUser, delegatedBy }) => ({ host, name: run.tasks.get(task)?.name, state, becomeUser, delegatedBy }));
    assert.deepEqual(jobs.filter(({ state, name }) => state !== "finished" && name !== "It fails" && name !== "Too long"), []);
    assert.deepEqual(jobs.filter(({ name }) => name === "On another host").map(({ host, delegatedBy }) => `${host} for ${delegatedBy ?? "itself"}`).toSorted(), ["h1 for h2", "h1 for itself"]);
    assert.deepEqual(new Set(jobs.filter(({ name }) => name === "As another user").map(({ becomeUser }) => becomeUser)), new Set([becomes]));
    assert.equal(jobs.length, 2 * 11);
  });
}

test("a status task outlives a host that is unreachable for a while, and says so; plain Ansible gives up", { skip }, async () => {
  const core = coresHere().at(0);
  assert.ok(core !== undefined);
  const down = join(directory, "down");
  writeFileSync(join(directory, "ssh"), `#!/bin/sh\n[ -e ${down} ] && { echo "ssh: connect to host: No route to host" >&2; exit 255; }\nexec ssh "$@"\n`, { mode: 0o755 });
  const tasks = join(directory, "lost.yml");
  writeFileSync(
    tasks,
    `
- hosts: h1
  gather_facts: false
  vars: {ansible_async_dir: ${directory}/jobs, ansible_ssh_executable: ${directory}/ssh, ansible_ssh_retries: 0}
  tasks:
    - shell: sleep 2; echo survived
      async: 600
      poll: 0
      register: job
    - file: {path: ${down}, state: touch}
      delegate_to: localhost
      connection: local
    - ansible.builtin.async_status: {jid: "{{ job.ansible_job_id }}"}
      register: status
      until: status is finished
      retries: 1000
      delay: 1
    - debug: {msg: "{{ status.stdout }}"}
`,
  );
  const env = { ...process.env, PATH: [core.bin, process.env["PATH"]].join(delimiter), LONGHAUL_STATE_DIR: join(directory, "lost"), ANSIBLE_PYTHON_INTERPRETER: "/usr/bin/python3" };
  const child = spawn(process.execPath, [main, "run", "-i", sshd.inventory, tasks], { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, "close");
  while (!/is\s+unreachable\s+while\s+it\s+is\s+asked\s+about\s+job/.test(text) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 100));
  rmSync(down, { force: true });
  assert.deepEqual(await ended, [0, null], text);
  assert.match(text, /"msg": "survived"/);
});
