// The known bugs of Ansible's own wrapper: each is seen under plain Ansible first, and then not with the bridge.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import type { BridgeCore } from "./play.fixture.ts";
import { Ground, coresHere, processesWith, until } from "./play.fixture.ts";

const CORES = coresHere();
const OLDEST = CORES[0];
const NEWEST = CORES.at(-1);
assert.ok(OLDEST && NEWEST);
const NO_PROC = existsSync("/proc/self/stat") ? false : "the processes of a job are looked up in /proc";
const NO_STEPS = ["2.14", "2.15", "2.16", "2.17"].includes(OLDEST.series) ? false : `the limit of ansible-core ${OLDEST.series} has no steps of 5 s`;

type Fields = Readonly<Record<string, unknown>>;

/** What each shell task does (on a busy machine some seconds after its start); HERE is a folder of its own, and WATCHER, RUNNER, MODULE are the pids of the job's processes. */
const JOBS: Readonly<Record<string, { readonly shell: string; readonly limitSeconds: number; readonly keywords?: string }>> = {
  late: { shell: "sleep 11; touch HERE/survived", limitSeconds: 6 },
  overrun: { shell: "sleep 12; touch HERE/done", limitSeconds: 6 },
  tidy: { shell: "trap 'sleep 1 && echo cleaning && touch HERE/cleaned; exit 3' TERM; while :; do sleep 0.1; done", limitSeconds: 20 },
  escaped: { shell: "setsid sh HERE/loop.sh a & env -i setsid -f sh HERE/loop.sh b; while :; do sleep 0.2; done", limitSeconds: 20 },
  runner: { shell: "kill -KILL RUNNER; exec sleep 600", limitSeconds: 700 },
  module: { shell: "kill -KILL MODULE; while test -d HERE/; do sleep 0.2; done", limitSeconds: 700 },
  watcher: { shell: "kill -KILL WATCHER; sleep 16; touch HERE/survived", limitSeconds: 8 },
  open: { shell: "umask; touch HERE/made", limitSeconds: 60 },
  secret: { shell: "echo s3cret", limitSeconds: 60, keywords: ", no_log: true" },
  slow: { shell: "touch HERE/ran", limitSeconds: 60, keywords: ", environment: {PYTHONPATH: HERE}" },
  last: { shell: "sleep 1.4; echo last", limitSeconds: 60, keywords: ", environment: {PYTHONPATH: HERE}" },
  removed: { shell: "rm -r HERE/jobs; true", limitSeconds: 60, keywords: ", vars: {ansible_async_dir: HERE/jobs}" },
};

/** Pids up the tree from the shell: the module, the runner, the watcher. */
const PIDS = "up() { sed -n 's/^PPid:\\t//p' /proc/$1/status; }; M=$PPID; R=$(up $M); W=$(up $R); ";
/** Starts processes slowly, as a loaded machine does. */
const SLOW_FORKS = "import os, sys, time\nreal = os.fork\ndef fork():\n    time.sleep(2)\n    return real()\nif 'async_wrapper' in open('/proc/self/cmdline').read():\n    os.fork = fork\n";
/** Between the look at a program's pipes and the look at the program it takes its time, as a module does that is not scheduled. */
const SLOW_LOOKS = "import subprocess, time\nreal = subprocess.Popen.poll\ndef poll(self):\n    time.sleep(0.8)\n    return real(self)\nsubprocess.Popen.poll = poll\n";
const LOOP = "trap '' TERM\ntouch HERE/$1\nwhile test -d HERE; do sleep 0.2; done\n";

/** Plain Ansible, or the same with the bridge; all of JOBS are started in one play. */
class Side {
  readonly ground: Ground = new Ground();
  private jids: Fields = {};
  private output = "";
  readonly core: BridgeCore;
  readonly bridge: boolean;

  constructor(core: BridgeCore, bridge: boolean) {
    this.core = core;
    this.bridge = bridge;
  }

  async launch(): Promise<void> {
    const names = Object.keys(JOBS);
    const tasks = names.map((name) => {
      const here = this.here(name);
      mkdirSync(here);
      writeFileSync(join(here, "loop.sh"), LOOP.replaceAll("HERE", here));
      writeFileSync(join(here, "sitecustomize.py"), name === "last" ? SLOW_LOOKS : SLOW_FORKS);
      const { shell, limitSeconds, keywords = "" } = JOBS[name] ?? assert.fail();
      const command = (/MODULE|RUNNER|WATCHER/.test(shell) ? PIDS : "") + shell.replace("MODULE", "$M").replace("RUNNER", "$R").replace("WATCHER", "$W");
      return `    - {shell: ${JSON.stringify(command)}, async: ${limitSeconds}, poll: 0, register: ${name}${keywords}}`.replaceAll("HERE", here);
    });
    const jids = `    - set_fact: {r: {${names.map((name) => `${name}: "{{ ${name}.ansible_job_id }}"`).join(", ")}}}`;
    const { code, output, r } = await this.ground.play({ core: this.core, bridge: this.bridge, tasks: [...tasks, jids].join("\n"), umask: "027" });
    assert.equal(code, 0, output);
    this.jids = r;
    this.output = output;
  }

