// What the bridge in ansible-playbook says to the supervisor: JSON, one object a line. Every value is looked at before it is believed.

import type { Fields } from "./fields.ts";
import { fieldsOf, number, text as textOrNull } from "./fields.ts";
import type { ResultStatus } from "./run-event.ts";
import { RESULT_STATUSES } from "./run-event.ts";

/** How Ansible reaches a host, as variables of an inventory. May hold passwords: never written down. */
export type HostVariables = Readonly<Record<string, unknown>>;

/** A job as the process knows it that has started it, or waits for it. */
export interface BridgeJob {
  /** Where it runs. */
  readonly host: string;
  /** The host of the task, where it is another. */
  readonly delegatedBy: string | null;
  readonly variables: HostVariables;
  readonly jid: string;
  /** Where its job file is; may begin with `~`. */
  readonly dir: string | null;
  readonly task: string;
  /** What its launch tells; undefined from a status task. */
  readonly launch: { readonly limitSeconds: number; readonly pollSeconds: number; readonly noLog: boolean; readonly key: string } | undefined;
}

export type BridgeMessage =
  | { readonly kind: "start"; readonly core: string; readonly playbook: string; readonly refused: readonly string[] }
  | { readonly kind: "play"; readonly play: string; readonly name: string; readonly strategy: string }
  | { readonly kind: "task"; readonly task: string; readonly play: string; readonly name: string; readonly action: string; readonly path: string | null; readonly handler: boolean }
  | { readonly kind: "result"; readonly host: string; readonly task: string; readonly status: ResultStatus }
  | { readonly kind: "stats" }
  | { readonly kind: "launched"; readonly job: BridgeJob }
  /** To be answered as soon as the job has ended, or after so many seconds. */
  | { readonly kind: "wait"; readonly job: BridgeJob; readonly seconds: number }
  /** To be answered when the job file is gone, as after the status module's cleanup. */
  | { readonly kind: "erase"; readonly job: BridgeJob }
  /** Whether a launch is to be the job of an earlier run with the same key instead. */
  | ({ readonly kind: "join"; readonly key: string } & Pick<BridgeJob, "host" | "variables">);

/** What is to be answered. */
export type BridgeQuestion = Extract<BridgeMessage, { kind: "wait" | "erase" | "join" }>;
export type BridgeNews = Exclude<BridgeMessage, BridgeQuestion>;

/**
 * `ended`: the job file has an end in it, or nobody is left to write one. `running`: it was seen to run, up to now. `unknown`: it cannot be seen at
 * present. `cannot`: nor will it be.
 */
export type WaitState = "ended" | "running" | "unknown" | "cannot";

/** Of a job that has ended also the text of its job file, where that is not large, and the directory that the file is in. */
export interface WaitAnswer {
  readonly state: WaitState | "erased";
  readonly text?: string;
  readonly dir?: string;
}

/** `anew`: the job is to be started. `cannot`: nobody can tell, and it must not be. */
export type JoinAnswer = { readonly state: "anew" } | { readonly state: "joined"; readonly jid: string; readonly path: string } | { readonly state: "cannot"; readonly why: string };

/** No playbook waits longer for one answer. */
const LONGEST_WAIT_SECONDS = 7 * 86_400;

/** In: a line of the bridge. Out: undefined where it is none that this version knows. */
export function readBridgeMessage(line: string): BridgeMessage | undefined {
  const fields = fieldsOf(parsed(line));
  if (fields === undefined) return undefined;
  switch (fields["do"]) {
    case "event":
      return readEvent(fields);
    case "join": {
      const host = textOrNull(fields["target"]);
      return host === null ? undefined : { kind: "join", host, variables: fieldsOf(fields["variables"]) ?? {}, key: text(fields["key"]) };
    }
    case "launched":
    case "erase":
    case "wait": {
      const job = readJob(fields);
      if (job === undefined) return undefined;
      if (fields["do"] === "erase") return { kind: "erase", job };
      return fields["do"] === "launched" ? { kind: "launched", job } : { kind: "wait", job, seconds: Math.min(Math.max(0, number(fields["seconds"]) ?? 0), LONGEST_WAIT_SECONDS) };
    }
    default:
      return undefined;
  }
}

function readEvent(fields: Fields): BridgeMessage | undefined {
  switch (fields["event"]) {
    case "start":
      return { kind: "start", core: text(fields["core"]), playbook: text(fields["playbook"]), refused: texts(fields["refused"]) };
    case "play":
      return { kind: "play", play: text(fields["uuid"]), name: text(fields["name"]), strategy: text(fields["strategy"]) };
    case "task":
      return { kind: "task", task: text(fields["uuid"]), play: text(fields["play"]), name: text(fields["name"]), action: text(fields["action"]), path: textOrNull(fields["path"]), handler: fields["handler"] === true };
    case "result": {
      const status = RESULT_STATUSES.find((each) => each === fields["status"]);
      return status === undefined ? undefined : { kind: "result", host: text(fields["host"]), task: text(fields["task"]), status };
    }
    case "stats":
      return { kind: "stats" };
    default:
      return undefined;
  }
}

function readJob(fields: Fields): BridgeJob | undefined {
  const jid = textOrNull(fields["jid"]);
  const host = textOrNull(fields["target"]);
  if (jid === null || host === null) return undefined;
  const by = textOrNull(fields["host"]);
  const limitSeconds = number(fields["limit"]);
  const launch = limitSeconds === null ? undefined : { limitSeconds, pollSeconds: number(fields["poll"]) ?? 0, noLog: fields["no_log"] === true, key: text(fields["key"]) };
  return { host, delegatedBy: by === host ? null : by, variables: fieldsOf(fields["variables"]) ?? {}, jid, dir: textOrNull(fields["dir"]), task: text(fields["task"]), launch };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return textOrNull(value) ?? "";
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
