import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ansibleBin } from "../../../tools/ansible.ts";
import { Problem } from "../../model/problem.ts";
import { loadInventory } from "./inventory.ts";

const home = process.cwd();
const kept = { ...process.env };
let directory = "";

before(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-inventory-")));
  process.chdir(directory);
  process.env["PATH"] = `${ansibleBin()}:${process.env["PATH"]}`;
  process.env["ANSIBLE_CONFIG"] = join(directory, "ansible.cfg");
  writeFileSync("ansible.cfg", "[defaults]\ninventory = hosts.yml\nremote_user = carol\nlog_path = ansible.log\nstdout_callback = oneline\n[ssh_connection]\nssh_args = -C\n");
  writeFileSync("vault", "open sesame\n");
  const vaulted = execFileSync("ansible-vault", ["encrypt_string", "--vault-password-file", "vault", "--name", "ansible_user", "eve"], { encoding: "utf8" });
  const indented = vaulted.split("\n").filter((line) => line !== "").map((line) => `          ${line}\n`).join("");
  writeFileSync("hosts.yml", `all:\n  children:\n    web:\n      vars: {ansible_port: "{{ base | int + 22 }}", base: 2200}\n      hosts:\n        w1: {ansible_host: "{{ inventory_hostname }}.example.org"}\n        w2:\n${indented}        w3: {ansible_user: plain, ansible_port: 7}\n    db:\n      hosts:\n        "fe80::1":\n`);
  mkdirSync("group_vars");
  writeFileSync("group_vars/web.yml", "colour: '{{ red }}'\n");
});
after(() => {
  process.chdir(home);
  for (const name of ["ANSIBLE_CONFIG", "PATH"]) delete process.env[name];
  Object.assign(process.env, kept);
  rmSync(directory, { recursive: true, force: true });
});

const problem = (code: string, words: RegExp) => (error: unknown): boolean => {
  assert(error instanceof Problem, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, words);
  return true;
};

test("hosts come with the values of their connection variables, also of templates and vaults", async () => {
  const { hosts, settings } = await loadInventory({ vault: ["--vault-password-file", "vault"], extraVars: ["mark=1"] });
  assert.deepEqual(hosts.map(({ name }) => name).toSorted(), ["fe80::1", "w1", "w2", "w3"]);
  const [db, w1, w2, w3] = hosts.toSorted((one, other) => one.name.localeCompare(other.name)).map(({ variables }) => variables);
  // Ansible itself gives a number of such a template from some version on.
  assert.deepEqual([w1?.["ansible_host"], String(w1?.["ansible_port"]), w1?.["mark"], w1?.["colour"]], ["w1.example.org", "2222", "1", "{{ red }}"]);
  assert.deepEqual([w2?.["ansible_user"], w3?.["ansible_user"], w3?.["ansible_port"]], ["eve", "plain", 7]);
  assert.deepEqual([db?.["ansible_port"], db?.["mark"]], [undefined, "1"]);
  assert.deepEqual([settings.get("DEFAULT_REMOTE_USER"), settings.get("ssh.ssh_args")], ["carol", "-C"]);
});

test("patterns and limits are Ansible's", async () => {
  const names = async (pattern: string, limit?: string): Promise<readonly string[]> =>
    (await loadInventory({ inventories: ["x1,x2,x3,localhost2,"], pattern, ...(limit === undefined ? {} : { limit }) })).hosts.map(({ name }) => name);
  assert.deepEqual(await names("x*:!x2"), ["x1", "x3"]);
  assert.deepEqual(await names("all", "~x[23]"), ["x2", "x3"]);
  await assert.rejects(names("nobody"), problem("bad-usage", /no host matches nobody -i x1,/));
});

test("where nothing is configured the settings are the defaults, and Ansible is not asked for them", async () => {
  const { ANSIBLE_CONFIG, PATH } = process.env;
  delete process.env["ANSIBLE_CONFIG"];
  renameSync("ansible.cfg", "elsewhere.cfg");
  try {
    const programs = mkdtempSync("programs-");
    for (const name of ["ansible", "ansible-config"]) writeFileSync(join(programs, name), "#!/bin/sh\necho asked >&2\nexit 1\n", { mode: 0o755 });
    process.env["PATH"] = `${join(directory, programs)}:${PATH}`;
    const { hosts, settings } = await loadInventory({ inventories: ["x1,x2,"] });
    assert.deepEqual(hosts, [{ name: "x1", variables: {} }, { name: "x2", variables: {} }]);
    if (!existsSync("/etc/ansible/ansible.cfg")) assert.equal(settings.size, 0);
  } finally {
    renameSync("elsewhere.cfg", "ansible.cfg");
    Object.assign(process.env, { ANSIBLE_CONFIG, PATH });
  }
});

test("localhost that no inventory names is reached without ssh", async () => {
  const { hosts } = await loadInventory({ inventories: ["x1,"], pattern: "localhost" });
  assert.deepEqual(hosts, [{ name: "localhost", variables: { ansible_connection: "local" } }]);
});

test("what is wrong is said with the next step", async () => {
  const { hosts } = await loadInventory({ pattern: "web" });
  assert.deepEqual(hosts.map(({ unknown }) => unknown !== undefined), [false, true, false]);
  assert.match(hosts[1]?.unknown ?? "", /no value for ansible_port, ansible_user \(.*vault secrets.*\); correct the template, or give the vault password/);
  const nowhere = await loadInventory({ inventories: ["a1,"], extraVars: ["ansible_host={{ nowhere }}"] });
  assert.match(nowhere.hosts[0]?.unknown ?? "", /no value for ansible_host \(.*nowhere.*undefined/);
  await assert.rejects(loadInventory({ inventories: ["a1,"], extraVars: ["{"] }), problem("cannot-read", /inventory cannot be read: .*`ansible-inventory --list`/));
  await assert.rejects(loadInventory({ vault: ["--ask-vault-pass"] }), problem("not-supported", /--vault-password-file/));
  const path = process.env["PATH"];
  process.env["PATH"] = "/nowhere";
  try {
    await assert.rejects(loadInventory({}), problem("no-ansible", /ansible(?:-\w+)? is not in PATH; install ansible-core/));
  } finally {
    process.env["PATH"] = path;
  }
});
