import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, test } from "node:test";
import { promisify } from "node:util";
import { keepDurations } from "../engine/keep-durations.ts";
import type { Measurement } from "../model/duration.ts";
import { Problem } from "../model/problem.ts";
import { openHistory } from "./history.ts";

const now = Date.now() / 1000;
let directory = "";
const before = process.env["LONGHAUL_STATE_DIR"];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "longhaul-history-"));
  process.env["LONGHAUL_STATE_DIR"] = join(directory, "state");
});
afterEach(() => {
  if (before === undefined) delete process.env["LONGHAUL_STATE_DIR"];
  else process.env["LONGHAUL_STATE_DIR"] = before;
  rmSync(directory, { recursive: true, force: true });
});

const work = { project: "/srv/shop", file: "site.yml", play: "Shop", task: "Migrate", module: "command", shape: "shop-db --all" };

function measured(jid: string, more: Partial<Measurement> = {}): Measurement {
  return { work, host: "db1", jid, seconds: 61.5, end: "finished", limitSeconds: 600, pollSeconds: 5, at: now, source: "run", ...more };
}

async function withHistory<T>(act: (history: Awaited<ReturnType<typeof openHistory>>) => T): Promise<T> {
  const history = await openHistory("write");
  try {
    return act(history);
  } finally {
    history.close();
  }
}

test("what was kept is read back as it was, by project", async () => {
  await withHistory((history) => history.add([measured("j1.1"), measured("j2.2", { work: { ...work, project: "/srv/other" } })]));
  const history = await openHistory("read");
  const [only, ...others] = history.read("/srv/shop");
  assert.deepEqual([only, others], [{ id: only?.id, ...measured("j1.1") }, []]);
  assert.equal(history.read().length, 2);
  history.close();
});

test("a history that is only read is not made", async () => {
  const history = await openHistory("read");
  assert.deepEqual(history.read(), []);
  assert.throws(() => statSync(history.path), /ENOENT/);
});

test("a job is kept once, and gains what was not known of it", async () => {
  const unknown = { ...work, file: "", task: "", play: "" };
  await withHistory((history) => {
    const { limitSeconds: _, ...noLimit } = measured("j1.1", { work: unknown, source: "jobs" });
    assert.equal(history.add([noLimit]), 1);
    assert.equal(history.add([measured("j1.1"), measured("j1.1")]), 0);
    const [kept, ...others] = history.read();
    assert.deepEqual([kept?.work, kept?.limitSeconds, kept?.source, others.length], [work, 600, "jobs", 0]);
  });
});

test("without a job id the same work on the same host at the same time is kept once", async () => {
  await withHistory((history) => {
    assert.equal(history.add([measured(""), measured(""), measured("", { at: now + 1 })]), 2);
  });
});

test("the file and what lies beside it are for the user alone", async () => {
  await withHistory((history) => {
    history.add([measured("j1.1")]);
    const mode = (path: string): number => statSync(path).mode & 0o777;
    assert.deepEqual([mode(join(directory, "state")), mode(history.path), mode(`${history.path}-wal`)], [0o700, 0o600, 0o600]);
  });
});

test("what is old goes, and of one work only the last 2000 stay", async () => {
  await withHistory((history) => {
    history.add(Array.from({ length: 2_050 }, (_, index) => measured(`j${index}.1`, { at: now - index })));
    history.add([measured("old.1", { at: now - 401 * 86_400 }), measured("other.1", { work: { ...work, task: "Other" }, at: now - 399 * 86_400 })]);
    const kept = history.read();
    assert.equal(kept.length, 2_001);
    assert.equal(kept[0]?.jid, "other.1");
    assert.equal(kept.at(-1)?.jid, "j0.1");
  });
});

test("forgetting says how many went", async () => {
  await withHistory((history) => {
    history.add([measured("j1.1"), measured("j2.2")]);
    assert.equal(history.forget(history.read().map(({ id }) => id)), 2);
    assert.deepEqual(history.read(), []);
  });
});

test("many processes that begin at once lose nothing", async () => {
  const script = `
    import { openHistory } from ${JSON.stringify(join(import.meta.dirname, "history.ts"))};
    const [from] = process.argv.slice(-1);
    for (let n = 0; n < 20; n += 1) {
      const history = await openHistory("write");
      history.add([{ ...${JSON.stringify(measured(""))}, jid: "j" + from + "." + n }]);
      history.close();
    }`;
  const run = promisify(execFile);
  await Promise.all(["1", "2", "3", "4"].map((name) => run(process.execPath, ["--input-type=module", "-e", script, name])));
  const history = await openHistory("read");
  assert.equal(history.read().length, 80);
  history.close();
});

const UNUSABLE: readonly { readonly what: string; readonly says: RegExp; readonly make: (path: string) => void }[] = [
  { what: "no database", says: /history\.db: is no database; move it away/, make: (path) => writeFileSync(path, "x".repeat(4096)) },
  { what: "another program's database", says: /history\.db: is a database, but not longhaul's/, make: (path) => filled(path, "CREATE TABLE t (a)") },
  { what: "a newer layout", says: /was written by a newer longhaul \(layout 9\)/, make: (path) => filled(path, "PRAGMA user_version = 9") },
];

function filled(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

for (const { what, says, make } of UNUSABLE) {
  test(`${what} in its place is one line, and no reason for a run to fail`, async () => {
    process.env["LONGHAUL_STATE_DIR"] = directory;
    make(join(directory, "history.db"));
    for (const purpose of ["read", "write"] as const) {
      await assert.rejects(openHistory(purpose), (error) => error instanceof Problem && error.code === "history-unusable" && says.test(error.message));
    }
    const told = await keepDurations(openHistory, [measured("j1.1")]);
    assert.match(told ?? "", says);
    assert.match(told ?? "", /the durations of this run are not kept$/);
  });
}

test("a state directory that cannot be made is one line", async () => {
  writeFileSync(join(directory, "file"), "");
  process.env["LONGHAUL_STATE_DIR"] = join(directory, "file", "below");
  assert.match((await keepDurations(openHistory, [measured("j1.1")])) ?? "", /cannot be opened \(a part of the path is no directory\); set LONGHAUL_STATE_DIR/);
});
