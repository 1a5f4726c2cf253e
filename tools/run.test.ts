// `longhaul run` on real ansible-core: what it prints, what it keeps, and that the play goes on when longhaul is gone.

import assert from "node:assert/strict";
import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { after, before, beforeEach, test } from "node:test";
import { foldRun } from "../src/engine/run/fold.ts";
import type { Run } from "../src/model/run.ts";
import { readRunEvent } from "../src/model/run-event.ts";
import { ansibleBin } from "./ansible.ts";

const main = join(import.meta.dirname, "../src/main.ts");
let directory = "";
let env: NodeJS.ProcessEnv = {};

before(() => {
  directory = mkdtempSync(join(tmpdir(), "longhaul-run-test-"));
  writeFileSync(join(directory, "hosts.ini"), `box ansible_connection=local ansible_async_dir=${directory}/jobs ansible_python_interpreter=${existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "auto_silent"}\n`);
});
after(() => rmSync(directory, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(join(directory, "state"), { recursive: true, force: true });
  // Ansible itself keeps some lines back where its output is a pipe (seen on 2.19).
  env = { ...process.env, PATH: [ansibleBin(), process.env["PATH"]].join(delimiter), COLUMNS: "80", TMPDIR: directory, LONGHAUL_STATE_DIR: join(directory, "state"), ANSIBLE_NOCOWS: "1", PYTHONUNBUFFERED: "1" };
});

interface Ended {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

function started(program: string, args: readonly string[]): { readonly child: ChildProcessByStdio<null, Readable, Readable>; readonly ended: Promise<Ended>; readonly said: () => string } {
  const child = spawn(program, args, { env, cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as unknown, out, err }));
  return { child, ended, said: () => out + err };
}

function playbook(text: string): string {
  const path = join(directory, "site.yml");
  writeFileSync(path, `- hosts: box\n  gather_facts: false\n  tasks:\n${text}`);
  return path;
}

const longhaul = (...args: readonly string[]): ReturnType<typeof started> => started(process.execPath, [main, "run", ...args, "-i", "hosts.ini", "site.yml"]);

