// `longhaul verify` over real ssh with real ansible-core: hosts that are well, and hosts that are not in each way that can be made here.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { pythonsHere } from "../../src/system/agent/agent.fixture.ts";
import type { Sshd } from "../../src/system/hosts/sshd.fixture.ts";
import { sshdMissing, startSshd } from "../../src/system/hosts/sshd.fixture.ts";
import { ansibleBin } from "../ansible.ts";

const NO_SSHD = sshdMissing();
const IS_ROOT = process.getuid?.() === 0;
const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
const main = join(import.meta.dirname, "../../src/main.ts");
let directory = "";
let sshd: Sshd;
let env: NodeJS.ProcessEnv = {};
let isMounted = false;

before(async () => {
  // Not below /tmp, which a distribution may empty when it starts: that would be told.
  directory = realpathSync(mkdtempSync(join(IS_ROOT ? "/var/lib" : tmpdir(), "longhaul-verify-")));
  chmodSync(directory, 0o755);
  env = { ...process.env, PATH: [ansibleBin(), process.env["PATH"]].join(delimiter), ANSIBLE_CONFIG: join(directory, "ansible.cfg"), COLUMNS: "80" };
  writeFileSync(join(directory, "ansible.cfg"), "[ssh_connection]\nssh_args = -o ServerAliveInterval=30\n");
  if (NO_SSHD === false) sshd = await startSshd(1);
});
after(async () => {
  if (isMounted) spawnSync("umount", [join(directory, "full")]);
  if (NO_SSHD === false) await sshd.stop();
  rmSync(directory, { recursive: true, force: true });
});

type Variables = Readonly<Record<string, unknown>>;

interface Verified {
  readonly host: string;
  readonly ok: boolean;
  readonly python: string;
  readonly job: { readonly kind: string; readonly step?: string; readonly says?: string } | null;
  readonly findings: readonly { readonly id: string; readonly severity: string; readonly what: string; readonly seen: readonly string[] }[];
}

/** Names below the one address of the fixture, each with variables of its own. */
async function verify(hosts: Readonly<Record<string, Variables>>, ...args: readonly string[]): Promise<{ readonly code: unknown; readonly hosts: ReadonlyMap<string, Verified>; readonly err: string }> {
  const own = Object.fromEntries(Object.entries(hosts).map(([name, variables]) => [name, { ansible_host: "127.0.1.1", ...variables }]));
  const inventory = join(directory, "hosts.yml");
  writeFileSync(inventory, readFileSync(sshd.inventory, "utf8").replace(/^ {2}hosts:[\s\S]*/m, "").replace(/ansible_python_interpreter: .*/, `ansible_python_interpreter: ${PYTHON}`) + `  hosts: ${JSON.stringify(own)}\n`);
  const child = spawn(process.execPath, [main, "verify", "-i", inventory, "-f", "json", ...args], { env });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, "close")) as [unknown];
  const document = JSON.parse(out === "" ? '{"hosts":[]}' : out) as { readonly hosts: readonly Verified[] };
  return { code, err, hosts: new Map(document.hosts.map((host) => [host.host, host])) };
}

/** An interpreter with another home; what its owner has put into start-up files is there for a login only. */
function elsewhere(): string {
  const home = join(directory, "home");
  mkdirSync(join(home, "tools"), { recursive: true });
  writeFileSync(join(home, "tools/only-there"), "#!/bin/sh\n", { mode: 0o755 });
  for (const name of [".bash_profile", ".profile"]) writeFileSync(join(home, name), `PATH="$PATH:${home}/tools" LONGHAUL_TEST_VARIABLE=secret\nexport PATH LONGHAUL_TEST_VARIABLE\n`);
  const interpreter = join(directory, "python-elsewhere");
  writeFileSync(interpreter, `#!/bin/sh\nHOME=${home}\nexport HOME\nexec ${PYTHON} "$@"\n`, { mode: 0o755 });
  return interpreter;
}

/** A file system without room; undefined where nothing may be mounted. */
function fullDisk(): string | undefined {
  const place = join(directory, "full");
  mkdirSync(place);
  isMounted = IS_ROOT && spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", place]).status === 0;
  if (!isMounted) return undefined;
  spawnSync("sh", ["-c", `head -c 100000 /dev/zero > ${place}/filling`]);
  return place;
}

const left = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : []);

