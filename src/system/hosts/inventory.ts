// The hosts of an inventory and their variables, by Ansible's own programs: every plug-in, group_vars and vault as Ansible has them.

import { printable } from "../../model/printable.ts";
import { Problem } from "../../model/problem.ts";
import type { Answer } from "./ansible-program.ts";
import { ask, complaintOf } from "./ansible-program.ts";
import type { AnsibleSettings } from "./ansible-settings.ts";
import { ansibleSettings } from "./ansible-settings.ts";
import { CONNECTION_VARIABLES } from "./connection-variables.ts";

export interface InventoryOptions {
  /** Each `-i`, in order; none: ansible.cfg and ANSIBLE_INVENTORY decide. */
  readonly inventories?: readonly string[];
  /** Ansible's host pattern; `all` where it is missing. */
  readonly pattern?: string;
  /** `-l` */
  readonly limit?: string;
  /** Each `-e`, in order. */
  readonly extraVars?: readonly string[];
  /** `--vault-id`, `--vault-password-file` with their values, passed on as they are. */
  readonly vault?: readonly string[];
  /** `--playbook-dir`: whose group_vars count too. */
  readonly playbookDirectory?: string;
}

export interface InventoryHost {
  readonly name: string;
  /** As the inventory has them; of connection variables the value, also where the inventory has a template or a vaulted text. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Why some of its connection variables have no value; the host cannot be reached then. */
  readonly unknown?: string;
}

export interface Inventory {
  /** Those that the pattern and the limit leave. */
  readonly hosts: readonly InventoryHost[];
  readonly settings: AnsibleSettings;
}

/** Names that Ansible makes hosts of though no inventory has them (inventory/manager.py, 2.14 to 2.21). */
const LOCAL_NAMES = new Set(["localhost", "127.0.0.1", "::1"]);
/** One argument of a command line holds 128 kB on Linux. */
export const LONGEST_PATTERN = 100_000;

/**
 * Asks Ansible for hosts, variables and settings: up to three of its programs at once, and a fourth where connection variables are templates.
 * Throws Problem no-ansible, cannot-read, bad-configuration, bad-usage (no host matches) or not-supported (a vault password to be typed).
 */
export async function loadInventory(options: InventoryOptions): Promise<Inventory> {
  const asks = options.vault?.find((option) => /^(?:--ask-vault-pass(?:word)?|-J)$/.test(option) || /(?:^|@|=)prompt$/.test(option));
  if (asks !== undefined) throw new Problem("not-supported", `${printable(asks)}: a vault password cannot be asked for here; name a file with --vault-password-file`);
  const [variables, chosen, settings] = await Promise.all([allVariables(options), isEveryHost(options) ? undefined : matchingNames(options), ansibleSettings()]);
  const names = chosen ?? [...variables.keys()];
  if (names.length === 0) throw new Problem("bad-usage", `no host matches ${printable(describe(options))}; \`ansible-inventory --graph\` shows what there is`);
  const hosts = names.map((name) => ({ name, variables: variables.get(name) ?? implicitVariables(name, variables) }));
  return { hosts: await resolved(hosts, options), settings };
}

/** Localhost that no inventory names: Ansible runs on it without ssh and with its own Python. */
function implicitVariables(name: string, variables: ReadonlyMap<string, unknown>): Record<string, unknown> {
  return LOCAL_NAMES.has(name) && !variables.has(name) ? { ansible_connection: "local" } : {};
}

async function allVariables(options: InventoryOptions): Promise<ReadonlyMap<string, Record<string, unknown>>> {
  const answer = await ask("ansible-inventory", ["--list", ...shared(options)]);
  const list = answer.code === 0 ? parsed(answer.text) : undefined;
  if (list === undefined) throw unreadable(answer);
  const found = new Map<string, Record<string, unknown>>();
  for (const [group, content] of Object.entries(list)) {
    const names = group === "_meta" ? [] : (record(content)?.["hosts"] ?? []);
    for (const name of Array.isArray(names) ? names : []) found.set(String(name), {});
  }
  const hostvars = record(record(list["_meta"])?.["hostvars"]) ?? {};
  for (const [name, variables] of Object.entries(hostvars)) found.set(name, record(variables) ?? {});
  return found;
}

