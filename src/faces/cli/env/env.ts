// Prints the bridge's settings with what was set before kept behind them.

import { Problem } from "../../../model/problem.ts";
import { shellQuoted } from "../../../model/shell-quoting.ts";
import type { World } from "../world.ts";

/** In: whether as lines of ansible.cfg. Out: the exit code. Throws Problem where this longhaul has no wrapper of its own. */
export async function printEnv(world: World, isConfiguration: boolean): Promise<number> {
  const { library, modules } = (await world.run()).bridgeSettings();
  if (library === undefined) throw new Problem("cannot-read", "bridge/library is missing in this installation; install longhaul again");
  world.out(isConfiguration ? `[defaults]\nlibrary = ${modules}\n` : `export ANSIBLE_LIBRARY=${shellQuoted(modules)}\n`);
  return 0;
}
