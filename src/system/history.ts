// The history of durations: one SQLite file of the user's, shared by all longhauls that run at once.

import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { History, KeptMeasurement, OpenHistory } from "../engine/ports.ts";
import type { Measurement, Work } from "../model/duration.ts";
import { JOB_ENDS } from "../model/duration.ts";
import { Problem } from "../model/problem.ts";
import { codeOf, reasonOf } from "./reasons.ts";
import { loadSqlite } from "./sqlite.ts";
import { stateDirectory } from "./state-directory.ts";

/** Another longhaul that writes is waited for that long. */
const BUSY_TIMEOUT_MS = 5_000;
/** The layout of the tables; kept in the file's `user_version`. */
const LAYOUT = 1;
/** What is older says little; what is more than that of one work says nothing new. About 200 bytes each: 20 MB at the most. */
const AGE_MAX_DAYS = 400;
const ROWS_PER_WORK_MAX = 2_000;
const ROWS_MAX = 100_000;

const TABLES = `
CREATE TABLE work (
  id INTEGER PRIMARY KEY, project TEXT NOT NULL, file TEXT NOT NULL, play TEXT NOT NULL, task TEXT NOT NULL, module TEXT NOT NULL, shape TEXT NOT NULL,
  UNIQUE (project, file, play, task, module, shape)
);
CREATE TABLE duration (
  id INTEGER PRIMARY KEY, work INTEGER NOT NULL REFERENCES work (id), host TEXT NOT NULL, jid TEXT NOT NULL, seconds REAL NOT NULL, ended TEXT NOT NULL,
  limit_seconds REAL, poll_seconds REAL, at REAL NOT NULL, source TEXT NOT NULL
);
CREATE UNIQUE INDEX duration_of_job ON duration (host, jid) WHERE jid <> '';
CREATE UNIQUE INDEX duration_without_job ON duration (work, host, at) WHERE jid = '';
CREATE INDEX duration_of_work ON duration (work, at);
PRAGMA user_version = ${LAYOUT};`;

/** See the port. */
export const openHistory: OpenHistory = async (purpose) => {
  const path = join(stateDirectory(), "history.db");
  if (purpose === "read" && !existsSync(path)) return nothing(path);
  try {
    if (purpose === "write") makePrivate(path);
    const { DatabaseSync: Database } = await loadSqlite();
    const database = new Database(path, { timeout: BUSY_TIMEOUT_MS, readOnly: purpose === "read" });
    try {
      if (purpose === "write") layOut(database, path);
      else if (isEmpty(database, path)) {
        database.close();
        return nothing(path);
      }
    } catch (error) {
      database.close();
      throw error;
    }
    return historyIn(database, path);
  } catch (error) {
    throw problemOf(error, path);
  }
};

/** Nobody else may read on which hosts what runs. The files beside it get the same mode from SQLite. */
function makePrivate(path: string): void {
  mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
}

function layoutOf(database: DatabaseSync, path: string): number {
  const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (found > LAYOUT) throw new Problem("history-unusable", `${path}: was written by a newer longhaul (layout ${found}); use that one, or move the file away`);
  return found;
}

/** True for a file that another longhaul has made a moment ago and not filled yet. */
function isEmpty(database: DatabaseSync, path: string): boolean {
  if (layoutOf(database, path) === LAYOUT) return false;
  if (database.prepare("SELECT 1 FROM sqlite_master").get() === undefined) return true;
  throw new Problem("history-unusable", `${path}: is a database, but not longhaul's; move it away`);
}

function layOut(database: DatabaseSync, path: string): void {
  if (layoutOf(database, path) === LAYOUT) return;
  database.exec("PRAGMA journal_mode = WAL");
  inOneGo(database, () => {
    // Another longhaul may have been first.
    if (isEmpty(database, path)) database.exec(TABLES);
  });
}

function inOneGo<T>(database: DatabaseSync, act: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = act();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // SQLite itself has rolled back after some errors.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function nothing(path: string): History {
  return { path, add: () => 0, read: () => [], forget: () => 0, close: () => undefined };
}

function historyIn(database: DatabaseSync, path: string): History {
  const guarded = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw problemOf(error, path);
    }
  };
  return {
    path,
    add: (measurements) => guarded(() => inOneGo(database, () => {
      const added = adding(database, measurements);
      thinOut(database);
      return added;
    })),
    read: (project) => guarded(() => reading(database, project)),
    forget: (ids) => guarded(() => inOneGo(database, () => {
      const remove = database.prepare("DELETE FROM duration WHERE id = ?");
      const gone = ids.reduce((sum, id) => sum + Number(remove.run(id).changes), 0);
      dropUnused(database);
      return gone;
    })),
    close: () => database.close(),
  };
}

const WORK_COLUMNS = ["project", "file", "play", "task", "module", "shape"] as const satisfies readonly (keyof Work)[];

