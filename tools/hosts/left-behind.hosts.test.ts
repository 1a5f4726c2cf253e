// Programs that outlive their job on a real host: one that the kill at the limit does not reach, and one that a shell has put in the background.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Fleet } from "../../src/system/hosts/fleet.fixture.ts";
import { fleetMissing, startFleet } from "../../src/system/hosts/fleet.fixture.ts";
import { ansibleBin } from "../ansible.ts";
import { Running, launch, listedAs, longhaul, nothingIsLeft, send, until } from "./jobs.fixture.ts";

const MISSING = fleetMissing();
let fleet: Fleet;
/** Programs that were left. */
const left: number[] = [];
before(async () => {
  if (MISSING === false) fleet = await startFleet(0);
});
after(async () => {
  if (MISSING !== false) return;
  send("SIGKILL", left);
  await fleet.stop();
});

interface Leaving {
  readonly inventory: string;
  /** A program without an end; it has written its pid. */
  readonly work: string;
  /** That pid, once it runs. */
  readonly pid: () => Promise<number>;
}

function leaving(name: string): Leaving {
  const inventory = fleet.writeInventory(name, { shop: { ...fleet.hostVariables(1), ansible_async_dir: join(fleet.directory, `async-${name}`) } });
  const pidFile = join(fleet.directory, `${name}.pid`);
  const work = join(fleet.directory, `worker-${name}`);
  writeFileSync(work, `#!/usr/bin/python3\nimport os, time\nopen("${pidFile}.new", "w").write(str(os.getpid()))\nos.rename("${pidFile}.new", "${pidFile}")\ntime.sleep(100000)\n`, { mode: 0o755 });
  const pid = async (): Promise<number> => {
    const found = await until("the program runs", () => (existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : undefined));
    left.push(found);
    return found;
  };
  return { inventory, work, pid };
}

/** In: what diagnose is asked. Out: its text in one line. */
async function diagnosed(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await longhaul(fleet, ["diagnose", ...words]).ended();
  assert.equal(code, 1, out + err);
  await nothingIsLeft(fleet);
  return out.replaceAll(/\s+/g, " ");
}

test("a program in a session of its own outlives the kill at the limit: its process is named, and the playbook makes it certain", { skip: MISSING }, async () => {
  const under = leaving("session");
  const [site, log] = [join(fleet.directory, "site-session.yml"), join(fleet.directory, "session.log")];
  // Not polled by Ansible itself: that takes the file away when the wrapper's end is the first that it hears.
  writeFileSync(site, `- hosts: all
  gather_facts: false
  tasks:
    - name: Import the orders
      ansible.builtin.command: setsid ${under.work}
      async: 40
      poll: 0
      register: job
    - name: Wait for the orders
      ansible.builtin.async_status:
        jid: "{{ job.ansible_job_id }}"
      register: orders
      until: orders is finished
      retries: 200
      delay: 2
`);
  const env = { ...process.env, HOME: join(fleet.directory, "controller"), ANSIBLE_NOCOLOR: "1", LC_ALL: "C.UTF-8" };
  const { out } = await new Running([join(ansibleBin(), "ansible-playbook"), "-i", under.inventory, site], env).ended();
  writeFileSync(log, out);
  const pid = await under.pid();
  await listedAs(fleet, under.inventory, "timed-out");
  process.kill(pid, 0);
  const alone = await diagnosed("-i", under.inventory, log);
  assert.match(alone, /\[limit-too-short\]/);
  // Jobs of other tests that run meanwhile may be named beside it.
  assert.match(alone, new RegExp(`Whether .*process ${pid} \\([^)]*worker-session\\).* of this job`));
  const both = await diagnosed("-i", under.inventory, "-p", site, log);
  assert.match(both, /\[limit-kill-escapes\]/);
  assert.match(both, new RegExp(`\\(process (?:\\d+, )*${pid}\\b`));
});

test("a program that a shell has put in the background outlives a job that ended well", { skip: MISSING }, async () => {
  const under = leaving("background");
  const { jids, out } = await launch(fleet, { inventory: under.inventory, command: `nohup ${under.work} > /dev/null 2>&1 & echo started` });
  const jid = jids.get("shop") ?? assert.fail(out);
  const pid = await under.pid();
  await listedAs(fleet, under.inventory, "finished");
  const text = await diagnosed("-i", under.inventory, "--jid", jid);
  assert.match(text, /^FINISHED .*\[background-under-async\]/);
  assert.match(text, new RegExp(`process ${pid} \\(.*worker-background\\) was started by it, and runs still`));
});
