// Runs Ansible's own programs (ansible-inventory, ansible, ansible-config) for their answers.

import { spawn } from "node:child_process";
import { printable } from "../../model/printable.ts";
import { Problem } from "../../model/problem.ts";
import { codeOf, reasonOf } from "../reasons.ts";

const ERROR_KEPT = 64 * 1024;

/** Colour, log files and call-backs of the user's set-up would get between us and the answer. */
const QUIET = {
  ANSIBLE_NOCOLOR: "1",
  ANSIBLE_FORCE_COLOR: "0",
  ANSIBLE_LOG_PATH: "/dev/null",
  ANSIBLE_LOAD_CALLBACK_PLUGINS: "0",
  ANSIBLE_CALLBACK_RESULT_FORMAT: "json",
  ANSIBLE_CALLBACK_FORMAT_PRETTY: "1",
  ANSIBLE_VERBOSITY: "0",
  ANSIBLE_DEPRECATION_WARNINGS: "0",
  ANSIBLE_DEVEL_WARNING: "0",
};

export interface Answer {
  readonly code: number | null;
  readonly text: string;
  /** What it said on standard error. */
  readonly error: string;
}

/**
 * In: program and arguments, how long it may take, and what more is in its environment. Out: what it answered, whatever its code (null where
 * it was ended for taking too long). Throws Problem no-ansible where the program cannot be run.
 */
export async function ask(program: string, args: readonly string[], { timeoutMs, env = {} }: { readonly timeoutMs?: number; readonly env?: Readonly<Record<string, string>> } = {}): Promise<Answer> {
  const child = spawn(program, args, { env: { ...process.env, ...QUIET, ...env }, stdio: ["ignore", "pipe", "pipe"], ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) });
  const texts: Buffer[] = [];
  let error = "";
  child.stdout.on("data", (chunk: Buffer) => texts.push(chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    error = (error + chunk).slice(-ERROR_KEPT);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (cause) => {
      const why = codeOf(cause) === "ENOENT" ? "is not in PATH" : `cannot be run (${reasonOf(cause)})`;
      reject(new Problem("no-ansible", `${program} ${why}; install ansible-core, or put the directory of its programs into PATH`, { cause }));
    });
    child.once("close", resolve);
  });
  return { code, text: Buffer.concat(texts).toString("utf8"), error };
}

/** The sentence in which Ansible says what is wrong, about a host if one is named; else its last `ERROR` line or its last line. One safe line. */
export function complaintOf({ error, text }: Answer, host?: string): string {
  const about = host === undefined ? undefined : messageAbout(text, host);
  const lines = `${text}\n${error}`.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const said = about ?? lines.findLast((line) => /^(?:\[ERROR\]|ERROR!)/.test(line)) ?? lines.findLast((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? "no reason given";
  return printable(said.replace(/^(?:\[ERROR\]:?|ERROR!)\s*/, "")).slice(0, 500);
}

/** `h1 | FAILED! => {"msg": "…"}`, on one line or more. */
function messageAbout(text: string, host: string): string | undefined {
  const head = text.split("\n").findIndex((line) => line.startsWith(`${host} | FAILED! => {`));
  const message = head < 0 ? null : /"msg": ("(?:[^"\\]|\\.)*")/.exec(text.split("\n").slice(head).join("\n"));
  return message === null ? undefined : String(JSON.parse(message[1] ?? '""'));
}
