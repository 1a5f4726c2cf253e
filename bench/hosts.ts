// `npm run bench -- hosts`: longhaul on the jobs of hosts beside Ansible's own ways, in the same run, on loopback hosts of a real sshd.
// CPU of the target is that of the sshd and all it started; CPU of the controller that of the command and all it started.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { sshdMissing, startSshd } from "../src/system/hosts/sshd.fixture.ts";
import type { Sshd } from "../src/system/hosts/sshd.fixture.ts";
import { ansibleBin } from "../tools/ansible.ts";

const LONGHAUL = join(import.meta.dirname, "../bin/longhaul");
const TICKS_PER_SECOND = 100;
const QUIET_LOOK_MS = 100;

/** What a command has cost on both sides. */
interface Spent {
  readonly wallSeconds: number;
  readonly controllerSeconds: number;
  readonly targetSeconds: number;
}

interface Line {
  readonly text: string;
  /** Seconds since 1970. */
  readonly at: number;
}

interface Under {
  readonly sshd: Sshd;
  readonly env: NodeJS.ProcessEnv;
}

/** In: how many of everything. Prints its own tables. */
export async function benchHosts({ isQuick }: { readonly isQuick: boolean }): Promise<void> {
  const missing = sshdMissing();
  if (missing !== false) return console.log(`hosts: not measured: ${missing}`);
  const sshd = await startSshd(500);
  const home = join(sshd.directory, "home");
  mkdirSync(home);
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("ANSIBLE_")));
  const under: Under = { sshd, env: { ...inherited, HOME: home, PATH: `${ansibleBin()}:${process.env["PATH"]}`, PYTHONUNBUFFERED: "1" } };
  try {
    await listing(under, isQuick);
    await ends(under, isQuick);
    await watching(under, isQuick);
    await connecting(under, isQuick);
  } finally {
    await sshd.stop();
  }
}

/** Runs a command to its end. Out: what it cost, and its lines with the time of each. */
async function costOf({ sshd, env }: Under, [file, ...args]: readonly [string, ...string[]]): Promise<Spent & { readonly lines: readonly Line[] }> {
  const before = targetTicks(sshd);
  const own = childTicks();
  const start = performance.now();
  const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => lines.push({ text, at: Date.now() / 1000 }));
  await new Promise((resolve) => {
    child.once("close", resolve);
  });
  const wallSeconds = (performance.now() - start) / 1000;
  const controllerSeconds = (childTicks() - own) / TICKS_PER_SECOND;
  // Connections count where they have ended.
  while (sshd.connections().length > 0) await sleep(QUIET_LOOK_MS);
  return { wallSeconds, controllerSeconds, targetSeconds: (targetTicks(sshd) - before) / TICKS_PER_SECOND, lines };
}

/** User and system time of a process's ended children, which have theirs in it. */
function childTicks(pid: number | "self" = "self"): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, "").split(" ");
  return Number(fields[13]) + Number(fields[14]);
}

function targetTicks({ directory }: Sshd): number {
  return childTicks(Number(readFileSync(join(directory, "sshd.pid"), "latin1")));
}

/** A pattern of Ansible's. */
function firstHosts(count: number): string {
  return `all[0:${count - 1}]`;
}

function times(a: number, b: number): string {
  return b > 0 ? `${(a / b).toFixed(a / b < 10 ? 1 : 0)} x` : "-";
}

function head(title: string, ...columns: readonly string[]): void {
  console.log(`\n${title} (load ${loadavg()[0]?.toFixed(1)})\n\n| ${columns.join(" | ")} |\n|${columns.map(() => "---|").join("")}`);
}

