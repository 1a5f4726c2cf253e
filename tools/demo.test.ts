// The demo on real Ansible, as a test: it exits 0 only when every step ended as it should.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

test("the demo runs on real Ansible, and each log leads to the mistake that is in its playbook", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "demo.ts")], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(status, 0, stderr);
  const verdicts = [...stdout.matchAll(/^ {2}(?:\S.* {2})?\[([a-z-]+)\]$/gm)].map((match) => match[1]);
  assert.deepEqual(verdicts, ["limit-too-short", "status-of-polled-task", "background-under-async", "retries-too-short", "not-a-login-shell"]);
  assert.match(stdout, /failed=0.*\n[\s\S]*ran to success\.\n$/);
});
