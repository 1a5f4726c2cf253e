// Passwords that lie in files, or come from programs, as Ansible reads them (cli/__init__.py, get_password_from_file, 2.14 to 2.21).

import { execFileSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { printable } from "../../model/printable.ts";
import { Problem } from "../../model/problem.ts";
import { reasonOf } from "../reasons.ts";
import type { AnsibleSettings } from "./ansible-settings.ts";

/** What the options of a command say: the password, as it was typed, or the file that it is in. */
export interface AskedPasswords {
  readonly password?: string;
  readonly becomePassword?: string;
  readonly passwordFile?: string;
  readonly becomePasswordFile?: string;
}

/** In: what the options say, and Ansible's settings. Out: the passwords that there are. Throws Problem cannot-read. */
export function passwordsOf(asked: AskedPasswords, settings: AnsibleSettings): { readonly password?: string; readonly becomePassword?: string } {
  const password = asked.password ?? fromFile(asked.passwordFile ?? settings.get("CONNECTION_PASSWORD_FILE"));
  const becomePassword = asked.becomePassword ?? fromFile(asked.becomePasswordFile ?? settings.get("BECOME_PASSWORD_FILE"));
  return { ...(password === undefined ? {} : { password }), ...(becomePassword === undefined ? {} : { becomePassword }) };
}

/** The first lines of a file, or what an executable one prints, without the break at the end. */
function fromFile(named: unknown): string | undefined {
  if (typeof named !== "string" || named === "") return undefined;
  const path = named.replace(/^~(?=\/|$)/, homedir());
  try {
    const text = isExecutable(path) ? execFileSync(path, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }) : readFileSync(path, "utf8");
    const password = text.replace(/[\r\n]+$/, "");
    if (password !== "") return password;
  } catch (error) {
    throw new Problem("cannot-read", `${printable(named)}: the password cannot be read (${reasonOf(error)})`, { cause: error });
  }
  throw new Problem("cannot-read", `${printable(named)}: there is no password in it`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
