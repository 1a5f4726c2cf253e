// The agent, started as a client starts it, on every Python that is here; the jobs are real ones of ansible-core, ended and damaged in every way.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import fc from "fast-check";
import { ansibleBin } from "../../../tools/ansible.ts";
import type { JobProcess } from "../../model/host.ts";
import { JOB_FILES, readJob, readReady } from "../../model/host.ts";
import { SOURCE, STARTER, pythonsHere } from "./agent.fixture.ts";

const ROOT = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-agent-")));
const NO_PROC = existsSync("/proc/self/stat") ? false : "processes are made and looked at by /proc here";
const PATIENCE_MS = 120_000;
/** Everything a test starts bears it, so that nothing is left behind. */
const MARK = `LONGHAUL_AGENT_TEST=${ROOT}`;
const ENVIRONMENT = { ...process.env, LONGHAUL_AGENT_TEST: ROOT, LC_ALL: "C.UTF-8" };

type Fields = Record<string, unknown>;

const PYTHONS = pythonsHere(ROOT);
let turn = 0;
/** A Python for an agent; each call another one, so that all of them see real jobs. */
const anyPython = (): string => PYTHONS[turn++ % PYTHONS.length] ?? "python3";

class Agent {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly events: Fields[] = [];
  private next = 1;
  private readonly wakers = new Set<() => void>();