  here(name: string): string {
    return join(this.ground.directory, name);
  }

  has(name: string, file: string): boolean {
    return existsSync(join(this.here(name), file));
  }

  file(name: string): string {
    const jid = this.jids[name];
    assert.equal(typeof jid, "string", this.output);
    return join(name === "removed" ? join(this.here(name), "jobs") : this.ground.asyncDirectory, String(jid));
  }

  /** What the job file holds once watcher and runner have gone; undefined where there is none. */
  async end(name: string): Promise<Fields | undefined> {
    const file = this.file(name);
    const argument = file.slice(file.lastIndexOf("/") + 1, file.lastIndexOf("."));
    await until(`the end of ${name}`, () => processesWith(argument).length === 0, 120_000);
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Fields) : undefined;
  }

  /** Processes that have the job's folder in their arguments. */
  left(name: string): number {
    return processesWith(`${this.here(name)}/`).length;
  }

  remove(): void {
    this.ground.remove();
    for (const { pid } of processesWith(this.ground.directory)) process.kill(pid, "SIGKILL");
  }
}

const plain = new Side(OLDEST, false);
const bridged = [new Side(OLDEST, true), ...(NEWEST === OLDEST ? [] : [new Side(NEWEST, true)])];

const isRunning = (value: Fields | undefined): boolean => Boolean(value?.["started"]) && !value?.["finished"];
const wasEnded = (value: Fields | undefined): boolean => value?.["msg"] === "Timeout exceeded" && value["failed"] === true && typeof value["child_pid"] === "number" && Object.keys(value).length === 3;

