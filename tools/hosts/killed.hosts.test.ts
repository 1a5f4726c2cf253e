// Jobs of which some processes were killed, in every combination: each comes to the state that its file and what is left of it amount to.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Fleet } from "../../src/system/hosts/fleet.fixture.ts";
import { fleetMissing, startFleet } from "../../src/system/hosts/fleet.fixture.ts";
import type { Processes } from "./jobs.fixture.ts";
import { jobs, launch, listedAs, longhaul, nothingIsLeft, processesOf, send } from "./jobs.fixture.ts";

const MISSING = fleetMissing();
const ROLES = ["watcher", "runner", "module", "program"] as const;
type Role = (typeof ROLES)[number];
const COMBINATIONS = Array.from({ length: 2 ** ROLES.length }, (_, bits) => ROLES.filter((__, n) => (bits & (1 << n)) !== 0));
const nameOf = (victims: readonly Role[]): string => (victims.length === 0 ? "nobody" : victims.join("-"));

let fleet: Fleet;
before(async () => {
  if (MISSING === false) fleet = await startFleet(0);
});
after(async () => {
  if (MISSING === false) await fleet.stop();
});

/** Who writes a result, if anybody still does. */
function stateAfter(victims: readonly Role[]): string {
  if (victims.includes("runner")) return "lost";
  if (victims.includes("module")) return "failed";
  return victims.includes("program") ? "killed" : "running";
}

/** In this order nobody sees the end of another before its own. (Stopping them first would not do: the kernel hangs up on stopped groups that lose their parent.) */
function kill(processes: Processes, victims: readonly Role[]): void {
  for (const role of ["runner", "module", "program", "watcher"] as const) if (victims.includes(role)) send("SIGKILL", processes[role]);
}

test("whoever of watcher, runner, module and program is killed, the job is told as what it is, and what is left of it too", { skip: MISSING }, async () => {
  const hosts = COMBINATIONS.map((victims, n) => [nameOf(victims), { ...fleet.hostVariables(n + 1, "svc"), ansible_async_dir: `~/.ansible_async/${nameOf(victims)}` }] as const);
  const inventory = fleet.writeInventory("killed", Object.fromEntries(hosts));
  const { jids, out } = await launch(fleet, { inventory, command: "sleep 600; echo never" });
  assert.equal(jids.size, COMBINATIONS.length, out);
  const running = await listedAs(fleet, inventory, "running");
  assert.deepEqual(new Map(running.map(({ host, jid }) => [host, jid])), jids);

  const processes = new Map<string, Processes>();
  for (const [host, jid] of jids) processes.set(host, await processesOf(jid));
  for (const victims of COMBINATIONS) kill(processes.get(nameOf(victims)) ?? assert.fail(), victims);
  const ends = COMBINATIONS.filter((victims) => stateAfter(victims) !== "running");
  const wait = await longhaul(fleet, ["jobs", "wait", "-i", inventory, ...ends.map((victims) => jids.get(nameOf(victims)) ?? "")]).ended();
  assert.equal(wait.code, 1, wait.err);
  const told = wait.out.trim().split("\n").map((line) => line.split(/ {2}/)).map(([host, jid, state]) => `${host} ${jid} ${state?.split(" ")[0]}`);
  assert.deepEqual(told.toSorted(), ends.map((victims) => `${nameOf(victims)} ${jids.get(nameOf(victims))} ${stateAfter(victims)}`).toSorted(), wait.out);

  const listed = new Map((await jobs(fleet, ["list", "-i", inventory])).map((job) => [job.host, job]));
  const shown = new Map((await jobs(fleet, ["show", "-i", inventory, ...jids.values()])).map((job) => [job.host, job]));
  for (const victims of COMBINATIONS) {
    const name = nameOf(victims);
    const job = listed.get(name);
    assert.equal(job?.state, stateAfter(victims), `${name}: ${JSON.stringify(job)}`);
    const because = job.because.join("\n");
    if (victims.includes("watcher") && job.state === "running") assert.match(because, /no time limit holds/, name);
    assert.equal(shown.get(name)?.state, job.state, name);
    // After the end of a job nothing ties a program to it any more; then it is said that something may be left.
    if (job.state === "failed") assert.match(because, /may still run/, name);
    const living = victims.includes("program") || job.state === "failed" ? [] : (processes.get(name)?.program ?? []);
    const seen = (shown.get(name)?.processes ?? []).filter(({ role }) => role === "program" || role === "module").map(({ pid }) => pid);
    assert.deepEqual(living.filter((pid) => !seen.includes(pid)), [], `${name}: a program that was left is not shown: ${JSON.stringify(shown.get(name))}`);
  }
  await nothingIsLeft(fleet);
});