function adding(database: DatabaseSync, measurements: readonly Measurement[]): number {
  const insertWork = database.prepare(`INSERT INTO work (${WORK_COLUMNS.join(", ")}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  const findWork = database.prepare(`SELECT id FROM work WHERE ${WORK_COLUMNS.map((column) => `${column} = ?`).join(" AND ")}`);
  const findJob = database.prepare(`SELECT duration.id, ${WORK_COLUMNS.join(", ")} FROM duration JOIN work ON work.id = work WHERE host = ? AND jid = ? AND jid <> ''`);
  const insert = database.prepare(
    `INSERT INTO duration (work, host, jid, seconds, ended, limit_seconds, poll_seconds, at, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const complete = database.prepare("UPDATE duration SET work = ?, limit_seconds = coalesce(limit_seconds, ?), poll_seconds = coalesce(poll_seconds, ?) WHERE id = ?");
  const workId = (work: Work): SQLInputValue => {
    const values = WORK_COLUMNS.map((column) => work[column]);
    insertWork.run(...values);
    return findWork.get(...values)?.["id"] ?? 0;
  };
  let added = 0;
  for (const { work, host, jid, seconds, end, limitSeconds = null, pollSeconds = null, at, source } of measurements) {
    const known = jid === "" ? undefined : findJob.get(host, jid);
    if (known === undefined) added += Number(insert.run(workId(work), host, jid, seconds, end, limitSeconds, pollSeconds, at, source).changes);
    else complete.run(workId(completed(known, work)), limitSeconds, pollSeconds, known["id"] ?? 0);
  }
  dropUnused(database);
  return added;
}

/** What was not known of a work is taken from what is told now: `jobs wait` knows no task, a log may. */
function completed(known: Readonly<Record<string, unknown>>, told: Work): Work {
  const of = (column: keyof Work): string => (known[column] === "" ? told[column] : String(known[column]));
  return { project: of("project"), file: of("file"), play: of("play"), task: of("task"), module: of("module"), shape: of("shape") };
}

function thinOut(database: DatabaseSync): void {
  const oldest = Date.now() / 1000 - AGE_MAX_DAYS * 86_400;
  database.prepare("DELETE FROM duration WHERE at < ?").run(oldest);
  database.prepare(
    "DELETE FROM duration WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY work ORDER BY at DESC) AS place FROM duration) WHERE place > ?)",
  ).run(ROWS_PER_WORK_MAX);
  database.prepare("DELETE FROM duration WHERE id IN (SELECT id FROM duration ORDER BY at DESC LIMIT -1 OFFSET ?)").run(ROWS_MAX);
  dropUnused(database);
}

function dropUnused(database: DatabaseSync): void {
  database.exec("DELETE FROM work WHERE id NOT IN (SELECT work FROM duration)");
}

function reading(database: DatabaseSync, project: string | undefined): readonly KeptMeasurement[] {
  const where = project === undefined ? "" : "WHERE project = ?";
  const rows = database.prepare(`SELECT duration.*, ${WORK_COLUMNS.join(", ")} FROM duration JOIN work ON work.id = work ${where} ORDER BY at, duration.id`)
    .all(...(project === undefined ? [] : [project]));
  return rows.flatMap((row): readonly KeptMeasurement[] => {
    const text = (column: string): string => String(row[column]);
    const end = JOB_ENDS.find((each) => each === row["ended"]);
    if (end === undefined) return [];
    const [limit, poll] = [row["limit_seconds"], row["poll_seconds"]];
    return [{
      id: Number(row["id"]),
      work: { project: text("project"), file: text("file"), play: text("play"), task: text("task"), module: text("module"), shape: text("shape") },
      host: text("host"),
      jid: text("jid"),
      seconds: Number(row["seconds"]),
      end,
      ...(limit === null ? {} : { limitSeconds: Number(limit) }),
      ...(poll === null ? {} : { pollSeconds: Number(poll) }),
      at: Number(row["at"]),
      source: text("source"),
    }];
  });
}

/** Result codes of SQLite (sqlite.org/rescode.html), the lowest byte of what Node puts into `errcode`. */
const NEXT_STEPS: ReadonlyMap<number, string> = new Map([
  [5, "is in use by another program; run again when that has ended"],
  [6, "is in use by another program; run again when that has ended"],
  [8, "cannot be written; make it writable, or set LONGHAUL_STATE_DIR to another directory"],
  [11, "is damaged; move it away, and longhaul begins a new one"],
  [13, "cannot grow: the disk is full"],
  [14, "cannot be opened; look at its directory and its mode, or set LONGHAUL_STATE_DIR to another directory"],
  [26, "is no database; move it away, and longhaul begins a new one"],
]);

function problemOf(error: unknown, path: string): unknown {
  if (error instanceof Problem) return error;
  const code = error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
  if (code !== undefined) {
    const said = NEXT_STEPS.get(code) ?? `cannot be used (${error instanceof Error ? error.message : ""}); move it away, and longhaul begins a new one`;
    return new Problem("history-unusable", `${path}: ${said}`, { cause: error });
  }
  if (!(error instanceof Error && "syscall" in error)) return error;
  const why = codeOf(error) === "ENOTDIR" ? "a part of the path is no directory" : reasonOf(error);
  return new Problem("history-unusable", `${path}: cannot be opened (${why}); set LONGHAUL_STATE_DIR to another directory`, { cause: error });
}
