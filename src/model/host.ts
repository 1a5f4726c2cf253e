// What the agent on a host is asked and what it answers: JSON, one object a line both ways. Keys are the protocol's own.
// A host may answer anything, so every value is looked at before it is believed.

import type { Fields } from "./fields.ts";
import { fieldsOf, flag, number, text } from "./fields.ts";

/** Version of the protocol; the agent says the same number in its first line. */
const PROTOCOL = 1;

/** The first line of an agent. */
export interface AgentReady {
  /** `3.11.2` */
  readonly python: string;
  readonly user: string | null;
  readonly uid: number;
  /** Home by the password file. */
  readonly home: string | null;
  /** `$HOME`, which may differ. */
  readonly home_env: string | null;
  readonly cwd: string | null;
  readonly boot_id: string | null;
  /** The host's clock, in seconds since 1970. */
  readonly now: number;
  /** Seconds since the host was started. */
  readonly uptime: number | null;
  readonly pid: number;
  /** Node name. */
  readonly host: string | null;
}

/** What the content of a job file is; `running` and `result` are as Ansible writes them, `timeout` is the wrapper's `Timeout exceeded`. */
export const JOB_FILES = ["running", "result", "timeout", "empty", "cut", "not-json", "not-an-object", "too-large", "not-regular", "unreadable", "absent"] as const;
export type JobFile = (typeof JOB_FILES)[number];

/** Watcher and runner are the two processes of Ansible's wrapper; the module and the user's program run under the runner. */
export const JOB_ROLES = ["watcher", "runner", "module", "program"] as const;
export type JobRole = (typeof JOB_ROLES)[number];

export interface JobProcess {
  readonly pid: number;
  readonly ppid: number | null;
  readonly pgid: number | null;
  readonly sid: number | null;
  readonly uid: number | null;
  /** Seconds since 1970. */
  readonly start: number | null;
  readonly role: JobRole;
  readonly argv: string;
  /** What ties it to the job: `argv`, `session`, `parent`, …; `time` is only a guess. */
  readonly by: string | null;
}

