// Where the agent finds files and processes of jobs, and what the kernel killed: on every Python that is here.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kills } from "../../model/host-looks.ts";
import type { Search } from "../../model/host-search.ts";
import { killsFacts, searchFacts } from "../../model/host-search.ts";
import { readAnswer } from "../../model/host.ts";
import { PROBES, askAgent, pythonsHere } from "./agent.fixture.ts";

const ROOT = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-find-")));
const PYTHONS = pythonsHere(ROOT);
const JID = "j471100000001.4711";
const NO_LEFT = process.platform === "linux" && process.getuid?.() === 0 ? false : "the environment of all processes is read by root, from /proc";

after(() => rmSync(ROOT, { recursive: true, force: true }));

/** The kernel's log is asked for where no program can be found, a journal's least of all. */
async function ask(what: string, request: Readonly<Record<string, unknown>>, python = PYTHONS[0] ?? "python3"): Promise<Readonly<Record<string, unknown>>> {
  const answers = await askAgent({ do: "probe", what: [what], program: PROBES, ...request }, { python, env: { PATH: what === "kernel-log" ? ROOT : "/usr/bin:/bin", HOME: ROOT, LC_ALL: "C.UTF-8" }, directory: ROOT });
  const event = answers.map((answer) => readAnswer(answer)?.event)[0];
  assert(event?.event === "probe" && event.facts !== null, JSON.stringify(answers));
  return event.facts;
}

async function search(dirs: readonly string[], jids: readonly string[] = [JID], python?: string): Promise<Search> {
  return searchFacts(await ask("find-job", { jids, dirs, async_dir: join(ROOT, "own") }, python));
}

function directory(name: string, ...files: readonly string[]): string {
  const path = join(ROOT, name);
  mkdirSync(path, { recursive: true });
  for (const file of files) writeFileSync(join(path, file), "{}");
  return path;
}

test("a file in the directory that was named, the rest of one without a file, and one that nobody named", async () => {
  const [named, rest] = [directory("named", JID), directory("rest", `${JID}.tmp`)];
  for (const python of PYTHONS) {
    const { places, directories, searched, asyncDir } = await search([named, rest], [JID], python);
    assert.deepEqual(places.map(({ dir, jid, isSure }) => [dir, jid, isSure]), [[named, JID, true], [rest, JID, true]]);
    assert.deepEqual(directories.map(({ path, exists }) => [path, exists]), [[named, true], [rest, true], [join(ROOT, "own"), false]]);
    assert.ok(searched >= 2);
    assert.equal(asyncDir, join(ROOT, "own"));
  }
  // Nobody has named it: it is found below the directory for temporary files, where that is one of those looked through.
  const other = "j471100000002.4712";
  const deep = directory("a/jobs", other);
  const { places, isComplete } = await search([], [other]);
  if (isComplete && ROOT.startsWith("/tmp/")) assert.deepEqual(places.map(({ dir }) => dir), [deep]);
});

test("a directory under two names is looked into once, and names that are no jids are not looked for", async () => {
  const named = directory("once", JID);
  symlinkSync(named, join(ROOT, "again"));
  assert.deepEqual((await search([named, join(ROOT, "again")])).places.map(({ dir }) => dir), [named]);
  assert.deepEqual((await search([named], ["../once/x", "", "passwd"])).places, []);
});

test("what everybody gets into, and what is closed to others", async () => {
  chmodSync(ROOT, 0o755);
  const [open, shut] = [directory("open"), directory("shut")];
  chmodSync(open, 0o755);
  chmodSync(shut, 0o700);
  const { directories } = await search([open, shut]);
  assert.deepEqual(directories.slice(0, 2).map(({ isOpen, mode, refusedTo }) => [isOpen, mode, refusedTo]), [[true, 0o755, null], [false, 0o700, null]]);
  assert.ok(directories.every(({ freeBytes }) => freeBytes !== null));
});

test("a program that an async job has left behind, and none that hangs on somebody", { skip: NO_LEFT }, async () => {
  const env = { PATH: "/usr/bin:/bin", ANSIBLE_ASYNC_DIR: "~/.ansible_async" };
  // The first is a child of ours; the second's parent ends, as a wrapper does.
  const held = spawn("sleep", ["4711"], { env, detached: true, stdio: "ignore" });
  const shell = spawn("sh", ["-c", "setsid sleep 4712 > /dev/null 2>&1 & echo $!"], { env, stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  shell.stdout.on("data", (data: Buffer) => (said += data.toString()));
  await new Promise((resolve) => shell.once("close", resolve));
  try {
    let pids: readonly number[] = [];
    for (let tries = 0; tries < 50 && !pids.includes(Number(said)); tries += 1) {
      const { left } = await search([]);
      pids = (left ?? []).map(({ pid }) => pid);
      await sleep(100);
    }
    assert.ok(pids.includes(Number(said)), `${said} among ${pids.join()}`);
    assert.ok(!pids.includes(held.pid ?? 0));
  } finally {
    held.kill("SIGKILL");
    process.kill(Number(said), "SIGKILL");
  }
});

test("kills for want of memory in the kernel's log, old wording and new, each once", async () => {
  mkdirSync(join(ROOT, "root/dev"), { recursive: true });
  writeFileSync(join(ROOT, "root/dev/kmsg"), [
    "6,1,1000000,-;Linux version 6",
    "3,2,2000000,-;Out of memory: Killed process 77 (java) total-vm:1kB, anon-rss:1kB, UID:0",
    "4,3,3000000,-;Out of memory: Kill process 78 (a) b) score 1 or sacrifice child",
    "3,4,4000000,-;Memory cgroup out of memory: Killed process 79 (python3) total-vm:1kB",
    " SUBSYSTEM=memory",
    "6,5,5000000,-;usb 1-1: killed process 80 (x) of nothing",
    "no record",
    "",
  ].join("\n"));
  for (const python of PYTHONS) {
    const kills: Kills = killsFacts(await ask("kernel-log", { root: join(ROOT, "root") }, python));
    assert.deepEqual(kills.oom.map(({ pid, name }) => [pid, name]), [[77, "java"], [78, "a"], [79, "python3"]]);
    assert.equal(kills.unknown, null);
    assert.ok(Math.abs((kills.oom[1]?.at ?? 0) - (kills.oom[0]?.at ?? 0) - 1) < 0.01);
  }
  // Neither the log nor a journal: that is said, and is not "nothing was killed".
  const { unknown } = killsFacts(await ask("kernel-log", { root: join(ROOT, "nowhere") }));
  assert.match(unknown ?? "", /the kernel's log may not be read: No such file or directory/);
});
