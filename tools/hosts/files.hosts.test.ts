// Job files that vanish, disks that are full, clocks that are set: what becomes of a job's state then.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Fleet } from "../../src/system/hosts/fleet.fixture.ts";
import { fleetMissing, startFleet } from "../../src/system/hosts/fleet.fixture.ts";
import { followed, jobs, launch, listedAs, longhaul, nothingIsLeft, until } from "./jobs.fixture.ts";

const MISSING = fleetMissing();

let fleet: Fleet;
before(async () => {
  if (MISSING === false) fleet = await startFleet(0);
});
after(async () => {
  if (MISSING === false) await fleet.stop();
});

/** A job that ends when a file appears. Out: its jid, the inventory of its one host, and what makes it end. */
async function waiting(name: string, variables: Readonly<Record<string, unknown>> = {}): Promise<{ readonly inventory: string; readonly jid: string; readonly go: () => void }> {
  const inventory = fleet.writeInventory(name, { [name]: { ...fleet.hostVariables(1, "svc"), ansible_async_dir: `~/.ansible_async/${name}`, ...variables } });
  const file = join(fleet.directory, `go-${name}`);
  const { jids, out } = await launch(fleet, { inventory, command: `until test -e ${file}; do sleep 0.2; done; echo all done` });
  await listedAs(fleet, inventory, "running");
  return { inventory, jid: jids.get(name) ?? assert.fail(out), go: () => writeFileSync(file, "") };
}

test("a job whose file was removed still runs, is waited for, and has a result in the end", { skip: MISSING }, async () => {
  const { inventory, jid, go } = await waiting("removed");
  rmSync(join(fleet.users.svc.home, ".ansible_async/removed", jid));
  const [job] = await listedAs(fleet, inventory, "running");
  assert.match(job?.because.join() ?? "", /its job file was removed meanwhile/);
  const wait = longhaul(fleet, ["jobs", "wait", "-i", inventory, job?.jid ?? ""]);
  await followed(fleet, 1, wait);
  go();
  const { code, out, err } = await wait.ended();
  assert.match(out, new RegExp(`^removed {2}${jid.split(".")[0]}\\S* {2}finished rc 0 {2}all done\\n$`), err);
  assert.equal(code, 0, err);
  await nothingIsLeft(fleet);
});

test("a cleaner that takes the whole async dir away leaves a running job, which is absent when it has ended", { skip: MISSING }, async () => {
  const place = join(fleet.directory, "shared");
  mkdirSync(place);
  chmodSync(place, 0o1777);
  const { inventory, jid, go } = await waiting("cleaned", { ansible_async_dir: join(place, "async") });
  // As cron does it on many machines, with an age that all files have.
  execFileSync("find", [place, "-mindepth", "1", "-mmin", "-60", "-delete"]);
  assert.deepEqual(readdirSync(place), []);
  const [job] = await listedAs(fleet, inventory, "running");
  assert.match(job?.because.join() ?? "", /its job file was removed meanwhile/);
  const wait = longhaul(fleet, ["jobs", "wait", "-i", inventory, jid]);
  await followed(fleet, 1, wait);
  go();
  const { code, out, err } = await wait.ended();
  assert.match(out, /^cleaned {2}\S+ {2}absent/, err);
  assert.equal(code, 1, err);
  const list = await longhaul(fleet, ["jobs", "list", "-i", inventory]).ended();
  assert.equal(`${list.out}${list.err}`, "no jobs on 1 host\n");
  await nothingIsLeft(fleet);
});

test("a disk that is full at the start, and one that is full at the end", { skip: MISSING }, async (context) => {
  const [full, small] = [fleet.smallDisk("svc", 64), fleet.smallDisk("svc", 128)];
  if (full === undefined || small === undefined) return context.skip("no file system can be mounted here");
  const fill = (disk: string): void => void execFileSync("sh", ["-c", `cat /dev/zero >'${disk}/filling' 2>/dev/null || true`]);
  fill(full);
  const inventory = fleet.writeInventory("start", { start: { ...fleet.hostVariables(1, "svc"), ansible_async_dir: full } });
  await launch(fleet, { inventory, command: "echo never" });
  await until("the full disk is said", async () => (await jobs(fleet, ["list", "-i", inventory])).some(({ state, because }) => state === "absent" && /the disk or the quota was full at the start/.test(because.join())) || undefined);

  const late = await waiting("end", { ansible_async_dir: small });
  fill(small);
  const wait = longhaul(fleet, ["jobs", "wait", "-i", late.inventory, late.jid]);
  await followed(fleet, 1, wait);
  late.go();
  const ended = await wait.ended();
  assert.match(ended.out, new RegExp(`^end {2}${late.jid} {2}lost`), ended.err);
  assert.equal(ended.code, 1);
  const [lost] = await listedAs(fleet, late.inventory, "lost");
  assert.match(lost?.because.join() ?? "", /an empty \.tmp beside it: the disk or the quota was full/);
  await nothingIsLeft(fleet);
});

/** The clock that every Python of a host sees, as far as a file says from the real one. The machine's own is not touched, nor are the times of files. */
function clock(): { readonly python: string; readonly set: (offsetSeconds: number) => void } {
  const folder = join(fleet.directory, "clock");
  mkdirSync(folder);
  const [python, offset] = [join(folder, "python"), join(folder, "offset")];
  const set = (offsetSeconds: number): void => writeFileSync(offset, String(offsetSeconds));
  set(0);
  writeFileSync(join(folder, "sitecustomize.py"), `import time\nreal = time.time\ntime.time = lambda: real() + float(open("${offset}").read() or 0)\n`);
  writeFileSync(python, `#!/bin/sh\nPYTHONPATH=${folder} PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 "$@"\n`, { mode: 0o755 });
  return { python, set };
}

test("a clock that is set forward or back by a day neither ends a job nor keeps a wait from its end", { skip: MISSING }, async () => {
  const { python, set } = clock();
  for (const [name, offsetSeconds] of [["forward", 86_400], ["back", -86_400]] as const) {
    set(0);
    const { inventory, jid, go } = await waiting(name, { ansible_python_interpreter: python });
    const wait = longhaul(fleet, ["jobs", "wait", "-i", inventory, jid]);
    await followed(fleet, 1, wait);
    set(offsetSeconds);
    await listedAs(fleet, inventory, "running");
    go();
    const { code, out, err } = await wait.ended();
    assert.match(out, /^\S+ {2}\S+ {2}finished rc 0 {2}all done\n$/, err);
    assert.equal(code, 0);
    const [job] = await jobs(fleet, ["list", "-i", inventory]);
    assert.equal(job?.state, "finished");
  }
  await nothingIsLeft(fleet);
});
