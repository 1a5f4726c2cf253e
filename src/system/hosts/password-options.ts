// Passwords for one of Ansible's own programs: by the options that name a file, or a program of ours that prints what was typed.

import type { AskedPasswords } from "./password-files.ts";
import { passwordProgram } from "./password-program.ts";

export interface PasswordOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Removes the programs; once Ansible has ended. */
  readonly remove: () => void;
}

/** Out: options that every ansible-core from 2.12 on knows; none where nothing was given. */
export function passwordOptions({ password, passwordFile, becomePassword, becomePasswordFile }: AskedPasswords): PasswordOptions {
  const options = [
    optionOf("--connection-password-file", { typed: password, file: passwordFile, variable: "LONGHAUL_LOGIN_PASSWORD" }),
    optionOf("--become-password-file", { typed: becomePassword, file: becomePasswordFile, variable: "LONGHAUL_BECOME_PASSWORD" }),
  ];
  return { args: options.flatMap(({ args }) => args), env: Object.assign({}, ...options.map(({ env }) => env)), remove: () => options.forEach(({ remove }) => remove()) };
}

function optionOf(option: string, { typed, file, variable }: { readonly typed: string | undefined; readonly file: string | undefined; readonly variable: string }): PasswordOptions {
  if (typed === undefined) return { args: file === undefined ? [] : [option, file], env: {}, remove: () => undefined };
  // Ansible runs it without an argument.
  const { path, env, remove } = passwordProgram(typed, { variable, asked: "''" });
  return { args: [option, path], env, remove };
}
