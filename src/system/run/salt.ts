// A secret of this user's that goes into the keys of launches: without it nobody can try out which arguments a key in a journal stands for.

import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateDirectory } from "../state-directory.ts";

/** The path of it; it is made when it is not there. Undefined where it cannot be: launches have no keys then. */
export function saltPath(): string | undefined {
  const path = join(stateDirectory(), "salt");
  if (existsSync(path)) return path;
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(stateDirectory(), { recursive: true, mode: 0o700 });
    writeFileSync(draft, randomBytes(32), { mode: 0o600, flag: "wx" });
    try {
      // Of two runs that begin at once one makes it, and both have it.
      linkSync(draft, path);
    } finally {
      rmSync(draft, { force: true });
    }
    return path;
  } catch {
    return existsSync(path) ? path : undefined;
  }
}
