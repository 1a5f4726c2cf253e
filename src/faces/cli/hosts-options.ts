// Which hosts, and how to reach them: the options that every command about hosts takes, called as in Ansible.

import type { Command } from "commander";
import type { HostsRequest } from "../../engine/ports.ts";
import { collected } from "./options.ts";

/** These options as the command line gives them. */
export interface HostsFlags {
  readonly inventory?: readonly string[];
  readonly limit?: string;
  readonly extraVars?: readonly string[];
  readonly vaultId?: readonly string[];
  readonly vaultPasswordFile?: readonly string[];
  readonly connection?: string;
  readonly user?: string;
  readonly privateKey?: string;
  readonly timeout?: string;
  readonly become?: boolean;
  readonly becomeMethod?: string;
  readonly becomeUser?: string;
  /** Typed at the prompts of -k and -K. */
  readonly password?: string;
  readonly becomePassword?: string;
  readonly connectionPasswordFile?: string;
  readonly becomePasswordFile?: string;
}

/** Flags that a command needs for something of its own. */
export interface HostsOptionFlags {
  readonly timeout?: string;
  readonly limit?: string;
}

export function addHostsOptions(command: Command, { timeout = "-T, --timeout <seconds>", limit = "-l, --limit <pattern>" }: HostsOptionFlags = {}): Command {
  return command
    .option("-i, --inventory <path>", "inventory, as in Ansible", collected)
    .option(limit, "further limit the hosts")
    .option("-e, --extra-vars <vars>", "variables, as in Ansible", collected)
    .option("-u, --user <name>", "log in as")
    .option("-c, --connection <type>", "ssh, local, docker, podman or kubectl")
    .option("--private-key <file>", "key to log in with")
    .option("-k, --ask-pass", "ask for the login password")
    .option("--connection-password-file <file>", "login password, as in Ansible")
    .option(timeout, "for the connection")
    .option("-b, --become", "become another user, root if none is named")
    .option("--become-method <method>", "sudo, su or doas")
    .option("--become-user <name>", "that user instead of root")
    .option("-K, --ask-become-pass", "ask for the password to become that user")
    .option("--become-password-file <file>", "that password, as in Ansible")
    .option("--vault-id <id>", "vault identity, as in Ansible", collected)
    .option("--vault-password-file <file>", "vault password, as in Ansible", collected);
}

export function hostsRequest(pattern: string, flags: HostsFlags): HostsRequest {
  const { limit, connection, user, privateKey: privateKeyFile, timeout, become, becomeMethod, becomeUser, password, becomePassword, connectionPasswordFile: passwordFile, becomePasswordFile } = flags;
  const given = Object.fromEntries(Object.entries({ limit, connection, user, privateKeyFile, become, becomeMethod, becomeUser, password, becomePassword, passwordFile, becomePasswordFile }).filter(([, value]) => value !== undefined));
  const vault = [...(flags.vaultId ?? []).flatMap((value) => ["--vault-id", value]), ...(flags.vaultPasswordFile ?? []).flatMap((value) => ["--vault-password-file", value])];
  const timeoutSeconds = timeout === undefined ? {} : { timeoutSeconds: Number(timeout) };
  return { inventories: flags.inventory ?? [], pattern, extraVars: flags.extraVars ?? [], vault, ...given, ...timeoutSeconds };
}
