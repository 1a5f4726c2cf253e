// The hosts of a request: inventory, connections, links.

import { homedir } from "node:os";
import type { HostLink, HostsRequest, OpenedHost } from "../../engine/ports.ts";
import { Problem } from "../../model/problem.ts";
import { agentProgram, openLink, openLinks } from "./agent-link.ts";
import type { AgentLink } from "./agent-link.ts";
import type { HostConnection } from "./connection.ts";
import { connectionOf } from "./connection.ts";
import { loadInventory } from "./inventory.ts";
import { passwordsOf } from "./password-files.ts";
import { keepAliveSeconds } from "./keep-alive.ts";

/**
 * In: which hosts, Ansible's options for them, and who is told their names first.
 * Out: each host as soon as it is there. Throws Problem for an inventory that cannot be read.
 */
export async function* openHosts(request: HostsRequest, expect?: (hosts: readonly string[]) => void): AsyncGenerator<OpenedHost, void, void> {
  const { inventories, pattern, limit, extraVars, vault, ...given } = request;
  const inventory = await loadInventory({ inventories, pattern, extraVars, vault, ...(limit === undefined ? {} : { limit }) });
  const options = { ...given, ...passwordsOf(given, inventory.settings) };
  expect?.(inventory.hosts.map(({ name }) => name));
  const reachable = new Map<string, HostConnection>();
  for (const host of inventory.hosts) {
    try {
      reachable.set(host.name, connectionOf(host, { settings: inventory.settings, options, home: homedir() }));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      yield { host: host.name, problem };
    }
  }
  const program = agentProgram();
  for await (const opened of openLinks([...reachable.values()], { program })) {
    const connection = reachable.get(opened.host);
    if ("problem" in opened) yield opened;
    else if (connection !== undefined) yield { host: opened.host, link: hostLink(opened.link, connection, program) };
  }
}

function hostLink(link: AgentLink, connection: HostConnection, program: Uint8Array): HostLink {
  const { asyncDir, remoteTmp, becomeUser } = connection;
  return {
    ...link,
    ...(asyncDir === undefined ? {} : { asyncDir }),
    ...(remoteTmp === undefined ? {} : { remoteTmp }),
    ...(becomeUser === undefined ? {} : { becomeUser }),
    clockAheadSeconds: link.now() - Date.now() / 1000,
    keepAliveSeconds: () => keepAliveSeconds(connection),
    reopen: async (signal) => hostLink(await openLink(connection, { program, ...(signal === undefined ? {} : { signal }) }), connection, program),
  };
}
