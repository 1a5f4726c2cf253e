// The hosts of a request: inventory, connections, links.

import { homedir } from "node:os";
import type { HostLink, HostsRequest, OpenedHost } from "../../engine/ports.ts";
import { Problem } from "../../model/problem.ts";
import { agentProgram, openLink, openLinks } from "./agent-link.ts";
import type { AgentLink } from "./agent-link.ts";
import type { HostConnection } from "./connection.ts";
import { connectionOf } from "./connection.ts";
import type { InventoryHost } from "./inventory.ts";
import { loadInventory } from "./inventory.ts";

/**
 * In: which hosts, Ansible's options for them, and who is told their names first.
 * Out: each host as soon as it is there. Throws Problem for an inventory that cannot be read.
 */
export async function* openHosts(request: HostsRequest, expect?: (hosts: readonly string[]) => void): AsyncGenerator<OpenedHost, void, void> {
  const { inventories, pattern, limit, extraVars, vault, ...options } = request;
  const inventory = await loadInventory({ inventories, pattern, extraVars, vault, ...(limit === undefined ? {} : { limit }) });
  expect?.(inventory.hosts.map(({ name }) => name));
  const reachable = new Map<string, { readonly host: InventoryHost; readonly connection: HostConnection }>();
  for (const host of inventory.hosts) {
    try {
      reachable.set(host.name, { host, connection: connectionOf(host, { settings: inventory.settings, options, home: homedir() }) });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      yield { host: host.name, problem };
    }
  }
  const program = agentProgram();
  for await (const opened of openLinks([...reachable.values()].map(({ connection }) => connection), { program })) {
    const reached = reachable.get(opened.host);
    if ("problem" in opened) yield opened;
    else if (reached !== undefined) yield { host: opened.host, link: hostLink(opened.link, { ...reached, program }) };
  }
}

interface Reached {
  readonly host: InventoryHost;
  readonly connection: HostConnection;
  readonly program: Uint8Array;
}

function hostLink(link: AgentLink, reached: Reached): HostLink {
  const asyncDir = reached.host.variables["ansible_async_dir"];
  const { connection, program } = reached;
  return {
    ...link,
    ...(typeof asyncDir === "string" && !asyncDir.includes("{{") ? { asyncDir } : {}),
    reopen: async (signal) => hostLink(await openLink(connection, { program, ...(signal === undefined ? {} : { signal }) }), reached),
  };
}
