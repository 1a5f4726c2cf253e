// The hosts of a request: inventory, connections, links.

import { homedir } from "node:os";
import type { HostLink, HostsRequest, OpenedHost } from "../../engine/ports.ts";
import { Problem } from "../../model/problem.ts";
import { agentProgram, openLinks } from "./agent-link.ts";
import type { AgentLink } from "./agent-link.ts";
import type { HostConnection } from "./connection.ts";
import { connectionOf } from "./connection.ts";
import type { InventoryHost } from "./inventory.ts";
import { loadInventory } from "./inventory.ts";

/** In: which hosts, and Ansible's options for them. Out: each host as soon as it is there. Throws Problem for an inventory that cannot be read. */
export async function* openHosts(request: HostsRequest): AsyncGenerator<OpenedHost, void, void> {
  const { inventories, pattern, limit, extraVars, vault, ...options } = request;
  const inventory = await loadInventory({ inventories, pattern, extraVars, vault, ...(limit === undefined ? {} : { limit }) });
  const connections: HostConnection[] = [];
  for (const host of inventory.hosts) {
    try {
      connections.push(connectionOf(host, { settings: inventory.settings, options, home: homedir() }));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      yield { host: host.name, problem };
    }
  }
  const byName = new Map(inventory.hosts.map((host) => [host.name, host]));
  for await (const opened of openLinks(connections, { program: agentProgram() })) {
    yield "link" in opened ? { host: opened.host, link: withAsyncDir(opened.link, byName.get(opened.host)) } : opened;
  }
}

function withAsyncDir(link: AgentLink, host: InventoryHost | undefined): HostLink {
  const asyncDir = host?.variables["ansible_async_dir"];
  return typeof asyncDir === "string" && !asyncDir.includes("{{") ? { ...link, asyncDir } : link;
}