function row(...cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

function seconds(value: number): string {
  return value < 10 ? `${value.toFixed(2)} s` : `${value.toFixed(0)} s`;
}

/** One in ten has not ended; 700 bytes each, as a shell task with some output has. */
function writeJobs(directory: string, count: number): readonly string[] {
  mkdirSync(directory, { recursive: true });
  return Array.from({ length: count }, (_, n) => {
    const jid = `j${100_000_000_000 + n * 7919}.${1000 + n}`;
    const result = { changed: true, stdout: "x".repeat(300), stderr: "", rc: 0, cmd: `make part ${n}`, start: "2026-01-01 00:00:00.000000", end: "2026-01-01 00:01:00.000000", delta: "0:01:00.000000", msg: "", invocation: { module_args: { _raw_params: `make part ${n}`, _uses_shell: true, chdir: null, creates: null } } };
    writeFileSync(join(directory, jid), JSON.stringify(n % 10 === 0 ? { started: 1, finished: 0, ansible_job_id: jid } : result));
    return jid;
  });
}

async function listing(under: Under, isQuick: boolean): Promise<void> {
  const { sshd, env } = under;
  const [few, many] = isQuick ? [100, 1000] : [1000, 10_000];
  const slopeOf = isQuick ? 10 : 60;
  const at = (count: number): string => join(sshd.directory, `jobs-${count}`);
  const jids = writeJobs(at(few), few);
  writeJobs(at(many), many);
  // Ansible and longhaul alike read the whole inventory, so it has this host only.
  const inventory = join(sshd.directory, "one.yml");
  writeFileSync(inventory, readFileSync(sshd.inventory, "latin1").replace(/^ {4}h(?!1:)\d+:.*\n/gm, ""));
  const list = (count: number): Promise<Spent & { readonly lines: readonly Line[] }> => costOf(under, [LONGHAUL, "jobs", "list", "-i", inventory, "--dir", at(count), "-f", "json"]);
  const playbook = (count: number): string => {
    const path = join(sshd.directory, `loop-${count}.yml`);
    writeFileSync(path, JSON.stringify([{ hosts: "h1", gather_facts: false, tasks: [{ async_status: { jid: "{{ item }}" }, loop: jids.slice(0, count), environment: { ANSIBLE_ASYNC_DIR: at(few) }, failed_when: false }] }]));
    return path;
  };
  const loop = (count: number): Promise<Spent> =>
    costOf({ sshd, env: { ...env, ANSIBLE_PIPELINING: "1", ANSIBLE_SSH_ARGS: "-o ControlMaster=auto -o ControlPersist=2s" } }, ["ansible-playbook", "-i", inventory, playbook(count), "-e", JSON.stringify({ ansible_async_dir: at(few) })]);
  await list(few);
  const [one, some] = [await loop(1), await loop(1 + slopeOf)];
  const [small, large] = [await list(few), await list(many)];
  const slope = (which: keyof Spent): number => ((some[which] - one[which]) / slopeOf) * few;
  head("Listing the jobs of one host", "what", "wall", "controller CPU", "target CPU");
  row(`async_status loop, ${few} jids (slope of ${slopeOf})`, seconds(slope("wallSeconds")), seconds(slope("controllerSeconds")), seconds(slope("targetSeconds")));
  for (const [count, spent] of [[few, small], [many, large]] as const) row(`longhaul jobs list, ${count} files`, seconds(spent.wallSeconds), seconds(spent.controllerSeconds), seconds(spent.targetSeconds));
  const floor = await costOf(under, ["ansible-inventory", "-i", inventory, "--list"]);
  row("of it ansible-inventory --list alone", seconds(floor.wallSeconds), seconds(floor.controllerSeconds), "-");
  row(`the loop against the list of ${few}`, times(slope("wallSeconds"), small.wallSeconds), times(slope("controllerSeconds"), small.controllerSeconds), times(slope("targetSeconds"), small.targetSeconds));
  const beyond = (which: "wallSeconds" | "controllerSeconds"): number => Math.max(0.01, small[which] - floor[which]);
  row("the same without the inventory", times(slope("wallSeconds"), beyond("wallSeconds")), times(slope("controllerSeconds"), beyond("controllerSeconds")), "");
  row(`${many} against ${few}`, times(large.wallSeconds, small.wallSeconds), times(large.controllerSeconds, small.controllerSeconds), times(large.targetSeconds, small.targetSeconds));
}

/** Jobs that end one after the other once a file appears; the last thing that each does is to write down the time. */
function stamped(go: string): string {
  return `until test -e ${go}; do sleep 3; done; sleep {{ inventory_hostname[1:] | int * 0.13 }}; date +%s.%N`;
}

async function ends(under: Under, isQuick: boolean): Promise<void> {
  const { sshd, env } = under;
  const hosts = isQuick ? 10 : 100;
  const go = join(sshd.directory, "go");
  const pattern = firstHosts(hosts);
  const launch = ["-i", sshd.inventory, "-m", "shell", "-B", "1000"];
  const own = { ...env, ANSIBLE_SSH_ARGS: "-o ControlMaster=auto -o ControlPersist=2s", ANSIBLE_PIPELINING: "1" };
  await costOf({ sshd, env: own }, ["ansible", pattern, ...launch, "-P", "0", "-f", "10", "-a", stamped(go)]);
  const waiting = costOf(under, [LONGHAUL, "jobs", "wait", "-i", sshd.inventory, "-l", pattern]);
  while (sshd.connections().length < hosts) await sleep(QUIET_LOOK_MS);
  await sleep(2000);
  writeFileSync(go, "");
  const { lines } = await waiting;
  head(`From a job's own last act to the line that tells it, ${hosts} hosts`, "who waits", "ends", "p50", "p90", "p99", "max");
  const tell = (who: string, late: readonly number[]): void => {
    const sorted = late.toSorted((a, b) => a - b);
    const at = (part: number): string => `${((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN) * 1000).toFixed(0)} ms`;
    row(who, String(sorted.length), at(0.5), at(0.9), at(0.99), at(1));
  };
  tell("longhaul jobs wait", lines.flatMap(({ text, at }) => (/ (\d{10}\.\d+)$/.test(text) ? [at - Number(text.split(" ").at(-1))] : [])));
  for (const poll of [1, 5]) {
    // Ten at a time, with lengths that differ by parts of a poll.
    const peer = await costOf({ sshd, env: own }, ["ansible", firstHosts(10), ...launch, "-P", String(poll), "-f", "10", "-a", "sleep {{ 6 + inventory_hostname[1:] | int * 0.5 }}; date +%s.%N"]);
    tell(`ansible, poll ${poll}, 10 hosts`, peer.lines.flatMap(({ text, at }) => {
      // The callback of ad hoc commands prints the result of a job as JSON.
      const [, stamp] = /^ *"stdout": "(\d{10}\.\d+)"/.exec(text) ?? [];
      return stamp === undefined ? [] : [at - Number(stamp)];
    }));
  }
}

/** CPU time of processes that live, in milliseconds, by the scheduler's own clock. */
function livingMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      return sum + readdirSync(`/proc/${pid}/task`).reduce((part, thread) => part + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ")[0]), 0) / 1e6;
    } catch {
      return sum;
    }
  }, 0);
}

function memoryMegabytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"))?.[1] ?? 0) / 1024, 0);
}

/** A process and all below it. */
function tree(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      parents.set(Number(name), Number(readFileSync(`/proc/${name}/stat`, "latin1").replace(/^.*\) /s, "").split(" ")[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (pid: number): readonly number[] => [pid, ...[...parents].filter(([, parent]) => parent === pid).flatMap(([child]) => below(child))];
  return below(root);
}

interface Watch {
  readonly setUpSeconds: number;
  readonly controllerMs: number;
  readonly targetMs: number;
  readonly megabytes: number;
  readonly burst: readonly Line[];
}

/** Waits with so many hosts for one job that all of them show, then ends it. In: how long to look at the idle wait. */
async function watch({ sshd, env }: Under, { hosts, idleSeconds, masters }: { readonly hosts: number; readonly idleSeconds: number; readonly masters: number }): Promise<Watch> {
  const directory = join(sshd.directory, `watched-${hosts}-${masters}`);
  const go = `${directory}.go`;
  const launch = spawn("ansible", ["h1", "-i", sshd.inventory, "-m", "shell", "-B", "3600", "-P", "0", "-e", `ansible_async_dir=${directory}`, "-a", `until test -e ${go}; do sleep 1; done; date +%s.%N`], { env: { ...env, ANSIBLE_SSH_ARGS: "-C" }, stdio: "ignore" });
  await new Promise((resolve) => {
    launch.once("close", resolve);
  });
  const started = performance.now();
  const child = spawn(LONGHAUL, ["jobs", "wait", "-i", sshd.inventory, "-l", firstHosts(hosts), "--dir", directory], { env, stdio: ["ignore", "pipe", "inherit"] });
  const burst: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => burst.push({ text, at: Date.now() / 1000 }));
  const server = Number(readFileSync(join(sshd.directory, "sshd.pid"), "latin1"));
  const agents = (): readonly number[] => tree(server).filter((pid) => commandOf(pid).includes("longhaul-agent"));
  while (agents().length < hosts && child.exitCode === null) await sleep(QUIET_LOOK_MS);
  const setUpSeconds = (performance.now() - started) / 1000;
  await sleep(5000);
  const [mine, theirs] = [tree(child.pid ?? 0), tree(server)];
  const before = [livingMs(mine), livingMs(theirs)] as const;
  await sleep(idleSeconds * 1000);
  const [controllerMs, targetMs] = [livingMs(mine) - before[0], livingMs(theirs) - before[1]];
  const megabytes = memoryMegabytes(mine);
  writeFileSync(go, "");
  await new Promise((resolve) => {
    child.once("close", resolve);
  });
  return { setUpSeconds, controllerMs, targetMs, megabytes, burst };
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

async function watching(under: Under, isQuick: boolean): Promise<void> {
  const { sshd, env } = under;
  const [hosts, idleSeconds] = isQuick ? [10, 10] : [100, 60];
  const pipelined = { ...env, ANSIBLE_PIPELINING: "1", ANSIBLE_SSH_ARGS: "-o ControlMaster=auto -o ControlPersist=2s" };
  const polled = (length: number): Promise<Spent> => costOf({ sshd, env: pipelined }, ["ansible", firstHosts(4), "-i", sshd.inventory, "-m", "command", "-B", "600", "-P", "5", "-f", "4", "-a", `sleep ${length}`]);
  const [short, long] = [await polled(2), await polled(62)];
  const poll = { controllerMs: ((long.controllerSeconds - short.controllerSeconds) / 4) * 1000, targetMs: ((long.targetSeconds - short.targetSeconds) / 4) * 1000 };
  const own = await watch(under, { hosts, idleSeconds, masters: 0 });
  const each = (ms: number): number => (ms / hosts) * (60 / idleSeconds);
  head("Watching, CPU for each host and minute", "who watches", "controller", "target");
  row("ansible, poll 5, pipelining (slope of 60 s, 4 hosts)", `${poll.controllerMs.toFixed(0)} ms`, `${poll.targetMs.toFixed(0)} ms`);
  row(`longhaul jobs wait, ${hosts} hosts`, `${each(own.controllerMs).toFixed(2)} ms`, `${each(own.targetMs).toFixed(2)} ms`);
  row("Ansible against longhaul", times(poll.controllerMs, each(own.controllerMs)), times(poll.targetMs, each(own.targetMs)));
}

/** How long it takes to have all hosts on the line, and what that holds; with Ansible's own connections left open, and without. */
async function connecting(under: Under, isQuick: boolean): Promise<void> {
  const { sshd, env } = under;
  const counts = isQuick ? [20] : [100, 500];
  const instances = "/proc/sys/fs/inotify/max_user_instances";
  const before = readFileSync(instances, "latin1");
  // On loopback all the agents are one user's on one kernel.
  if (process.getuid?.() === 0) writeFileSync(instances, "4096");
  try {
    head("Many hosts in one process", "hosts", "until all are watched", "memory here, for each host (PSS)", "lines of a burst, one for each host", "from the end to the last line");
    const tell = (what: string, hosts: number, seen: Watch): void => {
      const stamp = Number(seen.burst[0]?.text.split(" ").at(-1));
      row(what, seconds(seen.setUpSeconds), `${(seen.megabytes / hosts).toFixed(2)} MB`, String(seen.burst.length), `${(((seen.burst.at(-1)?.at ?? Number.NaN) - stamp) * 1000).toFixed(0)} ms`);
    };
    for (const hosts of counts) tell(String(hosts), hosts, await watch(under, { hosts, idleSeconds: 1, masters: 0 }));
    const hosts = counts[0] ?? 0;
    const masters = spawn("ansible", [firstHosts(hosts), "-i", sshd.inventory, "-m", "raw", "-a", "true", "-f", "10"], { env: { ...env, ANSIBLE_SSH_ARGS: "-C -o ControlMaster=auto -o ControlPersist=600s" }, stdio: "ignore" });
    await new Promise((resolve) => {
      masters.once("close", resolve);
    });
    tell(`${hosts}, Ansible's connections open`, hosts, await watch(under, { hosts, idleSeconds: 1, masters: 1 }));
  } finally {
    if (process.getuid?.() === 0) writeFileSync(instances, before);
  }
}
