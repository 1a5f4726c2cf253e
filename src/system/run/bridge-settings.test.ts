import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { bridgeSettings } from "./bridge-settings.ts";

const NAMES = ["ANSIBLE_CONFIG", "ANSIBLE_HOME", "ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_LIBRARY", "ANSIBLE_NOCOLOR", "NO_COLOR", "TERM", "HOME"];
const before = { cwd: process.cwd(), env: { ...process.env } };
let directory = "";

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-settings-")));
  for (const name of NAMES) delete process.env[name];
  process.env["HOME"] = directory;
  process.env["TERM"] = "xterm";
  process.chdir(directory);
});
afterEach(() => {
  process.chdir(before.cwd);
  for (const name of NAMES) {
    const value = before.env[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  rmSync(directory, { recursive: true, force: true });
});

const callbacks = (): readonly string[] => bridgeSettings().callbackPlugins.split(":").slice(1);

test("without settings Ansible's own directories stay behind the bridge's", () => {
  assert.deepEqual(callbacks(), [join(directory, ".ansible/plugins/callback"), "/usr/share/ansible/plugins/callback"]);
  assert.match(bridgeSettings().callbackPlugins, /^[^:]*bridge\/callback:/);
});

test("what ansible.cfg names stays, relative to that file", () => {
  mkdirSync(join(directory, "conf"));
  writeFileSync(join(directory, "conf/ansible.cfg"), "[ssh_connection]\ncallback_plugins = no\n[defaults]\n# a comment\ncallback_plugins = plugins/cb:~/mine:$ODD/x ; why\nlibrary=./library\nnocolor = yes\n");
  process.env["ANSIBLE_CONFIG"] = "conf";
  process.env["ODD"] = "/odd";
  assert.deepEqual(callbacks(), [join(directory, "conf/plugins/cb"), join(directory, "mine"), "/odd/x"]);
  assert.ok(bridgeSettings().modules.endsWith(join(directory, "conf/library")));
  assert.equal(bridgeSettings().isColourless, true);
  delete process.env["ODD"];
});

test("a variable wins over ansible.cfg", () => {
  writeFileSync(join(directory, "ansible.cfg"), "[defaults]\ncallback_plugins = plugins\n");
  assert.deepEqual(callbacks(), [join(directory, "plugins")]);
  process.env["ANSIBLE_CALLBACK_PLUGINS"] = "/a:b";
  assert.deepEqual(callbacks(), ["/a", "b"]);
});
