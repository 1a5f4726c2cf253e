// What is seen of a run while it goes on: Ansible's own output as it is, and what its jobs do.

import type { RunFold } from "../../../engine/run/fold.ts";
import type { Supervisor } from "../../../engine/run/supervisor.ts";
import type { RunWorld } from "../../../engine/ports.ts";
import type { RunEvent } from "../../../model/run-event.ts";
import type { World } from "../world.ts";
import { eventLine } from "./run-text.ts";

export interface Screen {
  readonly output: (stream: "out" | "err", bytes: Uint8Array) => void;
  readonly event: (event: RunEvent) => void;
  /** Nothing is drawn after it. */
  readonly stop: () => void;
}

export interface ScreenOptions {
  readonly around: RunWorld;
  readonly fold: RunFold;
  readonly supervisor: Supervisor;
  readonly isQuiet: boolean;
}

export function createScreen(world: World, options: ScreenOptions): Screen {
  return plainScreen(world, options);
}

/** Without a terminal: Ansible's bytes untouched, and a line on standard error where a job begins or ends. */
function plainScreen(world: World, { around, fold, isQuiet }: ScreenOptions): Screen {
  return {
    output: around.write,
    event: (event) => {
      const line = isQuiet ? undefined : eventLine(event, fold.run());
      if (line !== undefined) world.err(`longhaul: ${line}\n`);
    },
    stop: () => undefined,
  };
}
