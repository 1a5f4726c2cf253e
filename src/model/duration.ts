// How long jobs took: what is kept of each, of which work it was, and how it ended. No values of arguments, no output.

import type { JobState } from "./job-state.ts";
import { RESERVED, readShell } from "./shell.ts";

/** How a measured job ended. Only `finished` says how long the work takes; the others say that it takes at least that long. */
export const JOB_ENDS = ["finished", "failed", "timed-out", "killed", "lost"] as const;
export type JobEnd = (typeof JOB_ENDS)[number];

/** Out: how a job in that state has ended; undefined where it has not, or nobody knows. */
export function endOfState(state: JobState): JobEnd | undefined {
  return JOB_ENDS.find((end) => end === state);
}

/** Which work a job did. "" stands for what the source did not tell, and matches anything. */
export interface Work {
  /** Absolute path of the project's directory. */
  readonly project: string;
  /** The file of the launch: relative to the project where it lies in it, else as it was told. */
  readonly file: string;
  readonly play: string;
  /** The task's name as Ansible printed it, without the role before it. */
  readonly task: string;
  /** Short name for ansible-core's own modules, as in model/playbook.ts. */
  readonly module: string;
  /** Names of programs and options, without a single value (`shapeOfCommand`); of modules other than commands nothing. */
  readonly shape: string;
}

/** One job, measured. */
export interface Measurement {
  readonly work: Work;
  readonly host: string;
  /** "" where the source names none. */
  readonly jid: string;
  readonly seconds: number;
  readonly end: JobEnd;
  readonly limitSeconds?: number;
  readonly pollSeconds?: number;
  /** When it ended, seconds since 1970. */
  readonly at: number;
  /** Where it was learnt: `run`, `exec`, `jobs`, `import`. */
  readonly source: string;
}

/** What advice is made of: a measurement without its names. */
export type Observation = Pick<Measurement, "seconds" | "end" | "at" | "host">;

const SHAPE_CHARS = 160;
/** A program's name; anything else in its place may be data. */
const PROGRAM = /^[A-Za-z][\w.+-]{0,39}$/;
/** `--name`, without what may follow; of `-xVALUE` only the letter. */
const OPTION = /^(?:--[A-Za-z][\w-]{0,39}|-[A-Za-z])/;

/**
 * The shape of a command: its programs and the names of their options; no value, path or number of it.
 * In: a command line, or the words of one command. Out: "" where it is a template, whose shape only a run knows. Of a here-document the
 * lines are no commands.
 */
export function shapeOfCommand(command: string | readonly string[]): string {
  if (typeof command !== "string") return shapeOfWords(command).join("").slice(0, SHAPE_CHARS);
  if (/\{[{%#]/.test(command)) return "";
  const heredoc = command.indexOf("<<");
  const { commands } = readShell(heredoc === -1 ? command : command.slice(0, heredoc));
  return commands.flatMap(({ words }) => shapeOfWords(words.map(({ text }) => text))).join("; ").slice(0, SHAPE_CHARS);
}

function shapeOfWords(words: readonly string[]): readonly string[] {
  const [program, ...others] = words.slice(words.findIndex((word) => !RESERVED.has(word)));
  const name = program?.replace(/^.*\//s, "") ?? "";
  const options = others.flatMap((word) => OPTION.exec(word)?.[0] ?? []);
  return PROGRAM.test(name) && !RESERVED.has(name) ? [[name, ...new Set(options)].join(" ")] : [];
}
