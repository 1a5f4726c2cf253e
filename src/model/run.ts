// A run as its journal tells it.

import type { JobState } from "./job-state.ts";
import type { JobLaunched, JoinedFrom, ResultStatus } from "./run-event.ts";

export interface RunTask {
  readonly task: string;
  readonly play: string;
  readonly name: string;
  readonly action: string;
  /** `site.yml:12` as Ansible names the place; null where it has none. */
  readonly path: string | null;
  readonly handler: boolean;
}

export interface RunJob extends Pick<JobLaunched, "host" | "jid" | "dir" | "task" | "delegatedBy" | "becomeUser" | "limitSeconds" | "pollSeconds" | "noLog" | "key"> {
  /** `unknown`: nobody can see it at present. */
  readonly state: JobState | "unknown";
  /** Why the state is that; null where it needs no word. */
  readonly because: string | null;
  /** Of which run it is, where an earlier one has launched it. */
  readonly joined: JoinedFrom | null;
  /** Seconds since 1970 by the controller's clock. */
  readonly launchedAt: number;
  /** When its end was seen; null while it is open. */
  readonly endedAt: number | null;
  readonly rc: number | null;
  readonly durationSeconds: number | null;
  readonly outputBytes: number | null;
}

export interface Run {
  readonly run: string;
  readonly argv: readonly string[];
  readonly directory: string;
  /** Process of the supervisor. */
  readonly pid: number;
  /** Empty until Ansible has said. */
  readonly core: string;
  readonly playbook: string;
  readonly refused: readonly string[];
  readonly startedAt: number;
  /** When the last event was written. */
  readonly lastAt: number;
  /** Null while it goes on, or when nobody was left to see its end. */
  readonly ended: { readonly at: number; readonly code: number | null; readonly signal: string | null } | null;
  readonly interrupted: "left" | "killed" | "none" | null;
  readonly plays: readonly { readonly play: string; readonly name: string; readonly strategy: string }[];
  readonly tasks: ReadonlyMap<string, RunTask>;
  /** The task that was begun last. */
  readonly task: string | null;
  /** By `jobKey`, in the order of their launch. */
  readonly jobs: ReadonlyMap<string, RunJob>;
  /** How many results of each kind. */
  readonly results: Readonly<Record<ResultStatus, number>>;
  readonly failures: readonly { readonly host: string; readonly task: string; readonly status: "failed" | "unreachable" }[];
  readonly diagnosed: readonly { readonly mode: string; readonly title: string }[];
}

/** In: host and jid. Out: what a job is called among the jobs of a run. */
export function jobKey({ host, jid }: { readonly host: string; readonly jid: string }): string {
  return `${host}\n${jid}`;
}

/** The playbook that `longhaul exec` puts into the folder of its run. */
export const EXEC_PLAYBOOK = "exec.yml";

/** In: a run, and the path of a playbook. Out: whether that is longhaul's own for this run. */
export function isExecPlaybook({ run }: Pick<Run, "run">, path: string): boolean {
  return path.endsWith(`/${run}/${EXEC_PLAYBOOK}`);
}