  constructor(python: string = anyPython(), source: string = SOURCE, first = "") {
    this.child = spawn(python, ["-c", STARTER], { env: ENVIRONMENT, cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] });
    assert.ok(this.child.stdout && this.child.stderr);
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.lines.push(line);
      this.events.push(JSON.parse(line) as Fields);
      for (const wake of this.wakers) wake();
    });
    this.child.stderr.on("data", (data: Buffer) => this.events.push({ event: "stderr", text: data.toString() }));
    this.child.stdin?.on("error", () => undefined);
    this.child.stdin?.write(`${Buffer.byteLength(source)}\n${source}${first}`);
  }

  /** The first event that fits, of those that were and those to come. */
  async event(fits: (event: Fields) => boolean): Promise<Fields> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = this.events.find(fits);
      if (found !== undefined) return found;
      assert.ok(Date.now() < until, `no such event; there were ${JSON.stringify(this.events).slice(-3000)}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.wakers.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, 500);
        this.wakers.add(wake);
      });
    }
  }

  send(request: Fields): number {
    const id = this.next++;
    this.child.stdin?.write(`${JSON.stringify({ id, ...request })}\n`);
    return id;
  }

  /** The last event of a request. */
  end(id: number): Promise<Fields> {
    return this.event((event) => event["id"] === id && (event["event"] === "done" || event["event"] === "error"));
  }

  of(id: number, kind: string): readonly Fields[] {
    return this.events.filter((event) => event["id"] === id && event["event"] === kind);
  }

  async ask(request: Fields): Promise<{ readonly end: Fields; readonly jobs: readonly Fields[] }> {
    const id = this.send(request);
    return { end: await this.end(id), jobs: this.of(id, "job") };
  }

  async show(job: Named): Promise<Fields> {
    const { end, jobs } = await this.ask({ do: "show", ...names(job) });
    assert.equal(end["event"], "done", JSON.stringify(end));
    return jobs[0] ?? {};
  }

  /** Ends the agent; it says nothing on stderr, and leaves when its input ends. */
  async close(): Promise<void> {
    if (this.child.exitCode === null) {
      const gone = once(this.child, "exit");
      this.child.stdin?.end();
      await gone;
    }
    assert.deepEqual(this.events.filter((event) => event["event"] === "stderr"), []);
    assert.ok(this.lines.every((line) => /^[\x20-\x7e]*$/.test(line)));
  }
}

async function withAgent(work: (agent: Agent) => Promise<void>, python?: string, source?: string): Promise<void> {
  const agent = new Agent(python, source);
  try {
    await work(agent);
  } finally {
    await agent.close();
  }
}

interface Named {
  readonly dir: string;
  readonly jid: string;
}

interface Job extends Named {
  readonly tmp: string;
}

const names = ({ dir, jid }: Named): Named => ({ dir, jid });
let folders = 0;

function folder(): string {
  const path = join(ROOT, `async${folders++}`);
  mkdirSync(path);
  return path;
}

/** The Python that runs ansible-core here, and its async_wrapper. */
const CORE = NO_PROC ? undefined : core();

function core(): { readonly bin: string; readonly python: string; readonly wrapper: string } {
  const bin = ansibleBin();
  const python = /^#!(\S+)/.exec(readFileSync(join(bin, "ansible-playbook"), "utf8"))?.[1] ?? "python3";
  const ask = "import ansible.modules, os; print(os.path.join(list(ansible.modules.__path__)[0], 'async_wrapper.py'))";
  // A copy in another directory, as on a target: beside it lie modules that bear names of the standard library.
  const wrapper = join(ROOT, "async_wrapper.py");
  copyFileSync(execFileSync(python, ["-c", ask], { encoding: "utf8", cwd: ROOT }).trim(), wrapper);
  return { bin, python, wrapper };
}

let launched = 0;

/** Starts a job as Ansible does: the wrapper of ansible-core with a module in a directory of Ansible's kind; here the module is a shell script. */
async function launch(script: string, limitSeconds = 100, dir: string = folder()): Promise<Job> {
  assert.ok(CORE);
  const count = launched++;
  const tmp = join(ROOT, "tmp", `ansible-tmp-${count}.5-1-2`);
  mkdirSync(tmp, { recursive: true });
  const module = join(tmp, "AnsiballZ_command.py");
  writeFileSync(module, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  // From ansible-core 2.21 on it is told whether to keep the directory, and how to start the module.
  const rest = readFileSync(CORE.wrapper, "utf8").includes("invocation_args") ? ["false", module, module] : [module, "_"];
  const args = [CORE.wrapper, `j${Date.now()}${count}`, String(limitSeconds), ...rest];
  const { stdout } = await promisify(execFile)(CORE.python, args, { env: { ...ENVIRONMENT, ANSIBLE_ASYNC_DIR: dir }, cwd: ROOT });
  const answer = JSON.parse(stdout) as Fields;
  return { dir, jid: String(answer["ansible_job_id"]), tmp };
}

/** The command of a module that answers as the command module does. */
const answers = (rest = ""): string => `printf '%s\\n' '{"changed": true, "rc": 0, "stdout": "first\\nlast one", "stderr": "", "cmd": ["echo", "a b"]${rest}}'`;
/** A shell command that ends when the test says so. */
function newGate(): { readonly wait: string; readonly open: () => void } {
  const path = join(ROOT, `gate${launched}-${folders}`);
  return { wait: `while [ ! -e ${path} ]; do sleep 0.1; done`, open: () => writeFileSync(path, "") };
}

const processes = (job: Fields): readonly JobProcess[] => job["processes"] as readonly JobProcess[];
const roles = (job: Fields): readonly string[] => processes(job).map(({ role }) => role);

function pidOf(job: Fields, role: string): number {
  const found = processes(job).find((each) => each.role === role);
  assert.ok(found, `no ${role} in ${JSON.stringify(job)}`);
  return found.pid;
}

/** Ends processes of a job the hard way; all at once, so that none of them sees the other go. */
function strike(pids: readonly number[]): void {
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  for (const pid of pids) process.kill(pid, "SIGKILL");
}

function lives(pid: number): boolean {
  try {
    return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < end, "that never came to hold");
    await sleep(50);
  }
}

/** A job with all of its processes up. */
async function running(agent: Agent, job: Named, program = true): Promise<Fields> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const shown = await agent.show(job);
    if (roles(shown).includes("watcher") && roles(shown).includes("module") && (!program || roles(shown).includes("program"))) return shown;
    assert.ok(Date.now() < end, JSON.stringify(shown));
    await sleep(100);
  }
}

function marked(): readonly number[] {
  if (NO_PROC) return [];
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      return readFileSync(`/proc/${name}/environ`, "latin1").split("\0").includes(MARK) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

after(async () => {
  for (let round = 0; round < 20 && marked().some(lives); round++) {
    for (const pid of marked()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has gone by itself.
      }
    }
    await sleep(50);
  }
  rmSync(ROOT, { recursive: true, force: true });
  assert.deepEqual(marked().filter(lives), []);
});

const STARTED = (jid: string, no = false): string => JSON.stringify(no ? { started: true, finished: false, ansible_job_id: jid } : { started: 1, finished: 0, ansible_job_id: jid });
const RESULT = { changed: true, rc: 0, stdout: "one\ntwo  \n\n", stderr: "", cmd: ["a", "b c"], start: "2026-11-23 10:00:00.000000", end: "2026-11-23 10:00:01.000000", delta: "0:00:01.000000", msg: "" };

/** Job files of every shape, by what the agent must call them. */
function everyShape(dir: string): Readonly<Record<string, string>> {
  const files: readonly (readonly [jid: string, file: string, content: string | Buffer])[] = [
    ["j1.1", "running", STARTED("j1.1")],
    ["2.2", "running", STARTED("2.2", true)],
    ["j3.3", "result", JSON.stringify(RESULT)],
    ["j4.4", "result", JSON.stringify({ ...RESULT, failed: true, rc: 137, msg: "non-zero return code", stderr: "Killed\r\n" })],
    ["j5.5", "timeout", '{"msg": "Timeout exceeded", "failed": true, "child_pid": 29535}'],
    ["j6.6", "empty", ""],
    ["j7.7", "cut", '{"started": 1, "fin'],
    ["j8.8", "cut", '{"stdout": "a } b'],
    ["j9.9", "cut", '{"a": {"b": 1}'],
    ["j10.1", "not-object", "[]"],
    ["j11.1", "not-object", "null"],
    ["j12.1", "not-json", "hello"],
    ["j13.1", "not-json", Buffer.alloc(4096)],
    ["j14.1", "not-json", `${'{"a":['.repeat(100_000)}${"]}".repeat(100_000)}`],
    ["j15.1", "result", "{}"],
    ["j16.1", "result", '{"rc": NaN, "msg": 1e999, "stdout": 5, "stderr": ["x"], "failed": 1}'],
    ["j17.1", "result", Buffer.concat([Buffer.from('{"msg": "'), Buffer.from([0xff, 0xfe, 0xc3]), Buffer.from('\\u0000\\ud800 end"}')])],
    ["j18.1", "result", JSON.stringify({ ...RESULT, started: "2026-01-01", ansible_job_id: "j18.1" })],
    ["0123456789abcdef", "running", '{"started": 1, "finished": 0, "pid": 1, "ansible_job_id": "0123456789abcdef", "data": ""}'],
    ["fedcba9876543210", "timeout", '{"failed": 1, "finished": 1, "msg": "Job reached maximum time limit of 5 seconds.", "data": ""}'],
  ];
  for (const [jid, , content] of files) writeFileSync(join(dir, jid), content);
  writeFileSync(join(dir, "j20.1"), "");
  truncateSync(join(dir, "j20.1"), 64 * 1024 * 1024 + 1);
  symlinkSync("/etc/passwd", join(dir, "j21.1"));
  mkdirSync(join(dir, "j22.1"));
  execFileSync("mkfifo", [join(dir, "j23.1")]);
  writeFileSync(join(dir, "j24.1.tmp"), "");
  writeFileSync(join(dir, "j3.3.log"), "line\n");
  for (const name of ["README", "j1", "../x".replace("/", "-"), "j1.2 ", "j1.2\n", ".j9.1", "J5.5", "1.5.tmp.swp"]) writeFileSync(join(dir, name), "{}");
  const others = { "j20.1": "too-large", "j21.1": "not-regular", "j22.1": "not-regular", "j23.1": "not-regular", "j24.1": "absent" };
  return { ...Object.fromEntries(files.map(([jid, file]) => [jid, file === "not-object" ? "not-an-object" : file])), ...others };
}

const SHAPES = folder();
const EXPECTED = NO_PROC ? {} : everyShape(SHAPES);

suite("the agent", { concurrency: 4, skip: NO_PROC }, () => {
  for (const python of PYTHONS) {
    test(`${python}: every shape of job file is told, shown, and harms nothing`, async () => {
      await withAgent(async (agent) => {
        const ready = readReady(await agent.event((event) => event["event"] === "ready"));
        assert.ok(ready && ready.uid === process.getuid?.() && ready.pid === agent.child.pid && ready.cwd === ROOT && Math.abs(ready.now - Date.now() / 1000) < 30);
        assert.match(ready.boot_id ?? "", /^[-0-9a-f]{36}$/);
        const { end, jobs } = await agent.ask({ do: "list", dirs: [SHAPES, join(SHAPES, "."), join(ROOT, "nowhere")], all_users: false });
        assert.deepEqual(Object.fromEntries(jobs.map((job) => [job["jid"], job["file"]])), EXPECTED);
        assert.equal(end["jobs"], jobs.length);
        const [first, second] = end["dirs"] as readonly Fields[];
        assert.deepEqual([first?.["dir"], first?.["readable"], first?.["ignored"]], [SHAPES, true, 8]);
        assert.deepEqual([second?.["readable"], second?.["why"]], [false, "No such file or directory"]);

        const job = (jid: string): Fields => jobs.find((each) => each["jid"] === jid) ?? {};
        for (const each of jobs) assert.ok(readJob(each));
        const keys = ["rc", "failed", "changed", "cmd", "stdout_last", "stderr_last", "delta", "started", "finished", "child_pid"];
        const told = (jid: string): readonly unknown[] => keys.map((key) => job(jid)[key]);
        assert.deepEqual(told("j3.3"), [0, null, true, "a b c", "two", null, "0:00:01.000000", null, null, null]);
        assert.deepEqual(told("j4.4"), [137, true, true, "a b c", "two", "Killed", "0:00:01.000000", null, null, null]);
        assert.deepEqual(told("j5.5"), [null, true, null, null, null, null, null, null, null, 29535]);
        assert.deepEqual(told("2.2"), [null, null, null, null, null, null, null, true, false, null]);
        assert.deepEqual([job("j17.1")["msg"], job("j16.1")["rc"], job("j16.1")["failed"]], ["\ufffd\ufffd\ufffd\0\ud800 end", null, true]);
        assert.deepEqual((job("j3.3")["log"] as Fields)["size"], 5);
        assert.deepEqual([(job("j24.1")["tmp"] as Fields)["size"], job("j24.1")["path"]], [0, null]);
        assert.deepEqual([job("j3.3")["mode"], job("j3.3")["uid"]], [statSync(join(SHAPES, "j3.3")).mode & 0o7777, process.getuid?.()]);
        // mitogen's file names pid 1, which is older than the file, but another user's or nobody's job: whoever runs it, nothing is taken for the job's.
        assert.ok(processes(job("0123456789abcdef")).every(({ pid }) => pid !== 1));

        assert.deepEqual((await agent.show({ dir: SHAPES, jid: "j4.4" }))["result"], { ...RESULT, failed: true, rc: 137, msg: "non-zero return code", stderr: "Killed\r\n" });
        assert.equal((await agent.show({ dir: SHAPES, jid: "j7.7" }))["text"], '{"started": 1, "fin');
        assert.equal((await agent.show({ dir: SHAPES, jid: "j99.9" }))["file"], "absent");
        for (const jid of ["../x", "", "j1.1/../j3.3", "README", "j1.2\n"]) assert.equal((await agent.ask({ do: "show", dir: SHAPES, jid })).end["code"], "not-a-job");
      }, python);
    });
  }

  test("requests that are none are answered, and later ones still work", async () => {
    const agent = new Agent(anyPython(), SOURCE, '{"id":77,"do":"list","dirs":[]}\nhello\n[1]\n{"do":"list"}\n{"id":"x","do":"list"}\n{"id":78}\n{"id":79,"do":"dance"}\n{"id":80,"do":"list"}\n');
    assert.equal((await agent.event((event) => event["id"] === 77 && event["event"] === "done"))["jobs"], 0);
    await agent.event((event) => event["id"] === 80);
    assert.deepEqual(agent.of(78, "error").map((event) => event["code"]), ["unknown-request"]);
    assert.deepEqual(agent.of(79, "error").map((event) => event["code"]), ["unknown-request"]);
    assert.deepEqual(agent.of(80, "error").map((event) => event["code"]), ["bad-request"]);
    assert.equal(agent.events.filter((event) => event["id"] === null && event["code"] === "bad-request").length, 4);
    const bad: readonly Fields[] = [{ do: "wait", jobs: [] }, { do: "wait", jobs: [5] }, { do: "show", dir: 5, jid: "j1.1" }, { do: "tail", dir: SHAPES, jid: "j1.1", from: "x" }, { do: "kill", dir: SHAPES, jid: "j1.1", only: 5 }, { do: "show", dir: "~nobody-of-that-name/x", jid: "j1.1" }];
    for (const request of bad) assert.equal((await agent.ask(request)).end["code"], "bad-request", JSON.stringify(request));
    await agent.close();
  });

  test("it ends with its input, with its output, and a wait with it", async () => {
    const agent = new Agent();
    const job = { dir: folder(), jid: "j1.1" };
    // A pid that lives and is older than the file, as mitogen writes it: the wait goes on for ever.
    writeFileSync(join(job.dir, "0123456789abcdef"), `{"started": 1, "finished": 0, "pid": ${agent.child.pid ?? 0}}`);
    const sleeper = spawn("sleep", ["100"], { env: ENVIRONMENT });
    await sleep(100);
    writeFileSync(join(job.dir, "fedcba9876543210"), `{"started": 1, "finished": 0, "pid": ${sleeper.pid ?? 0}}`);
    const id = agent.send({ do: "wait", jobs: [{ dir: job.dir, jid: "fedcba9876543210" }, { dir: job.dir, jid: "0123456789abcdef" }] });
    await until(() => agent.of(id, "job").length === 2);
    const of = (jid: string): Fields => agent.of(id, "job").find((event) => event["jid"] === jid) ?? {};
    assert.deepEqual(processes(of("fedcba9876543210")).map(({ pid, role }) => [pid, role]), [[sleeper.pid, "runner"]]);
    assert.deepEqual(processes(of("0123456789abcdef")), [], "the agent itself is never part of a job");
    assert.equal((await agent.ask({ do: "list", dirs: [SHAPES] })).end["event"], "done");
    await agent.close();
    assert.equal(agent.of(id, "done").length, 0);

    const deaf = new Agent();
    await deaf.event((event) => event["event"] === "ready");
    const gone = once(deaf.child, "exit");
    deaf.child.stdout?.destroy();
    await gone;
    sleeper.kill("SIGKILL");
  });

  test("a session that is not the job's is never taken for it: of a login that has gone, of whoever entered a container", { skip: NO_PROC }, async () => {
    const dir = folder();
    // The shell leads a session and leaves; both sleeps stay in it, and only one of them is in the file.
    const left = spawnSync("setsid", ["sh", "-c", "sleep 1005 >/dev/null 2>&1 & echo $!; sleep 1006 >/dev/null 2>&1 & echo $!"], { env: ENVIRONMENT, encoding: "utf8" });
    const [named, other] = left.stdout.trim().split("\n").map(Number);
    await sleep(100);
    writeFileSync(join(dir, "0123456789abcdef"), `{"started": 1, "finished": 0, "pid": ${named}}`);
    await withAgent(async (agent) => {
      assert.deepEqual(processes(await agent.show({ dir, jid: "0123456789abcdef" })).map(({ pid, role }) => [pid, role]), [[named, "runner"]]);
    });
    assert.ok(lives(other ?? 0));
  });

  test("a job of ansible's own: shown, not removable, killed, then removable", async () => {
    assert.ok(CORE);
    const dir = folder();
    const env = { ...ENVIRONMENT, ANSIBLE_ASYNC_DIR: dir, ANSIBLE_REMOTE_TEMP: join(ROOT, "remote"), ANSIBLE_LOCAL_TEMP: join(ROOT, "local"), ANSIBLE_HOME: join(ROOT, "home") };
    const args = ["localhost", "-i", "localhost,", "-c", "local", "-e", `ansible_python_interpreter=${CORE.python}`, "-m", "shell", "-a", "echo one; sleep 1000; true", "-B", "100", "-P", "0"];
    await promisify(execFile)(join(CORE.bin, "ansible"), args, { env, cwd: ROOT });
    const jid = readdirSync(dir)[0] ?? "";
    await withAgent(async (agent) => {
      const job = { dir, jid };
      const shown = await running(agent, job);
      const found = ["file", "started", "finished", "limit", "module", "processes_known", "supervised", "result", "cut"].map((key) => shown[key]);
      assert.deepEqual(found.slice(0, 7), ["running", true, false, 100, "command", true, true]);
      assert.deepEqual([found[8], (found[7] as Fields)["ansible_job_id"]], [[], jid]);
      const [watcher, runner, ...rest] = processes(shown);
      assert.deepEqual([watcher?.role, runner?.role, rest[0]?.role, rest[1]?.role], ["watcher", "runner", "module", "program"]);
      assert.deepEqual([runner?.ppid, runner?.pgid], [watcher?.pid, runner?.pid]);
      assert.ok(rest.every(({ sid }) => sid === watcher?.sid));
      assert.ok(Math.abs((runner?.start ?? 0) - Number(shown["mtime"])) < 5);

      const everywhere = await agent.ask({ do: "list", dirs: [], all_users: true });
      assert.deepEqual(everywhere.jobs.filter((each) => each["jid"] === jid).map((each) => each["supervised"]), [true]);
      const expect = { mtime: shown["mtime"], size: shown["size"] };
      assert.equal((await agent.ask({ do: "prune", ...job, expect })).end["code"], "alive");

      const killed = (await agent.ask({ do: "kill", ...job, grace: 5 })).end;
      assert.deepEqual(killed["left"], []);
      assert.deepEqual(new Set((killed["killed"] as readonly Fields[]).map((each) => each["pid"])), new Set(processes(shown).map(({ pid }) => pid)));
      assert.ok(processes(shown).every(({ pid }) => !lives(pid)));
      // The watcher had the time to leave by itself, and so took the module's directory along.
      assert.equal((killed["killed"] as readonly Fields[])[0]?.["signal"], null);
      assert.deepEqual(readdirSync(join(ROOT, "remote")), []);
      const dead = await agent.show(job);
      assert.deepEqual([dead["file"], dead["processes"], dead["supervised"], dead["mtime"]], ["running", [], null, shown["mtime"]]);

      writeFileSync(join(dir, `${jid}.log`), "x");
      assert.equal((await agent.ask({ do: "prune", ...job, expect: { ...expect, size: 1 } })).end["code"], "changed");
      assert.equal((await agent.ask({ do: "prune", ...job })).end["code"], "bad-request");
      assert.deepEqual((await agent.ask({ do: "prune", ...job, expect })).end["removed"], [join(dir, jid), join(dir, `${jid}.log`)]);
      assert.deepEqual(readdirSync(dir), []);
    });
  });

  test("a job file is fetched as text once there is an end in it, and erased only as it was fetched", async () => {
    const dir = folder();
    const content = '{"rc": 0, "big": 12345678901234567890, "float": 1.0, "stdout": "\\u00fc"}';
    writeFileSync(join(dir, "j1.2"), content);
    writeFileSync(join(dir, "j2.2"), '{"started": 1, "finished": 0, "ansible_job_id": "j2.2"}');
    writeFileSync(join(dir, "j3.2"), `{"rc": 0, "stdout": "${"x".repeat(300_000)}"}`);
    symlinkSync("j1.2", join(dir, "j4.2"));
    await withAgent(async (agent) => {
      const { text, mtime, size } = (await agent.ask({ do: "fetch", dir, jid: "j1.2" })).end;
      assert.equal(text, content);
      const codes = await Promise.all(["j2.2", "j3.2", "j4.2", "j5.2"].map(async (jid) => (await agent.ask({ do: "fetch", dir, jid })).end["code"]));
      assert.deepEqual(codes, ["changed", "too-large", "unreadable", "unreadable"]);
      assert.equal((await agent.ask({ do: "erase", dir, jid: "j1.2", expect: { mtime, size: 1 } })).end["code"], "changed");
      assert.equal((await agent.ask({ do: "erase", dir, jid: "../j1.2", expect: { mtime, size } })).end["event"], "error");
      assert.deepEqual((await agent.ask({ do: "erase", dir, jid: "j1.2", expect: { mtime, size } })).end["removed"], [join(dir, "j1.2")]);
      assert.deepEqual(readdirSync(dir).toSorted(), ["j2.2", "j3.2", "j4.2"]);
    });
  });

  test("wait tells of the end at once, of many jobs, and of the limit", async () => {
    const dir = folder();
    await withAgent(async (agent) => {
      const jobs = await Promise.all([launch(`sleep 2; ${answers()}`, 100, dir), launch("sleep 3; exit 3", 100, dir), launch("sleep 1000", 1, dir)]);
      const id = agent.send({ do: "wait", jobs: jobs.map(names) });
      const end = await agent.end(id);
      assert.equal(end["ended"], 3);
      const last = jobs.map(({ jid }) => agent.of(id, "job").filter((event) => event["jid"] === jid).at(-1) ?? {});
      assert.deepEqual(last.map((event) => event["file"]), ["result", "result", "timeout"]);
      assert.deepEqual([last[0]?.["rc"], last[0]?.["stdout_last"], last[0]?.["cmd"], last[1]?.["failed"], last[2]?.["msg"]], [0, "last one", "echo a b", true, "Timeout exceeded"]);
      assert.ok(last.every((event) => event["ended"] === true));
      assert.ok(agent.of(id, "job").length < 12, "nothing is told twice");
    });
  });

  test("the runner is killed: the wait ends, and the module that runs on is found and only ended when asked for", async () => {
    await withAgent(async (agent) => {
      const job = await launch("sleep 1000; true");
      const shown = await running(agent, job);
      const id = agent.send({ do: "wait", jobs: [names(job)] });
      await until(() => agent.of(id, "job").length > 0);
      const before = Date.now();
      strike([pidOf(shown, "runner")]);
      await agent.event((event) => event["id"] === id && event["event"] === "job" && !roles(event).includes("runner"));
      assert.ok(Date.now() - before < 6000);
      // The watcher could still say that this was the limit; when it has left, it is over.
      await agent.end(id);
      const last = agent.of(id, "job").at(-1) ?? {};
      assert.deepEqual([last["file"], last["ended"], roles(last).includes("runner")], ["running", true, false]);
      await until(() => !lives(pidOf(shown, "watcher")));
      // Another agent knows nothing of what this one saw.
      await withAgent(async (later) => {
        const orphans = await later.show(job);
        assert.deepEqual(processes(orphans).map(({ pid, role, by }) => [pid, role, by]), [[pidOf(shown, "module"), "module", "time"], [pidOf(shown, "program"), "program", "time"]]);
        const listed = (await later.ask({ do: "list", dirs: [job.dir] })).jobs[0] ?? {};
        assert.deepEqual(roles(listed), ["module", "program"]);
        assert.equal((await later.ask({ do: "prune", ...names(job), expect: { mtime: orphans["mtime"], size: orphans["size"] } })).end["code"], "alive");
        const spared = (await later.ask({ do: "kill", ...names(job), grace: 1 })).end;
        assert.deepEqual([(spared["killed"] as unknown[]).length, (spared["left"] as unknown[]).length], [0, 2]);
        const ended = (await later.ask({ do: "kill", ...names(job), grace: 1, orphans: true })).end;
        assert.deepEqual([(ended["killed"] as unknown[]).length, (ended["left"] as unknown[]).length], [2, 0]);
      });
    });
  });

  test("the watcher is killed: nobody stands over the job, which ends all the same", async () => {
    await withAgent(async (agent) => {
      const gate = newGate();
      const job = await launch(`${gate.wait}; ${answers()}`);
      const shown = await running(agent, job);
      const id = agent.send({ do: "wait", jobs: [names(job)] });
      await until(() => agent.of(id, "job").length > 0);
      strike([pidOf(shown, "watcher")]);
      await agent.event((event) => event["id"] === id && event["supervised"] === false);
      gate.open();
      const end = await agent.end(id);
      const states = agent.of(id, "job").map((event) => [event["file"], event["supervised"]]);
      assert.deepEqual([end["ended"], states[0], states.at(-1)?.[0]], [1, ["running", true], "result"]);
    });
  });

  test("everything is killed: the file says running for ever, and is known to be wrong", async () => {
    await withAgent(async (agent) => {
      const job = await launch("sleep 1000; true");
      const shown = await running(agent, job);
      const id = agent.send({ do: "wait", jobs: [names(job)] });
      await until(() => agent.of(id, "job").length > 0);
      strike(processes(shown).map(({ pid }) => pid));
      await agent.end(id);
      const listed = (await agent.ask({ do: "list", dirs: [job.dir] })).jobs[0] ?? {};
      assert.deepEqual([listed["file"], listed["processes"], listed["processes_known"], listed["supervised"]], ["running", [], true, null]);
    });
  });

  test("the module is killed: the wrapper writes that down, the program runs on and is still the job's", async () => {
    await withAgent(async (agent) => {
      // As the command module has it, the program does not hold the module's own output.
      const job = await launch("sleep 1000 > /dev/null 2>&1; true");
      const shown = await running(agent, job);
      strike([pidOf(shown, "module")]);
      const id = agent.send({ do: "wait", jobs: [names(job)] });
      await agent.end(id);
      const after = await agent.show(job);
      assert.deepEqual([after["file"], after["failed"]], ["result", true]);
      assert.match(String(after["msg"]), /No start of json char found/);
      assert.ok(processes(after).some(({ pid }) => pid === pidOf(shown, "program")));
      const killed = (await agent.ask({ do: "kill", ...names(job), grace: 1, tidy: 0 })).end;
      assert.deepEqual(killed["left"], []);
      assert.ok(!lives(pidOf(shown, "program")));
    });
  });

  test("kill reaches sessions of their own, orphans that hold the output, and who ignores TERM; nobody else", async () => {
    await withAgent(async (agent) => {
      const job = await launch("setsid sleep 1001 & (setsid sleep 1002 &) \n sh -c 'trap \"\" TERM; while :; do sleep 1003; done'");
      const bystander = spawn("setsid", ["sleep", "1004"], { env: ENVIRONMENT, stdio: "ignore" });
      await running(agent, job);
      let shown: Fields = {};
      await until(async () => {
        shown = await agent.show(job);
        return ["1001", "1002", "1003"].every((word) => processes(shown).some(({ argv }) => argv === `sleep ${word}`));
      });
      const orphan = processes(shown).find(({ argv }) => argv === "sleep 1002");
      assert.deepEqual([orphan?.ppid === pidOf(shown, "module"), orphan?.by], [false, "pipe"]);
      const { killed, left } = (await agent.ask({ do: "kill", ...names(job), grace: 0.5, tidy: 0 })).end as { killed: Fields[]; left: Fields[] };
      assert.deepEqual(left, []);
      assert.ok(processes(shown).every(({ pid }) => !lives(pid)), JSON.stringify({ shown, killed }));
      // Without its runner the watcher leaves within five seconds; it may be sooner than its signal.
      assert.equal(killed[0]?.["role"], "watcher");
      assert.ok(["TERM", null].includes(killed[0]["signal"] as string | null), JSON.stringify(killed));
      assert.ok(killed.some((each) => each["signal"] === "KILL"));
      assert.ok(bystander.pid !== undefined && lives(bystander.pid));
      bystander.kill("SIGKILL");
      assert.equal((await agent.show(job))["file"], "running", "the job's file is as it was");
    });
  });

  test("a program that cleans up when it is told to end is let do so", async () => {
    await withAgent(async (agent) => {
      const [cleaned, ready] = [join(folder(), "cleaned"), join(folder(), "ready")];
      const job = await launch(`trap 'sleep 1 && echo cleaning && head -c 300000 /dev/zero && echo up >&2 && touch ${cleaned}; exit 3' TERM; touch ${ready}; while :; do sleep 0.1; done`);
      for (const end = Date.now() + PATIENCE_MS; !existsSync(ready); await sleep(20)) assert.ok(Date.now() < end, "its shell has not started");
      const shown = await running(agent, job, false);
      const { left } = (await agent.ask({ do: "kill", ...names(job), grace: 60, tidy: 0 })).end;
      assert.deepEqual([left, existsSync(cleaned), processes(shown).filter(({ pid }) => lives(pid))], [[], true, []]);
    });
  });

  test("a process that only has the number is left alone", async () => {
    const dir = folder();
    const innocent = spawn("sleep", ["1005"], { env: ENVIRONMENT, stdio: "ignore" });
    writeFileSync(join(dir, "0123456789abcdef"), `{"started": 1, "finished": 0, "pid": ${innocent.pid ?? 0}}`);
    utimesSync(join(dir, "0123456789abcdef"), 1_700_000_000, 1_700_000_000);
    await withAgent(async (agent) => {
      assert.deepEqual(processes(await agent.show({ dir, jid: "0123456789abcdef" })), []);
      assert.deepEqual((await agent.ask({ do: "kill", dir, jid: "0123456789abcdef", grace: 0 })).end["killed"], []);
      const job = await launch("sleep 1000; true");
      const shown = await running(agent, job);
      const only = processes(shown).map(({ pid, start }) => ({ pid, start: (start ?? 0) - 100 }));
      const stale = (await agent.ask({ do: "kill", ...names(job), grace: 0, only })).end;
      assert.deepEqual([(stale["killed"] as unknown[]).length, (stale["left"] as unknown[]).length], [0, only.length]);
      const right = processes(shown).filter(({ role }) => role === "program").map(({ pid, start }) => ({ pid, start }));
      const one = (await agent.ask({ do: "kill", ...names(job), grace: 1, only: right })).end;
      assert.deepEqual((one["killed"] as readonly Fields[]).map((each) => each["pid"]), right.map(({ pid }) => pid));
    });
    assert.ok(innocent.pid !== undefined && lives(innocent.pid));
    innocent.kill("SIGKILL");
  });

  test("the file is removed under a job: it is a job still, by the first half of its name", async () => {
    await withAgent(async (agent) => {
      const job = await launch("sleep 1000; true");
      await running(agent, job);
      const id = agent.send({ do: "wait", jobs: [names(job)] });
      await until(() => agent.of(id, "job").length > 0);
      rmSync(join(job.dir, job.jid));
      const absent = await agent.event((event) => event["id"] === id && event["file"] === "absent");
      assert.deepEqual([absent["ended"], absent["path"]], [false, null]);
      const prefix = job.jid.split(".")[0] ?? "";
      const listed = (await agent.ask({ do: "list", dirs: [job.dir] })).jobs;
      assert.deepEqual(listed.map((each) => [each["jid"], each["file"], each["supervised"], each["limit"]]), [[prefix, "absent", true, 100]]);
      // The directory goes too, and comes again.
      renameSync(job.dir, `${job.dir}-away`);
      mkdirSync(job.dir);
      await sleep(700);
      writeFileSync(join(job.dir, job.jid), JSON.stringify(RESULT));
      assert.equal((await agent.end(id))["ended"], 1);
      assert.deepEqual((await agent.ask({ do: "kill", dir: job.dir, jid: prefix, grace: 1, tidy: 0 })).end["left"], []);
    });
  });

  test("tail follows a log, with whole characters, and says where none is kept", async () => {
    await withAgent(async (agent) => {
      const dir = folder();
      const gate = newGate();
      const job = await launch(`${gate.wait}; ${answers()}`, 100, dir);
      const silent = await launch(`${gate.wait}; ${answers()}`, 100, dir);
      const log = join(dir, `${job.jid}.log`);
      writeFileSync(log, Buffer.from("skipped\nfirst €", "utf8").subarray(0, -1));
      const id = agent.send({ do: "tail", ...names(job), from: 8 });
      const note = agent.send({ do: "tail", ...names(silent), from: 0 });
      await agent.event((event) => event["id"] === id && event["event"] === "output");
      appendFileSync(log, Buffer.concat([Buffer.from("€", "utf8").subarray(2), Buffer.from(` ${"x".repeat(100_000)}\n`)]));
      await agent.event((event) => event["id"] === note && event["event"] === "note");
      gate.open();
      await agent.end(id);
      await agent.end(note);
      const pieces = agent.of(id, "output");
      assert.equal(pieces.map((event) => event["text"]).join(""), `first € ${"x".repeat(100_000)}\n`);
      assert.deepEqual([pieces[0]?.["text"], pieces.at(-1)?.["offset"]], ["first ", statSync(log).size]);
      assert.ok(pieces.every((event) => String(event["text"]).length <= 65_536));
      assert.equal(agent.of(note, "note").length, 1);
      assert.deepEqual(agent.of(note, "output").map((event) => [event["stream"], event["text"]]), [["stdout", "first\nlast one"]]);
      symlinkSync("/etc/passwd", join(dir, "j5.5.log"));
      assert.equal(agent.of(agent.send({ do: "tail", dir, jid: "j5.5", from: 0 }), "output").length, 0);
    });
  });

  test("a log that was replaced when it was large is read to its end, and then the new one, also by who comes back", async () => {
    for (const python of PYTHONS) {
      await withAgent(async (agent) => {
        const dir = folder();
        const log = join(dir, "j1.1.log");
        const rotate = (next: string): void => {
          renameSync(log, `${log}.1`);
          writeFileSync(log, next);
        };
        const tail = async (more: Fields): Promise<{ text: string; notes: number; at: Fields }> => {
          const id = agent.send({ do: "tail", dir, jid: "j1.1", from: 0, follow: false, ...more });
          await agent.end(id);
          const pieces = agent.of(id, "output");
          const { offset, place } = pieces.at(-1) ?? {};
          return { text: pieces.map((event) => event["text"]).join(""), notes: agent.of(id, "note").length, at: { from: offset, place } };
        };
        writeFileSync(log, "one\ntwo\n");
        const { at, text } = await tail({});
        assert.equal(text, "one\ntwo\n");
        appendFileSync(log, "three\n");
        assert.equal((await tail(at)).text, "three\n");
        rotate("four\n");
        const back = await tail(at);
        assert.deepEqual([back.text, back.notes], ["three\nfour\n", 0]);
        assert.equal((await tail(back.at)).text, "");
        assert.equal((await tail({})).text, "one\ntwo\nthree\nfour\n", "from the beginning");
        assert.equal((await tail({ lines: 3 })).text, "two\nthree\nfour\n", "last lines go back over the change");
        assert.equal((await tail({ lines: 1 })).text, "four\n");
        assert.equal((await tail({ lines: 99 })).text, "one\ntwo\nthree\nfour\n");
        rotate("five\n");
        const late = await tail(at);
        assert.deepEqual([late.text, late.notes], ["four\nfive\n", 1], "what it was at is gone, and that is said");
        rmSync(`${log}.1`);
        assert.equal((await tail(late.at)).text, "");
      }, python);
    }
  });

  test("who follows a log misses nothing of it however often it is replaced", async () => {
    await withAgent(async (agent) => {
      const dir = folder();
      const gate = newGate();
      const job = await launch(`${gate.wait}; ${answers()}`, 100, dir);
      const log = join(dir, `${job.jid}.log`);
      writeFileSync(log, "0\n");
      const id = agent.send({ do: "tail", ...names(job), from: 0 });
      await agent.event((event) => event["id"] === id && event["event"] === "output");
      const lines = Array.from({ length: 40 }, (_, n) => `${n}\n`);
      for (const [n, line] of lines.entries()) {
        if (n === 0) continue;
        if (n % 10 === 0) renameSync(log, `${log}.1`);
        appendFileSync(log, line);
        // A writer fills megabytes between two of these: whoever reads has come that far, or is one line behind.
        if (n % 10 === 8) await agent.event((event) => event["id"] === id && String(event["text"]).endsWith(line));
      }
      gate.open();
      await agent.end(id);
      assert.equal(agent.of(id, "output").map((event) => event["text"]).join(""), lines.join(""));
      assert.equal(agent.of(id, "note").length, 0);
    });
  });

  test("the last lines of a log or a result are found; who does not follow gets what there is", async () => {
    for (const python of PYTHONS) {
      await withAgent(async (agent) => {
        const dir = folder();
        const tail = async (jid: string, lines: unknown, more: Fields = {}): Promise<readonly unknown[]> => {
          const id = agent.send({ do: "tail", dir, jid, from: 0, lines, follow: false, ...more });
          const end = await agent.end(id);
          return end["event"] === "error" ? [end["code"]] : agent.of(id, "output").map((event) => event["text"]);
        };
        const result = { rc: 0, changed: true, stdout: "one\ntwo\nthree", stderr: "four\nfive\n" };
        writeFileSync(join(dir, "j1.1"), JSON.stringify(result));
        assert.deepEqual(await tail("j1.1", 2), ["two\nthree", "four\nfive\n"]);
        assert.deepEqual(await tail("j1.1", 0), []);
        assert.deepEqual(await tail("j1.1", 99), ["one\ntwo\nthree", "four\nfive\n"]);
        assert.deepEqual(await tail("j1.1", "x"), ["bad-request"]);
        writeFileSync(join(dir, "j2.2"), JSON.stringify({ started: 1, finished: 0, ansible_job_id: "j2.2" }));
        writeFileSync(join(dir, "j2.2.log"), "a\n\nb\nhalf");
        assert.deepEqual([await tail("j2.2", 1), await tail("j2.2", 2), await tail("j2.2", 3)], [["half"], ["b\nhalf"], ["\nb\nhalf"]]);
        writeFileSync(join(dir, "j2.2.log"), `${"x".repeat(3_000_000)}\nend\n`);
        assert.deepEqual(await tail("j2.2", 1), ["end\n"]);
        assert.equal((await tail("j2.2", 2)).join("").length, 1_048_576);
      }, python);
    }
  });

  test("without inotify and pidfd it looks for itself; another request can be taken back", async () => {
    const blind = SOURCE.replace("USE_INOTIFY = True", "USE_INOTIFY = False").replace("USE_PIDFD = True", "USE_PIDFD = False");
    assert.notEqual(blind, SOURCE);
    await withAgent(async (agent) => {
      const [short, long] = await Promise.all([launch(`sleep 1; ${answers()}`), launch("sleep 1000; true")]);
      await running(agent, long);
      assert.equal((await agent.ask({ do: "wait", jobs: [names(short)] })).end["ended"], 1);
      const id = agent.send({ do: "wait", jobs: [names(long)] });
      assert.equal((await agent.ask({ do: "cancel", target: id })).end["cancelled"], true);
      assert.equal((await agent.end(id))["code"], "cancelled");
      const again = agent.send({ do: "wait", jobs: [names(long)] });
      assert.deepEqual((await agent.ask({ do: "kill", ...names(long), grace: 1, tidy: 0 })).end["left"], []);
      assert.equal((await agent.end(again))["ended"], 1);
    }, undefined, blind);
  });

  const noPs = spawnSync("ps", ["-ax", "-o", "lstart="], { stdio: "ignore" }).status === 0 ? false : "ps is missing here";
  test("without /proc the processes come from ps; without both it says that it knows none", { skip: noPs }, async () => {
    const withoutProc = SOURCE.replace('PROC = b"/proc"', 'PROC = b"/nonexistent"');
    assert.notEqual(withoutProc, SOURCE);
    const job = await launch("sleep 1000; true");
    await withAgent(async (agent) => {
      const shown = await running(agent, job);
      assert.deepEqual(roles(shown), ["watcher", "runner", "module", "program"]);
      assert.deepEqual([shown["supervised"], shown["limit"]], [true, 100]);
    }, undefined, withoutProc);
    await withAgent(async (agent) => {
      const shown = await agent.show(job);
      assert.deepEqual([shown["processes_known"], shown["processes"], shown["supervised"]], [false, [], null]);
      assert.equal((await agent.ask({ do: "prune", ...names(job), expect: { mtime: shown["mtime"], size: shown["size"] } })).end["code"], "alive");
      assert.equal((await agent.ask({ do: "kill", ...names(job), grace: 1 })).end["code"], "not-supported");
    }, undefined, withoutProc.replace('["ps"]', '["no-such-ps"]'));
    await withAgent(async (agent) => assert.deepEqual((await agent.ask({ do: "kill", ...names(job), grace: 1, tidy: 0 })).end["left"], []));
  });

  test("a result that is too long is shortened, and the cuts are said", async () => {
    const dir = folder();
    writeFileSync(join(dir, "j1.1"), JSON.stringify({ ...RESULT, stdout: `begin${"é".repeat(900_000)}end`, many: Array.from({ length: 5000 }, (_, n) => `line ${n}`) }));
    await withAgent(async (agent) => {
      const shown = await agent.show({ dir, jid: "j1.1" });
      assert.ok(JSON.stringify(shown["result"]).length < 256 * 1024);
      assert.deepEqual(new Set((shown["cut"] as readonly Fields[]).map((each) => each["at"])), new Set(["many", "stdout"]));
      assert.match((shown["result"] as { stdout: string }).stdout, /^begin[^]*characters left out[^]*end$/);
    });
  });

  test("whatever is in a job file, each gets its answer", async () => {
    const dir = folder();
    const deep = fc.tuple(fc.constantFrom("[", '{"a":'), fc.integer({ min: 1, max: 3000 })).map(([text, count]) => text.repeat(count));
    const object = fc.dictionary(fc.constantFrom("started", "finished", "failed", "rc", "msg", "cmd", "stdout", "stderr", "pid", "child_pid", "start", "delta", "changed"), fc.jsonValue());
    const content = fc.oneof(fc.json(), object.map((value) => JSON.stringify(value)), deep, fc.string({ unit: "binary" }), fc.uint8Array({ maxLength: 200 }));
    const contents = fc.sample(content, 400);
    for (const [n, each] of contents.entries()) writeFileSync(join(dir, `j${n}.1`), each);
    await withAgent(async (agent) => {
      const { end, jobs } = await agent.ask({ do: "list", dirs: [dir] });
      assert.deepEqual([end["jobs"], jobs.length], [contents.length, contents.length], JSON.stringify(end));
      assert.ok(jobs.every((job) => (JOB_FILES as readonly unknown[]).includes(job["file"]) && readJob(job) !== undefined));
      for (let n = 0; n < contents.length; n += 20) await agent.show({ dir, jid: `j${n}.1` });
    });
  });

  const isRoot = process.getuid?.() === 0 ? "root may read everything" : false;
  test("what may not be read is said", { skip: isRoot }, async () => {
    const dir = folder();
    writeFileSync(join(dir, "j1.1"), "{}", { mode: 0 });
    const closed = folder();
    chmodSync(closed, 0);
    await withAgent(async (agent) => {
      const { end, jobs } = await agent.ask({ do: "list", dirs: [dir, closed] });
      assert.deepEqual([jobs.map((job) => job["file"]), (end["dirs"] as readonly Fields[]).map((each) => each["readable"])], [["unreadable"], [true, false]]);
    });
    chmodSync(closed, 0o700);
  });
});
