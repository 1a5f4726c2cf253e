// From a log of real Ansible to the verdict, with the hosts looked at over a real sshd. Each fault is done for real.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { ansibleBin } from "../ansible.ts";
import { modes } from "../../src/catalogue/index.ts";
import { runCli } from "../../src/faces/cli/program.ts";
import { fakeWorld } from "../../src/faces/cli/world.fake.ts";
import { openHosts } from "../../src/system/hosts/open.ts";
import type { Sshd } from "../../src/system/hosts/sshd.fixture.ts";
import { sshdMissing, startSshd } from "../../src/system/hosts/sshd.fixture.ts";

const NO_SSHD = sshdMissing();
const NO_ROOT = process.getuid?.() === 0 ? false : "only root may make users";
const USER = `lh${process.pid}`;
const kept = { ...process.env };
let directory = "";
let sshd: Sshd;
/** The same hosts, at a port where nobody listens. */
let away = "";

before(async () => {
  if (NO_SSHD !== false) return;
  directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-diagnose-")));
  sshd = await startSshd(2);
  writeFileSync(join(directory, "ansible.cfg"), "[defaults]\n");
  away = join(directory, "away.yml");
  writeFileSync(away, readFileSync(sshd.inventory, "utf8").replace(`ansible_port: ${sshd.port}`, "ansible_port: 9"));
  Object.assign(process.env, { PATH: `${ansibleBin()}:${process.env["PATH"]}`, ANSIBLE_CONFIG: join(directory, "ansible.cfg"), ANSIBLE_NOCOLOR: "1", ANSIBLE_PIPELINING: "1" });
});
after(async () => {
  if (NO_SSHD !== false) return;
  await sshd.stop();
  for (const name of ["ANSIBLE_CONFIG", "ANSIBLE_NOCOLOR", "ANSIBLE_PIPELINING"]) delete process.env[name];
  Object.assign(process.env, kept);
  rmSync(directory, { recursive: true, force: true });
});

interface Verdict {
  readonly exit: number;
  readonly text: string;
  /** Modes of the failures. */
  readonly causes: readonly string[];
}

async function cli(files: Readonly<Record<string, string>>, ...argv: readonly string[]): Promise<{ exit: number; text: string }> {
  const world = { ...fakeWorld({ ...files }, modes), openHosts };
  const exit = await runCli(world, argv);
  return { exit, text: world.printed.out + world.printed.err };
}

async function diagnosed(log: string, inventory: string | undefined, ...more: readonly string[]): Promise<Verdict> {
  const hosts = inventory === undefined ? [] : ["-i", inventory, "-T", "30"];
  const { exit, text } = await cli({ "run.log": log }, "diagnose", ...hosts, ...more, "run.log");
  // Each cause is headed by its title with the id behind it or below; the first block is the failure's.
  const causes = [...(text.split(/^GREEN, BUT/m)[0] ?? "").matchAll(/^ {2}(?:\S.* {2})?\[([a-z-]+)\]$/gm)].map(([, mode]) => mode ?? "");
  return { exit, text, causes };
}

/** Runs a play on h1 to its end. In: its tasks, indented by four. Out: what it printed. */
async function play(name: string, tasks: string, ...args: readonly string[]): Promise<string> {
  const path = join(directory, `${name}.yml`);
  writeFileSync(path, `- name: Shop\n  hosts: h1\n  gather_facts: false\n  tasks:\n${tasks}`);
  return new Promise((resolve, reject) => {
    execFile("ansible-playbook", ["-i", sshd.inventory, path, ...args], { maxBuffer: 1 << 24 }, (error, stdout, stderr) => (error !== null && stdout === "" ? reject(new Error(stderr)) : resolve(stdout)));
  });
}

/** A launch of a shell command that writes its pid, and a wait for it. */
function tasks({ command = "exec sleep 3600", between = "", launch = "" }: { command?: string; between?: string; launch?: string }): string {
  return `
    - name: Work
      ansible.builtin.shell: "echo $$ > ${directory}/pid; ${command}"
      async: 7200
      poll: 0
      register: job
${launch}
    - name: Let it begin
      ansible.builtin.wait_for:
        timeout: 2
${between}
    - name: Wait for the work
      ansible.builtin.async_status:
        jid: "{{ job.ansible_job_id }}"
      register: result
      until: result is finished
      retries: 3
      delay: 1
`;
}