suite(`cures (plain: ansible-core ${OLDEST.series})`, { skip: NO_PROC }, () => {
  before(async () => {
    await Promise.all([plain, ...bridged].map((side) => side.launch()));
  });
  after(() => {
    for (const side of [plain, ...bridged]) side.remove();
  });

  test("a limit is kept to the second, where Ansible's comes up to ten seconds later", { skip: NO_STEPS }, async () => {
    await plain.end("late");
    assert.equal(plain.has("late", "survived"), true);
    for (const side of bridged) assert.deepEqual([wasEnded(await side.end("late")), side.has("late", "survived"), side.left("late")], [true, false, 0]);
  });

  test("a success is not written over: what the file says is what happened", { skip: NO_STEPS }, async () => {
    assert.deepEqual([wasEnded(await plain.end("overrun")), plain.has("overrun", "done")], [true, true]);
    for (const side of bridged) assert.deepEqual([wasEnded(await side.end("overrun")), side.has("overrun", "done")], [true, false]);
  });

  test("a job at its limit may clean up before it is killed", async () => {
    assert.deepEqual([wasEnded(await plain.end("tidy")), plain.has("tidy", "cleaned")], [true, false]);
    for (const side of bridged) assert.deepEqual([wasEnded(await side.end("tidy")), side.has("tidy", "cleaned")], [true, true]);
  });

  test("what a program prints just before its end is not lost when its module is scheduled late", async () => {
    assert.equal((await plain.end("last"))?.["stdout"], "");
    for (const side of bridged) assert.equal((await side.end("last"))?.["stdout"], "last");
  });

  test("what went to a session of its own and ignores TERM ends with the job, with and without its environment", async () => {
    for (const side of [plain, ...bridged]) {
      assert.equal(wasEnded(await side.end("escaped")), true);
      assert.deepEqual([side.has("escaped", "a"), side.has("escaped", "b")], [true, true]);
      if (side.bridge) assert.equal(side.left("escaped"), 0);
      else await until("the shell that plain Ansible has killed, and the two that it has not", () => side.left("escaped") === 2);
    }
  });

  test("a runner that was killed is told of at once, where Ansible's job reads running for ever", async () => {
    assert.equal(isRunning(await plain.end("runner")), true);
    for (const side of bridged) {
      const value = await side.end("runner");
      assert.match(String(value?.["msg"]), /^The job's runner \(process \d+\) was killed by signal 9 \(SIGKILL\)/);
      assert.equal(Boolean(value?.["failed"]), true);
    }
  });

  test("a module that was killed is named and its program ended, where Ansible shows its wrapper's traceback", async () => {
    const expected = await plain.end("module");
    assert.match(String(expected?.["msg"]), /^Traceback .*_filter_non_json_lines/s);
    assert.equal(plain.left("module"), 1);
    for (const side of bridged) {
      const value = await side.end("module");
      assert.match(String(value?.["msg"]), /^The module was killed by signal 9 \(SIGKILL\)/);
      assert.deepEqual(Object.keys(value ?? {}).toSorted(), Object.keys(expected ?? {}).toSorted());
      assert.equal(side.left("module"), 0);
    }
  });

  test("a job whose watcher was killed keeps its limit", async () => {
    const value = await plain.end("watcher");
    assert.deepEqual([value?.["rc"], plain.has("watcher", "survived")], [0, true]);
    for (const side of bridged) assert.deepEqual([wasEnded(await side.end("watcher")), side.has("watcher", "survived")], [true, false]);
  });

  test("on a machine that starts processes slowly the job runs all the same", async () => {
    assert.deepEqual([isRunning(await plain.end("slow")), plain.has("slow", "ran")], [true, false]);
    for (const side of bridged) assert.deepEqual([(await side.end("slow"))?.["rc"], side.has("slow", "ran")], [0, true]);
  });

  test("job files are the user's alone, and the umask is that of the login; a no_log job has no log", async () => {
    for (const side of [plain, ...bridged]) {
      const { stdout } = (await side.end("open")) ?? {};
      await side.end("secret");
      const mode = (path: string): number => statSync(path).mode & 0o777;
      const seen = { stdout, made: mode(join(side.here("open"), "made")), files: [mode(side.file("open")), mode(side.file("secret"))], directory: mode(side.ground.asyncDirectory), logs: ["open", "secret"].map((name) => existsSync(`${side.file(name)}.log`)) };
      const expected = side.bridge
        ? { stdout: "0027", made: 0o640, files: [0o600, 0o600], directory: 0o700, logs: [true, false] }
        : { stdout: "0022", made: 0o644, files: [0o644, 0o644], directory: 0o750, logs: [false, false] };
      assert.deepEqual(seen, expected);
    }
  });

  test("an async directory that was removed meanwhile is made again for the result", async () => {
    assert.equal(await plain.end("removed"), undefined);
    for (const side of bridged) assert.equal((await side.end("removed"))?.["rc"], 0);
  });
});

/** A file system of a few kilobytes; false where this user may mount none. */
function smallDisk(place: string): boolean {
  mkdirSync(place, { recursive: true });
  return spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "longhaul-test", place], { stdio: "ignore" }).status === 0;
}

test("on a full disk a result is written when there is room again, and a job that cannot be recorded is not started", { skip: NO_PROC }, async (t) => {
  const tasks = (here: string, disk: string): string => `
    - shell: dd if=/dev/zero of=${disk}/ballast bs=1k; touch ${here}/full; head -c 20000 /dev/zero | tr '\\0' x
      async: 600
      poll: 0
      register: first
    - wait_for: {path: "${here}/full"}
    - {shell: touch ${here}/ran, async: 60, poll: 0, register: second, ignore_errors: true}
    - set_fact: {r: {jid: "{{ first.ansible_job_id }}", msg: "{{ second.msg | default('started') }}"}}`;
  for (const [core, bridge] of [[OLDEST, false], [OLDEST, true]] as const) {
    const ground = new Ground();
    const disk = ground.asyncDirectory;
    if (!smallDisk(disk)) {
      ground.remove();
      t.skip("no file system can be mounted here");
      return;
    }
    try {
      const { output, r } = await ground.play({ core, bridge, tasks: tasks(ground.directory, disk) });
      const jid = String(r["jid"]);
      const isOver = (): boolean => processesWith(jid.split(".")[0] ?? "").length === 0;
      if (!bridge) await until("the end of the job", isOver);
      rmSync(join(disk, "ballast"));
      await until("the end of the job", isOver);
      const text = readFileSync(join(disk, jid), "utf8");
      assert.equal(text.endsWith("}") && text.length > 20_000, bridge, output);
      assert.match(String(r["msg"]), bridge ? /^could not write the job file .*, so the job was not started: No space left on device$/ : /^started$/);
    } finally {
      spawnSync("umount", ["-l", disk]);
      ground.remove();
    }
  }
});
