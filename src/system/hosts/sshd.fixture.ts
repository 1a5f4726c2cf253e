// A real sshd for tests: its own keys and port, one process, and as many hosts as wanted by addresses of 127.0.0.0/8.

import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { lastWill } from "./last-will.fixture.ts";

export interface Sshd {
  /** Holds all of its files: `inventory.yml`, `key`, `known_hosts`, `sshd.log`. */
  readonly directory: string;
  readonly port: number;
  /** Path of a YAML inventory with hosts `h1`, `h2`, …, on 127.0.1.1, 127.0.1.2, … */
  readonly inventory: string;
  readonly hosts: readonly string[];
  /** `ssh` arguments that reach it without any file of the user's. */
  readonly sshArgs: string;
  /** Kills the server and every connection: no host answers any more. */
  readonly cut: () => Promise<void>;
  /** After a cut: the hosts answer again. */
  readonly restore: () => Promise<void>;
  /** Processes of the server's that serve the connections of now; stopped with SIGSTOP they are a network that swallows everything. */
  readonly connections: () => readonly number[];
  /** Ends it and removes all of its files; that happens too when the test dies. */
  readonly stop: () => Promise<void>;
}

export interface SshdOptions {
  /** Who may log in with the key; without it the user who runs the tests. */
  readonly users?: readonly string[];
  /** Every session has LONGHAUL_FLEET, the directory of the server, in its environment, and its temporary files in `tmp` below that. */
  readonly isMarked?: boolean;
  /** The server takes in what its sessions leave running, so that the CPU time of its children has all of that in it. */
  readonly isReaper?: boolean;
  /** In: the directory of the server. Out: a shell script for the end of the test, before the files are removed; see last-will. */
  readonly will?: (directory: string) => string;
}

const SSHD = "/usr/sbin/sshd";
const READY_MS = 60_000;
/** Becomes the program that is named after it, which keeps the attribute (prctl(2), PR_SET_CHILD_SUBREAPER). */
const REAPER = ["python3", "-c", "import ctypes, os, sys; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"];

/** Why there can be no sshd here; false where there can, as `skip` of a test wants it. */
export function sshdMissing(): string | false {
  if (process.platform !== "linux") return "only Linux has all of 127.0.0.0/8";
  return existsSync(SSHD) ? false : `${SSHD} is missing; install openssh-server`;
}

/** In: the number of hosts, up to 250 for each of two networks. */
export async function startSshd(count: number, { users = [userInfo().username], isMarked = false, isReaper = false, will = () => "" }: SshdOptions = {}): Promise<Sshd> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-sshd-")));
  const at = (name: string): string => join(directory, name);
  const clear = lastWill(`${killSshd(directory)}\n${will(directory)}\nrm -rf '${directory}'`);
  // Keys are read as the user who logs in.
  chmodSync(directory, 0o755);
  for (const name of ["key", "host_key"]) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "longhaul-test", "-f", at(name)]);
  const [publicKey, hostKey] = ["key", "host_key"].map((name) => execFileSync("ssh-keygen", ["-y", "-f", at(name)], { encoding: "utf8" }));
  writeFileSync(at("authorized_keys"), publicKey ?? "", { mode: 0o644 });
  writeFileSync(at("known_hosts"), `* ${hostKey}`);
  mkdirSync(at("tmp"));
  chmodSync(at("tmp"), 0o1777);
  // Where it gives up its rights, as root; the package makes it at boot only.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const port = await freePort();
  writeFileSync(at("sshd_config"), configurationText({ directory, port, users, isMarked }));
  let server: ChildProcess | undefined;
  const restore = async (): Promise<void> => {
    const [file, ...args] = [...(isReaper ? REAPER : []), SSHD, "-D", "-f", at("sshd_config"), "-E", at("sshd.log")];
    server = spawn(file ?? SSHD, args, { stdio: "ignore" });
    await answers(port, server);
  };
  const cut = async (): Promise<void> => {
    const connections = connectionsOf(server);
    await ended(server);
    for (const pid of connections) signal(pid, "SIGKILL");
  };
  const stop = async (): Promise<void> => {
    await cut();
    await clear();
  };
  try {
    await restore();
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = Array.from({ length: count }, (_, n) => `h${n + 1}`);
  const sshArgs = `-F none -o UserKnownHostsFile=${at("known_hosts")} -o GlobalKnownHostsFile=none -o IdentitiesOnly=yes`;
  const inventory = at("inventory.yml");
  writeFileSync(inventory, inventoryText({ hosts, port, key: at("key"), sshArgs, username: users[0] ?? "" }));
  return { directory, port, inventory, hosts, sshArgs, cut, restore, connections: () => connectionsOf(server), stop };
}

