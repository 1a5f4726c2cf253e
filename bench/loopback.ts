// What the benches of hosts and of runs share: loopback hosts of a real sshd, the cost of a command on both sides, and tables.
// CPU of the target is that of the sshd and all it started; CPU of the controller that of the command and all it started.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Sshd } from "../src/system/hosts/sshd.fixture.ts";
import { sshdMissing, startSshd } from "../src/system/hosts/sshd.fixture.ts";
import { ansibleBin } from "../tools/ansible.ts";

export const LONGHAUL: string = join(import.meta.dirname, "../bin/longhaul");
/** Connections of Ansible's as everybody has them, but for a shorter time. */
export const PIPELINED: NodeJS.ProcessEnv = { ANSIBLE_PIPELINING: "1", ANSIBLE_SSH_ARGS: "-o ControlMaster=auto -o ControlPersist=2s" };
const INSTANCES = "/proc/sys/fs/inotify/max_user_instances";
const TICKS_PER_SECOND = 100;
const QUIET_LOOK_MS = 100;
/** No command of a bench takes longer, unless something is wrong. */
const LONGEST_SECONDS = 900;

/** What a command has cost on both sides. */
export interface Spent {
  readonly wallSeconds: number;
  readonly controllerSeconds: number;
  readonly targetSeconds: number;
}

export interface Line {
  readonly text: string;
  /** Seconds since 1970. */
  readonly at: number;
}

export interface Under {
  readonly sshd: Sshd;
  readonly env: NodeJS.ProcessEnv;
}

/** Parts of a bench by name. One that fails is told, and the next one comes. */
export type Sections = Readonly<Record<string, (under: Under) => Promise<void>>>;

