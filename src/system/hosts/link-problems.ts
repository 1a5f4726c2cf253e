// Why a host could not be reached, or was lost, in words: what its programs said, and what to do next. Pure.

import { printable } from "../../model/printable.ts";
import { Problem } from "../../model/problem.ts";
import type { HostConnection } from "./connection.ts";

/** How a session ended. */
export interface Ending {
  readonly connection: HostConnection;
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  /** The last part of standard error. */
  readonly error: string;
}

interface Cause {
  readonly pattern: RegExp;
  /** In: the line that matched, made safe, and the ending. */
  readonly says: (line: string, ending: Ending) => string;
}

/** Words of OpenSSH 7 to 10, sudo 1.8 to 1.9, su, doas and the container programs. The first that matches counts. */
const CAUSES: readonly Cause[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    says: () => "its host key has changed: the host was set up anew, or another one answers; when that is explained, remove the old key with ssh-keygen -R",
  },
  {
    pattern: /Host key verification failed|No \S+ host key is known/,
    says: () => "its host key is not known here; connect to it once with ssh, or add its key to ~/.ssh/known_hosts",
  },
  { pattern: /Permission denied \([^)]*\)|Too many authentication failures/, says: (line) => `the login was refused (${line}); check user (-u), key (--private-key), ssh-agent or password (-k)` },
  {
    pattern: /a password is required|password is required|terminal is required to read the password|no tty present and no askpass|Authorization required|Authentication required/,
    says: (_, { connection }) => `becoming ${printable(connection.becomeUser ?? "")} needs a password; give it with --ask-become-pass (-K)`,
  },
  { pattern: /you must have a tty to run sudo/, says: () => "sudo wants a terminal; take requiretty out of sudoers for this user" },
  { pattern: /incorrect password attempts?|Sorry, try again|Authentication failure/, says: (_, { connection }) => `the password to become ${printable(connection.becomeUser ?? "")} was refused; give it with --ask-become-pass (-K)` },
  { pattern: /not in the sudoers file|not allowed to (?:execute|run)|Operation not permitted|unknown user|user .{1,64} does not exist/i, says: (line, { connection }) => `the login user may not become ${printable(connection.becomeUser ?? "")} (${line}); check become, become_user and sudoers` },
];

/** Lines of ssh that are no reason. */
const NO_REASON = /^(?:Warning: Permanently added|\*\* |Shared connection to|Connection to \S+ closed\.?$|Pseudo-terminal will not)/;

/** The session ended before the agent was ready. */
export function neverReady(ending: Ending): Problem {
  const { connection, code, error } = ending;
  const lines = linesOf(error);
  for (const { pattern, says } of CAUSES) {
    const line = lines.findLast((each) => pattern.test(each));
    if (line !== undefined) return unreachable(connection, says(line, ending));
  }
  const last = lines.findLast((line) => !NO_REASON.test(line)) ?? "";
  if (code === 127 || code === 126) return noPython(connection, last);
  const why = last === "" ? `${connection.command[0]} ended ${code === null ? "by a signal" : `with code ${code}`} and gave no reason` : last;
  return unreachable(connection, `${why}; try it by hand, or with \`ansible ${printable(connection.host)} -m ping\``);
}

/** No Python was found, or the named one does not run. In: what the shell said, or "". */
export function noPython(connection: HostConnection, said = ""): Problem {
  return unreachable(connection, `no Python to run there${said === "" ? "" : ` (${said})`}; install python3 on it, or set ansible_python_interpreter`);
}

/** The program that reaches hosts does not start. */
export function notStarted(connection: HostConnection, why: string): Problem {
  return unreachable(connection, `${printable(connection.command[0])} cannot be run (${why}); install it, or put it into PATH`);
}

export function tooSlow(connection: HostConnection, seconds: number): Problem {
  return unreachable(connection, `no answer within ${seconds} s; raise the time with -T, or see what \`ansible ${printable(connection.host)} -m ping\` says`);
}

/** The session ended while it was used. */
export function lostLink({ connection, code, error }: Ending): Problem {
  const last = linesOf(error).findLast((line) => !NO_REASON.test(line));
  return unreachable(connection, `the connection was lost (${last ?? (code === null ? "its program was ended by a signal" : `code ${code}`)})`);
}

export function unreachable(connection: HostConnection, what: string): Problem {
  return new Problem("unreachable", `${printable(connection.host)}: ${what}`);
}

/** Lines without terminal sequences, made safe to print and short. */
function linesOf(error: string): readonly string[] {
  return error
    .replace(/\u001b\[[\d;?]*[A-Za-z]/g, "")
    .split(/[\r\n]+/)
    .map((line) => printable(line.trim()).slice(0, 300))
    .filter((line) => line !== "");
}
