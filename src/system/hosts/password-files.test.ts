import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { passwordsOf } from "./password-files.ts";

test("passwords come from files and programs, of options before those of ansible.cfg", () => {
  const directory = mkdtempSync(join(tmpdir(), "longhaul-passwords-"));
  try {
    const [file, program, empty] = ["file", "program", "empty"].map((name) => join(directory, name)) as [string, string, string];
    writeFileSync(file, "a b'c\n", { mode: 0o600 });
    writeFileSync(program, "#!/bin/sh\necho from program\n", { mode: 0o700 });
    writeFileSync(empty, "\n", { mode: 0o600 });
    const settings = new Map([["BECOME_PASSWORD_FILE", program]]);
    assert.deepEqual(passwordsOf({ passwordFile: file }, settings), { password: "a b'c", becomePassword: "from program" });
    assert.deepEqual(passwordsOf({ password: "typed", passwordFile: empty, becomePasswordFile: file }, settings), { password: "typed", becomePassword: "a b'c" });
    assert.deepEqual(passwordsOf({}, new Map()), {});
    assert.throws(() => passwordsOf({ passwordFile: empty }, new Map()), /there is no password in it/);
    assert.throws(() => passwordsOf({ passwordFile: join(directory, "none") }, new Map()), /none: the password cannot be read \(/);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
