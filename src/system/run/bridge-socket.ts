// The supervisor's ear: a Unix socket in a folder of its own, to which ansible-playbook's processes connect.

import { mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BridgeListener, ListenToBridge } from "../../engine/ports.ts";
import { readBridgeMessage } from "../../model/bridge-message.ts";

/** A line of the bridge holds names and options, never output. */
const LONGEST_LINE = 1024 * 1024;

export const listenToBridge: ListenToBridge = async (listener) => {
  const directory = mkdtempSync(join(tmpdir(), "longhaul-run-"));
  const path = join(directory, "socket");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // A worker that has been ended leaves its question behind.
    socket.on("error", () => socket.destroy());
    hear(socket, listener);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen({ path, readableAll: false, writableAll: false }, resolve);
  });
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    rmSync(directory, { recursive: true, force: true });
  };
  return { path, close };
};

function hear(socket: Socket, listener: BridgeListener): void {
  let pending = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    const lines = (pending + text).split("\n");
    pending = lines.pop() ?? "";
    if (pending.length > LONGEST_LINE) socket.destroy();
    for (const line of lines) void answer(line, socket, listener);
  });
}

async function answer(line: string, socket: Socket, listener: BridgeListener): Promise<void> {
  const message = readBridgeMessage(line);
  if (message === undefined) return;
  if (message.kind !== "wait" && message.kind !== "erase" && message.kind !== "join") return listener.take(message);
  const said = await listener.answer(message);
  if (socket.writable) socket.write(`${JSON.stringify(said)}\n`);
}