/** Runs the sections on that many hosts. In: those that are wanted, all where none is named. */
export async function onLoopback(sections: Sections, { hosts, only }: { readonly hosts: number; readonly only: string | undefined }): Promise<void> {
  const missing = sshdMissing();
  if (missing !== false) return console.log(`not measured: ${missing}`);
  const before = readFileSync(INSTANCES, "latin1").trim();
  const isRoot = process.getuid?.() === 0;
  const sshd = await startSshd(hosts, { isReaper: true, will: () => (isRoot ? `echo ${before} > ${INSTANCES}` : "") });
  // All the agents are one user's on one kernel.
  if (isRoot) writeFileSync(INSTANCES, String(Math.max(4096, Number(before))));
  const home = join(sshd.directory, "home");
  mkdirSync(home);
  // They are one machine: each gets a directory of jobs of its own.
  writeFileSync(sshd.inventory, readFileSync(sshd.inventory, "latin1").replaceAll(/^( +(h\d+): \{)/gm, `$1ansible_async_dir: ${sshd.directory}/jobs-of/$2, `));
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("ANSIBLE_")));
  const under: Under = { sshd, env: { ...inherited, HOME: home, LONGHAUL_STATE_DIR: join(home, "longhaul"), PATH: `${ansibleBin()}:${process.env["PATH"]}`, PYTHONUNBUFFERED: "1" } };
  try {
    for (const [name, run] of Object.entries(sections).filter(([each]) => only === undefined || only === each)) {
      try {
        await run(under);
      } catch (error) {
        console.log(`\n${name}: failed: ${error instanceof Error ? error.message : String(error)}`);
        process.exitCode = 1;
      }
    }
  } finally {
    // A section that failed may have left jobs.
    for (const pid of tree(serverOf(sshd)).slice(1)) killed(pid);
    await sshd.stop();
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** Runs a command, and waits for the connections that it leaves open: they are part of its cost. */
const METER = `
import ctypes, json, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
start = time.monotonic()
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL)
try:
    code = child.wait(float(sys.argv[1]))
except subprocess.TimeoutExpired:
    child.kill()
    code = None
wall = time.monotonic() - start
try:
    while code is not None:
        os.wait()
except OSError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
os.write(3, json.dumps([wall, used.ru_utime + used.ru_stime, code]).encode())
`;

export interface Ran extends Spent {
  readonly lines: readonly Line[];
}

/** Runs a command to its end. In: what to do with its process meanwhile. Out: what it cost, and its lines with the time of each. Throws where it fails. */
export async function costOf({ sshd, env }: Under, command: readonly string[], meanwhile?: (pid: number) => void): Promise<Ran> {
  const before = targetTicks(sshd);
  const child = spawn("python3", ["-c", METER, String(LONGEST_SECONDS), ...command], { env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const lines: Line[] = [];
  let [meter, errors] = ["", ""];
  if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", (text) => lines.push({ text, at: Date.now() / 1000 }));
  child.stderr?.on("data", (data: Buffer) => (errors = `${errors}${data.toString()}`.slice(-2000)));
  child.stdio[3]?.on("data", (data: Buffer) => (meter += data.toString()));
  meanwhile?.(child.pid ?? 0);
  await new Promise((resolve) => {
    child.once("close", resolve);
  });
  const [wallSeconds = 0, controllerSeconds = 0, code = -1] = JSON.parse(meter === "" ? "[]" : meter) as (number | null)[];
  if (code !== 0) throw new Error(`${command.slice(0, 6).join(" ")} ${code === null ? `had not ended after ${LONGEST_SECONDS} s` : `ended with ${code}`}: ${(errors.trim() || lines.slice(-3).map(({ text }) => text).join("\n")).slice(-600)}`);
  // Connections count where they have ended.
  while (sshd.connections().length > 0) await sleep(QUIET_LOOK_MS);
  return { wallSeconds: wallSeconds ?? 0, controllerSeconds: controllerSeconds ?? 0, targetSeconds: (targetTicks(sshd) - before) / TICKS_PER_SECOND, lines };
}

/** Starts a command of which only the end counts. */
export async function done(command: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<void> {
  const [file, ...args] = command;
  const child = spawn(file, args, { env, stdio: "ignore" });
  const code = await new Promise((resolve) => {
    child.once("close", resolve).once("error", resolve);
  });
  if (code !== 0) throw new Error(`${command.slice(0, 6).join(" ")} ended with ${String(code)}`);
}

/** User and system time of all that the server has started and that has ended, which has its children's in it. */
function targetTicks(sshd: Sshd): number {
  const fields = readFileSync(`/proc/${serverOf(sshd)}/stat`, "latin1").replace(/^.*\) /s, "").split(" ");
  return Number(fields[13]) + Number(fields[14]);
}

export function serverOf({ directory }: Sshd): number {
  return Number(readFileSync(join(directory, "sshd.pid"), "latin1"));
}

/** A process and all below it. */
export function tree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      const parent = Number(readFileSync(`/proc/${name}/stat`, "latin1").replace(/^.*\) /s, "").split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (pid: number): readonly number[] => [pid, ...(children.get(pid) ?? []).flatMap(below)];
  return below(root);
}

/** Its words run together; empty where it has ended. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

/** What processes hold, with what they share counted once (PSS). */
export function memoryMegabytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      return sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"))?.[1] ?? 0) / 1024;
    } catch {
      return sum;
    }
  }, 0);
}

/** A pattern of Ansible's. */
export function firstHosts(count: number): string {
  return `all[0:${count - 1}]`;
}

/** The value below which that part of all lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function times(a: number, b: number): string {
  return b > 0 && Number.isFinite(a / b) ? `${(a / b).toFixed(a / b < 10 ? 1 : 0)} x` : "-";
}

export function seconds(value: number): string {
  return value < 10 ? `${value.toFixed(2)} s` : `${value.toFixed(0)} s`;
}

export function milliseconds(value: number): string {
  return `${(value * 1000).toFixed(0)} ms`;
}

/** Prints a Markdown table whose columns stand under each other. */
export function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => (row[at] ?? "").length)));
  const line = (cells: readonly string[]): string => `| ${widths.map((width, at) => (cells[at] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  console.log(`\n${title} (load ${loadavg()[0]?.toFixed(1)})\n\n${[line(head), rule, ...rows.map(line)].join("\n")}`);
}
