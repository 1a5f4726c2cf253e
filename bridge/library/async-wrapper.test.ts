// The wrapper alone, called as Ansible calls it, with modules made for the purpose, on every Python that is here. Real plays: bridge/*.test.ts.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { processesWith, pythonsHere, until } from "../play.fixture.ts";

const WRAPPER = join(import.meta.dirname, "async_wrapper.py");
const ROOT = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-wrapper-")));
const PYTHONS = [...pythonsHere()];
const PYTHON = PYTHONS.find(([version]) => version.startsWith("3."))?.[1] ?? "python3";
const NO_PROC = existsSync("/proc/self/stat") ? false : "the processes of a job are looked up in /proc";

after(() => {
  for (const { pid } of processesWith(ROOT)) process.kill(pid, "SIGKILL");
  rmSync(ROOT, { recursive: true, force: true });
});

type Fields = Record<string, unknown>;

interface Call {
  /** The module's source in Python; HERE is a folder of its own. */
  readonly module: string;
  readonly python?: string;
  readonly limitSeconds?: number;
  readonly newer?: boolean;
  readonly preserve?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

interface Called {
  readonly answer: Fields;
  readonly here: string;
  readonly file: string;
  readonly jid: string;
  readonly read: () => Fields;
  /** The job file when the job's own processes have gone. */
  readonly end: () => Promise<Fields>;
}

let turn = 0;

async function call({ module, python = PYTHON, limitSeconds = 60, newer = false, preserve = false, env = {} }: Call): Promise<Called> {
  const here = join(ROOT, `job${turn++}`);
  const tmp = join(here, "ansible-tmp-1");
  mkdirSync(tmp, { recursive: true });
  const path = join(tmp, "AnsiballZ_made.py");
  writeFileSync(path, `#!${python}\n# -*- coding: utf-8 -*-\n${module.replaceAll("HERE", here)}`);
  const jid = `j${100_000 + turn}`;
  const rest = newer ? [String(preserve), path, python, path] : [path, "_", ...(preserve ? ["-preserve_tmp"] : [])];
  const child = spawn(python, [WRAPPER, jid, String(limitSeconds), ...rest], { env: { ...process.env, ANSIBLE_ASYNC_DIR: join(here, "jobs"), ...env }, cwd: here, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data: Buffer) => (out += data.toString()));
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  await once(child, "close");
  assert.equal(err, "");
  const answer = JSON.parse(out) as Fields;
  const file = String(answer["results_file"]);
  const read = (): Fields => JSON.parse(readFileSync(file, "utf8")) as Fields;
  const end = async (): Promise<Fields> => {
    await until(`the end of ${jid}`, () => processesWith(jid).length === 0, 120_000);
    return read();
  };
  return { answer, here, file, jid: String(answer["ansible_job_id"]), read, end };
}

const printing = (text: string): string => `import sys\nsys.stdout.write(${JSON.stringify(text)})\n`;

/** A stand-in for an AnsiballZ file: a module whose AnsibleModule has a run_command like that of ansible-core. */
function ansiballz(program: string, options: { readonly noLog?: boolean; readonly secrets?: readonly string[]; readonly times?: number; readonly scheduledLateSeconds?: number } = {}): string {
  return `_ANSIBALLZ_WRAPPER = True
import fcntl, json, os, select, subprocess, sys, time, types
for name in ("ansible", "ansible.module_utils"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = []
basic = types.ModuleType("ansible.module_utils.basic")
class AnsibleModule(object):
    no_log = ${options.noLog === true ? "True" : "False"}
    no_log_values = set(${JSON.stringify(options.secrets ?? [])})
    def run_command(self, args, check_rc=False, before_communicate_callback=None):
        program = subprocess.Popen(args, shell=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if before_communicate_callback:
            before_communicate_callback(program)
        pipes = {program.stdout: [], program.stderr: []}
        for pipe in pipes:
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETFL, fcntl.fcntl(pipe.fileno(), fcntl.F_GETFL) | os.O_NONBLOCK)
        open_pipes = list(pipes)
        while True:
            ready = select.select(open_pipes, [], [], 1)[0]
            for pipe in ready:
                part = pipe.read()
                pipes[pipe].append(part)
                if part == b"":
                    open_pipes.remove(pipe)
            if not ready or not open_pipes:
                time.sleep(${options.scheduledLateSeconds ?? 0})
                if program.poll() is not None:
                    break
        program.stdout.close()
        return program.wait(), b"".join(pipes[program.stdout]), b"".join(pipes[program.stderr])
basic.AnsibleModule = AnsibleModule
sys.modules["ansible.module_utils.basic"] = basic
import wave
for _ in range(${options.times ?? 1}):
    code, out, err = AnsibleModule().run_command(${JSON.stringify(program)})
print(json.dumps({"rc": code, "stdout": out.decode("utf-8", "replace")[-2000:], "bytes": len(out), "pythonpath": os.environ.get("PYTHONPATH"), "path": sys.path, "own": "OWN" in os.environ}))
`;
}

const logOf = (job: Called): string => (existsSync(`${job.file}.log`) ? readFileSync(`${job.file}.log`, "utf8") : "none");

for (const [version, python] of PYTHONS) {
  suite(`Python ${version}`, { concurrency: 2 }, () => {
    for (const newer of [false, true]) {
      test(`${newer ? "the arguments of 2.21" : "the arguments up to 2.20"}: answer, job file and temporary directory are as Ansible's wrapper leaves them`, async () => {
        const job = await call({ module: printing('{"changed": true, "msg": "é"}\n'), python, newer });
        const [yes, no] = newer ? [true, false] : [1, 0];
        assert.deepEqual(job.answer, { failed: no, started: yes, finished: no, ansible_job_id: job.jid, results_file: job.file, _ansible_suppress_tmpdir_delete: true });
        assert.match(job.jid, /^j\d+\.\d+$/);
        assert.deepEqual(await job.end(), { changed: true, msg: "é" });
        assert.deepEqual(readdirSync(join(job.file, "..")), [job.jid]);
        assert.equal(statSync(job.file).mode & 0o777, 0o600);
        assert.equal(existsSync(join(job.here, "ansible-tmp-1")), false);
        const kept = await call({ module: printing("{}\n"), python, newer, preserve: true });
        assert.equal(kept.answer["_ansible_suppress_tmpdir_delete"], false);
        await kept.end();
        assert.deepEqual(readdirSync(join(kept.here, "ansible-tmp-1")), ["AnsiballZ_made.py"]);
      });
    }

    test("what a program prints is in the log while it runs; its environment is as it would be, and the machine's sitecustomize is run", async () => {
      const own = join(ROOT, `own${version}`);
      mkdirSync(own);
      writeFileSync(join(own, "sitecustomize.py"), "import os\nos.environ['OWN'] = '1'\n");
      const job = await call({ module: ansiballz("echo first; touch HERE/ready; until test -e HERE/go; do sleep 0.1; done; echo $PYTHONPATH; sleep 0.5; echo bad >&2; exit 4"), python, env: { PYTHONPATH: own } });
      await until("the program", () => existsSync(join(job.here, "ready")));
      await until("its first line", () => logOf(job).includes("first\n"));
      assert.deepEqual([job.read()["started"], job.read()["finished"]], [1, 0]);
      writeFileSync(join(job.here, "go"), "");
      const value = await job.end();
      assert.deepEqual([value["rc"], value["stdout"], value["pythonpath"], value["own"]], [4, `first\n${own}\n`, own, true]);
      assert.doesNotMatch(JSON.stringify(value["path"]), /ansible-tmp-1\/longhaul-/);
      assert.equal(logOf(job), `first\n${own}\nbad\n`);
      assert.equal(statSync(`${job.file}.log`).mode & 0o777, 0o600);
    });

    test("what a program prints last is kept, though it ends just as its pipes were looked at for a second, and what it leaves running holds them", async () => {
      const options = { scheduledLateSeconds: 0.8 };
      const [last, silent] = await Promise.all([call({ module: ansiballz("sleep 1.4; echo last", options), python }), call({ module: ansiballz("while test -d HERE/jobs; do sleep 0.2; done & sleep 1.4; echo last", { ...options, noLog: true }), python })]);
      for (const job of [last, silent]) assert.equal((await job.end())["stdout"], "last\n");
      assert.equal(logOf(silent), "none");
    });

    test("a program's secrets are veiled in the log, and with no_log there is none", async () => {
      const secrets = ["s3cret", "s3cret-and-more"];
      const program = "printf 'a s3c'; sleep 0.3; printf 'ret-and'; sleep 0.3; printf -- '-more b s3cre\\n'; printf 's3c'";
      const veiled = await call({ module: ansiballz(program, { secrets }), python });
      const silent = await call({ module: ansiballz("echo s3cret", { noLog: true }), python });
      assert.equal((await veiled.end())["stdout"], "a s3cret-and-more b s3cre\ns3c");
      assert.equal(logOf(veiled), "a ******** b s3cre\ns3c");
      assert.equal((await silent.end())["stdout"], "s3cret\n");
      assert.equal(logOf(silent), "none");
    });
  });
}

const RESULTS: readonly (readonly [name: string, module: string, expected: (value: Fields) => void])[] = [
  ["junk before the result is left out", printing('banner\n{"rc": 0}\n'), (value) => assert.deepEqual(value, { rc: 0 })],
  ["junk after it is a warning", printing('{"rc": 0}\nbye\n'), (value) => assert.deepEqual(value, { rc: 0, warnings: ["Module invocation had junk after the JSON data: bye"] })],
  ["junk is added to the module's own warnings", printing('{"warnings": ["own"]}\nbye\n'), (value) => assert.deepEqual(value, { warnings: ["own", "Module invocation had junk after the JSON data: bye"] })],
  ["the module's standard error takes the place of the result's, as with Ansible", `import sys\nsys.stderr.write("noise")\n${printing('{"stderr": "of the program"}')}`, (value) => assert.deepEqual(value, { stderr: "noise" })],
  ["a result over several lines", printing('{"a":\n 1\n}\n'), (value) => assert.deepEqual(value, { a: 1 })],
  ["a crash says what the module said", "raise ValueError('boom')\n", (value) => assert.deepEqual([value["failed"], value["msg"], value["data"]], [1, "The module gave no JSON result and ended with code 1: ValueError: boom", ""])],
  ["words instead of a result", printing("usage: no\n"), (value) => assert.deepEqual([value["failed"], value["msg"], value["data"]], [1, "The module gave no JSON result and ended with code 0: usage: no", "usage: no\n"])],
  ["nothing at all", "", (value) => assert.equal(value["msg"], "The module gave no JSON result and ended with code 0.")],
  ["a list is no result", printing("[1]\n"), (value) => assert.equal(value["data"], "[1]\n")],
  ["bytes that are no UTF-8", "import os\nos.write(1, b'{\"a\": \"\\xff\"}\\n')\n", (value) => assert.equal(String(value["a"]).length, 1)],
  ["a signal is named", "import os\nos.kill(os.getpid(), 11)\n", (value) => assert.match(String(value["msg"]), /^The module was killed by signal 11 \(SIGSEGV\) before it gave a result\.$/)],
];

suite("results", { concurrency: 4 }, () => {
  for (const [name, module, expected] of RESULTS) {
    test(name, async () => {
      const job = await call({ module });
      expected(await job.end());
    });
  }

  test("a module that cannot be started", async () => {
    const here = join(ROOT, "no-interpreter");
    mkdirSync(join(here, "ansible-tmp-1"), { recursive: true });
    const path = join(here, "ansible-tmp-1", "made");
    writeFileSync(path, "#!/nowhere/python\n");
    chmodSync(path, 0o755);
    const child = spawn(PYTHON, [WRAPPER, "j77", "30", path, "_"], { env: { ...process.env, ANSIBLE_ASYNC_DIR: here }, stdio: "ignore" });
    await once(child, "close");
    const name = await until("the result", () => readdirSync(here).find((each) => /^j77\.\d+$/.test(each) && readFileSync(join(here, each), "utf8").includes("outdata")));
    const value = JSON.parse(readFileSync(join(here, name), "utf8")) as Fields;
    assert.match(String(value["msg"]), /No such file or directory/);
    assert.equal(value["cmd"], path);
  });
});

suite("limits and ends", { skip: NO_PROC, concurrency: 2 }, () => {
  test("whatever ends first at the limit, the job file says it once and for all", async () => {
    const jobs = await Promise.all(Array.from({ length: 24 }, (_, n) => call({ module: `import time\ntime.sleep(${0.6 + n * 0.03})\nopen("HERE/done", "w").close()\nprint('{"rc": 0}')\n`, limitSeconds: 1 })));
    const seen = new Map(jobs.map((job) => [job, new Set<string>()]));
    await until("all ends", () => {
      for (const [job, texts] of seen) texts.add(readFileSync(job.file, "utf8"));
      return jobs.every((job) => processesWith(job.jid.split(".")[0] ?? "").length === 0);
    }, 120_000);
    for (const [job, texts] of seen) {
      const last = job.read();
      texts.add(JSON.stringify(last));
      assert.ok(last["rc"] === 0 || last["msg"] === "Timeout exceeded", JSON.stringify(last));
      if (last["rc"] === 0) assert.ok(existsSync(join(job.here, "done")));
      assert.ok(texts.size <= 3, JSON.stringify([...texts]));
      assert.equal([...texts].some((text) => text.includes('"rc"')) && [...texts].some((text) => text.includes("Timeout")), false);
    }
  });

  test("a short limit does not stop what restarts a service: Ansible's playbooks rely on its ten seconds", async () => {
    const shell = (words: string): string => `import subprocess\nsubprocess.call(["sh", "-c", "sleep 3; : ${words}; touch HERE/done"])\nprint("{}")\n`;
    const [restart, other] = await Promise.all([call({ module: shell("service ssh restart"), limitSeconds: 1 }), call({ module: shell("serve"), limitSeconds: 1 })]);
    assert.deepEqual(await restart.end(), {});
    assert.equal((await other.end())["msg"], "Timeout exceeded");
    assert.deepEqual([restart, other].map(({ here }) => existsSync(join(here, "done"))), [true, false]);
  });

  test("what a job leaves running on purpose lives on, and its result does not wait for it", async () => {
    const job = await call({ module: `import subprocess\nsubprocess.Popen(["sh", "-c", "while test -d HERE/jobs; do sleep 0.2; done"], preexec_fn=__import__("os").setsid)\nprint('{"rc": 0}')\n`, limitSeconds: 600 });
    assert.deepEqual(await job.end(), { rc: 0 });
    assert.equal(processesWith(`${job.here}/jobs;`).length, 1);
  });

  test("a program that writes while it cleans up at the limit is not ended by the pipe that its module has left", async () => {
    const much = "head -c 3000000 /dev/zero";
    const job = await call({ module: ansiballz(`trap 'sleep 0.3; echo cleaning; ${much}; echo up >&2; touch HERE/cleaned' TERM; touch HERE/ready; while test -d HERE/jobs; do sleep 0.2; test -e HERE/cleaned && exit; done`), limitSeconds: 2 });
    assert.equal((await job.end())["msg"], "Timeout exceeded");
    assert.deepEqual(["ready", "cleaned"].map((name) => existsSync(join(job.here, name))), [true, true]);
  });

  test("whoever ends the watcher ends the job, and the job file says so", async () => {
    const job = await call({ module: `import subprocess\nopen("HERE/ready", "w").close()\nsubprocess.call(["sh", "-c", "while test -d HERE/jobs; do sleep 0.2; done"])\n`, limitSeconds: 600 });
    await until("its start", () => existsSync(join(job.here, "ready")));
    const watcher = processesWith(job.jid.split(".")[0] ?? "").find(({ pid, pgid }) => pid !== pgid);
    assert.ok(watcher);
    process.kill(watcher.pid, "SIGTERM");
    const value = await job.end();
    assert.equal(value["msg"], "The job was ended: its watcher received signal 15 (SIGTERM).");
    assert.equal(processesWith(`${job.here}/jobs;`).length, 0);
  });
});

suite("the log", () => {
  test("keeps the newest 8 MB of any amount, and the result stays whole", async () => {
    const job = await call({ module: ansiballz("i=0; while test $i -lt 48; do yes xxxxxxx | head -c 1048576; i=$((i+1)); done; echo the end") });
    const value = await job.end();
    assert.equal(value["bytes"], 48 * 1048576 + 8);
    const sizes = ["", ".1"].map((ending) => statSync(`${job.file}.log${ending}`).size);
    assert.ok(sizes.every((size) => size <= 4 * 1048576), String(sizes));
    assert.match(readFileSync(`${job.file}.log.1`, "utf8").slice(-10) + logOf(job), /x\nthe end\n$/);
  });

  test("that cannot be written does not disturb the task", async () => {
    const directory = join(ROOT, "no-log");
    const job = await call({ module: `import os\nos.mkdir("HERE/jobs/" + os.environ["LONGHAUL_JID"] + ".log")\n${ansiballz("echo out; exit 3", { times: 2 })}`, env: { TMPDIR: directory } });
    const value = await job.end();
    assert.deepEqual([value["rc"], value["stdout"]], [3, "out\n"]);
  });

  test("goes a day after its job file was cleaned up", async () => {
    const first = await call({ module: ansiballz("echo out") });
    await first.end();
    const directory = join(first.file, "..");
    const old = join(directory, "j1.2.log");
    const kept = join(directory, "j1.3.log");
    for (const path of [old, kept]) writeFileSync(path, "");
    utimesSync(old, 1_000_000, 1_000_000);
    await (await call({ module: printing("{}"), env: { ANSIBLE_ASYNC_DIR: directory } })).end();
    assert.deepEqual([old, kept, `${first.file}.log`].map((path) => existsSync(path)), [false, true, true]);
  });
});
