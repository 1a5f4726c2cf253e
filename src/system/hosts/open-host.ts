// The link to one host, reached by variables that Ansible itself has worked out.

import { homedir } from "node:os";
import type { OpenHost } from "../../engine/ports.ts";
import { agentProgram, openLink } from "./agent-link.ts";
import { connectionOf } from "./connection.ts";

let program: Uint8Array | undefined;

export const openHost: OpenHost = async (host, variables) => {
  program ??= agentProgram();
  const connection = connectionOf({ name: host, variables }, { settings: new Map(), options: {}, home: homedir() });
  return { ...(await openLink(connection, { program })), reopen: async () => openHost(host, variables) };
};
