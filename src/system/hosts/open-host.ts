// The link to one host, reached by variables that Ansible itself has worked out.

import { homedir } from "node:os";
import type { HostLink, OpenHost } from "../../engine/ports.ts";
import { agentProgram, openLink } from "./agent-link.ts";
import type { HostConnection } from "./connection.ts";
import { connectionOf } from "./connection.ts";

/** Links that are set up at the same time, as in `openLinks`. */
const AT_ONCE = 20;
let program: Uint8Array | undefined;
let underWay = 0;
const waiting: (() => void)[] = [];

export const openHost: OpenHost = async (host, variables) => open(connectionOf({ name: host, variables }, { settings: new Map(), options: {}, home: homedir() }));

async function open(connection: HostConnection): Promise<HostLink> {
  program ??= agentProgram();
  // Who is woken takes the place of who has woken it.
  if (underWay >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else underWay += 1;
  try {
    return { ...(await openLink(connection, { program })), reopen: async () => open(connection) };
  } finally {
    const next = waiting.shift();
    if (next === undefined) underWay -= 1;
    else next();
  }
}
