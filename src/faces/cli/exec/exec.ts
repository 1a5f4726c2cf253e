// One command as a job on hosts, through the machinery of `longhaul run`: a small playbook goes into the run's folder and is played.

import type { ExecCommand } from "../../../engine/run/exec-playbook.ts";
import { ENVIRONMENT, environmentText, execPlaybook } from "../../../engine/run/exec-playbook.ts";
import { Problem } from "../../../model/problem.ts";
import { supervised } from "../run/run.ts";
import { createStyle } from "../style.ts";
import type { World } from "../world.ts";
import type { ExecFlags } from "./command.ts";
import { ExecOutput } from "./exec-output.ts";

export interface ExecOptions {
  readonly pattern: string;
  readonly words: readonly string[];
  readonly flags: ExecFlags & { readonly name: string };
}

/** Out: 0, 1 where it failed on a host, 130 after an interrupt. Throws Problem. */
export async function execOnHosts(world: World, { pattern, words, flags }: ExecOptions): Promise<number> {
  const { name, limit: limitSeconds, chdir, env = [], json, detach: isDetached = false, quiet: isQuiet = false } = flags;
  const variables = variablesOf(world, env);
  const hasEnvironment = variables.size > 0;
  const request = { pattern, command: commandOf(words, flags.shell === true), name, limitSeconds, hasEnvironment, isDetached, ...(chdir === undefined ? {} : { chdir }) };
  const output = new ExecOutput(world, { pattern, isDetached, style: createStyle(world.color) });
  return supervised(world, await world.run(), {
    args: ansibleArguments(flags),
    isQuiet,
    ...(json === undefined ? {} : { json }),
    own: {
      playbook: execPlaybook(request),
      environment: hasEnvironment ? { [ENVIRONMENT]: environmentText(variables) } : {},
      onOutput: (running, job, piece) => output.take(running, job, piece),
      hush: () => output.hush(),
      tellEnd: (running, code) => output.end(running, code),
    },
  });
}

function commandOf(words: readonly string[], isShell: boolean): ExecCommand {
  const [line = "", ...more] = words;
  if (line === "") throw new Problem("bad-usage", "the program has no name; the command stands after --");
  if (isShell && more.length > 0) throw new Problem("bad-usage", "--shell takes one word; put the whole line between quotes");
  if (isShell) return { line };
  if (more.length === 0 && /[\s|&;<>()$`"']/.test(line)) throw new Problem("bad-usage", `${line}: one word with blanks or with what only a shell reads; give program and arguments apart, or add --shell`);
  return { words };
}

/** Throws Problem where a name is none, or its value is to be taken from here and there is none. */
function variablesOf(world: World, given: readonly string[]): ReadonlyMap<string, string> {
  return new Map(given.map((each) => {
    const at = each.indexOf("=");
    const name = at === -1 ? each : each.slice(0, at);
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new Problem("bad-usage", `--env ${name}: that is no name of a variable; it is letters, digits and _`);
    const value = at === -1 ? world.variable(name) : each.slice(at + 1);
    if (value === undefined) throw new Problem("bad-usage", `--env ${name}: there is no variable of that name here; set and export it, or give ${name}=VALUE`);
    return [name, value];
  }));
}

/** The same options for ansible-playbook, which asks for passwords itself. */
function ansibleArguments(flags: ExecFlags): readonly string[] {
  const { inventory = [], extraVars = [], vaultId = [], vaultPasswordFile = [], subset, connection, user, privateKey, timeout, becomeMethod, becomeUser, connectionPasswordFile, becomePasswordFile, forks } = flags;
  const valued: readonly (readonly [string, string | undefined])[] = [
    ...inventory.map((path) => ["-i", path] as const),
    ["-l", subset],
    ...extraVars.map((value) => ["-e", value] as const),
    ...vaultId.map((id) => ["--vault-id", id] as const),
    ...vaultPasswordFile.map((path) => ["--vault-password-file", path] as const),
    ["-u", user],
    ["-c", connection],
    ["--private-key", privateKey],
    ["-T", timeout],
    ["--become-method", becomeMethod],
    ["--become-user", becomeUser],
    ["--connection-password-file", connectionPasswordFile],
    ["--become-password-file", becomePasswordFile],
    ["-f", forks],
  ];
  const plain: readonly (readonly [string, boolean | undefined])[] = [["-b", flags.become], ["-k", flags.askPass], ["-K", flags.askBecomePass], [`-${"v".repeat(flags.verbose)}`, flags.verbose > 0]];
  return [...valued.flatMap(([option, value]) => (value === undefined ? [] : [option, value])), ...plain.flatMap(([option, isGiven]) => (isGiven === true ? [option] : []))];
}
