// Containers by docker, podman and kubectl: stand-ins for these commands enter a container that the system's own tools have made, with mounts
// and processes of its own, and the agent works through them.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import type { Fleet } from "../../src/system/hosts/fleet.fixture.ts";
import { fleetMissing, startFleet } from "../../src/system/hosts/fleet.fixture.ts";
import { ansibleBin } from "../ansible.ts";
import { Running, followed, jobs, longhaul, nothingIsLeft, until } from "./jobs.fixture.ts";

/** How each is told of in an inventory, and the words before the program that it has to be called with. */
const KINDS = [
  { name: "docker", variables: { ansible_connection: "community.docker.docker", ansible_host: "box", ansible_user: "root" }, words: "exec -u root -i box" },
  { name: "podman", variables: { ansible_connection: "containers.podman.podman", ansible_host: "box" }, words: "exec -i box" },
  { name: "kubectl", variables: { ansible_connection: "kubernetes.core.kubectl", ansible_kubectl_pod: "shop", ansible_kubectl_namespace: "prod", ansible_kubectl_container: "box" }, words: "-n prod exec -i shop -c box --" },
] as const;

function containerMissing(): string | false {
  const missing = fleetMissing();
  if (missing !== false) return missing;
  const made = spawnSync("unshare", ["-m", "-p", "-f", "--mount-proc", "sh", "-c", "mount -t tmpfs none /mnt"], { stdio: "ignore" });
  return made.status === 0 && spawnSync("nsenter", ["--version"], { stdio: "ignore" }).status === 0 ? false : "no container can be made here: unshare and nsenter need CAP_SYS_ADMIN";
}

const MISSING = containerMissing();
const path = process.env["PATH"];
let fleet: Fleet;
let container: ChildProcess | undefined;
let inside = "";
let inventory = "";

before(async () => {
  if (MISSING !== false) return;
  fleet = await startFleet(0);
  inside = join(fleet.directory, "inside");
  mkdirSync(inside);
  container = spawn("unshare", ["-m", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-c", `mount -t tmpfs none ${inside} && touch ${inside}/up && exec sleep 100000`], { stdio: "ignore", env: { ...process.env, LONGHAUL_FLEET: fleet.directory } });
  const init = await until("the container is up", () => spawnSync("ps", ["-o", "pid=", "--ppid", String(container?.pid)], { encoding: "utf8" }).stdout.trim() || undefined);
  const programs = join(fleet.directory, "programs");
  mkdirSync(programs);
  writeFileSync(join(programs, "enter"), `#!/bin/sh\nexec nsenter -t ${init} -m -p -- "$@"\n`, { mode: 0o755 });
  await until("its disk is there", () => spawnSync(join(programs, "enter"), ["test", "-e", join(inside, "up")]).status === 0 || undefined);
  for (const { name } of KINDS) {
    const script = `#!/bin/sh\nwords=\nwhile [ "$1" != /bin/sh ]; do words="$words $1"; shift; done\nprintf '%s\\n' "\${words# }" >> ${programs}/${name}.calls\nexec ${programs}/enter "$@"\n`;
    writeFileSync(join(programs, name), script, { mode: 0o755 });
  }
  process.env["PATH"] = [programs, path].join(delimiter);
  inventory = fleet.writeInventory("containers", Object.fromEntries(KINDS.map(({ name, variables }) => [name, { ...variables, ansible_python_interpreter: "/usr/bin/python3", ansible_async_dir: join(inside, name) }])));
});
after(async () => {
  if (MISSING !== false) return;
  process.env["PATH"] = path;
  if (container?.exitCode === null) {
    container.kill("SIGKILL");
    await until("the container has gone", () => container?.signalCode ?? undefined);
  }
  await fleet.stop();
});

/** Starts a job in the container for each of the three, by an Ansible that is in there too: its plug-ins for containers are no part of ansible-core. */
async function launch(command: string): Promise<ReadonlyMap<string, string>> {
  const jids = new Map<string, string>();
  for (const { name } of KINDS) {
    const args = [join(ansibleBin(), "ansible"), "localhost", "-i", "localhost,", "-c", "local", "-m", "shell", "-a", command, "-B", "600", "-P", "0"];
    const vars = JSON.stringify({ ansible_async_dir: join(inside, name), ansible_python_interpreter: "/usr/bin/python3" });
    const { out, err } = await new Running([join(fleet.directory, "programs/enter"), ...args, "-e", vars], { ...process.env, HOME: inside, LC_ALL: "C.UTF-8" }).ended();
    jids.set(name, /"ansible_job_id": "([^"]+)"/.exec(out)?.[1] ?? assert.fail(out + err));
  }
  return jids;
}

function isInside(file: string): boolean {
  return spawnSync(join(fleet.directory, "programs/enter"), ["test", "-e", file]).status === 0;
}

test("jobs in containers are listed, followed to their end and shown, through each of the three commands", { skip: MISSING }, async () => {
  const go = join(inside, "go");
  const jids = await launch(`until test -e ${go}; do sleep 0.2; done; echo all done`);
  for (const [name, jid] of jids) assert.ok(isInside(join(inside, name, jid)) && !existsSync(join(inside, name, jid)), "its files are in the container only");
  const listed = await jobs(fleet, ["list", "-i", inventory]);
  assert.deepEqual(listed.map(({ host, jid, state }) => `${host} ${jid} ${state}`).toSorted(), [...jids].map(([host, jid]) => `${host} ${jid} running`).toSorted());
  assert.ok(listed.every(({ processes }) => processes.some(({ role }) => role === "runner")), JSON.stringify(listed));
  const wait = longhaul(fleet, ["jobs", "wait", "-i", inventory, ...jids.values()]);
  await followed(fleet, 3, wait);
  const tail = longhaul(fleet, ["jobs", "tail", "-f", "-i", inventory, ...jids.values()]);
  await tail.says(/has no log of its own/);
  execFileSync(join(fleet.directory, "programs/enter"), ["touch", go]);
  const ended = await wait.ended();
  assert.deepEqual(ended.out.trim().split("\n").toSorted(), [...jids].map(([host, jid]) => `${host}  ${jid}  finished rc 0  all done`).toSorted(), ended.err);
  assert.equal(ended.code, 0, ended.err);
  const tailed = await tail.ended();
  assert.deepEqual(tailed.out.trim().split("\n").toSorted(), [...jids].map(([host, jid]) => `${host}/${jid}  all done`).toSorted(), tailed.err);
  for (const { name, words } of KINDS) {
    const calls = new Set(readFileSync(join(fleet.directory, "programs", `${name}.calls`), "utf8").trim().split("\n"));
    assert.deepEqual([...calls], [words], name);
  }
  await nothingIsLeft(fleet);
});

test("jobs in containers are ended with all their processes, and nobody outside is", { skip: MISSING }, async () => {
  const jids = await launch("sleep 4711; echo never");
  const kill = await longhaul(fleet, ["jobs", "kill", "-i", inventory, "--yes", "--grace", "30s", ...jids.values()]).ended();
  assert.equal(kill.code, 0, kill.err);
  for (const [name, jid] of jids) assert.match(kill.out, new RegExp(`^${name}  ${jid}  [3-9] processes ended$`, "m"));
  const after = await jobs(fleet, ["list", "-i", inventory, "--state", "lost"]);
  assert.deepEqual(after.map(({ host, jid }) => `${host} ${jid}`).toSorted(), [...jids].map(([host, jid]) => `${host} ${jid}`).toSorted());
  assert.equal(container?.exitCode, null);
  await nothingIsLeft(fleet);
});
