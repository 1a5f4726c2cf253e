// A run on real ansible-core that is killed with all its processes, as by a machine that stops: what it left open is found and followed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { ansibleBin } from "./ansible.ts";

const main = join(import.meta.dirname, "../src/main.ts");
const directory = mkdtempSync(join(tmpdir(), "longhaul-attach-test-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const env = { ...process.env, PATH: [ansibleBin(), process.env["PATH"]].join(delimiter), COLUMNS: "80", LONGHAUL_STATE_DIR: join(directory, "state") };

const PLAYBOOK = `
- hosts: box
  gather_facts: false
  tasks:
    - name: Compact the database
      ansible.builtin.shell: until test -e {{ inventory_dir }}/go; do sleep 0.1; done; echo compacted
      async: 600
      poll: 600
`;

interface Ended {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

/** Anywhere but where the run was started. */
async function longhaul(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], { env, cwd: tmpdir(), stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const [code] = await once(child, "close");
  return { code, out, err };
}

/** Starts a run and kills it once its job is in the journal. Out: the journal's path. */
async function killedRun(): Promise<string> {
  const run = spawn(process.execPath, [main, "run", "-i", "hosts.ini", "site.yml"], { env, cwd: directory, stdio: "ignore", detached: true });
  const gone = once(run, "exit");
  try {
    for (;;) {
      assert.equal(run.exitCode, null, "the run is not to end by itself");
      const runs = join(directory, "state/runs");
      const [id = ""] = existsSync(runs) ? readdirSync(runs) : [];
      const journal = join(runs, id, "journal.jsonl");
      if (existsSync(journal) && readFileSync(journal, "utf8").includes("job-launched")) return journal;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    if (run.exitCode === null) process.kill(-(run.pid ?? 0), "SIGKILL");
    await gone;
  }
}

test("a run that was killed is cut off with its job open, and attach follows that to its true end from anywhere", async () => {
  writeFileSync(join(directory, "hosts.ini"), `box ansible_connection=local ansible_async_dir=${directory}/jobs ansible_python_interpreter=${existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "auto_silent"}\n`);
  writeFileSync(join(directory, "site.yml"), PLAYBOOK);
  const journal = await killedRun();
  appendFileSync(journal, '{"at":1,"type":"job-see');
  const before = await longhaul("runs");
  assert.match(before.out, /^\d{8}-\d{4}-\w{4} {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}cut off {2}1 {5}site\.yml$/m, before.out + before.err);
  const early = await longhaul("attach", "last", "--timeout", "3s");
  assert.equal(early.code, 124, early.out + early.err);
  assert.match(early.err, /1 job of it has no known end; longhaul attach \S+ asks again\n$/);
  writeFileSync(join(directory, "go"), "");
  const { code, out, err } = await longhaul("attach", "last");
  assert.equal(code, 0, out + err);
  assert.match(out, /^box {2}j\S+ {2}finished rc 0 {2}compacted\n$/);
  const shown = await longhaul("show", "last");
  assert.match(shown.out, /^box {3}finished {2}\S+ {2,}0 {3}j\S+ {2}Compact the database$/m, shown.out + shown.err);
  const { runs } = JSON.parse((await longhaul("runs", "-f", "json")).out) as { runs: { result: string; open: number }[] };
  assert.deepEqual(runs.map(({ result, open }) => [result, open]), [["cut off", 0]]);
});
