// The project's files on disk: reading with bounds, finding YAML below a directory, writing without a half-written moment.

import { accessSync, chmodSync, chownSync, constants, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ProjectFiles, Reading } from "../engine/ports.ts";
import { Problem } from "../model/problem.ts";
import type { Rules } from "./ignore-rules.ts";
import { isIgnored, rulesAbove, withRules } from "./ignore-rules.ts";
import { codeOf, reasonOf } from "./reasons.ts";

/** A hand-written playbook is far smaller; a larger file is data. */
const FILE_BYTES_MAX = 10 * 1024 * 1024;
/** Directories that hold other people's code or no code at all. */
const SKIPPED = new Set([".git", ".hg", ".svn", "node_modules", ".venv", "venv", ".tox", ".cache", "__pycache__", ".ansible"]);
const DEPTH_MAX = 40;

/** A directory that cannot be looked into. */
interface Closed {
  readonly path: string;
  readonly why: string;
}

interface FoundFiles {
  readonly files: readonly string[];
  readonly closed: readonly Closed[];
}

/** Files below the current directory, as the engine reads them. */
export const projectFiles: ProjectFiles = { read: readText, list: listDirectory };

function readText(path: string): Reading | undefined {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return stat.isDirectory() ? undefined : { ok: false, why: "is not a regular file" };
    if (stat.size > FILE_BYTES_MAX) return { ok: false, why: `is larger than ${FILE_BYTES_MAX / 1024 / 1024} MB` };
    const bytes = readFileSync(path);
    if (bytes.includes(0)) return { ok: false, why: "is a binary file" };
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return { ok: false, why: "is not UTF-8 text" };
    return { ok: false, why: `cannot be read (${reasonOf(error)})` };
  }
}

function listDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .toSorted();
  } catch {
    return [];
  }
}

/**
 * The YAML files that the user asked about, without those that git or the project's own patterns ignore.
 * In: paths of files and directories; patterns as in .gitignore and the directory they are relative to.
 * Out: files, sorted (a named file counts whatever it is called), and the directories below that cannot be looked into.
 * Throws Problem no-such-path or cannot-read for what was named.
 */
export function findYaml(paths: readonly string[], excluded: Excluded = { root: ".", patterns: [] }): FoundFiles {
  const found = new Set<string>();
  const closed: Closed[] = [];
  for (const path of paths) {
    const stat = statOf(path);
    if (stat === undefined) throw new Problem("no-such-path", `${path}: no such file or directory`);
    if (stat.isDirectory()) for (const file of below(path, { depth: 0, closed, rules: rulesAbove(path, excluded) })) found.add(file);
    else found.add(path);
  }
  return { files: [...found].toSorted(), closed };
}

function statOf(path: string): ReturnType<typeof statSync> {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (codeOf(error) === "ENOTDIR") return undefined;
    throw new Problem("cannot-read", `${path}: cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

/** Patterns as in .gitignore, and the directory that they are relative to. */
export interface Excluded {
  readonly root: string;
  readonly patterns: readonly string[];
}

interface Below {
  readonly depth: number;
  readonly rules: Rules;
  readonly closed: Closed[];
}

function below(directory: string, { depth, closed, rules }: Below): readonly string[] {
  if (depth > DEPTH_MAX) return [];
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    closed.push({ path: directory, why: `cannot be looked into (${reasonOf(error)})` });
    return [];
  }
  const inside = entries.some((entry) => entry.name === ".gitignore") ? withRules(rules, directory) : rules;
  return entries.flatMap((entry): readonly string[] => {
    const path = directory === "." ? entry.name : join(directory, entry.name);
    // Links to directories are not followed: the files behind them are reached by their own name, or are not of this project.
    if (entry.isDirectory()) return SKIPPED.has(entry.name) || isIgnored(inside, `${path}/`) ? [] : below(path, { depth: depth + 1, closed, rules: inside });
    return /\.ya?ml$/.test(entry.name) && (entry.isFile() || entry.isSymbolicLink()) && !isIgnored(inside, path) ? [path] : [];
  });
}

/**
 * Replaces a file's text at once, keeping its mode and owner, or makes the file; a link stays a link.
 * Throws Problem cannot-write; the old file is then untouched.
 */
export function replaceText(path: string, text: string): void {
  let temporary: string | undefined;
  try {
    if (!existsSync(path)) {
      writeFileSync(path, text, { flag: "wx", flush: true });
      return;
    }
    const target = realpathSync(path);
    accessSync(target, constants.W_OK);
    const stat = statSync(target);
    temporary = join(dirname(target), `.longhaul-${process.pid}.tmp`);
    writeFileSync(temporary, text, { flag: "wx", flush: true, mode: stat.mode });
    chmodSync(temporary, stat.mode);
    if (keepsOwner(temporary, stat)) renameSync(temporary, target);
    else {
      // A group that is not ours cannot be given to a new file: the old one is filled anew.
      writeFileSync(target, text, { flush: true });
      rmSync(temporary);
    }
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    throw new Problem("cannot-write", `${path}: cannot be written (${reasonOf(error)}); it is unchanged`, { cause: error });
  }
}

/** Makes a file that is not there yet, and the directories above it. Throws Problem, also when it is there by now. */
export function createFile(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: "wx", flush: true });
  } catch (error) {
    throw new Problem("cannot-write", `${path}: cannot be made (${reasonOf(error)})`, { cause: error });
  }
}

function keepsOwner(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): boolean {
  const own = statSync(path);
  if (own.uid === uid && own.gid === gid) return true;
  try {
    chownSync(path, uid, gid);
    return true;
  } catch {
    return false;
  }
}
