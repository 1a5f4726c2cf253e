// A run while it goes on, as the parts of `longhaul run` share it.

import type { RunFold } from "../../../engine/run/fold.ts";
import type { Supervisor } from "../../../engine/run/supervisor.ts";
import type { RunRecord, RunWorld } from "../../../engine/ports.ts";
import type { RunFact } from "../../../model/run-event.ts";
import type { Screen } from "./screen.ts";

export interface RunOptions {
  /** ansible-playbook's, as they were given. */
  readonly args: readonly string[];
  readonly isQuiet: boolean;
  /** Where the events go too. */
  readonly json?: string;
}

export interface Running {
  readonly around: RunWorld;
  readonly record: RunRecord;
  readonly fold: RunFold;
  readonly supervisor: Supervisor;
  readonly screen: Screen;
  readonly options: RunOptions;
  /** Into the journal first, then to whoever looks. */
  readonly tell: (fact: RunFact) => void;
}
