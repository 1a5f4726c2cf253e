// What the engine and the faces need of the world. `system` implements it; tests hand in `ports.fake.ts`.

import type { AraResult } from "../model/ara-result.ts";
import type { Measurement } from "../model/duration.ts";
import type { BridgeNews, BridgeQuestion, HostVariables, JoinAnswer, WaitAnswer } from "../model/bridge-message.ts";
import type { AgentEvent, AgentReady, AgentRequest } from "../model/host.ts";
import type { Problem } from "../model/problem.ts";
import type { RunEvent } from "../model/run-event.ts";

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
  /** What `-k` and `-K` have asked for. */
  readonly password?: string;
  readonly becomePassword?: string;
  /** `--connection-password-file`, `--become-password-file` */
  readonly passwordFile?: string;
  readonly becomePasswordFile?: string;
}

/** A host with our agent on it, which ends with the link. */
export interface HostLink {
  readonly host: string;
  readonly ready: AgentReady;
  /** `ansible_async_dir` and `ansible_remote_tmp`, of the inventory or of ansible.cfg. */
  readonly asyncDir?: string;
  readonly remoteTmp?: string;
  /** Who is become. */
  readonly becomeUser?: string;
  /** How far the host's clock was ahead of ours when the link was made. */
  readonly clockAheadSeconds?: number;
  /** What ssh is configured to send keep-alives at, in seconds; 0: none. Undefined where it cannot be asked, and without ssh. */
  readonly keepAliveSeconds?: () => Promise<number | undefined>;
  /** The host's clock now, in seconds since 1970. */
  readonly now: () => number;
  /** Asks; ends with `done` or `error`. Throws Problem unreachable when the link is lost meanwhile. */
  readonly request: (request: AgentRequest) => AsyncIterable<AgentEvent>;
  readonly close: () => Promise<void>;
  /** Another link to the same host, in the same way: after this one was lost. Throws Problem unreachable. */
  readonly reopen: (signal?: AbortSignal) => Promise<HostLink>;
}

/** One module on some of a request's hosts, by Ansible itself. */
export interface AdHocRequest {
  readonly hosts: HostsRequest;
  readonly names: readonly string[];
  readonly module: string;
  readonly args: string;
  /** Further variables, as `-e`. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** `-B`, and `-P 0`. */
  readonly limitSeconds?: number;
}

/** Out: what `ansible` printed. Throws Problem no-ansible, or unreachable when it does not end. */
export type AdHoc = (request: AdHocRequest) => Promise<string>;

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

/** In: a host's name, and how to reach it. Out: its link. Throws Problem: unreachable, not-supported or bad-configuration. */
export type OpenHost = (host: string, variables: HostVariables) => Promise<HostLink>;

/** A wait that can be given up. */
export interface Sleep {
  readonly over: Promise<void>;
  readonly cancel: () => void;
}

export interface Timer {
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly sleep: (seconds: number) => Sleep;
}

/** The folder of a run. */
export interface RunRecord {
  readonly id: string;
  readonly logPath: string;
  /** Adds an event to the journal. */
  readonly append: (event: RunEvent) => void;
  /** Adds to what Ansible has printed. */
  readonly log: (bytes: Uint8Array) => void;
  /** Why something could not be written; undefined where all was. */
  readonly problem: () => string | undefined;
  /** Puts a file into the folder. Out: its path. Throws Problem cannot-write. */
  readonly keep: (name: string, text: string) => string;
  readonly close: () => void;
}

/** The folders of past runs. */
export interface KeptRuns {
  /** Ids, newest first; [] where nothing was ever run. Throws Problem cannot-read. */
  readonly ids: () => readonly string[];
  readonly logPath: (id: string) => string;
  /** The text of a journal. Throws Problem cannot-read. */
  readonly journal: (id: string) => string;
  /** Opens the folder of a run again, to add to it. Throws Problem cannot-write. */
  readonly reopen: (id: string) => RunRecord;
  /** Makes a directory the current one, as it was for a run. Throws Problem no-such-path. */
  readonly enter: (directory: string) => void;
  /** Whether the process that was there at that moment (seconds since 1970) still lives. */
  readonly lives: (pid: number, atSeconds: number) => boolean;
}

/** What is done with the messages of the bridge. */
export interface BridgeListener {
  readonly take: (news: BridgeNews) => void;
  readonly answer: (question: BridgeQuestion) => Promise<WaitAnswer | JoinAnswer>;
}

/** Out: the path of a socket, which the bridge is told. */
export type ListenToBridge = (listener: BridgeListener) => Promise<{ readonly path: string; readonly close: () => Promise<void> }>;

/** Throws Problem no-ansible. */
export type StartPlaybook = (request: {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Standard error goes into standard output. */
  readonly isJoined: boolean;
  readonly onOutput: (stream: "out" | "err", bytes: Uint8Array) => void;
}) => Promise<{
  /** Settles after the last byte of its output. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly signal: (name: "SIGINT" | "SIGTERM" | "SIGHUP") => void;
}>;

/** Out: takes it back. */
export type OnSignal = (take: (name: "SIGINT" | "SIGTERM" | "SIGHUP") => void) => () => void;

/** What puts the bridge under ansible-playbook. */
export interface BridgeSettings {
  /** The directory of modules that go before Ansible's own; undefined where there is none. */
  readonly library: string | undefined;
  /** All directories of callback plug-ins: the bridge's, and those that were set before. */
  readonly callbackPlugins: string;
  /** All directories of modules, likewise. */
  readonly modules: string;
  /** Ansible would print without colours even in a terminal. */
  readonly isColourless: boolean;
}

/** The world as `longhaul run` needs it. */
export interface RunWorld {
  readonly createRun: () => RunRecord;
  readonly openHost: OpenHost;
  readonly timer: Timer;
  readonly listenToBridge: ListenToBridge;
  readonly startPlaybook: StartPlaybook;
  readonly onSignal: OnSignal;
  readonly bridgeSettings: () => BridgeSettings;
  /** The path of the file that makes keys of launches ours alone; undefined where it cannot be made. */
  readonly saltPath: () => string | undefined;
  /** Writes bytes as they are. */
  readonly write: (stream: "out" | "err", bytes: Uint8Array) => void;
  /** Whether standard error is a terminal. */
  readonly isErrorTerminal: boolean;
  /** True where standard input is a terminal: an interrupt there reaches ansible-playbook too. */
  readonly hasForeground: () => boolean;
  /** Our process. */
  readonly pid: number;
  /** In: a path, or the number of an open file. Out: appends a text to it. Throws Problem cannot-write. */
  readonly openStream: (target: string) => (text: string) => void;
}
