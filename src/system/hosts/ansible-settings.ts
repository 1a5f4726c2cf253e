// What ansible.cfg and ANSIBLE_* change about connections, as `ansible-config dump` tells it (2.14 to 2.21).

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Problem } from "../../model/problem.ts";
import { ask, complaintOf } from "./ansible-program.ts";

/**
 * Settings that differ from Ansible's defaults, by name: `DEFAULT_REMOTE_USER`, and those of plug-ins with the plug-in
 * before it: `ssh.ssh_args`, `sudo.become_flags`.
 */
export type AnsibleSettings = ReadonlyMap<string, unknown>;

/** Where Ansible looks for its configuration (config/manager.py, find_ini_config_file), and where FreeBSD has it. */
const FILES = ["ansible.cfg", join(homedir(), ".ansible.cfg"), "/etc/ansible/ansible.cfg", "/usr/local/etc/ansible/ansible.cfg"];
/** Variables that set options; those of the kubectl connection have names of their own. */
const SETS_OPTIONS = /^(?:ANSIBLE|K8S_AUTH)_/;

/**
 * Asks Ansible, in the current directory and environment; but not where nothing can have changed a default, as Ansible needs a second to say so.
 * Throws Problem no-ansible or bad-configuration.
 */
export async function ansibleSettings(): Promise<AnsibleSettings> {
  if (!Object.keys(process.env).some((name) => SETS_OPTIONS.test(name)) && !FILES.some((path) => existsSync(path))) return new Map();
  const answer = await ask("ansible-config", ["dump", "--only-changed", "--format", "json", "-t", "all"]);
  try {
    return readSettings(JSON.parse(answer.text));
  } catch (cause) {
    throw new Problem("bad-configuration", `ansible-config dump gives no settings: ${complaintOf(answer)}; correct ansible.cfg and the ANSIBLE_* variables`, { cause });
  }
}

/** In: the parsed dump: settings, and `{"CONNECTION_PLUGINS": [{"ssh": [settings]}]}` among them. @internal */
export function readSettings(dump: unknown): AnsibleSettings {
  const settings = new Map<string, unknown>();
  const collect = (value: unknown, plugin: string): void => {
    if (Array.isArray(value)) {
      for (const each of value) collect(each, plugin);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    if ("name" in value && typeof value.name === "string" && "value" in value) {
      settings.set(plugin === "" ? value.name : `${plugin}.${value.name}`, value.value);
      return;
    }
    for (const [name, inner] of Object.entries(value)) collect(inner, name.endsWith("_PLUGINS") ? "" : shortName(name));
  };
  collect(dump, "");
  return settings;
}

/** `ansible.builtin.ssh`, `ansible.legacy.ssh` -> `ssh`. */
export function shortName(plugin: string): string {
  return plugin.slice(plugin.lastIndexOf(".") + 1);
}
