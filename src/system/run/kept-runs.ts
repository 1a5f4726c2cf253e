// The folders of past runs, as they are found again.

import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { KeptRuns } from "../../engine/ports.ts";
import { Problem } from "../../model/problem.ts";
import { codeOf, reasonOf } from "../reasons.ts";
import { stateDirectory } from "../state-directory.ts";
import { reopenRun } from "./run-record.ts";

export const keptRuns: KeptRuns = { ids, logPath: (id) => join(folderOf(id), "output.log"), journal, reopen: reopenRun, enter, lives };

function ids(): readonly string[] {
  const runs = join(stateDirectory(), "runs");
  try {
    const folders = readdirSync(runs, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const made = folders.map(({ name }) => ({ name, mtimeMs: statSync(join(runs, name)).mtimeMs }));
    return made.toSorted((a, b) => (minuteOf(a.name) === minuteOf(b.name) ? b.mtimeMs - a.mtimeMs : minuteOf(a.name) < minuteOf(b.name) ? 1 : -1)).map(({ name }) => name);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw new Problem("cannot-read", `${runs}: cannot be read (${reasonOf(error)}); LONGHAUL_STATE_DIR names another directory`, { cause: error });
  }
}

/** Names begin with it, `20261127-2241`; within it the folder tells, to which nothing is added after the start. */
function minuteOf(name: string): string {
  return name.slice(0, 13);
}

function folderOf(id: string): string {
  return join(stateDirectory(), "runs", id);
}

function journal(id: string): string {
  const path = join(folderOf(id), "journal.jsonl");
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Problem("cannot-read", `${path}: cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

function enter(directory: string): void {
  try {
    process.chdir(directory);
  } catch (error) {
    throw new Problem("no-such-path", `${directory}: the run was started there, and it cannot be entered (${reasonOf(error)}); give its inventory with -i`, { cause: error });
  }
}

/** Process ids are used again: who began after that moment is somebody else. */
function lives(pid: number, atSeconds: number): boolean {
  const { stdout, error } = spawnSync("ps", ["-o", "etime=", "-p", String(pid)], { encoding: "utf8", timeout: 10_000 });
  if (error !== undefined) return isThere(pid);
  const [, days = "0", hours = "0", minutes, seconds] = /^\s*(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)\s*$/.exec(stdout) ?? [];
  if (minutes === undefined) return false;
  const ageSeconds = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return Date.now() / 1000 - ageSeconds <= atSeconds + CLOCK_SLACK_SECONDS;
}

/** `ps` counts whole seconds. */
const CLOCK_SLACK_SECONDS = 2;

/** Where there is no `ps`. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
