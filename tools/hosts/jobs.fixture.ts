// For tests of hosts: jobs started by real ansible-core, their processes as /proc shows them, and the built longhaul at work on them.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "../../src/system/hosts/fleet.fixture.ts";
import { ansibleBin } from "../ansible.ts";

const LONGHAUL = join(import.meta.dirname, "../../bin/longhaul");
/** For things that take a second on a quiet machine. */
const PATIENCE_MS = 120_000;
const LOOK_AGAIN_MS = 100;

/** Repeats until it is so. Throws with `what` when that takes too long. */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await sleep(LOOK_AGAIN_MS);
  }
  throw new Error(`it did not come to that: ${what}`);
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A program under way. */
export class Running {
  out = "";
  err = "";
  readonly child: ChildProcess;
  readonly #ended: Promise<Ended>;

  constructor(command: readonly [string, ...string[]], env: NodeJS.ProcessEnv) {
    const [file, ...args] = command;
    this.child = spawn(file, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout?.on("data", (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.err += chunk.toString()));
    this.#ended = once(this.child, "close").then(([code]: unknown[]) => ({ code: typeof code === "number" ? code : null, out: this.out, err: this.err }));
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** Waits for words on standard output or standard error. */
  async says(words: RegExp): Promise<void> {
    await until(`${String(words)} in ${this.out}${this.err}`, () => words.test(this.out + this.err) || undefined);
  }
}

/** A home of its own for both, so that nothing of the tester's counts: ansible.cfg, known hosts, connections that are kept. Local hosts have the mark from it. */
function environment(fleet: Fleet, bin: string): NodeJS.ProcessEnv {
  const home = join(fleet.directory, "controller");
  mkdirSync(home, { recursive: true });
  const rest = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:ANSIBLE_|NO_COLOR$|FORCE_COLOR$)/.test(name)));
  return { ...rest, LONGHAUL_FLEET: fleet.directory, HOME: home, PATH: [bin, rest["PATH"]].join(delimiter), COLUMNS: "80", LC_ALL: "C.UTF-8" };
}

export function longhaul(fleet: Fleet, args: readonly string[]): Running {
  return new Running([LONGHAUL, ...args], environment(fleet, ansibleBin()));
}

export interface Launch {
  readonly inventory: string;
  readonly command: string;
  /** The async limit. */
  readonly limitSeconds?: number;
  /** Where the ansible-core is; the default one without it. */
  readonly bin?: string;
  readonly more?: readonly string[];
}

/** Starts a job on every host of an inventory. Out: what Ansible printed, and the jids by host. */
export async function launch(fleet: Fleet, { inventory, command, limitSeconds = 600, bin = ansibleBin(), more = [] }: Launch): Promise<Ended & { readonly jids: ReadonlyMap<string, string> }> {
  const words = ["all", "-i", inventory, "-m", "shell", "-a", command, "-B", String(limitSeconds), "-P", "0", "-f", "10", ...more];
  // Connections are kept no longer than it takes: a test that cuts them does not want Ansible's own among them.
  const env = { ...environment(fleet, bin), ANSIBLE_SSH_ARGS: "-o ControlMaster=auto -o ControlPersist=1s" };
  const ended = await new Running([join(bin, "ansible"), ...words], env).ended();
  const jids = [...ended.out.matchAll(/^(\S+) \| [^]*?"ansible_job_id": "([^"]+)"/gm)].map(([, host = "", jid = ""]) => [host, jid] as const);
  return { ...ended, jids: new Map(jids) };
}

export interface Listed {
  readonly host: string;
  readonly jid: string;
  readonly dir: string;
  readonly state: string;
  readonly because: readonly string[];
  readonly rc: number | null;
  readonly stdout_last: string | null;
  readonly owner: string | null;
  readonly processes: readonly { readonly pid: number; readonly role: string }[];
}

/** `jobs list` or `jobs show` in JSON. */
export async function jobs(fleet: Fleet, what: readonly string[]): Promise<readonly Listed[]> {
  const { code, out, err } = await longhaul(fleet, ["jobs", ...what, "-f", "json"]).ended();
  assert.ok(code === 0 || code === 1, err);
  return (JSON.parse(out) as { readonly jobs: readonly Listed[] }).jobs;
}

/** Waits until every job that is listed is in the state that was said. */
export async function listedAs(fleet: Fleet, inventory: string, state: string): Promise<readonly Listed[]> {
  return until(`all are ${state}`, async () => {
    const found = await jobs(fleet, ["list", "-i", inventory]);
    return found.length > 0 && found.every((job) => job.state === state) ? found : undefined;
  });
}

/** Waits until so many agents of waiting longhauls have come to where only news wakes them. */
export async function followed(fleet: Fleet, count: number, wait: Running): Promise<void> {
  const isFollowing = (pid: number): boolean => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === "anon_inode:inotify");
    } catch {
      return false;
    }
  };
  await until(`${count} agents follow their jobs`, () => {
    assert.equal(wait.child.exitCode, null, wait.out + wait.err);
    return fleet.agents().filter(isFollowing).length === count || undefined;
  });
}

/** After everything: no agent is left on the hosts, and no file. */
export async function nothingIsLeft(fleet: Fleet): Promise<void> {
  await until("no agent is left", () => fleet.agents().length === 0 || undefined);
  assert.deepEqual(fleet.files(), []);
}

/** The processes of a job; `program` is all that the module has started. */
export type Processes = Readonly<Record<"watcher" | "runner" | "module" | "program", readonly number[]>>;

/** In: a jid. Out: its processes, once all four kinds are there. Looks for itself and never asks longhaul. */
export function processesOf(jid: string): Promise<Processes> {
  const [prefix = ""] = jid.split(".");
  return until(`the processes of ${jid}`, () => {
    const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap(readProcess);
    const wrappers = all.filter(({ args }) => args.some((arg) => /async_wrapper/.test(arg)) && args.includes(prefix));
    const watcher = wrappers.filter(({ parent }) => parent === 1);
    const below = (pids: readonly number[]): readonly number[] => all.filter(({ parent }) => pids.includes(parent)).map(({ pid }) => pid);
    const runner = below(watcher.map(({ pid }) => pid));
    const module = below(runner);
    const program = [...below(module), ...below(below(module))];
    return [watcher, runner, module, program].every(({ length }) => length > 0) ? { watcher: watcher.map(({ pid }) => pid), runner, module, program } : undefined;
  });
}

function readProcess(name: string): readonly { readonly pid: number; readonly parent: number; readonly args: readonly string[] }[] {
  try {
    const parent = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, "latin1"))?.[1]);
    return [{ pid: Number(name), parent, args: readFileSync(`/proc/${name}/cmdline`, "latin1").split("\0") }];
  } catch {
    return [];
  }
}

/** A process that has ended meanwhile is left. */
export function send(signal: NodeJS.Signals, pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It is gone.
    }
  }
}
