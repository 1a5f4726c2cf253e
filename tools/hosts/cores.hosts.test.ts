// Jobs of several ansible-cores on several Pythons, and of users who are become: listed, shown, waited for and verified.

import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { prepareCores } from "../../proofs/cores.ts";
import { allSeries } from "../../proofs/series.ts";
import type { Fleet } from "../../src/system/hosts/fleet.fixture.ts";
import { fleetMissing, startFleet } from "../../src/system/hosts/fleet.fixture.ts";
import { jobs, launch, longhaul, nothingIsLeft } from "./jobs.fixture.ts";

const MISSING = fleetMissing();
const CACHE = join(import.meta.dirname, "../../.cache/ansible");
/** Each series with the oldest Python, and a new one, that its modules take on a target. */
const PAIRS: readonly (readonly [series: string, target: string])[] = [
  ["2.14", "2.7"],
  ["2.16", "3.6"],
  ["2.17", "3.7"],
  ["2.18", "3.8"],
  ["2.19", "3.11"],
  ["2.21", "3.13"],
];

let fleet: Fleet;
before(async () => {
  if (MISSING === false) fleet = await startFleet(0);
});
after(async () => {
  if (MISSING === false) await fleet.stop();
});

/** The path of a Python of that version, installed by the system or by pyenv; undefined where there is none. */
function python(version: string): string | undefined {
  const versions = join(homedir(), ".pyenv/versions");
  const folders = existsSync(versions) ? readdirSync(versions).filter((name) => name.startsWith(`${version}.`)) : [];
  return [`/usr/bin/python${version}`, ...folders.map((name) => join(versions, name, "bin/python"))].find((path) => existsSync(path));
}

for (const [series, target] of PAIRS) {
  test(`ansible-core ${series} on Python ${target}`, { skip: MISSING }, (context) => seriesOnPython(series, target, (why) => context.skip(why)));
}

async function seriesOnPython(series: string, target: string, leave: (why: string) => void): Promise<void> {
  const interpreter = python(target);
  if (interpreter === undefined) return leave(`no Python ${target} here`);
  const [core] = await prepareCores(allSeries.filter(({ name }) => name === series), CACHE);
  if (core === undefined || "reason" in core) return leave(`no ansible-core ${series} here: ${core?.reason}`);
  // As root, since only root may read the Pythons in its home.
  const host = (name: string): Readonly<Record<string, unknown>> => ({ ...fleet.hostVariables(1), ansible_python_interpreter: interpreter, ansible_async_dir: join(fleet.directory, `async-${series}`, name), command: name });
  const inventory = fleet.writeInventory(series, { good: host("good"), bad: host("bad") });
  const { jids, out } = await launch(fleet, { inventory, bin: core.bin, command: "echo this is {{ command }}; sleep 3; test {{ command }} = good" });
  assert.equal(jids.size, 2, out);
  const wait = await longhaul(fleet, ["jobs", "wait", "-i", inventory, ...jids.values()]).ended();
  assert.equal(wait.code, 1, wait.err);
  assert.deepEqual(wait.out.trim().split("\n").toSorted(), [`bad  ${jids.get("bad")}  failed rc 1  this is bad`, `good  ${jids.get("good")}  finished rc 0  this is good`]);
  const shown = await jobs(fleet, ["show", "-i", inventory, ...jids.values()]);
  assert.deepEqual(shown.map(({ host: name, state, rc, stdout_last }) => [name, state, rc, stdout_last]), [["bad", "failed", 1, "this is bad"], ["good", "finished", 0, "this is good"]]);
  await nothingIsLeft(fleet);
}

test("a job belongs to the user who is become, by sudo with a password or without", { skip: MISSING }, async () => {
  const become = { ansible_become: true, ansible_become_user: fleet.users.svc.name };
  const inventory = fleet.writeInventory("become", {
    free: { ...fleet.hostVariables(1, "deploy"), ...become, ansible_async_dir: "~/.ansible_async/free" },
    asked: { ...fleet.hostVariables(2, "careful"), ...become, ansible_become_password: fleet.password, ansible_async_dir: "~/.ansible_async/asked" },
  });
  const { jids, out } = await launch(fleet, { inventory, command: "id -un" });
  assert.equal(jids.size, 2, out);
  const wait = await longhaul(fleet, ["jobs", "wait", "-i", inventory, ...jids.values()]).ended();
  assert.equal(wait.code, 0, wait.err);
  const found = await jobs(fleet, ["list", "-i", inventory]);
  assert.deepEqual(found.map(({ host, owner, stdout_last, dir }) => [host, owner, stdout_last, dir]), ["asked", "free"].map((host) => [host, fleet.users.svc.name, fleet.users.svc.name, join(fleet.users.svc.home, ".ansible_async", host)]));

  const others = fleet.writeInventory("others", { plain: fleet.hostVariables(3, "deploy") });
  assert.deepEqual(await jobs(fleet, ["list", "-i", others]), [], "not the login user's");
  const asRoot = await jobs(fleet, ["list", "-i", others, "-b", "--all-users"]);
  assert.deepEqual(asRoot.filter(({ owner }) => owner === fleet.users.svc.name), [], "directories of their own are not guessed");
  await nothingIsLeft(fleet);
});

test("verify starts its small job with the password too", { skip: MISSING }, async () => {
  const inventory = fleet.writeInventory("verified", { asked: { ...fleet.hostVariables(2, "careful"), ansible_become: true } });
  const file = join(fleet.directory, "become-password");
  writeFileSync(file, `${fleet.password}\n`, { mode: 0o600 });
  const well = await longhaul(fleet, ["verify", "-i", inventory, "--become-password-file", file, "-f", "json"]).ended();
  assert.match(well.out, /"job": \{\s*"kind": "well"/, well.out + well.err);
  const none = await longhaul(fleet, ["verify", "-i", inventory]).ended();
  assert.match(none.out + none.err, /password/);
  assert.equal(none.code, 1);
  await nothingIsLeft(fleet);
});
