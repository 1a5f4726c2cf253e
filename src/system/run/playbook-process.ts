// ansible-playbook as a child: its standard input is ours, its output passes through our hands byte by byte.

import { spawn } from "node:child_process";
import type { StartPlaybook } from "../../engine/ports.ts";
import { Problem } from "../../model/problem.ts";
import { codeOf, reasonOf } from "../reasons.ts";

/** Standard error goes where standard output goes, so that the order of lines stays as it is in one terminal. */
const JOINED = ["/bin/sh", "-c", 'exec "$@" 2>&1', "sh"];

export const startPlaybook: StartPlaybook = async ({ argv, env, isJoined, onOutput }) => {
  const [file = "", ...args] = isJoined ? [...JOINED, ...argv] : argv;
  // In our process group, so that it may read from the terminal and an interrupt reaches it as it would without us.
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ["inherit", "pipe", "pipe"] });
  child.stdout.on("data", (bytes: Uint8Array) => onOutput("out", bytes));
  child.stderr.on("data", (bytes: Uint8Array) => onOutput("err", bytes));
  const ended = new Promise<{ readonly code: number | null; readonly signal: string | null }>((resolve) => {
    // A program in the background that still holds the pipes must not keep us: what it prints later is lost with us.
    child.once("exit", (code, signal) => {
      const over = (): void => resolve({ code, signal });
      const drain = setTimeout(over, DRAIN_MS);
      child.once("close", () => {
        clearTimeout(drain);
        over();
      });
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve).once("error", (cause) => {
      const why = codeOf(cause) === "ENOENT" ? "is not in PATH" : `cannot be run (${reasonOf(cause)})`;
      reject(new Problem("no-ansible", `${argv[0] ?? ""} ${why}; install ansible-core, or put the directory of its programs into PATH`, { cause }));
    });
  });
  return { ended, signal: (name) => void child.kill(name) };
};

const DRAIN_MS = 1000;
