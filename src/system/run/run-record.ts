// The folder of one run: `journal.jsonl`, and `output.log` with what Ansible printed. For its owner only.

import { randomBytes } from "node:crypto";
import { closeSync, fdatasync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { RunRecord } from "../../engine/ports.ts";
import { Problem } from "../../model/problem.ts";
import type { RunEvent } from "../../model/run-event.ts";
import { codeOf, reasonOf } from "../reasons.ts";
import { stateDirectory } from "../state-directory.ts";

/** What must be found again after the machine has stopped at once. */
const LASTING: ReadonlySet<RunEvent["type"]> = new Set(["run-started", "job-launched", "job-ended", "run-ended"]);

/** Makes the folder of a new run. Throws Problem cannot-write. */
export function createRun(): RunRecord {
  const runs = join(stateDirectory(), "runs");
  try {
    mkdirSync(runs, { recursive: true, mode: 0o700 });
    const { id, directory } = freshFolder(runs);
    const journal = openSync(join(directory, "journal.jsonl"), "ax", 0o600);
    const logPath = join(directory, "output.log");
    const log = openSync(logPath, "ax", 0o600);
    return { id, logPath, keep: keeper(directory), ...writers(journal, log) };
  } catch (error) {
    throw new Problem("cannot-write", `${runs}: the journal of a run cannot be made (${reasonOf(error)}); make room there, or set LONGHAUL_STATE_DIR to another directory`, { cause: error });
  }
}

/** Opens the folder of a run again, to add to it. Throws Problem cannot-write. */
export function reopenRun(id: string): RunRecord {
  const directory = join(stateDirectory(), "runs", id);
  const [path, logPath] = [join(directory, "journal.jsonl"), join(directory, "output.log")];
  try {
    const isTorn = !readFileSync(path, "utf8").endsWith("\n");
    const journal = openSync(path, "a", 0o600);
    // A line that was torn must not take the next one with it.
    if (isTorn) writeSync(journal, "\n");
    return { id, logPath, keep: keeper(directory), ...writers(journal, openSync(logPath, "a", 0o600)) };
  } catch (error) {
    throw new Problem("cannot-write", `${path}: cannot be added to (${reasonOf(error)}); make room there, or see whose it is`, { cause: error });
  }
}

function keeper(directory: string): RunRecord["keep"] {
  return (name, text) => {
    const path = join(directory, name);
    try {
      writeFileSync(path, text, { mode: 0o600, flag: "wx" });
      return path;
    } catch (error) {
      throw new Problem("cannot-write", `${path}: cannot be written (${reasonOf(error)}); make room there, or set LONGHAUL_STATE_DIR to another directory`, { cause: error });
    }
  };
}

/** `20261127-2241-k3f9`: sorts by time, and is short enough to be typed. */
function freshFolder(runs: string): { readonly id: string; readonly directory: string } {
  for (;;) {
    const [day = "", time = ""] = new Date().toISOString().split("T");
    const id = `${day.replaceAll("-", "")}-${time.slice(0, 5).replace(":", "")}-${randomBytes(2).toString("hex")}`;
    const directory = join(runs, id);
    try {
      mkdirSync(directory, { mode: 0o700 });
      return { id, directory };
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

/** A full disk must not end a play: what cannot be written is told once, in `problem`. */
function writers(journal: number, log: number): Pick<RunRecord, "append" | "log" | "close" | "problem"> {
  let problem: string | undefined;
  let isOpen = true;
  const write = (file: number, bytes: Uint8Array): void => {
    try {
      for (let at = 0; isOpen && at < bytes.byteLength; ) at += writeSync(file, bytes, at);
    } catch (error) {
      problem ??= reasonOf(error);
    }
  };
  return {
    append: (event) => {
      write(journal, Buffer.from(`${JSON.stringify(event)}\n`));
      if (isOpen && LASTING.has(event.type)) fdatasync(journal, () => undefined);
    },
    log: (bytes) => write(log, bytes),
    problem: () => problem,
    close: () => {
      isOpen = false;
      closeSync(journal);
      closeSync(log);
    },
  };
}
