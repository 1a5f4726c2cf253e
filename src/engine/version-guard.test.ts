import assert from "node:assert/strict";
import { test } from "node:test";
import { modes } from "../catalogue/index.ts";
import { fakeFiles } from "./ports.fake.ts";
import { createSession } from "./session.ts";

/** async-in-check-mode, which fails up to 2.16. */
function found(when: string): readonly string[] {
  const text = `- hosts: db\n  tasks:\n    - block:\n        - {name: Compact, command: compact, async: 60, poll: 5, check_mode: true}\n      when: ${JSON.stringify(when)}\n`;
  return createSession({ files: fakeFiles({ "site.yml": text }), paths: ["site.yml"], modes }).look().findings.map((finding) => finding.mode);
}

test("a finding of versions on which the task never runs is none", () => {
  for (const when of [
    "ansible_version.full is version('2.17', '>=')",
    "ready and ansible_version['full'] is version('2.18.1', 'gt')",
    "ansible_version.full is ansible.builtin.version('2.19', '==')",
  ]) assert.deepEqual(found(when), [], when);
});

test("a guard that lets some of them by changes nothing", () => {
  for (const when of [
    "ansible_version.full is version('2.16', '>=')",
    "ansible_version.full is version('2.17', '<')",
    "ready or ansible_version.full is version('2.17', '>=')",
    "ansible_version.full is not version('2.14', '<')",
    "db_version is version('2.17', '>=')",
    "ansible_version.full is version(minimum, '>=')",
  ]) assert.deepEqual(found(when), ["async-in-check-mode"], when);
});
