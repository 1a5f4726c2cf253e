// What ssh is configured to do about silent connections, by ssh itself.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { HostConnection } from "./connection.ts";
import { KEEP_ALIVE } from "./connection.ts";

const ASK_MS = 10_000;

/** ServerAliveInterval of Ansible's connection to a host; undefined without ssh, or where ssh does not tell. */
export async function keepAliveSeconds({ kind, command }: HostConnection): Promise<number | undefined> {
  if (kind !== "ssh") return undefined;
  const [ssh, ...args] = command;
  // Without the remote command, and without what longhaul adds for itself: Debian's ssh sends keep-alives in batch mode.
  const own = args.lastIndexOf("--");
  const end = args.slice(0, own).join(" ").endsWith(KEEP_ALIVE.join(" ")) ? own - KEEP_ALIVE.length : own;
  try {
    const asked = [...args.slice(0, end), ...args.slice(own, -1)].map((arg) => (arg === "BatchMode=yes" ? "BatchMode=no" : arg));
    const { stdout } = await promisify(execFile)(ssh, ["-G", ...asked], { timeout: ASK_MS });
    const seconds = /^serveraliveinterval (\d+)$/m.exec(stdout)?.[1];
    return seconds === undefined ? undefined : Number(seconds);
  } catch {
    return undefined;
  }
}
