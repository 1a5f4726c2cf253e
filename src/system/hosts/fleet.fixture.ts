// Hosts as they are in the world, for tests: several users, sudo with and without a password, small disks, connections that break.
// Needs root, as accounts are made and removed; whatever a test starts in it runs as these users or bears a mark, and is ended with it.

import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Sshd } from "./sshd.fixture.ts";
import { addressOf, sshdMissing, startSshd } from "./sshd.fixture.ts";

/** `deploy` may become anybody, `careful` too with a password; all three may log in. */
const ROLES = ["deploy", "careful", "svc"] as const;
export type Role = (typeof ROLES)[number];

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
}

export interface Fleet extends Sshd {
  readonly users: Readonly<Record<Role, Account>>;
  /** Of the user `careful`. */
  readonly password: string;
  /** Variables of the host with this number, from 1 on, for one of the users; root where none is named. */
  readonly hostVariables: (number: number, role?: Role) => Readonly<Record<string, unknown>>;
  /** Out: the path of an inventory with these hosts and their variables. */
  readonly writeInventory: (name: string, hosts: Readonly<Record<string, Readonly<Record<string, unknown>>>>) => string;
  /** A directory of a user's that holds so much and no more; undefined where nothing can be mounted, as in many containers. */
  readonly smallDisk: (role: Role, kilobytes: number) => string | undefined;
  /** Agents of longhaul that run on its hosts now. */
  readonly agents: () => readonly number[];
  /** Files that a command of ours could have left there: all that are new in temporary directories and homes, but those of jobs and of Ansible. */
  readonly files: () => readonly string[];
}

const PASSWORD = "correct horse";
const TRIES = 40;

/** Why there can be no fleet here; false where there can, as `skip` of a test wants it. */
export function fleetMissing(): string | false {
  if (process.getuid?.() !== 0) return "only root can make users";
  const missing = ["/usr/sbin/useradd", "/usr/bin/sudo", "/bin/mount"].find((path) => !existsSync(path));
  return missing === undefined ? sshdMissing() : `${missing} is missing; install passwd, sudo and mount`;
}

/** Starts it. In: how many hosts the inventory `inventory.yml` has, for root; others are made with `writeInventory`. */
export async function startFleet(count: number): Promise<Fleet> {
  const names = ROLES.map((role) => `lh-${role}-${process.pid}`);
  const sudoers = `/etc/sudoers.d/longhaul-test-${process.pid}`;
  const sshd = await startSshd(count, { users: ["root", ...names], isMarked: true, will: (directory) => clearing({ names, directory, sudoers }) });
  const { directory } = sshd;
  try {
    mkdirSync(join(directory, "home"));
    const [deploy, careful, svc] = await Promise.all(names.map((name) => addUser(name, join(directory, "home", name))));
    if (deploy === undefined || careful === undefined || svc === undefined) throw new Error("no users");
    execFileSync("chpasswd", { input: `${careful.name}:${PASSWORD}\n` });
    writeFileSync(sudoers, `${deploy.name} ALL=(ALL) NOPASSWD: ALL\n${careful.name} ALL=(ALL) ALL\n`, { mode: 0o440 });
    return { ...sshd, ...views(sshd, { deploy, careful, svc }) };
  } catch (error) {
    await sshd.stop();
    throw error;
  }
}