/** Another file of the job, beside its job file. */
export interface BesideFile {
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

/** A job as it was found on a host. Null: not known, or the file does not say. Times in seconds since 1970 by the host's clock. */
export interface JobReport {
  readonly jid: string;
  readonly dir: string;
  /** Null where there is no job file. */
  readonly path: string | null;
  readonly owner: string | null;
  readonly uid: number | null;
  readonly mode: number | null;
  readonly size: number | null;
  readonly mtime: number | null;
  readonly ctime: number | null;
  readonly file: JobFile;
  readonly started: boolean | null;
  readonly finished: boolean | null;
  readonly failed: boolean | null;
  readonly rc: number | null;
  readonly msg: string | null;
  readonly cmd: string | null;
  /** `2026-11-23 10:00:00.000000`, as the module wrote it. */
  readonly start: string | null;
  readonly end: string | null;
  /** `0:00:01.000000` */
  readonly delta: string | null;
  /** Process id of the runner, in a timeout result. */
  readonly child_pid: number | null;
  readonly changed: boolean | null;
  readonly stdout_last: string | null;
  readonly stderr_last: string | null;
  readonly tmp: BesideFile | null;
  readonly log: BesideFile | null;
  /** Async limit in seconds, from a wrapper that still lives. */
  readonly limit: number | null;
  readonly module: string | null;
  readonly processes: readonly JobProcess[];
  /** False where the processes of that user could not be looked at: then none found means nothing. */
  readonly processes_known: boolean;
  /** Whether a watcher stands over the runner; null where there is no runner. */
  readonly supervised: boolean | null;
  /** The whole result; only in the answer to `show`. */
  readonly result?: unknown;
  /** Which texts of the result were shortened. */
  readonly cut?: unknown;
}

export interface JobName {
  readonly dir: string;
  readonly jid: string;
}

/** What an agent can be asked. The link adds the id, and cancels what nobody reads to its end. Times in seconds, `from` in bytes. */
export type AgentRequest =
  | { readonly do: "list"; readonly dirs: readonly string[]; readonly all_users: boolean }
  | ({ readonly do: "show" } & JobName)
  | { readonly do: "wait"; readonly jobs: readonly JobName[] }
  /** From a byte on (`place` as it came with that offset: a log that was replaced meanwhile is read on all the same), or from the last lines on where `lines` is given; to the job's end, or with `follow: false` to what there is now. */
  | ({ readonly do: "tail"; readonly from: number; readonly place?: string; readonly lines?: number; readonly follow?: boolean } & JobName)
  /** `orphans`: also processes that only their start ties to the job. */
  | ({ readonly do: "kill"; readonly grace: number; readonly orphans?: boolean } & JobName)
  /** Removes what is still as it was seen; null where there was no job file. With `empty_dir` the directory goes too, where that was all in it. */
  | ({ readonly do: "prune"; readonly expect: { readonly mtime: number | null; readonly size: number | null }; readonly empty_dir?: true } & JobName)
  /** Each name of `what` is answered by one `probe` event; the further fields are what the probes look at. */
  /** The text of a job file with an end in it, if it is not large. */
  | ({ readonly do: "fetch" } & JobName)
  /** Removes a job file that is still as it was fetched. */
  | ({ readonly do: "erase"; readonly expect: { readonly mtime: number; readonly size: number } } & JobName)
  | { readonly do: "probe"; readonly what: readonly string[]; readonly [more: string]: unknown };

/** What comes back for a request: any number of the others, then one `done` or `error`. */
export type AgentEvent =
  /** `ended`: only in the answers to `wait`, where the agent has looked twice and expects nothing more of the job. */
  | { readonly event: "job"; readonly job: JobReport; readonly ended?: boolean }
  /** `offset` is where the text ends. A log that grows large goes on in another file: `place` says, to the agent, in which one. */
  | { readonly event: "output"; readonly stream: "stdout" | "stderr" | "log"; readonly text: string; readonly offset: number; readonly place?: string }
  | { readonly event: "note"; readonly text: string }
  /** Facts of one probe, read by `host-facts.ts`; null where it failed, and why says how. */
  | { readonly event: "probe"; readonly probe: string; readonly facts: Fields | null; readonly why: string | null }
  | { readonly event: "done"; readonly answer: Fields }
  | { readonly event: "error"; readonly code: string; readonly message: string };

/** In: a parsed line. Out: the ready line; undefined where it is none, or of another protocol. */
export function readReady(value: unknown): AgentReady | undefined {
  const fields = fieldsOf(value);
  if (fields?.["event"] !== "ready" || fields["protocol"] !== PROTOCOL) return undefined;
  return {
    python: text(fields["python"]) ?? "",
    user: text(fields["user"]),
    uid: number(fields["uid"]) ?? -1,
    home: text(fields["home"]),
    home_env: text(fields["home_env"]),
    cwd: text(fields["cwd"]),
    boot_id: text(fields["boot_id"]),
    now: number(fields["now"]) ?? 0,
    uptime: number(fields["uptime"]),
    pid: number(fields["pid"]) ?? -1,
    host: text(fields["host"]),
  };
}

/** In: a parsed line. Out: the id of the request and what is answered; undefined where it is no answer. */
export function readAnswer(value: unknown): { readonly id: number; readonly event: AgentEvent } | undefined {
  const fields = fieldsOf(value);
  const id = number(fields?.["id"]);
  const event = fields === undefined ? undefined : readEvent(fields);
  return id === null || event === undefined ? undefined : { id, event };
}

function readEvent(fields: Fields): AgentEvent | undefined {
  const stream = fields["stream"];
  switch (fields["event"]) {
    case "job": {
      const job = readJob(fields);
      return job === undefined ? undefined : { event: "job", job, ...(fields["ended"] === true ? { ended: true } : {}) };
    }
    case "output":
      if (stream !== "stdout" && stream !== "stderr" && stream !== "log") return undefined;
      return { event: "output", stream, text: text(fields["text"]) ?? "", offset: number(fields["offset"]) ?? 0, ...(typeof fields["place"] === "string" ? { place: fields["place"] } : {}) };
    case "note":
      return { event: "note", text: text(fields["text"]) ?? "" };
    case "probe":
      return { event: "probe", probe: text(fields["probe"]) ?? "", facts: fieldsOf(fields["facts"]) ?? null, why: text(fields["why"]) };
    case "done":
      return { event: "done", answer: fields };
    case "error":
      return { event: "error", code: text(fields["code"]) ?? "unknown", message: text(fields["message"]) ?? "" };
    default:
      return undefined;
  }
}

/** In: the fields of a job event. Out: undefined where it names no job. @internal */
export function readJob(fields: Fields): JobReport | undefined {
  const jid = text(fields["jid"]);
  const dir = text(fields["dir"]);
  if (jid === null || dir === null) return undefined;
  const processes = fields["processes"];
  return {
    ...ofFile(fields),
    ...ofResult(fields),
    jid,
    dir,
    tmp: beside(fields["tmp"]),
    log: beside(fields["log"]),
    limit: number(fields["limit"]),
    module: text(fields["module"]),
    processes: Array.isArray(processes) ? processes.flatMap((each) => process(each) ?? []) : [],
    processes_known: fields["processes_known"] === true,
    supervised: flag(fields["supervised"]),
    ...("result" in fields ? { result: fields["result"] } : {}),
    ...("cut" in fields ? { cut: fields["cut"] } : {}),
  };
}

function ofFile(fields: Fields): Pick<JobReport, "path" | "owner" | "uid" | "mode" | "size" | "mtime" | "ctime" | "file"> {
  return {
    path: text(fields["path"]),
    owner: text(fields["owner"]),
    uid: number(fields["uid"]),
    mode: number(fields["mode"]),
    size: number(fields["size"]),
    mtime: number(fields["mtime"]),
    ctime: number(fields["ctime"]),
    file: JOB_FILES.find((kind) => kind === fields["file"]) ?? "unreadable",
  };
}

type OfResult = "started" | "finished" | "failed" | "rc" | "msg" | "cmd" | "start" | "end" | "delta" | "child_pid" | "changed" | "stdout_last" | "stderr_last";

function ofResult(fields: Fields): Pick<JobReport, OfResult> {
  return {
    started: flag(fields["started"]),
    finished: flag(fields["finished"]),
    failed: flag(fields["failed"]),
    rc: number(fields["rc"]),
    msg: text(fields["msg"]),
    cmd: text(fields["cmd"]),
    start: text(fields["start"]),
    end: text(fields["end"]),
    delta: text(fields["delta"]),
    child_pid: number(fields["child_pid"]),
    changed: flag(fields["changed"]),
    stdout_last: text(fields["stdout_last"]),
    stderr_last: text(fields["stderr_last"]),
  };
}

function process(value: unknown): JobProcess | undefined {
  const fields = fieldsOf(value);
  const pid = number(fields?.["pid"]);
  if (fields === undefined || pid === null) return undefined;
  return {
    pid,
    ppid: number(fields["ppid"]),
    pgid: number(fields["pgid"]),
    sid: number(fields["sid"]),
    uid: number(fields["uid"]),
    start: number(fields["start"]),
    role: JOB_ROLES.find((role) => role === fields["role"]) ?? "program",
    argv: text(fields["argv"]) ?? "",
    by: text(fields["by"]),
  };
}

function beside(value: unknown): BesideFile | null {
  const fields = fieldsOf(value);
  return fields === undefined ? null : { size: number(fields["size"]) ?? 0, mtime: number(fields["mtime"]) ?? 0 };
}