/** The run that the only journal tells, once it holds what is waited for. */
async function journal(isThere: (run: Run) => boolean = () => true): Promise<Run> {
  for (;;) {
    const runs = join(directory, "state/runs");
    const [id] = existsSync(runs) ? readdirSync(runs) : [];
    const text = id === undefined || !existsSync(join(runs, id, "journal.jsonl")) ? "" : readFileSync(join(runs, id, "journal.jsonl"), "utf8");
    const run = foldRun(text.split("\n").flatMap((line) => readRunEvent(line) ?? []));
    if (isThere(run)) return run;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const POLLED = `
    - name: Compact the database
      ansible.builtin.shell: until test -e {{ inventory_dir }}/go; do sleep 0.1; done; echo compacted
      async: 600
      poll: 600
      register: compact
    - ansible.builtin.debug: {var: compact.stdout}
`;

test("a polled task goes on when its job ends, though its poll is ten minutes, and the journal tells it", async () => {
  playbook(POLLED);
  const { ended } = longhaul();
  await journal((run) => run.jobs.size > 0);
  writeFileSync(join(directory, "go"), "");
  const { code, out, err } = await ended;
  rmSync(join(directory, "go"));
  assert.equal(code, 0, out + err);
  assert.match(out, /"compact.stdout": "compacted"/);
  assert.match(out, /box +: ok=2 +changed=1/);
  assert.match(err, /longhaul: box: Compact the database: started, limit 10m00s\nlonghaul: box: Compact the database: finished, rc 0 after/);
  const run = await journal();
  const [job] = run.jobs.values();
  assert.equal(job?.state, "finished");
  assert.equal(job.limitSeconds, 600);
  assert.match(run.tasks.get(job.task)?.path ?? "", /site\.yml:5$/);
  assert.equal(run.ended?.code, 0);
});

test("a status task that names its module in full goes on when the job ends, and its attempts are counted as ever", async () => {
  playbook(`
    - ansible.builtin.shell: until test -e {{ inventory_dir }}/go; do sleep 0.1; done; echo done
      async: 600
      poll: 0
      register: started
    - ansible.builtin.async_status:
        jid: "{{ started.ansible_job_id }}"
      register: status
      until: status is finished
      retries: 3
      delay: 300
    - ansible.builtin.debug: {msg: "{{ status.stdout }} at attempt {{ status.attempts }}"}
`);
  const { ended, said } = longhaul();
  while (!said().includes("RETRYING")) await new Promise((resolve) => setTimeout(resolve, 50));
  writeFileSync(join(directory, "go"), "");
  const { code, out, err } = await ended;
  rmSync(join(directory, "go"));
  assert.equal(code, 0, out + err);
  assert.match(out, /"msg": "done at attempt 2"/);
  assert.equal(out.match(/RETRYING/g)?.length, 1);
});

test("attempts without a pause give a job as much time as Ansible's own questions would have", async () => {
  const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
  writeFileSync(join(directory, "slow-python"), `#!/bin/sh\nsleep 2\nexec ${python} "$@"\n`, { mode: 0o755 });
  playbook(`
    - ansible.builtin.shell: sleep 8; echo done
      async: 600
      poll: 0
      register: started
    - ansible.builtin.async_status:
        jid: "{{ started.ansible_job_id }}"
      register: status
      until: status is finished
      retries: 6
      delay: 0
      vars: {ansible_python_interpreter: "{{ inventory_dir }}/slow-python"}
`);
  const { code, out, err } = await longhaul().ended;
  assert.equal(code, 0, out + err);
});

test("a failure keeps ansible-playbook's exit code, and its cause follows at once", async () => {
  playbook("    - ansible.builtin.shell: sleep 60\n      async: 1\n      poll: 1\n");
  const { code, err } = await longhaul("-q").ended;
  assert.equal(code, 2);
  assert.match(err, /\[limit-too-short\]/);
  assert.match(err, /longhaul: run \d{8}-\d{4}-\w+; longhaul diagnose /);
  assert.doesNotMatch(err, /started, limit/);
  assert.deepEqual((await journal()).diagnosed.map(({ mode }) => mode), ["limit-too-short"]);
});

test("when the supervisor is killed the play goes on and ends well", async () => {
  playbook(POLLED.replace("poll: 600", "poll: 1"));
  const { child, ended } = longhaul();
  await journal((run) => run.jobs.size > 0);
  const { pid } = await journal();
  assert.equal(pid, child.pid);
  child.kill("SIGKILL");
  await ended;
  writeFileSync(join(directory, "go"), "");
  // The job file goes when Ansible itself has polled the job to its end.
  const [job] = (await journal()).jobs.values();
  while (existsSync(join(directory, "jobs", job?.jid ?? ""))) await new Promise((resolve) => setTimeout(resolve, 100));
  // Nobody reads its output any more: the rest of it is in the run's log.
  const [id = ""] = readdirSync(join(directory, "state/runs"));
  const log = (): string => readFileSync(join(directory, "state/runs", id, "output.log"), "utf8");
  while (!/^box .*failed=0/m.test(log())) await new Promise((resolve) => setTimeout(resolve, 100));
  rmSync(join(directory, "go"));
});

test("without a bridge in sight the output is ansible-playbook's own, byte for byte", async () => {
  playbook("    - ansible.builtin.debug: {msg: hello}\n    - ansible.builtin.command: echo {{ 1 + 1 }}\n      changed_when: false\n");
  const plain = await started("ansible-playbook", ["-i", "hosts.ini", "site.yml"]).ended;
  const supervised = await longhaul().ended;
  assert.deepEqual(supervised, plain);
  const asked = await longhaul("--list-tasks").ended;
  assert.match(asked.out, /tasks:\n/);
});
