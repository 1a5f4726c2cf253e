// All of the world that `longhaul run` needs, so that the other commands need not load it.

import type { RunWorld } from "../../engine/ports.ts";
import { write } from "../terminal.ts";
import { bridgeSettings } from "./bridge-settings.ts";
import { listenToBridge } from "./bridge-socket.ts";
import { openStream } from "./event-stream.ts";
import { startPlaybook } from "./playbook-process.ts";
import { createRun } from "./run-record.ts";
import { saltPath } from "./salt.ts";
import { onSignal } from "./signals.ts";
import { timer } from "./timer.ts";

export const runWorld: RunWorld = {
  createRun,
  // A play without jobs needs no hosts of ours.
  openHost: async (host, variables) => (await import("../hosts/open-host.ts")).openHost(host, variables),
  timer,
  listenToBridge,
  startPlaybook,
  onSignal,
  bridgeSettings,
  saltPath,
  write: (stream, bytes) => write(stream === "out" ? 1 : 2, bytes),
  isErrorTerminal: process.stderr.isTTY === true,
  hasForeground: () => process.stdin.isTTY === true,
  pid: process.pid,
  openStream,
};
