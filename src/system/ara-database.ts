// Reads the SQLite database of ARA (`~/.ara/server/ansible.sqlite`): only the results that speak of a job.

import { closeSync, openSync, readSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { inflateSync } from "node:zlib";
import type { ReadAra } from "../engine/ports.ts";
import type { AraResult } from "../model/ara-result.ts";
import { Problem } from "../model/problem.ts";
import { reasonOf } from "./reasons.ts";
import { loadSqlite } from "./sqlite.ts";

const MAGIC = "SQLite format 3\0";
/** A result larger than this, unpacked, is left out: a database may come from anywhere. */
const CONTENT_MAX_BYTES = 16 * 1024 * 1024;

/** The tables of ARA 1.0 and newer (ara/api/models.py, 1.0 to 1.8). */
const QUERY = `
SELECT results.status, results.started, results.ended, results.content, results.ignore_errors, hosts.name AS host, plays.name AS play, playbooks.path AS playbook,
  tasks.id AS task_id, tasks.name AS task, tasks.action, tasks.lineno, files.path AS path
FROM results JOIN hosts ON hosts.id = results.host_id JOIN tasks ON tasks.id = results.task_id JOIN plays ON plays.id = results.play_id
JOIN playbooks ON playbooks.id = results.playbook_id JOIN files ON files.id = tasks.file_id ORDER BY results.id`;

/** See the port. */
export const readAra: ReadAra = async (path) => {
  if (!isDatabase(path)) return undefined;
  const { DatabaseSync: Database } = await loadSqlite();
  let database: DatabaseSync | undefined;
  try {
    database = new Database(path, { readOnly: true });
    return [...database.prepare(QUERY).iterate()].flatMap(resultOf);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem("cannot-read", `${path}: is a database, but none of ARA's that longhaul can read (${why})`, { cause: error });
  } finally {
    database?.close();
  }
};

function isDatabase(path: string): boolean {
  const head = Buffer.alloc(MAGIC.length);
  try {
    const file = openSync(path, "r");
    try {
      readSync(file, head);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new Problem("cannot-read", `${path}: cannot be read (${reasonOf(error)})`, { cause: error });
  }
  return head.toString("latin1") === MAGIC;
}

function resultOf(row: Readonly<Record<string, unknown>>): readonly AraResult[] {
  const text = (column: string): string => {
    const value = row[column];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const content = contentOf(row["content"]);
  if (content === undefined) return [];
  const status = text("status") === "failed" && row["ignore_errors"] === 1 ? "ignored" : text("status");
  return [{
    host: text("host"), status, started: text("started"), ended: text("ended"), play: text("play"), playbook: text("playbook"),
    task: { name: text("task"), action: text("action"), path: text("path"), line: Number(row["lineno"]), id: text("task_id") },
    content,
  }];
}

/** The content of a result that speaks of a job; undefined for all others. */
function contentOf(packed: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!(packed instanceof Uint8Array)) return undefined;
  try {
    const text = inflateSync(packed, { maxOutputLength: CONTENT_MAX_BYTES }).toString("utf8");
    if (!text.includes("ansible_job_id")) return undefined;
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Damaged, or too large: the others count all the same.
    return undefined;
  }
}
