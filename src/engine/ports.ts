// What the engine and the faces need of the world. `system` implements it; tests hand in `ports.fake.ts`.

import type { AraResult } from "../model/ara-result.ts";
import type { Measurement } from "../model/duration.ts";
import type { AgentEvent, AgentReady, AgentRequest } from "../model/host.ts";
import type { Problem } from "../model/problem.ts";

export type Reading =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string };

/** The files of a project. Paths are as the user gave them or below those; `/` separates. */
export interface ProjectFiles {
  /** The text of a file; undefined where there is none. Not ok: it is there and cannot be read as text. */
  readonly read: (path: string) => Reading | undefined;
  /** Names in a directory, sorted; [] where there is none. Directories end in `/`. */
  readonly list: (directory: string) => readonly string[];
}

/** Which hosts, and how to reach them; every option is Ansible's of that name. */
export interface HostsRequest {
  readonly inventories: readonly string[];
  readonly pattern: string;
  readonly limit?: string;
  readonly extraVars: readonly string[];
  /** `--vault-id`, `--vault-password-file` with their values. */
  readonly vault: readonly string[];
  readonly connection?: string;
  readonly user?: string;
  readonly privateKeyFile?: string;
  readonly timeoutSeconds?: number;
  readonly become?: boolean;
  readonly becomeMethod?: string;
  readonly becomeUser?: string;
}

/** A host with our agent on it, which ends with the link. */
export interface HostLink {
  readonly host: string;
  readonly ready: AgentReady;
  /** `ansible_async_dir` of the inventory, where it is a plain text. */
  readonly asyncDir?: string;
  /** The host's clock now, in seconds since 1970. */
  readonly now: () => number;
  /** Asks; ends with `done` or `error`. Throws Problem unreachable when the link is lost meanwhile. */
  readonly request: (request: AgentRequest) => AsyncIterable<AgentEvent>;
  readonly close: () => Promise<void>;
  /** Another link to the same host, in the same way: after this one was lost. Throws Problem unreachable. */
  readonly reopen: (signal?: AbortSignal) => Promise<HostLink>;
}

/** One host of many: its link, or why there is none. */
export type OpenedHost = { readonly host: string; readonly link: HostLink } | { readonly host: string; readonly problem: Problem };

/**
 * In: which hosts, and who is told their names before the first is tried.
 * Out: each as soon as it is there. Throws Problem for an inventory that cannot be read.
 */
export type OpenHosts = (request: HostsRequest, expect?: (hosts: readonly string[]) => void) => AsyncIterable<OpenedHost>;

/** A measurement in the history. */
export interface KeptMeasurement extends Measurement {
  readonly id: number;
}

/** How long jobs took in earlier runs. Every call may throw Problem history-unusable. */
export interface History {
  /** Where it is kept, for messages. */
  readonly path: string;
  /**
   * Keeps measurements. One that is there already (same host and jid, or same work, host and time) is not kept again; it only gains what
   * was not known of it. Out: how many are new.
   */
  readonly add: (measurements: readonly Measurement[]) => number;
  /** What is kept of a project, or of all, oldest first. */
  readonly read: (project?: string) => readonly KeptMeasurement[];
  /** Out: how many were there and are gone. */
  readonly forget: (ids: readonly number[]) => number;
  readonly close: () => void;
}

/** In: whether something is to be changed; a history that is only read and not there is empty. Throws Problem history-unusable. */
export type OpenHistory = (purpose: "read" | "write") => Promise<History>;

/** In: the path of a file. Out: the results in ARA's database; undefined where it is no SQLite database. Throws Problem cannot-read for any other. */
export type ReadAra = (path: string) => Promise<readonly AraResult[] | undefined>;
