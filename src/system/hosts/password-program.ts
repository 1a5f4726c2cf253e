// A program of ours that prints a password, for programs that run one to be told it. The password is in the environment of who runs it
// only, which the same user and root can read, and never on a command line or on disk.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface PasswordProgram {
  readonly path: string;
  /** Who runs it needs this. */
  readonly env: Readonly<Record<string, string>>;
  /** Removes the program; once nobody will run it any more. */
  readonly remove: () => void;
}

/** In: the password, the variable that holds it, and for which first argument it is printed (a pattern of the shell's `case`). */
export function passwordProgram(password: string, { variable, asked }: { readonly variable: string; readonly asked: string }): PasswordProgram {
  const directory = mkdtempSync(join(tmpdir(), "longhaul-askpass-"));
  const path = join(directory, "print");
  writeFileSync(path, `#!/bin/sh\ncase $1 in ${asked}) printf '%s\\n' "$${variable}" ;; *) exit 1 ;; esac\n`, { mode: 0o700 });
  return { path, env: { [variable]: password }, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
