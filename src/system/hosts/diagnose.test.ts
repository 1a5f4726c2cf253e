// From a log of real Ansible to the verdict, with the hosts looked at over a real sshd. Each fault is done for real.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { ansibleBin } from "../../../tools/ansible.ts";
import { modes } from "../../catalogue/index.ts";
import { runCli } from "../../faces/cli/program.ts";
import { fakeWorld } from "../../faces/cli/world.fake.ts";
import { openHosts } from "./open.ts";
import type { Sshd } from "./sshd.fixture.ts";
import { sshdMissing, startSshd } from "./sshd.fixture.ts";

const NO_SSHD = sshdMissing();
const NO_ROOT = process.getuid?.() === 0 ? false : "only root may make file systems and users";
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
function tasks({ command = "exec sleep 60", between = "", launch = "", limit = 120 }: { command?: string; between?: string; launch?: string; limit?: number }): string {
  return `
    - name: Work
      ansible.builtin.shell: "echo $$ > ${directory}/pid; ${command}"
      async: ${limit}
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
      execFileSync("chmod", ["711", directory]);
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
    assert.deepEqual((await diagnosed(session, away)).causes, ["retries-too-short"]);
    const jid = /j\d+\.\d+/.exec(session)?.[0] ?? "";
    const asked = await cli({}, "diagnose", "-i", sshd.inventory, "--host", "h1", "--jid", jid);
    assert.equal(asked.exit, 1);
    assert.match(asked.text, new RegExp(`^LOST  ${jid} on h1`, "m"));
    assert.match(asked.text, /killed-from-outside/);
    const module = await play("module", tasks({ between: shell(`kill -KILL $(ps -o ppid= -p $(cat ${directory}/pid)); kill $(cat ${directory}/pid)`) }), "-v");
    assert.deepEqual((await diagnosed(module, sshd.inventory)).causes, ["killed-from-outside"]);
  });

  test("a job that its limit has ended, and a program that the kill has not reached", async () => {
    const long = (text: string): string => text.replace("retries: 3", "retries: 30");
    const log = await play("limit", long(tasks({ limit: 1 })), "-v");
    const seen = await diagnosed(log, sshd.inventory);
    assert.deepEqual(seen.causes, ["limit-too-short"], seen.text);
    assert.match(seen.text, /host h1: The watcher has killed the job at its limit/);
    const escaped = await play("escapes", long(tasks({ limit: 1, command: "setsid sleep 61" })), "-v");
    try {
      const alone = await diagnosed(escaped, sshd.inventory);
      assert.deepEqual(alone.causes, ["limit-too-short"], "another job of the same user may have started it");
      if (NO_ROOT === false) assert.match(alone.text, /sleep 61\)/);
    } finally {
      spawnSync("pkill", ["-KILL", "-x", "-f", "sleep 61"]);
    }
  });

  test("a disk that was full when the job began", { skip: NO_ROOT }, async (t) => {
    const disk = join(directory, "disk");
    mkdirSync(disk);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", disk]).status !== 0) return t.skip("nothing can be mounted here");
    try {
      writeFileSync(join(disk, "filler"), Buffer.alloc(4096));
      const log = await play("disk", tasks({}), "-e", `ansible_async_dir=${disk}`, "-v");
      const seen = await diagnosed(log, sshd.inventory);
      assert.deepEqual(seen.causes, ["disk-full"], seen.text);
      assert.ok(seen.text.includes("0 bytes left"), seen.text);
    } finally {
      spawnSync("umount", [disk]);
    }
  });

  test("a program that only a login finds", async () => {
    const home = join(directory, "login");
    mkdirSync(join(home, "bin"), { recursive: true });
    writeFileSync(join(home, "bin/shopctl"), "#!/bin/sh\n", { mode: 0o755 });
    for (const name of [".profile", ".bash_profile", ".zprofile"]) writeFileSync(join(home, name), `PATH=$PATH:${home}/bin; export PATH\n`);
    const inventory = join(directory, "local.yml");
    writeFileSync(inventory, `all: {hosts: {h1: {ansible_connection: local, ansible_async_dir: ${join(directory, "jobs")}, ansible_python_interpreter: /usr/bin/python3}}}\n`);
    const before = process.env["HOME"];
    process.env["HOME"] = home;
    try {
      const log = await play("login", "    - name: Work\n      ansible.builtin.shell: shopctl\n      async: 20\n      poll: 1\n", "-i", inventory);
      const seen = await diagnosed(log, inventory);
      assert.deepEqual(seen.causes, ["not-a-login-shell"], seen.text);
      assert.ok(seen.text.replaceAll(/\s+/g, " ").includes(`finds shopctl at ${home}/bin/shopctl`), seen.text);
      rmSync(join(home, "bin/shopctl"));
      assert.match((await diagnosed(log, inventory)).text, /not-a-login-shell: .*does not find shopctl either|does not find shopctl\s+either/s);
    } finally {
      process.env["HOME"] = before;
    }
  });
});
