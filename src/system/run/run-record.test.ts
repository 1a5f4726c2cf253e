import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { Problem } from "../../model/problem.ts";
import { readRunEvent } from "../../model/run-event.ts";
import { createRun } from "./run-record.ts";

const set = process.env["LONGHAUL_STATE_DIR"];
let directory = "";
before(() => {
  directory = mkdtempSync(join(tmpdir(), "longhaul-record-"));
});
after(() => {
  if (set === undefined) delete process.env["LONGHAUL_STATE_DIR"];
  else process.env["LONGHAUL_STATE_DIR"] = set;
  rmSync(directory, { recursive: true, force: true });
});

test("a run's folder is for its owner only, whatever the umask, and holds each event as it is appended", () => {
  process.env["LONGHAUL_STATE_DIR"] = join(directory, "state");
  const umask = process.umask(0);
  const record = createRun();
  process.umask(umask);
  const folder = dirname(record.logPath);
  record.append({ at: 1, type: "run-ended", code: 0, signal: null });
  record.log(Buffer.from("PLAY [all]\n"));
  const journal = join(folder, "journal.jsonl");
  assert.deepEqual(readRunEvent(readFileSync(journal, "utf8").trim()), { at: 1, type: "run-ended", code: 0, signal: null });
  assert.equal(readFileSync(record.logPath, "utf8"), "PLAY [all]\n");
  for (const [path, mode] of [[folder, 0o700], [dirname(folder), 0o700], [journal, 0o600], [record.logPath, 0o600]] as const) assert.equal(statSync(path).mode & 0o777, mode, path);
  assert.equal(record.problem(), undefined);
  record.close();
});

test("two runs of the same minute have folders of their own", () => {
  process.env["LONGHAUL_STATE_DIR"] = join(directory, "state");
  const [one, two] = [createRun(), createRun()];
  assert.notEqual(one.id, two.id);
  one.close();
  two.close();
});

test("a state directory that cannot be written is told with what to do", () => {
  writeFileSync(join(directory, "file"), "");
  process.env["LONGHAUL_STATE_DIR"] = join(directory, "file");
  assert.throws(createRun, (error) => error instanceof Problem && error.code === "cannot-write" && error.message.includes("LONGHAUL_STATE_DIR"));
});
