// `longhaul jobs` over a real sshd, on real jobs of real ansible-core: connections that drop, agents that die, files that go, jobs that are ended.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import type { Sshd } from "../../src/system/hosts/sshd.fixture.ts";
import { sshdMissing, startSshd } from "../../src/system/hosts/sshd.fixture.ts";
import { ansibleBin } from "../ansible.ts";

const main = join(import.meta.dirname, "../../src/main.ts");
const skip = sshdMissing();
const PATIENCE_MS = 240_000;
let sshd: Sshd;
let env: NodeJS.ProcessEnv = {};
let jids: Readonly<Record<string, string>> = {};

const dirOf = (host: string): string => join(sshd.directory, "jobs", host);
const go = (host: string): string => join(sshd.directory, `go-${host}`);

before(async () => {
  if (skip !== false) return;
  sshd = await startSshd(3);
  env = { ...process.env, PATH: [ansibleBin(), process.env["PATH"]].join(delimiter), COLUMNS: "80" };
  mkdirSync(join(sshd.directory, "host_vars"));
  for (const host of sshd.hosts) writeFileSync(join(sshd.directory, "host_vars", `${host}.yml`), `ansible_async_dir: ${dirOf(host)}\n`);
  const command = `until test -e ${join(sshd.directory, "go-{{ inventory_hostname }}")}; do sleep 0.2; done; echo it is done`;
  const { status, stdout, stderr } = spawnSync("ansible", ["all", "-i", sshd.inventory, "-m", "shell", "-a", command, "-B", "3600", "-P", "0"], { env, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  jids = Object.fromEntries(sshd.hosts.map((host) => [host, readdirSync(dirOf(host)).find((name) => name.startsWith("j")) ?? ""]));
});
after(async () => {
  if (skip !== false) return;
  for (const host of sshd.hosts) writeFileSync(go(host), "");
  await until(() => processes(sshd.directory).every(({ argv }) => !argv.includes("async_wrapper")));
  await sshd.stop();
});

async function until<Value>(look: () => Value | undefined | false): Promise<Value> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    assert.ok(performance.now() < endMs, `waited too long for ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Seen {
  readonly pid: number;
  readonly argv: string;
}

function read(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** Processes with a word in their arguments. */
function processes(word: string): readonly Seen[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => ({ pid: Number(pid), argv: read(pid, "cmdline") })).filter(({ argv }) => argv.includes(word));
}

/** The agents on a host of our sshd that have begun to follow something. */
function agents(host: string): readonly number[] {
  const address = `127.0.1.${host.slice(1)} ${sshd.port} `;
  const follows = (pid: number): boolean => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).includes("inotify"));
    } catch {
      return false;
    }
  };
  return processes("longhaul-agent").filter(({ pid, argv }) => /^\S*python/.test(argv) && read(String(pid), "environ").includes(address) && follows(pid)).map(({ pid }) => pid);
}

/** The ssh that a process has started. */
const sshOf = (parent: number): number => processes(sshd.directory).find(({ pid, argv }) => argv.startsWith("ssh ") && read(String(pid), "stat").split(") ")[1]?.split(" ")[1] === String(parent))?.pid ?? -1;

interface Run {
  readonly pid: number;
  out: string;
  err: string;
  readonly code: Promise<unknown>;
}

function longhaul(...args: readonly string[]): Run {
  const child: ChildProcess = spawn(process.execPath, [main, "jobs", ...args, "-i", sshd.inventory], { env });
  const run: Run = { pid: child.pid ?? -1, out: "", err: "", code: once(child, "close").then(([code]) => code as unknown) };
  child.stdout?.on("data", (chunk: Buffer) => (run.out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (run.err += chunk.toString()));
  return run;
}

test("a wait and a tail outlive a cut connection and a killed agent, beside another wait", { skip }, async () => {
  const jid = jids["h1"] ?? "";
  const log = join(dirOf("h1"), `${jid}.log`);
  appendFileSync(log, "zero\none\n");
  const [first, second, tail] = [longhaul("wait", "-l", "h1", jid), longhaul("wait", "-l", "h1"), longhaul("tail", "-l", "h1", "-f", "-n", "1", jid)];
  const before = await until(() => agents("h1").length === 3 && agents("h1"));
  for (const run of [first, tail]) process.kill(sshOf(run.pid), "SIGKILL");
  appendFileSync(log, "two\n");
  const between = await until(() => {
    const now = agents("h1").filter((pid) => !before.includes(pid));
    return now.length === 2 && now;
  });
  for (const pid of between) process.kill(pid, "SIGKILL");
  await until(() => agents("h1").filter((pid) => !between.includes(pid)).length === 3);
  appendFileSync(log, "three\n");
  await until(() => tail.out.includes("three"));
  writeFileSync(go("h1"), "");
  assert.deepEqual(await Promise.all([first.code, second.code, tail.code]), [0, 0, 0], first.err + second.err + tail.err);
  const line = `h1  ${jid}  finished rc 0  it is done\n`;
  assert.deepEqual([first.out, second.out, tail.out], [line, line, "one\ntwo\nthree\n"]);
  assert.equal(second.err, "");
  for (const { err } of [first, tail]) assert.match(err, /^longhaul: h1: the connection was lost .*trying again for up to 30m00s\nlonghaul: h1: connected again after \d+s\n/);
  assert.match(tail.err, /\nlonghaul: h1\/j[\d.]+: finished rc 0\n$/);
});

test("a job whose file is removed is told, can be ended, and keeps no wait hanging", { skip }, async () => {
  const jid = jids["h2"] ?? "";
  const wait = longhaul("wait", "-l", "h2", jid);
  await until(() => agents("h2").length === 1);
  rmSync(join(dirOf("h2"), jid));
  await until(() => wait.err.includes("was removed"));
  const kill = longhaul("kill", "-l", "h2", "--yes", jid);
  assert.equal(await kill.code, 0, kill.err);
  assert.match(kill.out, / \d processes ended\n {2}TERM runner \d+/);
  assert.equal(await wait.code, 1, wait.err);
  assert.match(wait.out, /^h2 {2}j[\d.]+ {2}absent {2}there is no job file\n$/);
});

test("a job that is ended is lost, and its file goes when that is asked for; what runs stays", { skip }, async () => {
  const jid = jids["h3"] ?? "";
  const living = longhaul("prune", "h3", "--older", "0", "--state", "running", "--state", "lost");
  assert.equal(await living.code, 0, living.err);
  assert.match(living.out, /^nothing to remove/);
  const kill = longhaul("kill", "-l", "h3", "--yes", "-f", "json", jid);
  assert.equal(await kill.code, 0, kill.err);
  const { jobs } = JSON.parse(kill.out) as { jobs: { killed: { pid: number }[]; left: unknown[]; saysRunning: boolean }[] };
  assert.deepEqual(jobs[0]?.left, []);
  assert.equal(jobs[0]?.saysRunning, true);
  for (const { pid } of jobs[0]?.killed ?? []) assert.equal(existsSync(`/proc/${pid}`) && read(String(pid), "stat").split(") ")[1]?.startsWith("Z") !== true, false);
  const wait = longhaul("wait", "-l", "h3", jid);
  assert.equal(await wait.code, 1);
  assert.match(wait.out, /^h3 {2}j[\d.]+ {2}lost {2}/);
  const prune = longhaul("prune", "h1:h3", "--older", "0", "--state", "lost", "--state", "finished");
  assert.equal(await prune.code, 0, prune.err);
  assert.match(prune.out, /^h1 .* finished .*\nh3 .* lost .*\n2 jobs removed, /);
  assert.deepEqual([readdirSync(dirOf("h1")), readdirSync(dirOf("h3"))], [[], []]);
});
