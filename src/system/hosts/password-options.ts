// Passwords for one of Ansible's own programs: by the options that name a file, or a program of ours that prints what was typed. A typed
// one is in the environment of Ansible and of what it starts here, which the same user and root can read, and never on a command line or on disk.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AskedPasswords } from "./password-files.ts";

export interface PasswordOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Removes the programs; once Ansible has ended. */
  readonly remove: () => void;
}

/** Out: options that every ansible-core from 2.12 on knows; none where nothing was given. */
export function passwordOptions({ password, passwordFile, becomePassword, becomePasswordFile }: AskedPasswords): PasswordOptions {
  const kinds = [
    { option: "--connection-password-file", typed: password, file: passwordFile, variable: "LONGHAUL_LOGIN_PASSWORD" },
    { option: "--become-password-file", typed: becomePassword, file: becomePasswordFile, variable: "LONGHAUL_BECOME_PASSWORD" },
  ];
  const isTyped = kinds.some(({ typed }) => typed !== undefined);
  const directory = isTyped ? mkdtempSync(join(tmpdir(), "longhaul-passwords-")) : undefined;
  const env: Record<string, string> = {};
  const args = kinds.flatMap(({ option, typed, file, variable }) => {
    if (typed === undefined || directory === undefined) return file === undefined ? [] : [option, file];
    const program = join(directory, variable.toLowerCase());
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$${variable}"\n`, { mode: 0o700 });
    env[variable] = typed;
    return [option, program];
  });
  const remove = (): void => {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  };
  return { args, env, remove };
}
