// The law of the catalogue that needs real Ansible: what passes `ansible-playbook --syntax-check` before a repair passes it after.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ansibleBin } from "./ansible.ts";

const catalogue = join(import.meta.dirname, "../src/catalogue");

test("every repaired example passes the syntax check of real Ansible", (context) => {
  const examples = readdirSync(catalogue).map((id) => join(catalogue, id, "examples/fixed.yml")).filter((path) => existsSync(path));
  assert.ok(examples.length > 0, "there are examples");
  const directory = mkdtempSync(join(tmpdir(), "longhaul-syntax-"));
  context.after(() => rmSync(directory, { recursive: true }));
  // Of its own, so that the one of the machine says nothing.
  writeFileSync(join(directory, "ansible.cfg"), "");
  const { status, stdout, stderr } = spawnSync(join(ansibleBin(), "ansible-playbook"), ["-i", "localhost,", "--syntax-check", ...examples], {
    encoding: "utf8",
    env: { ...process.env, ANSIBLE_CONFIG: join(directory, "ansible.cfg"), ANSIBLE_NOCOLOR: "1" },
  });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
});
