import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { saltPath } from "./salt.ts";

const directory = mkdtempSync(join(tmpdir(), "longhaul-salt-test-"));
after(() => rmSync(directory, { recursive: true, force: true }));

test("it is made once, for its owner only, and leaves nothing else", () => {
  process.env["LONGHAUL_STATE_DIR"] = join(directory, "state");
  const path = saltPath() ?? "";
  const salt = readFileSync(path);
  assert.equal(salt.byteLength, 32);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(saltPath(), path);
  assert.deepEqual(readFileSync(path), salt);
  assert.deepEqual(readdirSync(join(directory, "state")), ["salt"]);
});

test("where it cannot be made there is none", () => {
  writeFileSync(join(directory, "file"), "");
  process.env["LONGHAUL_STATE_DIR"] = join(directory, "file");
  assert.equal(saltPath(), undefined);
});
