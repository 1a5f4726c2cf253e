// A cleaner of temporary files that really removes the file of a job: systemd-tmpfiles with a rule of ours, started by what stands for cron.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Fleet } from "../../src/system/hosts/fleet.fixture.ts";
import { fleetMissing, startFleet } from "../../src/system/hosts/fleet.fixture.ts";
import { ansibleBin } from "../ansible.ts";
import { Running, listedAs, longhaul, nothingIsLeft, send, until } from "./jobs.fixture.ts";

const NO_TMPFILES = spawnSync("systemd-tmpfiles", ["--version"], { stdio: "ignore" }).status === 0 ? false : "there is no systemd-tmpfiles; install systemd-standalone-tmpfiles";
const MISSING = fleetMissing() === false ? NO_TMPFILES : fleetMissing();
const NAME = `longhaul-test-${process.pid}`;
const RULE = `/etc/tmpfiles.d/${NAME}.conf`;
const CRONTAB = `/etc/cron.d/${NAME}`;
let fleet: Fleet;
let cron: ChildProcess | undefined;
/** Not below /tmp, which other rules may cover. */
let spool = "";

before(async () => {
  if (MISSING !== false) return;
  fleet = await startFleet(0);
  spool = realpathSync(mkdtempSync("/var/lib/longhaul-spool-"));
  mkdirSync(join(spool, "jobs"));
});
after(async () => {
  if (MISSING !== false) return;
  cron?.kill("SIGKILL");
  for (const path of [RULE, CRONTAB, spool]) rmSync(path, { recursive: true, force: true });
  await fleet.stop();
});

/** A rule that removes what has not changed for two seconds, a crontab that carries it out, and a program called cron which does so. */
function startCleaning(): void {
  for (const path of [RULE, CRONTAB]) mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(RULE, `# Of a test.\ne ${join(spool, "jobs")} - - - 2s\n`);
  writeFileSync(CRONTAB, `* * * * * root systemd-tmpfiles --clean ${RULE}\n`);
  const program = join(spool, "cron");
  writeFileSync(program, `#!/bin/sh\nwhile systemd-tmpfiles --clean ${RULE}; do sleep 1; done\n`, { mode: 0o755 });
  cron = spawn(program, { stdio: "ignore", env: { ...process.env, LONGHAUL_FLEET: fleet.directory } });
}

test("verify finds the rule that covers the async dir, and diagnose says it of a job whose file it has removed", { skip: MISSING }, async () => {
  const inventory = fleet.writeInventory("cleaned", { shop: { ...fleet.hostVariables(1), ansible_async_dir: join(spool, "jobs") } });
  const [site, log] = [join(fleet.directory, "site-cleaned.yml"), join(fleet.directory, "cleaned.log")];
  const go = join(fleet.directory, "go-cleaned");
  // The work goes on; the play waits until it is told that the file has gone, and then asks for the job.
  writeFileSync(site, `- hosts: all
  gather_facts: false
  tasks:
    - name: Import
      ansible.builtin.command: sleep 100000
      async: 100000
      poll: 0
      register: job
    - name: Let time pass
      ansible.builtin.wait_for:
        path: ${go}
        timeout: 600
    - name: Wait for the import
      ansible.builtin.async_status:
        jid: "{{ job.ansible_job_id }}"
`);
  const env = { ...process.env, HOME: join(fleet.directory, "controller"), ANSIBLE_NOCOLOR: "1", LC_ALL: "C.UTF-8" };
  const play = new Running([join(ansibleBin(), "ansible-playbook"), "-i", inventory, site], env);
  const [job] = await listedAs(fleet, inventory, "running");
  assert.ok(job);
  startCleaning();
  try {
    await until("the file is removed", () => !existsSync(join(job.dir, job.jid)) || undefined);
    writeFileSync(go, "");
    const { out } = await play.ended();
    assert.match(out, /could not find job/);
    writeFileSync(log, out);
    const told = await longhaul(fleet, ["diagnose", "-i", inventory, log]).ended();
    const text = told.out.replaceAll(/\s+/g, " ");
    assert.match(text, /\[job-file-removed\]/, told.out + told.err);
    assert.ok(text.includes(`systemd-tmpfiles removes what is in ${join(spool, "jobs")} when it is older than 2 seconds (${RULE}:2).`), told.out);
    const verified = await longhaul(fleet, ["verify", "-i", inventory, "--no-job"]).ended();
    const found = verified.out.replaceAll(/\s+/g, " ");
    assert.ok(found.includes(`systemd-tmpfiles removes files in ${join(spool, "jobs")} after 2 seconds`), verified.out + verified.err);
    assert.ok(found.includes(`${RULE}:2`), verified.out);
  } finally {
    send("SIGKILL", job.processes.map(({ pid }) => pid));
  }
  await nothingIsLeft(fleet);
});
