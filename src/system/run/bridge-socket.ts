// The supervisor's ear: a Unix socket in a folder of its own, to which ansible-playbook's processes connect.

import { lstatSync, mkdtempSync, readdirSync, rmSync, rmdirSync, unlinkSync } from "node:fs";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BridgeListener, ListenToBridge } from "../../engine/ports.ts";
import { readBridgeMessage } from "../../model/bridge-message.ts";
import { codeOf } from "../reasons.ts";

/** A line of the bridge holds names and options, never output. */
const LONGEST_LINE = 1024 * 1024;
const PREFIX = "longhaul-run-";
/** As mkdtemp makes it. */
const FOLDER = /^longhaul-run-[A-Za-z0-9]{6}$/;
const SOCKET = "socket";
/** A run that begins has no socket yet. */
const STALE_MS = 60_000;

export const listenToBridge: ListenToBridge = async (listener) => {
  const directory = mkdtempSync(join(tmpdir(), PREFIX));
  const path = join(directory, SOCKET);
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
    await removeStale();
  };
  return { path, close };
};

/** Folders of runs whose longhaul was killed: ours, some time old, with nothing in it but a socket at which nobody listens. */
async function removeStale(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((each) => FOLDER.test(each))) {
    const folder = join(tmpdir(), name);
    try {
      const { uid, mtimeMs } = lstatSync(folder);
      if (uid !== process.getuid?.() || Date.now() - mtimeMs < STALE_MS) continue;
      const inside = readdirSync(folder);
      if (inside.some((each) => each !== SOCKET) || (inside.length > 0 && (await isHeard(join(folder, SOCKET))))) continue;
      if (inside.length > 0) unlinkSync(join(folder, SOCKET));
      rmdirSync(folder);
    } catch {
      // Another run has been here, or it is no folder; it costs nobody anything.
    }
  }
}

/** Whether somebody listens, or that cannot be told. */
async function isHeard(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => resolve(codeOf(error) !== "ECONNREFUSED"));
  });
}

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
