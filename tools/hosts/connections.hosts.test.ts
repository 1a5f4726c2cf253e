// Connections that break while longhaul waits, agents that are killed, hosts that never come back, and two longhauls at once.

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Fleet } from "../../src/system/hosts/fleet.fixture.ts";
import { fleetMissing, startFleet } from "../../src/system/hosts/fleet.fixture.ts";
import type { Running } from "./jobs.fixture.ts";
import { followed, jobs, launch, longhaul, nothingIsLeft, send, until } from "./jobs.fixture.ts";

const MISSING = fleetMissing();
/** So that a frozen connection is noticed within seconds. */
const KEEP_ALIVE = "-o ServerAliveInterval=1 -o ServerAliveCountMax=3";

let fleet: Fleet;
before(async () => {
  if (MISSING === false) fleet = await startFleet(0);
});
after(async () => {
  if (MISSING === false) await fleet.stop();
});

interface Waiting {
  readonly inventory: string;
  readonly jids: ReadonlyMap<string, string>;
  /** Ends all the jobs. */
  readonly go: () => void;
  readonly wait: Running;
}

/** Two hosts with a job each, and a wait for them that has begun. In: a name for it, and more options of the wait. */
async function waiting(name: string, ...more: readonly string[]): Promise<Waiting> {
  const variables = (number: number): Readonly<Record<string, unknown>> => {
    const host = fleet.hostVariables(number, "svc");
    return { ...host, ansible_ssh_common_args: `${String(host["ansible_ssh_common_args"])} ${KEEP_ALIVE}`, ansible_async_dir: `~/.ansible_async/${name}-${number}` };
  };
  const inventory = fleet.writeInventory(name, { one: variables(1), two: variables(2) });
  const file = join(fleet.directory, `go-${name}`);
  const { jids, out } = await launch(fleet, { inventory, command: `until test -e ${file}; do sleep 0.2; done; echo all done` });
  assert.equal(jids.size, 2, out);
  const wait = longhaul(fleet, ["jobs", "wait", "-i", inventory, ...jids.values(), ...more]);
  await followed(fleet, 2, wait);
  return { inventory, jids, go: () => writeFileSync(file, ""), wait };
}

/** Both have ended well, and each was told once. */
async function bothEnd({ jids, wait }: Waiting): Promise<void> {
  const { code, out, err } = await wait.ended();
  assert.deepEqual(out.trim().split("\n").toSorted(), [...jids].map(([host, jid]) => `${host}  ${jid}  finished rc 0  all done`).toSorted(), err);
  assert.equal(code, 0, err);
  await nothingIsLeft(fleet);
}

test("connections that are cut, and come back, end no wait; the jobs' ends are told when they come", { skip: MISSING }, async () => {
  const under = await waiting("cut");
  await fleet.cut();
  await under.wait.says(/one: the connection was lost[^]*two: the connection was lost|two: the connection was lost[^]*one: the connection was lost/);
  await fleet.restore();
  await under.wait.says(/one: connected again[^]*two: connected again|two: connected again[^]*one: connected again/);
  under.go();
  await bothEnd(under);
});

test("a job that ends while its host cannot be reached is told when the host is back", { skip: MISSING }, async () => {
  const under = await waiting("meanwhile");
  await fleet.cut();
  under.go();
  await under.wait.says(/one: the connection was lost/);
  await fleet.restore();
  await bothEnd(under);
});

test("an agent that is killed is started again", { skip: MISSING }, async () => {
  const under = await waiting("agent");
  send("SIGKILL", fleet.agents());
  await under.wait.says(/one: connected again[^]*two: connected again|two: connected again[^]*one: connected again/);
  under.go();
  await bothEnd(under);
});

test("a network that swallows everything is noticed, and no agent stays behind it", { skip: MISSING }, async () => {
  const under = await waiting("frozen");
  const frozen = fleet.connections();
  send("SIGSTOP", frozen);
  await under.wait.says(/one: connected again[^]*two: connected again|two: connected again[^]*one: connected again/);
  send("SIGCONT", frozen);
  under.go();
  await bothEnd(under);
});

test("a host that never comes back is given up, with its name and what to do, and the other's job is still told", { skip: MISSING }, async () => {
  const file = join(fleet.directory, "go-gone");
  const here = { ansible_connection: "local", ansible_python_interpreter: "/usr/bin/python3", ansible_async_dir: join(fleet.directory, "async-here") };
  const inventory = fleet.writeInventory("gone", { away: { ...fleet.hostVariables(1, "svc"), ansible_async_dir: "~/.ansible_async/gone" }, here });
  const { jids } = await launch(fleet, { inventory, command: `until test -e ${file}; do sleep 0.2; done; echo all done` });
  const wait = longhaul(fleet, ["jobs", "wait", "-i", inventory, ...jids.values(), "--reconnect", "5s"]);
  await followed(fleet, 2, wait);
  await fleet.cut();
  await wait.says(/away: .*given up/);
  writeFileSync(file, "");
  const ended = await wait.ended();
  assert.equal(ended.out, `here  ${jids.get("here")}  finished rc 0  all done\n`, ended.err);
  assert.match(ended.err, /its jobs may still run: look with longhaul jobs list -l away/);
  assert.equal(ended.code, 1);
  const list = await longhaul(fleet, ["jobs", "list", "-i", inventory]).ended();
  assert.match(list.out, /^here +finished /m);
  assert.match(list.err, /^longhaul: away: .*refused/m);
  assert.equal(list.code, 1);
  await fleet.restore();
  await until("the job of the host that was away has its result", async () => (await jobs(fleet, ["list", "-i", inventory, "-l", "away"])).some(({ state }) => state === "finished") || undefined);
  await nothingIsLeft(fleet);
});

test("two longhauls at once tell the same, and neither hinders the other", { skip: MISSING }, async () => {
  const under = await waiting("both");
  const other = longhaul(fleet, ["jobs", "wait", "-i", under.inventory]);
  await followed(fleet, 4, other);
  const listed = await jobs(fleet, ["list", "-i", under.inventory]);
  assert.deepEqual(listed.map(({ host, state }) => [host, state]), [["one", "running"], ["two", "running"]]);
  // One of them is interrupted; the other goes on.
  other.child.kill("SIGINT");
  const { out, err } = await other.ended();
  assert.equal(out, "");
  assert.match(err, /no longer waiting, 2 jobs have not ended; nothing was stopped on the hosts/);
  await until("its agents have gone", () => fleet.agents().length === 2 || undefined);
  const third = longhaul(fleet, ["jobs", "wait", "-i", under.inventory, ...under.jids.values()]);
  await followed(fleet, 4, third);
  under.go();
  const ends = await third.ended();
  assert.equal(ends.code, 0, ends.err);
  await bothEnd(under);
  assert.deepEqual(ends.out.split("\n").toSorted(), under.wait.out.split("\n").toSorted());
  assert.ok(existsSync(join(fleet.users.svc.home, ".ansible_async/both-1")), "nobody has tidied up");
});