test("hosts that are well say so after a real job, of which nothing stays; the others say what is wrong with them", { skip: NO_SSHD }, async () => {
  writeFileSync(join(directory, "a-file"), "");
  mkdirSync(join(directory, "closed"), { mode: 0o755 });
  mkdirSync(join(directory, "kept"));
  const full = fullDisk();
  const canBecome = IS_ROOT && spawnSync("sudo", ["-n", "-u", "nobody", PYTHON, "-c", "1"]).status === 0;
  const { code, hosts, err } = await verify({
    well: { ansible_async_dir: join(directory, "made") },
    kept: { ansible_async_dir: join(directory, "kept") },
    file: { ansible_async_dir: join(directory, "a-file") },
    elsewhere: { ansible_python_interpreter: elsewhere() },
    blank: { ansible_async_dir: join(directory, "made"), ansible_remote_tmp: join(directory, "my tmp") },
    gone: { ansible_port: 1 },
    ...(canBecome ? { closed: { ansible_async_dir: join(directory, "closed"), ansible_become: true, ansible_become_user: "nobody" } } : {}),
    ...(full === undefined ? {} : { full: { ansible_async_dir: full } }),
  });
  assert.equal(code, 1, err);
  assert.match(err, /^longhaul: gone: .*Connection refused/m);
  const errors = (name: string): readonly string[] => hosts.get(name)?.findings.flatMap(({ id, severity }) => (severity === "error" ? [id] : [])) ?? ["not there"];
  for (const name of ["well", "kept"]) assert.deepEqual([hosts.get(name)?.job?.kind, hosts.get(name)?.ok], ["well", true], JSON.stringify(hosts.get(name)));
  assert.deepEqual(errors("file"), ["async-dir-unwritable"]);
  assert.deepEqual(errors("elsewhere"), ["status-in-another-dir"]);
  assert.match(hosts.get("elsewhere")?.findings[0]?.seen.at(-1) ?? "", /could not find job/);
  // Some versions of ansible-core quote the path, others do not: the job tells.
  assert.deepEqual(errors("blank"), hosts.get("blank")?.job?.kind === "well" ? [] : ["remote-tmp-with-space"]);
  if (canBecome) assert.deepEqual(errors("closed"), ["async-dir-unwritable"]);
  if (full !== undefined) assert.deepEqual(errors("full"), ["disk-full"]);
  assert.equal(existsSync(join(directory, "made")), false, left(join(directory, "made")).join());
  assert.ok(existsSync(join(directory, "kept")));
  for (const name of ["kept", "closed", "home/.ansible_async"]) assert.deepEqual(left(join(directory, name)), []);
  if (full !== undefined) assert.deepEqual(left(full), ["filling"]);
});

test("what a job needs and only a login shell has is an error, and no value of a variable is told", { skip: NO_SSHD }, async () => {
  const result = await verify({ one: { ansible_python_interpreter: elsewhere() } }, "--no-job", "--needs", "only-there,LONGHAUL_TEST_VARIABLE,sh");
  const found = result.hosts.get("one")?.findings ?? [];
  assert.equal(result.code, 1, result.err);
  const login = /\/(?:ba|da|z|k)?sh$/.test(process.env["SHELL"] ?? "/bin/sh") || IS_ROOT;
  assert.deepEqual(found.filter(({ severity }) => severity === "error").map(({ id }) => id), login ? ["not-a-login-shell", "not-a-login-shell"] : ["needed-and-missing", "needed-and-missing"]);
  assert.doesNotMatch(JSON.stringify([...result.hosts.values()]), /secret/);
});

/** The oldest Python that each ansible-core takes on hosts (its release notes). */
const OLDEST: Readonly<Record<string, readonly [number, number]>> = { "2.14": [2, 7], "2.15": [2, 7], "2.16": [2, 7], "2.17": [3, 7], "2.18": [3, 8], "2.19": [3, 8], "2.20": [3, 9], "2.21": [3, 9] };

test("each Python here is well, or is said to be none for this ansible-core", { skip: NO_SSHD }, async () => {
  const answer = spawnSync("ansible", ["--version"], { env, encoding: "utf8" }).stdout;
  const series = /core (\d+\.\d+)/.exec(answer)?.[1] ?? "";
  const oldest = OLDEST[series];
  assert.ok(oldest, answer);
  const pythons = pythonsHere(directory);
  const names = Object.fromEntries(pythons.map((path, n) => [`p${n}`, { ansible_python_interpreter: path, ansible_async_dir: join(directory, `p${n}`) }]));
  const { hosts, err } = await verify(names);
  for (const host of hosts.values()) {
    const [major, minor] = host.python.split(".").map(Number) as [number, number];
    const isOld: boolean = major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
    // Ansible 2.16 takes 2.7 and no 3.5.
    if (series === "2.16" && major === 3 && minor === 5) continue;
    const told = host.findings.flatMap(({ id, severity }) => (severity === "error" ? [id] : []));
    assert.deepEqual(told, isOld ? ["interpreter-missing"] : [], `${host.python} with ${series}: ${JSON.stringify(host)}`);
  }
  assert.equal(hosts.size, pythons.length, err);
});
