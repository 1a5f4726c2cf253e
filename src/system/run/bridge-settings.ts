// The settings that put the bridge under ansible-playbook, with what the user has set kept behind them. ansible.cfg is read here for two
// lists of directories, as `ansible-config` takes longer than many a playbook.

import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import type { BridgeSettings } from "../../engine/ports.ts";

/** Name of the setting: key in `[defaults]` of ansible.cfg, variable, and directory below Ansible's home (config/base.yml, 2.14 to 2.21). */
const LISTS = {
  callbackPlugins: { key: "callback_plugins", variable: "ANSIBLE_CALLBACK_PLUGINS", name: "callback" },
  modules: { key: "library", variable: "ANSIBLE_LIBRARY", name: "modules" },
} as const;

export function bridgeSettings(): BridgeSettings {
  const bridge = bridgeDirectory();
  const configuration = readConfiguration();
  const library = join(bridge, "library");
  const hasLibrary = existsSync(library);
  return {
    library: hasLibrary ? library : undefined,
    callbackPlugins: [join(bridge, "callback"), ...configured(configuration, "callbackPlugins")].join(delimiter),
    modules: [...(hasLibrary ? [library] : []), ...configured(configuration, "modules")].join(delimiter),
    isColourless: isColourless(configuration),
  };
}

/** Beside the bundle, or in a checkout. */
function bridgeDirectory(): string {
  const beside = join(import.meta.dirname, "bridge");
  return existsSync(beside) ? beside : join(import.meta.dirname, "../../../bridge");
}

interface Configuration {
  readonly path: string | undefined;
  readonly defaults: ReadonlyMap<string, string>;
}

/** The first that is there (config/manager.py, find_ini_config_file). One in a directory that everybody may write into does not count. */
function readConfiguration(): Configuration {
  const named = process.env["ANSIBLE_CONFIG"];
  const chosen = named === undefined ? [] : [isDirectory(expanded(named)) ? join(expanded(named), "ansible.cfg") : expanded(named)];
  const here = isWritableByAll(process.cwd()) ? [] : [join(process.cwd(), "ansible.cfg")];
  for (const path of [...chosen, ...here, join(homedir(), ".ansible.cfg"), "/etc/ansible/ansible.cfg"]) {
    try {
      return { path, defaults: sectionOf(readFileSync(path, "utf8")) };
    } catch {
      // Ansible passes over what it cannot read, too.
    }
  }
  return { path: undefined, defaults: new Map() };
}

/** `[defaults]`, as Python's configparser reads it: a comment after a value begins with `;`, and lines that are indented belong to the one before. */
function sectionOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let isInside = false;
  let key = "";
  for (const line of text.split(/\r?\n/)) {
    const section = /^\[([^\]]+)\]/.exec(line);
    if (section !== null) isInside = section[1] === "defaults";
    else if (!isInside || /^\s*(?:[#;]|$)/.test(line)) continue;
    else if (/^\s/.test(line)) found.set(key, `${found.get(key) ?? ""}\n${uncommented(line)}`);
    else {
      const [, name = "", value = ""] = /^([^=:]+)[=:](.*)$/.exec(line) ?? [];
      key = name.trim().toLowerCase();
      found.set(key, uncommented(value));
    }
  }
  return found;
}

function uncommented(value: string): string {
  return value.replace(/\s;.*$/, "").trim();
}

function configured({ path, defaults }: Configuration, list: keyof typeof LISTS): readonly string[] {
  const { key, variable, name } = LISTS[list];
  const set = process.env[variable];
  if (set !== undefined) return set === "" ? [] : [set];
  const written = defaults.get(key);
  // Relative to ansible.cfg (config/manager.py, ensure_type and resolve_path).
  if (written !== undefined && path !== undefined) return written.split(delimiter).map((each) => resolved(each.trim(), dirname(path)));
  const home = process.env["ANSIBLE_HOME"] ?? (defaults.get("home") === undefined ? "~/.ansible" : resolved(defaults.get("home") ?? "", dirname(path ?? ".")));
  return [join(expanded(home), "plugins", name), `/usr/share/ansible/plugins/${name}`];
}

function resolved(path: string, directory: string): string {
  const full = expanded(path.replaceAll("{{CWD}}", process.cwd()));
  return resolve(directory, full);
}

function expanded(path: string): string {
  const withVariables = path.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, bare: string | undefined) => process.env[braced ?? bare ?? ""] ?? whole);
  return withVariables === "~" || withVariables.startsWith("~/") ? homedir() + withVariables.slice(1) : withVariables;
}

/** Whether the user has turned colours off, or its terminal has none (utils/color.py); forcing them would go against that. */
function isColourless({ defaults }: Configuration): boolean {
  const { ANSIBLE_NOCOLOR, NO_COLOR, TERM } = process.env;
  const said = ANSIBLE_NOCOLOR ?? NO_COLOR ?? defaults.get("nocolor") ?? "";
  return /^(?:y|yes|on|1|true|t|1\.0)$/i.test(said.trim()) || TERM === undefined || TERM === "dumb";
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isWritableByAll(path: string): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o002) !== 0;
}