/** Address of the host with this number, from 1 on. */
export function addressOf(number: number): string {
  return `127.0.${1 + Math.floor((number - 1) / 250)}.${1 + ((number - 1) % 250)}`;
}

function configurationText({ directory, port, users, isMarked }: Required<Omit<SshdOptions, "will" | "isReaper">> & { readonly directory: string; readonly port: number }): string {
  const at = (name: string): string => join(directory, name);
  const configuration = {
    Port: port,
    // At most 16 addresses can be listed; the rule on users keeps others out.
    ListenAddress: "0.0.0.0",
    AllowUsers: users.map((user) => `${user}@127.0.0.0/8`).join(" "),
    HostKey: at("host_key"),
    AuthorizedKeysFile: at("authorized_keys"),
    PermitRootLogin: "prohibit-password",
    PasswordAuthentication: "no",
    KbdInteractiveAuthentication: "no",
    UsePAM: "no",
    StrictModes: "no",
    PidFile: at("sshd.pid"),
    MaxStartups: 1000,
    MaxSessions: 100,
    LogLevel: "VERBOSE",
    Subsystem: "sftp internal-sftp",
    ...(isMarked ? { SetEnv: `LONGHAUL_FLEET=${directory} TMPDIR=${at("tmp")}` } : {}),
  };
  return Object.entries(configuration).map(([name, value]) => `${name} ${value}\n`).join("");
}

/** The server, by the pid that it has written down, and the connections that it serves. Its number may be somebody else's by now. */
function killSshd(directory: string): string {
  return `
pid=$(cat '${directory}/sshd.pid' 2>/dev/null)
if [ -n "$pid" ] && grep -qsF '${directory}' "/proc/$pid/cmdline"; then
  for each in $(grep -ls "^PPid:[[:space:]]*$pid$" /proc/[0-9]*/status); do
    each=\${each#/proc/}
    kill -9 "\${each%/*}" 2>/dev/null
  done
  kill -9 "$pid"
fi`;
}

/** The processes that serve connections: children of the server, and theirs for users that are not root. */
function connectionsOf(server: ChildProcess | undefined): readonly number[] {
  if (server?.pid === undefined || server.exitCode !== null) return [];
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name) && readProc(`/proc/${name}/cmdline`).startsWith("sshd:")) parents.set(Number(name), Number(/^PPid:\s*(\d+)$/m.exec(readProc(`/proc/${name}/status`))?.[1]));
  }
  return [...parents].filter(([, parent]) => parent === server.pid || parents.get(parent) === server.pid).map(([pid]) => pid);
}

function readProc(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has gone by itself.
  }
}

function inventoryText({ hosts, port, key, sshArgs, username }: { hosts: readonly string[]; port: number; key: string; sshArgs: string; username: string }): string {
  const variables = [`ansible_port: ${port}`, `ansible_user: ${username}`, `ansible_ssh_private_key_file: ${key}`, `ansible_ssh_common_args: "${sshArgs}"`, "ansible_python_interpreter: /usr/bin/python3"];
  const lines = hosts.map((name, n) => `    ${name}: {ansible_host: ${addressOf(n + 1)}}\n`);
  return `all:\n  vars:\n${variables.map((each) => `    ${each}\n`).join("")}  hosts:\n${lines.join("")}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** Waits until it takes connections. */
async function answers(port: number, server: ChildProcess): Promise<void> {
  const until = performance.now() + READY_MS;
  while (performance.now() < until && server.exitCode === null) {
    const socket = connect(port, "127.0.0.1");
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("sshd does not start");
}

async function ended(server: ChildProcess | undefined): Promise<void> {
  if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, "exit");
  server.kill();
  await exit;
}