function shell(command: string): string {
  return `
    - name: A fault
      ansible.builtin.shell: "${command}"
`;
}

/** The program of the last play, and all that is in its session. */
function endWork(): void {
  const pid = readFileSync(join(directory, "pid"), "utf8").trim();
  const session = spawnSync("ps", ["-o", "sid=", "-p", pid], { encoding: "utf8" }).stdout.trim();
  if (session !== "") spawnSync("pkill", ["-KILL", "--session", session]);
}

suite("diagnose looks at the hosts", { skip: NO_SSHD }, () => {
  test("a job file that was removed, and the same with the host away", async () => {
    const log = await play("removed", tasks({ between: shell("rm {{ job.results_file }}") }));
    try {
      const seen = await diagnosed(log, sshd.inventory);
      assert.deepEqual(seen.causes, ["job-file-removed"], seen.text);
      assert.equal(seen.exit, 1);
      assert.match(seen.text, /host h1: Processes of the job are there, and no job file/);
      const unseen = await diagnosed(log, away);
      assert.deepEqual(unseen.causes, (await diagnosed(log, undefined)).causes);
      assert.match(unseen.text, /\? +The state of job j\d+\.\d+ is not known\. h1:/);
    } finally {
      endWork();
    }
  });

  test("a job in another directory: the log alone leaves a tie", async () => {
    const jobs = join(directory, "jobs");
    const log = await play("other-dir", tasks({ launch: `      vars:\n        ansible_async_dir: ${jobs}\n` }));
    try {
      assert.ok((await diagnosed(log, undefined)).causes.length > 2);
      const seen = await diagnosed(log, sshd.inventory);
      assert.deepEqual(seen.causes, ["status-in-another-dir"], seen.text);
      assert.ok(seen.text.includes(jobs), seen.text);
    } finally {
      endWork();
    }
  });

  test("a job in another user's home", { skip: NO_ROOT }, async () => {
    execFileSync("useradd", ["-m", "-d", join(directory, "home"), "-s", "/bin/sh", USER], { stdio: "pipe" });
    try {
      chmodSync(directory, 0o711);
      const log = await play("other-user", tasks({ command: `exec sleep 6`, launch: `      become: true\n      become_user: ${USER}\n` }).replace(`echo $$ > ${directory}/pid; `, ""));
      const seen = await diagnosed(log, sshd.inventory);
      assert.deepEqual(seen.causes, ["status-as-another-user"], seen.text);
      assert.ok(seen.text.includes(USER));
    } finally {
      spawnSync("pkill", ["-KILL", "-u", USER]);
      spawnSync("userdel", ["-r", USER]);
    }
  });

  test("a wrapper and a module that were killed", async () => {
    const session = await play("session", tasks({ between: shell(`pkill -KILL --session $(ps -o sid= -p $(cat ${directory}/pid))`) }), "-v");
    assert.deepEqual((await diagnosed(session, undefined)).causes, ["retries-too-short"]);
    const seen = await diagnosed(session, sshd.inventory);
    assert.deepEqual(seen.causes, ["killed-from-outside"], seen.text);
    const jid = /j\d+\.\d+/.exec(session)?.[0] ?? "";
    const asked = await cli({}, "diagnose", "-i", sshd.inventory, "--host", "h1", "--jid", jid);
    assert.equal(asked.exit, 1);
    assert.match(asked.text, new RegExp(`^LOST  ${jid} on h1`, "m"));
    assert.match(asked.text, /killed-from-outside/);
    const module = await play("module", tasks({ between: shell(`kill -KILL $(ps -o ppid= -p $(cat ${directory}/pid)); kill $(cat ${directory}/pid)`) }), "-v");
    assert.deepEqual((await diagnosed(module, sshd.inventory)).causes, ["killed-from-outside"]);
  });
});