function views(sshd: Sshd, users: Fleet["users"]): Omit<Fleet, keyof Sshd> {
  const { directory, port, sshArgs } = sshd;
  const files = (): readonly string[] => filesOf([...Object.values(users).map(({ home }) => home), join(directory, "tmp"), "/tmp", "/var/tmp", "/dev/shm"], Object.values(users));
  // The number of a user may have been another's before.
  const earlier = new Set(files());
  return {
    users,
    password: PASSWORD,
    hostVariables: (number, role) => ({
      ansible_host: addressOf(number),
      ansible_port: port,
      ansible_user: role === undefined ? "root" : users[role].name,
      ansible_ssh_private_key_file: join(directory, "key"),
      ansible_ssh_common_args: sshArgs,
      ansible_python_interpreter: "/usr/bin/python3",
    }),
    writeInventory: (name, hosts) => {
      const path = join(directory, `${name}.yml`);
      writeFileSync(path, JSON.stringify({ all: { hosts } }));
      return path;
    },
    smallDisk: (role, kilobytes) => {
      const { uid } = users[role];
      const disk = join(directory, "disks", `${role}-${kilobytes}`);
      mkdirSync(disk, { recursive: true });
      const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k,uid=${uid},mode=700`, "longhaul-test", disk], { stdio: "ignore" });
      return status === 0 ? disk : undefined;
    },
    agents: () => agentsOf(directory, Object.values(users).map(({ uid }) => uid)),
    files: () => files().filter((path) => !earlier.has(path)),
  };
}

/** Another test may be adding one at the same moment: the password file is locked then. */
async function addUser(name: string, home: string): Promise<Account> {
  mkdirSync(home);
  for (let tries = 1; ; tries += 1) {
    try {
      // A star is no password and, unlike the default, no lock: sshd lets the user in by key.
      execFileSync("useradd", ["-M", "-d", home, "-s", "/bin/sh", "-p", "*", "-K", "MAIL_DIR=/nonexistent", name], { stdio: ["ignore", "ignore", "pipe"] });
      break;
    } catch (error) {
      if (tries === TRIES) throw error;
      await sleep(250);
    }
  }
  const [uid = 0, gid = 0] = ["-u", "-g"].map((option) => Number(execFileSync("id", [option, name], { encoding: "utf8" })));
  chownSync(home, uid, gid);
  return { name, uid, home };
}

/** Processes first, as nobody with one can be removed. Those of root that a test has left bear the mark. */
function clearing({ names, directory, sudoers }: { readonly names: readonly string[]; readonly directory: string; readonly sudoers: string }): string {
  return `
rm -f '${sudoers}'
end() { for each in "$@"; do each=\${each#/proc/}; kill -9 "\${each%/*}" 2>/dev/null; done; }
for again in 1 2 3; do
  for name in ${names.join(" ")}; do
    uid=$(id -u "$name" 2>/dev/null) && end $(grep -ls "^Uid:[[:space:]]*$uid[[:space:]]" /proc/[0-9]*/status)
  done
  end $(grep -lsaF 'LONGHAUL_FLEET=${directory}' /proc/[0-9]*/environ)
done
for disk in '${directory}'/disks/*; do [ -d "$disk" ] && umount -l "$disk"; done
for name in ${names.join(" ")}; do
  tries=0
  while id "$name" >/dev/null 2>&1 && [ "$tries" -lt ${TRIES} ]; do userdel -f "$name" >/dev/null 2>&1 || sleep 0.25; tries=$((tries + 1)); done
done`;
}

function agentsOf(directory: string, uids: readonly number[]): readonly number[] {
  const processes = new Map<number, { readonly parent: number; readonly isOurs: boolean; readonly isAgent: boolean }>();
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      const status = readFileSync(`/proc/${name}/status`, "latin1");
      const [parent, uid] = [/^PPid:\s*(\d+)/m, /^Uid:\s*(\d+)/m].map((pattern) => Number(pattern.exec(status)?.[1]));
      const isOurs = uids.includes(uid ?? -1) || readFileSync(`/proc/${name}/environ`, "latin1").includes(`LONGHAUL_FLEET=${directory}`);
      processes.set(Number(name), { parent: parent ?? 0, isOurs, isAgent: /^[^\0]*python[^]*longhaul-agent/.test(readFileSync(`/proc/${name}/cmdline`, "latin1")) && /^State:\s*[^ZX]/m.test(status) });
    } catch {
      // It has ended meanwhile.
    }
  }
  // sudo takes the mark away from what it starts, and bears it itself.
  const descends = (pid: number): boolean => {
    const found = processes.get(pid);
    return found !== undefined && (found.isOurs || (found.parent > 1 && descends(found.parent)));
  };
  return [...processes].filter(([pid, { isAgent }]) => isAgent && descends(pid)).map(([pid]) => pid);
}

function filesOf(directories: readonly string[], users: readonly Account[]): readonly string[] {
  const uids = users.map(({ uid }) => uid);
  return directories.flatMap((directory) => {
    const isHome = users.some(({ home }) => home === directory);
    return readdirSync(directory)
      .map((name) => join(directory, name))
      .filter((path) => {
        const found = statSync(path, { throwIfNoEntry: false });
        // Ansible's own may stay, as a killed module leaves some; in shared places only what belongs to these users is theirs.
        return found !== undefined && !/\/(?:\.ansible|\.ansible_async|ansible_.*_payload_.*|ansible-tmp-.*)$/.test(path) && (isHome || uids.includes(found.uid));
      });
  });
}
