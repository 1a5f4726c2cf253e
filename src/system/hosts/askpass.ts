// The password of a login, for ssh: it runs a program of ours that prints it. OpenSSH 8.4 and newer do so always, older ones without a terminal.

import { passwordProgram } from "./password-program.ts";

export interface Askpass {
  readonly env: Readonly<Record<string, string>>;
  /** Removes the program; once ssh has logged in or failed. */
  readonly remove: () => void;
}

export function askpass(password: string): Askpass {
  // Answers prompts for a password, not those for a passphrase or for an unknown host key.
  const { path, env, remove } = passwordProgram(password, { variable: "LONGHAUL_LOGIN_PASSWORD", asked: "*assword*|*asscode*" });
  return { env: { SSH_ASKPASS: path, SSH_ASKPASS_REQUIRE: "force", DISPLAY: process.env["DISPLAY"] ?? ":0", ...env }, remove };
}
