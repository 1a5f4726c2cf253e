// `longhaul exec` on real ansible-core: what the command gets, what is seen of it, what is kept, and the way back to it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { ansibleBin } from "./ansible.ts";

const main = join(import.meta.dirname, "../src/main.ts");
const directory = mkdtempSync(join(tmpdir(), "longhaul-exec-test-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "auto_silent";
const host = (name: string): string => `${name} ansible_connection=local ansible_async_dir=${directory}/jobs-${name} ansible_python_interpreter=${python}\n`;
writeFileSync(join(directory, "hosts.ini"), host("box") + host("chest"));

const env = { ...process.env, PATH: [ansibleBin(), process.env["PATH"]].join(delimiter), COLUMNS: "80", TMPDIR: directory, LONGHAUL_STATE_DIR: join(directory, "state"), ANSIBLE_NOCOWS: "1" };

interface Ended {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

async function longhaul(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], { env: { ...env, ...more }, cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const [code] = await once(child, "close");
  return { code, out, err };
}

/** Every file that was kept, by path. */
function kept(place: string): readonly (readonly [string, string])[] {
  return readdirSync(place, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() ? [[path, readFileSync(path, "latin1")] as const] : [];
  });
}

test("words reach the program as they are, on every host, and what it prints is seen with its host", async () => {
  const { code, out, err } = await longhaul(["exec", "all", "-i", "hosts.ini", "--name", "greet {{ you }}", "--", "printf", "%s\\n", "$HOME ~ {{ 1 + 1 }} it's"]);
  assert.equal(code, 0, out + err);
  for (const name of ["box", "chest"]) {
    assert.match(out, new RegExp(`^${name} \\| \\$HOME ~ \\{\\{ 1 \\+ 1 \\}\\} it's$`, "m"));
    assert.match(out, new RegExp(`^${name}  finished  rc 0  \\S+\\n  \\$HOME ~ `, "m"));
  }
  assert.match(err, /^longhaul: box: greet \{\{ you \}\}: started, limit 1h00m$/m);
  assert.match((await longhaul(["runs"])).out, /ok +- +exec: greet/);
});

test("a command that fails on its hosts is told with its code, and values of --env are kept nowhere", async () => {
  const { code, out, err } = await longhaul(["exec", "box", "-i", "hosts.ini", "-vvv", "--env", "TOKEN", "--", "sh", "-c", 'test ${#TOKEN} -eq 12 && exit 7'], { TOKEN: "hunter2 it's" });
  assert.equal(code, 1, out + err);
  assert.match(out, /^box {2}failed {2}rc 7 {2}/m);
  assert.ok(!(out + err).includes("hunter2"), "shown");
  assert.deepEqual(kept(directory).filter(([, text]) => text.includes("hunter2")).map(([path]) => path), []);
});

test("a detached job runs on, and attach comes back to it", async () => {
  const { code, out, err } = await longhaul(["exec", "box", "-i", "hosts.ini", "--detach", "--shell", "--", `until test -e ${directory}/go; do sleep 0.1; done; echo there`]);
  assert.equal(code, 0, out + err);
  const jid = /^box {2}started {2}(j\S+)$/m.exec(out)?.[1] ?? "none";
  assert.match(err, new RegExp(`^longhaul: it runs on; to come back:\\n  longhaul attach \\S+\\n  longhaul jobs wait -i hosts.ini ${jid}\\n`, "m"));
  assert.match(readFileSync(join(directory, "jobs-box", jid), "utf8"), /"started"/);
  writeFileSync(join(directory, "go"), "");
  const attached = await longhaul(["attach", "last"]);
  assert.equal(attached.code, 0, attached.out + attached.err);
  assert.match(attached.out, /finished rc 0 {2}there$/m);
});

test("a pattern that means no host is a mistake and no success", async () => {
  const { code, err } = await longhaul(["exec", "nowhere", "-i", "hosts.ini", "--", "true"]);
  assert.equal(code, 2);
  assert.match(err, /longhaul: nowhere: no host of the inventory is meant by that, so nothing was run/);
});
