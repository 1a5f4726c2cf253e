// On which hosts a task runs, and when a play makes no difference between them.

import { namesIn } from "../../model/expression.ts";
import type { Flow, Pair, Task } from "../../model/playbook.ts";
import type { YamlNode } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";

/** On each host of the play, or on one that is named (with a template: known only to the run). */
export type Where =
  | { readonly on: "each host" }
  | { readonly on: "named"; readonly host: string; readonly templated: boolean; readonly keyword: string };

const EACH_HOST: Where = { on: "each host" };
const CONTROLLER: Extract<Where, { on: "named" }> = { on: "named", host: "localhost", templated: false, keyword: "delegate_to: localhost" };
const LOCAL = /^(?:localhost|127\.0\.0\.1|::1)$/;
/** Variables that tell hosts apart: a condition with one of them may pick the right host. */
const HOST_NAMES = new Set([
  "inventory_hostname", "inventory_hostname_short", "groups", "group_names", "hostvars", "play_hosts", "ansible_play_hosts",
  "ansible_play_hosts_all", "ansible_play_batch", "ansible_host", "ansible_hostname", "ansible_facts", "ansible_fqdn", "ansible_nodename",
]);

/** Undefined where the host cannot be told: another connection on top of a delegate, a connection from a template. */
export function whereOf(task: Task): Where | undefined {
  const connection = textOf(task.keywords.get("connection")?.node);
  const variable = task.scope("ansible_connection");
  if (connection?.includes("{{") === true || !(variable.kind === "unknown" && variable.nowhere === true)) return undefined;
  if (task.action?.form === "local_action") return CONTROLLER;
  const node = task.keywords.get("delegate_to")?.node;
  const isLocal = connection !== undefined && /(?:^|\.)local$/.test(connection);
  if (node === undefined) return isLocal ? { ...CONTROLLER, keyword: "connection: local" } : EACH_HOST;
  const host = textOf(node)?.trim();
  if (host === undefined || host === "" || (isLocal && !LOCAL.test(host))) return undefined;
  if (/^\{\{\s*inventory_hostname\s*\}\}$/.test(host)) return EACH_HOST;
  const templated = /\{\{|\{%/.test(host);
  // With `omit` it may be no delegate at all.
  if (templated && /"|\bomit\b/.test(host)) return undefined;
  return { on: "named", host, templated, keyword: `delegate_to: ${/^[\w.-]+$/.test(host) ? host : `"${host}"`}` };
}

export function isSame(one: Where, other: Where): boolean {
  if (one.on === "each host" || other.on === "each host") return one.on === other.on;
  if (one.host === other.host || (LOCAL.test(one.host) && LOCAL.test(other.host))) return true;
  // Of two different texts with a template in them nobody knows.
  return one.templated || other.templated;
}

/** The play's own host is the delegate: `hosts: localhost` and `delegate_to: localhost`. */
export function isOneMachine(flow: Flow, { launch, status }: Pair, both: readonly [Where, Where]): boolean {
  const hosts = flow.play === undefined ? undefined : textOf(fieldOf(flow.play, "hosts")?.value);
  const named = both.find((where) => where.on === "named");
  if (hosts !== undefined && named?.on === "named" && (hosts === named.host || (LOCAL.test(hosts) && LOCAL.test(named.host)))) return true;
  // A templated pattern may be that very host; a loose file of tasks too, but its delegate says that it means another.
  return hosts?.includes("{{") === true || picksHost({ launch, status });
}

/** A loop over hosts: `delegate_to: "{{ item }}"` at the launch, `"{{ item.item }}"` or a result of it at the status. */
export function isPerItem({ launch, status }: Pair, both: readonly [Where, Where]): boolean {
  const names = [launch, status].flatMap((task) => (task.loop === undefined ? [] : [task.loopVariable]));
  return both.some((where) => where.on === "named" && where.templated && names.some((name) => new RegExp(`\\b${name.replace(/\W/g, "")}\\b`).test(where.host)));
}

/** Conditions of one of the two that may choose the host. */
export function picksHost({ launch, status }: Pick<Pair, "launch" | "status">): boolean {
  const texts = new Set(launch.when.map((condition) => condition.text));
  const differing = status.when.filter((condition) => !texts.has(condition.text));
  return differing.some(({ expression }) => expression === undefined || [...namesIn(expression)].some((name) => HOST_NAMES.has(name)));
}

/** A play of one host, of one host at a time, or with a strategy that takes no notice of run_once. */
export function isOneHostAtATime({ play }: Flow): boolean {
  if (play === undefined) return false;
  const [hosts = "", strategy] = ["hosts", "strategy"].map((key) => textOf(fieldOf(play, key)?.value));
  const serial = fieldOf(play, "serial")?.value;
  const batches = serial?.kind === "list" ? serial.items : serial === undefined ? [] : [serial];
  const single = LOCAL.test(hosts) || /\[-?\d+\]$/.test(hosts) || hosts.includes("{{");
  const oneByOne = batches.length > 0 && batches.every((batch) => textOf(batch) === "1" || textOf(batch)?.includes("{{") === true);
  return single || oneByOne || (strategy !== undefined && !/(?:^|\.)linear$/.test(strategy));
}

/** Undefined for a template. */
export function flagOf(task: Task, key: string): boolean | undefined {
  const node = task.keywords.get(key)?.node;
  if (node === undefined) return false;
  return node.kind === "scalar" && typeof node.value === "boolean" ? node.value : undefined;
}

function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.tag === undefined ? node.raw : undefined;
}

/** True for two hosts with names, and for the controller in a play of a group: it is surely none of the play's hosts. */
export function isSurelyElsewhere({ play }: Flow, both: readonly Where[]): boolean {
  if (both.every((where) => where.on === "named" && !where.templated)) return true;
  const hosts = play === undefined ? undefined : textOf(fieldOf(play, "hosts")?.value);
  if (hosts === undefined || /^all$|[*{]/.test(hosts)) return false;
  return both.every((where) => where.on === "each host" || LOCAL.test(where.host));
}
