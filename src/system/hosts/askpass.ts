// The password of a login, for ssh: it runs a program of ours that prints it. It is in the environment of ssh and of that program only,
// which the same user and root can read, and never on a command line or on disk. OpenSSH 8.4 and newer do so always, older ones without a terminal.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const VARIABLE = "LONGHAUL_LOGIN_PASSWORD";
/** Answers prompts for a password, not those for a passphrase or for an unknown host key. */
const PROGRAM = `#!/bin/sh\ncase $1 in *assword*|*asscode*) printf '%s\\n' "$${VARIABLE}" ;; *) exit 1 ;; esac\n`;

export interface Askpass {
  readonly env: Readonly<Record<string, string>>;
  /** Removes the program; once ssh has logged in or failed. */
  readonly remove: () => void;
}

export function askpass(password: string): Askpass {
  const directory = mkdtempSync(join(tmpdir(), "longhaul-askpass-"));
  const program = join(directory, "askpass");
  writeFileSync(program, PROGRAM, { mode: 0o700 });
  const env = { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: "force", DISPLAY: process.env["DISPLAY"] ?? ":0", [VARIABLE]: password };
  return { env, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
