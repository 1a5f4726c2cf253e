// A run while it goes on, as the parts of `longhaul run` share it.

import type { RunFold } from "../../../engine/run/fold.ts";
import type { JobOutput, Supervisor } from "../../../engine/run/supervisor.ts";
import type { RunRecord, RunWorld } from "../../../engine/ports.ts";
import type { BridgeJob } from "../../../model/bridge-message.ts";
import type { RunFact } from "../../../model/run-event.ts";
import type { Screen } from "./screen.ts";

export interface RunOptions {
  /** ansible-playbook's, as they were given. */
  readonly args: readonly string[];
  readonly isQuiet: boolean;
  /** Jobs that an earlier run has started, and that still run, are joined. */
  readonly isReattach?: boolean;
  /** Where the events go too. */
  readonly json?: string;
  /** What is run instead of a playbook of the user's. */
  readonly own?: OwnPlay;
}

/** A playbook of longhaul's own, which is put into the run's folder. */
export interface OwnPlay {
  readonly playbook: string;
  /** For ansible-playbook's environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly onOutput: (running: Running, job: BridgeJob, output: JobOutput) => void;
  /** From now on it prints nothing by itself: somebody is asked something. */
  readonly hush: () => void;
  /** Tells what came of it, after Ansible has ended and before a failure is explained. Out: the exit code. */
  readonly tellEnd: (running: Running, code: number) => number;
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
