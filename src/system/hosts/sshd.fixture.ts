// A real sshd for tests: its own keys and port, one process, and as many hosts as wanted by addresses of 127.0.0.0/8.

import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

export interface Sshd {
  /** Holds all of its files: `inventory.yml`, `key`, `known_hosts`, `sshd.log`. */
  readonly directory: string;
  readonly port: number;
  /** Path of a YAML inventory with hosts `h1`, `h2`, …, on 127.0.1.1, 127.0.1.2, … */
  readonly inventory: string;
  readonly hosts: readonly string[];
  /** `ssh` arguments that reach it without any file of the user's. */
  readonly sshArgs: string;
  readonly stop: () => Promise<void>;
}

const SSHD = "/usr/sbin/sshd";
const READY_MS = 10_000;

/** Why there can be no sshd here; false where there can, as `skip` of a test wants it. */
export function sshdMissing(): string | false {
  if (process.platform !== "linux") return "only Linux has all of 127.0.0.0/8";
  return existsSync(SSHD) ? false : `${SSHD} is missing; install openssh-server`;
}

/** Starts it for the user who runs the tests. In: the number of hosts, up to 250 for each of two networks. */
export async function startSshd(count: number): Promise<Sshd> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-sshd-")));
  const at = (name: string): string => join(directory, name);
  const { username, uid } = userInfo();
  for (const name of ["key", "host_key"]) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "longhaul-test", "-f", at(name)]);
  const publicKey = execFileSync("ssh-keygen", ["-y", "-f", at("key")], { encoding: "utf8" });
  const hostKey = execFileSync("ssh-keygen", ["-y", "-f", at("host_key")], { encoding: "utf8" });
  writeFileSync(at("authorized_keys"), publicKey, { mode: 0o600 });
  writeFileSync(at("known_hosts"), `* ${hostKey}`);
  // Where it gives up its rights, as root; the package makes it at boot only.
  if (uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const port = await freePort();
  const configuration = {
    Port: port,
    // At most 16 addresses can be listed; the rule on users keeps others out.
    ListenAddress: "0.0.0.0",
    AllowUsers: `${username}@127.0.0.0/8`,
    HostKey: at("host_key"),
    AuthorizedKeysFile: at("authorized_keys"),
    PermitRootLogin: "prohibit-password",
    PasswordAuthentication: "no",
    KbdInteractiveAuthentication: "no",
    UsePAM: "no",
    StrictModes: "no",
    PidFile: "none",
    MaxStartups: 1000,
    MaxSessions: 100,
    LogLevel: "VERBOSE",
    Subsystem: "sftp internal-sftp",
  };
  writeFileSync(at("sshd_config"), Object.entries(configuration).map(([name, value]) => `${name} ${value}\n`).join(""));
  const server = spawn(SSHD, ["-D", "-f", at("sshd_config"), "-E", at("sshd.log")], { stdio: "ignore" });
  const stop = async (): Promise<void> => {
    await ended(server);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await answers(port, server);
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = Array.from({ length: count }, (_, n) => `h${n + 1}`);
  const sshArgs = `-F none -o UserKnownHostsFile=${at("known_hosts")} -o GlobalKnownHostsFile=none -o IdentitiesOnly=yes`;
  const inventory = at("inventory.yml");
  writeFileSync(inventory, inventoryText({ hosts, port, key: at("key"), sshArgs, username }));
  return { directory, port, inventory, hosts, sshArgs, stop };
}

function inventoryText({ hosts, port, key, sshArgs, username }: { hosts: readonly string[]; port: number; key: string; sshArgs: string; username: string }): string {
  const variables = [`ansible_port: ${port}`, `ansible_user: ${username}`, `ansible_ssh_private_key_file: ${key}`, `ansible_ssh_common_args: "${sshArgs}"`, "ansible_python_interpreter: /usr/bin/python3"];
  const lines = hosts.map((name, n) => `    ${name}: {ansible_host: 127.0.${1 + Math.floor(n / 250)}.${1 + (n % 250)}}\n`);
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

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, "exit");
  server.kill();
  await exit;
}