/** Then the list of variables has their names too: one start of Ansible less, which takes longer than all else. */
function isEveryHost({ pattern = "all", limit }: InventoryOptions): boolean {
  return limit === undefined && (pattern === "all" || pattern === "*");
}

/** `ansible-inventory` knows a limit from 2.16 on only; `ansible --list-hosts` always did. */
async function matchingNames(options: InventoryOptions): Promise<readonly string[]> {
  const limit = options.limit === undefined ? [] : ["-l", options.limit];
  const answer = await ask("ansible", [...shared(options), ...limit, "--list-hosts", "--", options.pattern ?? "all"]);
  if (answer.code !== 0) {
    if (/does not match any|no hosts matched/i.test(answer.error)) return [];
    throw unreadable(answer);
  }
  const lines = answer.text.split("\n");
  const head = lines.findIndex((line) => /^ {2}hosts \(\d+\):$/.test(line));
  if (head < 0) return [];
  return lines.slice(head + 1).map((line) => line.trim()).filter((line) => line !== "");
}

/** Replaces templates and vaulted texts in connection variables by what Ansible makes of them. */
async function resolved(hosts: readonly InventoryHost[], options: InventoryOptions): Promise<readonly InventoryHost[]> {
  const open = hosts.filter(({ variables }) => CONNECTION_VARIABLES.some((name) => isOpen(variables[name])));
  if (open.length === 0) return hosts;
  const names = CONNECTION_VARIABLES.filter((name) => open.some(({ variables }) => isOpen(variables[name])));
  const one = namesPattern(open.map(({ name }) => name));
  const pattern = one.length > LONGEST_PATTERN ? (options.pattern ?? "all") : one;
  const question = `{{ [${names.map((name) => `${name} | default(none)`).join(", ")}] | to_json | b64encode }}`;
  // The debug module is an action of the controller: no host is touched.
  const answer = await ask("ansible", [...shared(options), "-f", "20", "-m", "ansible.builtin.debug", "-a", `msg=${question}`, "--", pattern]);
  const found = new Map([...answer.text.matchAll(/^(\S+) \| SUCCESS => \{\s*(?:"changed": false,\s*)?"msg": "([A-Za-z0-9+/=]*)"/gm)].map(([, name, encoded]) => [name ?? "", encoded ?? ""]));
  return hosts.map((host) => {
    if (!open.includes(host)) return host;
    const values64 = found.get(host.name);
    const list: unknown = values64 === undefined ? undefined : JSON.parse(Buffer.from(values64, "base64").toString("utf8"));
    const unknown = names.filter((name) => isOpen(host.variables[name]));
    if (!Array.isArray(list)) return { ...host, unknown: `Ansible gives no value for ${unknown.join(", ")} (${complaintOf(answer, host.name)}); correct the template, or give the vault password` };
    const values = unknown.map((name): [string, unknown] => [name, list[names.indexOf(name)]]);
    return { name: host.name, variables: { ...host.variables, ...Object.fromEntries(values) } };
  });
}

/** A pattern of these hosts alone: a comma makes Ansible split it at commas only, so that colons in names stay. */
export function namesPattern(names: readonly string[]): string {
  return `${names.join(",")},`;
}

/** A template, or a text that a vault keeps: its value is not in what `ansible-inventory` prints. */
function isOpen(value: unknown): boolean {
  if (typeof value === "string") return /\{\{|\{%/.test(value);
  return record(value) !== undefined && "__ansible_vault" in (value as object);
}

/** Options that all of Ansible's programs about an inventory have. */
export function shared({ inventories = [], extraVars = [], vault = [], playbookDirectory }: InventoryOptions): readonly string[] {
  const directory = playbookDirectory === undefined ? [] : ["--playbook-dir", playbookDirectory];
  return [...inventories.flatMap((each) => ["-i", each]), ...extraVars.flatMap((each) => ["-e", each]), ...vault, ...directory];
}

function unreadable(answer: Answer): Problem {
  return new Problem("cannot-read", `the inventory cannot be read: ${complaintOf(answer)}; \`ansible-inventory --list\` with the same options shows it`);
}

function describe({ pattern = "all", limit, inventories = [] }: InventoryOptions): string {
  return [pattern, ...(limit === undefined ? [] : [`-l ${limit}`]), ...inventories.map((each) => `-i ${each}`)].join(" ");
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
