// What the command line is handed: the world outside and the catalogue. Tests hand in their own.

import type { AdHoc, KeptRuns, OpenHistory, OpenHosts, ProjectFiles, ReadAra, RunWorld } from "../../engine/ports.ts";
import type { Mode } from "../../model/mode.ts";

/** A terminal in which lines can be drawn over. */
export interface LiveTerminal {
  /** Its size now, in cells. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Says when the size has changed. Out: ends that. */
  readonly onResize: (act: () => void) => () => void;
}

export interface Clock {
  /** Milliseconds since some moment; only good for differences. */
  readonly nowMs: () => number;
  /** Settles after that time, or as soon as the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface World {
  readonly version: string;
  /** The catalogue, loaded when it is asked for. */
  readonly modes: () => Promise<readonly Mode[]>;
  readonly files: ProjectFiles;
  /** YAML files below paths without those that are excluded, and directories that cannot be looked into. Throws Problem. */
  readonly findYaml: (paths: readonly string[], excluded?: { readonly root: string; readonly patterns: readonly string[] }) => {
    readonly files: readonly string[];
    readonly closed: readonly { readonly path: string; readonly why: string }[];
  };
  /** Files that differ from a commit, by git; without one from the last. Throws Problem. */
  readonly changedFiles: (reference: string | undefined) => readonly string[];
  /** The version of the ansible in PATH; empty where there is none. */
  readonly installedCore: () => string;
  readonly openHosts: OpenHosts;
  /** How long jobs took in earlier runs. */
  readonly openHistory: OpenHistory;
  readonly readAra: ReadAra;
  /** What `longhaul run` needs, loaded when it is asked for. */
  readonly run: () => Promise<RunWorld>;
  /** The runs that there were. */
  readonly runs: () => Promise<KeptRuns>;
  readonly adHoc: AdHoc;
  /** Asks the person at the terminal; absent where there is none. */
  readonly ask?: (question: string) => Promise<boolean>;
  /** Asks for a password; undefined where nobody can be asked. */
  readonly askSecret?: (question: string) => Promise<string | undefined>;
  /** Replaces a file's text at once, or makes the file. Throws Problem. */
  readonly replaceText: (path: string, text: string) => void;
  /** Makes a file that is not there yet, and the directories above it. Throws Problem, also when it is there. */
  readonly createFile: (path: string, text: string) => void;
  /** Chunks of a log; `-` is standard input. Throws Problem. */
  readonly readChunks: (path: string, take: (chunk: Uint8Array) => void) => Promise<void>;
  /** The page of a mode, Markdown. */
  readonly pageOf: (id: string) => string | undefined;
  /** A variable of our environment. */
  readonly variable: (name: string) => string | undefined;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The current directory: paths below it are shown without it. */
  readonly directory: string;
  /** Width to wrap at. */
  readonly columns: number;
  readonly color: boolean;
  /** True when standard output is a terminal: nothing raw may reach it. */
  readonly terminal: boolean;
  /** Standard output, where it is a terminal that can move its cursor. */
  readonly live?: LiveTerminal;
  readonly clock: Clock;
  /** Does something (not for long) at Ctrl-C, hang-up or TERM, before the process ends by it. Out: takes that back. */
  readonly onInterrupt: (act: () => void) => () => void;
}
