// Runs programs for the proofs: bounded in time, in a process group of their own; finds and ends what a proof left running.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

export interface Ended {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** Why it could not be started. */
  readonly startError?: string;
}

export interface ProgramOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Takes standard output and standard error, so that their order is kept; dropped when absent. */
  readonly output?: number;
  readonly timeoutMs: number;
  /** Asked ten times a second; at its first true the program's process group gets a SIGINT, as from Ctrl-C on its terminal. */
  readonly interruptWhen?: () => boolean;
}

const INTERRUPT_LOOK_MS = 100;

/** The process groups of the programs that run now. */
const groups = new Set<number>();

/** Ends every program that runs now; those who wait for one see it end by a signal. */
export function endPrograms(): void {
  for (const pid of groups) killQuietly(-pid);
}

/** Runs a program to its end, or ends its whole process group at the timeout. */
export function runProgram(command: readonly [string, ...string[]], options: ProgramOptions): Promise<Ended> {
  const [file, ...args] = command;
  const sink = options.output ?? "ignore";
  const child = spawn(file, args, { cwd: options.cwd, env: options.env, detached: true, stdio: ["ignore", sink, sink] });
  const watch = options.interruptWhen === undefined ? undefined : interruptOnce(child, options.interruptWhen);
  return new Promise((resolve) => {
    const ended = bound(child, options.timeoutMs);
    child.on("error", (error) => {
      clearInterval(watch);
      resolve({ exitCode: undefined, timedOut: ended(), startError: error.message });
    });
    child.on("exit", (code) => {
      clearInterval(watch);
      resolve({ exitCode: code ?? undefined, timedOut: ended() });
    });
  });
}

function interruptOnce({ pid }: ChildProcess, when: () => boolean): NodeJS.Timeout {
  const watch = setInterval(() => {
    if (pid === undefined || !when()) return;
    clearInterval(watch);
    signalQuietly(-pid, "SIGINT");
  }, INTERRUPT_LOOK_MS);
  return watch;
}

/** Ends the child's process group at the timeout. Call what it gives when the child has ended: it says whether that was why. */
function bound(child: ChildProcess, timeoutMs: number): () => boolean {
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    if (pid !== undefined) killQuietly(-pid);
  }, timeoutMs);
  return () => {
    clearTimeout(timer);
    if (pid !== undefined) groups.delete(pid);
    return timedOut;
  };
}

function killQuietly(pid: number): void {
  signalQuietly(pid, "SIGKILL");
}

function signalQuietly(pid: number, signal: "SIGKILL" | "SIGINT"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

/** What a program printed and how it ended, for short questions such as `--version`. */
export function askProgram(command: readonly [string, ...string[]], timeoutMs: number): Promise<Ended & { readonly text: string }> {
  const [file, ...args] = command;
  return new Promise((resolve) => {
    let text = "";
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
    const ended = bound(child, timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => { text += chunk.toString(); });
    child.stderr.on("data", (chunk: Buffer) => { text += chunk.toString(); });
    child.on("error", (error) => { resolve({ exitCode: undefined, timedOut: ended(), startError: error.message, text }); });
    child.on("close", (code) => { resolve({ exitCode: code ?? undefined, timedOut: ended(), text }); });
  });
}

export interface Running {
  readonly pid: number;
  readonly command: string;
}

/** The programs whose environment holds `mark` (NAME=value): it reaches every child, whatever session it is in. Zombies are left out. */
export function programsMarked(mark: string): readonly Running[] {
  const found: Running[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${name}/environ`, "utf8").split("\0").includes(mark)) continue;
      const argv = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").slice(0, -1);
      if (argv.length > 0) found.push({ pid, command: argv.join(" ") });
    } catch {
      // Gone in the meantime, or not ours to read.
    }
  }
  return found;
}

/** Ends every program marked with `mark`; several rounds, because a program may fork while we look. */
export async function sweep(mark: string): Promise<readonly Running[]> {
  for (let round = 0; round < 20; round += 1) {
    const left = programsMarked(mark);
    if (left.length === 0) return [];
    for (const { pid } of left) killQuietly(pid);
    await pause(50);
  }
  return programsMarked(mark);
}
