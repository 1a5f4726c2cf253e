// `longhaul jobs` on real jobs of real ansible-core, on this machine as two hosts.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { ansibleBin } from "./ansible.ts";

const main = join(import.meta.dirname, "../src/main.ts");
let directory = "";
let env: NodeJS.ProcessEnv = {};

before(() => {
  directory = mkdtempSync(join(tmpdir(), "longhaul-jobs-"));
  env = { ...process.env, PATH: [ansibleBin(), process.env["PATH"]].join(delimiter), ANSIBLE_PYTHON_INTERPRETER: existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "auto_silent", COLUMNS: "80", LONGHAUL_STATE_DIR: join(directory, "state") };
  const line = (host: string): string => `${host} ansible_connection=local ansible_async_dir=${directory}/${host}\n`;
  writeFileSync(join(directory, "hosts.ini"), line("one") + line("two"));
});
after(() => rmSync(directory, { recursive: true, force: true }));

function ansible(host: string, command: string): void {
  const { status, stdout, stderr } = spawnSync("ansible", [host, "-i", join(directory, "hosts.ini"), "-m", "shell", "-a", command, "-B", "3600", "-P", "0"], { env, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
}

async function longhaul(...args: readonly string[]): Promise<{ readonly code: unknown; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [main, ...args, "-i", join(directory, "hosts.ini")], { env });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, "close")) as [unknown];
  return { code, out, err };
}

interface Listed {
  readonly host: string;
  readonly state: string;
  readonly rc: number | null;
  readonly jid: string;
}

async function listed(): Promise<readonly Listed[]> {
  const { code, out, err } = await longhaul("jobs", "list", "-f", "json");
  assert.equal(code, 0, err);
  return (JSON.parse(out) as { readonly jobs: readonly Listed[] }).jobs;
}

test("jobs that Ansible has started are listed and waited for, and their end is told with its exit code", async () => {
  const go = join(directory, "go");
  ansible("one", `until test -e ${go}; do sleep 0.1; done; echo it is done`);
  ansible("two", "echo nothing to do; exit 3");
  let jobs = await listed();
  while (jobs.some(({ host, state }) => host === "two" && state === "running")) jobs = await listed();
  assert.deepEqual(jobs.map(({ host, state, rc }) => [host, state, rc]), [["one", "running", null], ["two", "failed", 3]]);
  const table = await longhaul("jobs", "list");
  assert.match(table.out, /^one +running .*$/m);
  assert.match(table.out, /^two +failed .* 3 .*nothing to do$/m);
  const waiting = longhaul("jobs", "wait", jobs[0]?.jid ?? "");
  writeFileSync(go, "");
  const wait = await waiting;
  assert.equal(wait.code, 0, wait.err);
  assert.match(wait.out, /^one {2}j[\d.]+ {2}finished rc 0 {2}it is done\n$/);
  const history = spawnSync(process.execPath, [main, "history", "--all-projects", "-f", "json"], { env, encoding: "utf8" });
  const { tasks } = JSON.parse(history.stdout) as { tasks: { shape: string; runs: number; last: string }[] };
  assert.deepEqual(tasks.map(({ shape, runs, last }) => [shape, runs, last]), [["test -e; sleep; echo", 1, "finished"]]);
});
