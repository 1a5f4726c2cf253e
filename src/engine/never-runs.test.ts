import assert from "node:assert/strict";
import { test } from "node:test";
import { modes } from "../catalogue/index.ts";
import { fakeFiles } from "./ports.fake.ts";
import { createSession } from "./session.ts";

function found(task: string, when: string): readonly string[] {
  const text = `- hosts: db\n  tasks:\n    - block:\n        - ${task}\n      when: ${when}\n`;
  return createSession({ files: fakeFiles({ "site.yml": text }), paths: ["site.yml"], modes }).look().findings.map((finding) => finding.mode);
}

const COPY = "{name: Copy, copy: {src: a, dest: b}, async: 60, poll: 5}";

test("a task that never runs has no findings", () => {
  for (const when of ["false", "False", "no", "'{{ false }}'", "[ready, false]", "ready and false"]) assert.deepEqual(found(COPY, when), [], when);
});

test("a task that may run keeps them", () => {
  for (const when of ["true", "ready", "ready or false", "not ready"]) assert.deepEqual(found(COPY, when), ["action-without-async"], when);
});

test("what Ansible refuses before it runs anything is found all the same", () => {
  assert.deepEqual(found("{name: Include, include_role: {name: a}, async: 60}", "false"), ["async-on-block"]);
});
