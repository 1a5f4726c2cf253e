// What a run's journal holds: one event a line, appended while the run goes on. Nothing secret is in it: no variables, no arguments of
// modules, no output; where output stands is told by offsets. Old journals stay readable: what a reader does not know it passes over.

import { fieldsOf } from "./fields.ts";
import type { JobState } from "./job-state.ts";
import { JOB_STATES } from "./job-state.ts";

/** Version of the journal; the first event of each says it. */
export const JOURNAL = 1;

/** A job of a run: the host it is on and its id, which is all that finds it again. */
export interface JobPlace {
  /** The host it runs on, as the inventory names it: of a delegated task that one. */
  readonly host: string;
  readonly jid: string;
}

export const RESULT_STATUSES = ["ok", "changed", "failed", "ignored", "skipped", "unreachable"] as const;
export type ResultStatus = (typeof RESULT_STATUSES)[number];

export interface RunStarted {
  readonly type: "run-started";
  readonly journal: number;
  readonly run: string;
  /** ansible-playbook and its arguments; the values of extra variables are left out. */
  readonly argv: readonly string[];
  readonly directory: string;
  readonly pid: number;
}

export interface PlaybookStarted {
  readonly type: "playbook-started";
  /** Version of ansible-core. */
  readonly core: string;
  readonly playbook: string;
  /** What of the bridge this ansible-core does not take. */
  readonly refused: readonly string[];
}

export interface JobLaunched extends JobPlace {
  readonly type: "job-launched";
  readonly dir: string | null;
  /** Id of the task in this run, as in `task`. */
  readonly task: string;
  /** The host of the task, where it is another: the one that delegates. */
  readonly delegatedBy: string | null;
  /** Who runs it on the host; null: who logs in. */
  readonly becomeUser: string | null;
  readonly limitSeconds: number;
  /** 0: the play goes on at once. */
  readonly pollSeconds: number;
  readonly noLog: boolean;
  /** The same for the same launch (task, place, host, arguments) in another run. */
  readonly key: string;
  /** Where the job is one that an earlier run has started; null, or absent in older journals, where this run has. */
  readonly joined?: JoinedFrom | null;
}

export interface JoinedFrom {
  readonly run: string;
  /** When that run launched it. */
  readonly launchedAt: number;
}

export interface JobEnded extends JobPlace {
  readonly type: "job-ended";
  readonly state: JobState;
  readonly rc: number | null;
  /** From its launch to when the end was seen, by the controller's clock; seen later (`longhaul attach`): as the host says, null where it does not. */
  readonly durationSeconds: number | null;
  /** Bytes of its output on the host, where it has a log of its own. */
  readonly outputBytes: number | null;
}

export type RunFact =
  | RunStarted
  | PlaybookStarted
  | { readonly type: "play"; readonly play: string; readonly name: string; readonly strategy: string }
  | { readonly type: "task"; readonly task: string; readonly play: string; readonly name: string; readonly action: string; readonly path: string | null; readonly handler: boolean }
  | JobLaunched
  /** Its state, or what it rests on, has changed; or nobody can see it at present (unknown), and why. */
  | ({ readonly type: "job-seen"; readonly state: JobState | "unknown"; readonly because: string | null } & JobPlace)
  | JobEnded
  /** What a task has come to on a host. */
  | { readonly type: "result"; readonly host: string; readonly task: string; readonly status: ResultStatus }
  /** A cause that the diagnosis named. */
  | { readonly type: "diagnosed"; readonly mode: string; readonly title: string }
  /** Somebody interrupted it, and what became of its jobs. */
  | { readonly type: "interrupted"; readonly jobs: "left" | "killed" | "none" }
  /** ansible-playbook's own code; null where a signal ended it. */
  | { readonly type: "run-ended"; readonly code: number | null; readonly signal: string | null };

/** `at`: seconds since 1970 by the controller's clock. */
export type RunEvent = RunFact & { readonly at: number };

/** In: a line of a journal. Out: its event; undefined for a torn line, or one of a kind that this version does not know. */
export function readRunEvent(line: string): RunEvent | undefined {
  const fields = parsed(line);
  const reader = READERS.get(String(fields?.["type"]));
  const at = fields?.["at"];
  if (fields === undefined || reader === undefined || typeof at !== "number") return undefined;
  return { ...reader(new Reading(fields)), at };
}

class Reading {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields;
  }

  text(key: string): string {
    return this.maybe(key) ?? "";
  }

  maybe(key: string): string | null {
    const value = this.#fields[key];
    return typeof value === "string" ? value : null;
  }

  number(key: string): number | null {
    const value = this.#fields[key];
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  }

  flag(key: string): boolean {
    return this.#fields[key] === true;
  }

  texts(key: string): readonly string[] {
    const value = this.#fields[key];
    return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
  }

  one<Word extends string>(key: string, words: readonly Word[], otherwise: Word): Word {
    return words.find((word) => word === this.#fields[key]) ?? otherwise;
  }

  joined(): JoinedFrom | null {
    const value = fieldsOf(this.#fields["joined"]);
    const [run, launchedAt] = [value?.["run"], value?.["launchedAt"]];
    return typeof run === "string" && typeof launchedAt === "number" ? { run, launchedAt } : null;
  }

  place(): JobPlace {
    return { host: this.text("host"), jid: this.text("jid") };
  }
}

const READERS: ReadonlyMap<string, (from: Reading) => RunFact> = new Map(Object.entries<(from: Reading) => RunFact>({
  "run-started": (from) => ({ type: "run-started", journal: from.number("journal") ?? JOURNAL, run: from.text("run"), argv: from.texts("argv"), directory: from.text("directory"), pid: from.number("pid") ?? 0 }),
  "playbook-started": (from) => ({ type: "playbook-started", core: from.text("core"), playbook: from.text("playbook"), refused: from.texts("refused") }),
  play: (from) => ({ type: "play", play: from.text("play"), name: from.text("name"), strategy: from.text("strategy") }),
  task: (from) => ({ type: "task", task: from.text("task"), play: from.text("play"), name: from.text("name"), action: from.text("action"), path: from.maybe("path"), handler: from.flag("handler") }),
  "job-launched": (from) => ({
    type: "job-launched",
    ...from.place(),
    dir: from.maybe("dir"),
    task: from.text("task"),
    delegatedBy: from.maybe("delegatedBy"),
    becomeUser: from.maybe("becomeUser"),
    limitSeconds: from.number("limitSeconds") ?? 0,
    pollSeconds: from.number("pollSeconds") ?? 0,
    noLog: from.flag("noLog"),
    key: from.text("key"),
    joined: from.joined(),
  }),
  "job-seen": (from) => ({ type: "job-seen", ...from.place(), state: from.one("state", [...JOB_STATES, "unknown"], "unknown"), because: from.maybe("because") }),
  "job-ended": (from) => ({ type: "job-ended", ...from.place(), state: from.one("state", JOB_STATES, "unreadable"), rc: from.number("rc"), durationSeconds: from.number("durationSeconds"), outputBytes: from.number("outputBytes") }),
  result: (from) => ({ type: "result", host: from.text("host"), task: from.text("task"), status: from.one("status", RESULT_STATUSES, "ok") }),
  diagnosed: (from) => ({ type: "diagnosed", mode: from.text("mode"), title: from.text("title") }),
  interrupted: (from) => ({ type: "interrupted", jobs: from.one("jobs", ["left", "killed", "none"], "left") }),
  "run-ended": (from) => ({ type: "run-ended", code: from.number("code"), signal: from.maybe("signal") }),
}));

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
