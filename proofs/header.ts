// Reads the comment lines at the top of a proof: how it is run and what its run must show.
// What is done with them is in play.ts and judge.ts.
import { parseRange } from "./series.ts";
import type { SeriesRange } from "./series.ts";

/** How much Ansible prints in a recording: the proof's own arguments, or one of the further looks. */
export const looks = ["v", "v0", "vvv", "json", "jsonl", "yaml"] as const;
export type Look = (typeof looks)[number];

/** A statement about a run's output, with the series it is about. */
export interface Claim {
  readonly range?: SeriesRange;
  readonly text: string;
}

/** A program that must run when the playbook has ended. */
export interface RunningClaim extends Claim {
  readonly count: number;
}

/** A file of the proof's directory that must come to hold a text soon after the playbook has ended. */
export interface FileClaim extends Claim {
  /** Relative to the proof's directory; absent for "any job file". */
  readonly file?: string;
}

export interface ProofHeader {
  readonly id: string;
  /** An inventory of host names, or the name of an inventory file beside the proof. */
  readonly inventory: string;
  readonly args: readonly string[];
  readonly needs: readonly string[];
  /** The proof gets a throw-away login, named in the variable `app_user`, and the default async directory. */
  readonly user: boolean;
  /** A file of the proof's directory that is to run the modules, made by the playbook or missing; the real Python is in the variable `proof_python`. */
  readonly python?: string;
  /** Mount options of a small file system of its own, at `disk` in the proof's directory: `size=8k`. */
  readonly disk?: string;
  readonly scale?: string;
  /** The controller gets a SIGINT, as from Ctrl-C, as soon as it has printed this text. */
  readonly interruptAt?: string;
  /** Where the damage happens; elsewhere the run must show that it does not. */
  readonly damage?: SeriesRange;
  readonly exits: readonly { readonly range?: SeriesRange; readonly codes: readonly number[] }[];
  readonly shows: readonly Claim[];
  readonly neverShows: readonly Claim[];
  readonly running: readonly RunningClaim[];
  readonly files: readonly FileClaim[];
  readonly looks: readonly Look[];
  readonly lookSeries: readonly string[];
}

type Draft = { -readonly [key in keyof ProofHeader]: ProofHeader[key] extends readonly (infer T)[] ? T[] : ProofHeader[key] };

/** The key without its range, and the range. Keys are words; the range, where there is one, is the last word. */
function splitKey(key: string): { readonly name: string; readonly range?: SeriesRange } {
  const space = key.lastIndexOf(" ");
  const range = space === -1 ? undefined : parseRange(key.slice(space + 1));
  return range === undefined ? { name: key } : { name: key.slice(0, space), range };
}

/**
 * The header of a proof. In: the text of the playbook. Out: the header, or a sentence that says what is wrong with it.
 * The header ends at the first line that is not a comment.
 */
export function parseHeader(text: string): ProofHeader | string {
  const draft: Draft = {
    id: "", inventory: "localhost", args: ["-v"], needs: [], user: false, exits: [], shows: [], neverShows: [],
    running: [], files: [], looks: [], lookSeries: [],
  };
  const lines = text.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("#"));
  for (const line of lines.slice(0, end)) {
    const match = /^# ([^:]+): ?(.*)$/.exec(line);
    if (match === null) return `not a header line: ${line}`;
    const problem = readLine(draft, match[1] ?? "", (match[2] ?? "").trim());
    if (problem !== undefined) return problem;
  }
  if (draft.id === "") return "the first line must be `# longhaul proof: ID`";
  if (draft.exits.length === 0) return "no `# expects: exit CODE` line";
  return draft;
}

function readLine(draft: Draft, key: string, value: string): string | undefined {
  const { name, range } = splitKey(key);
  const claim: Claim = range === undefined ? { text: value } : { range, text: value };
  switch (name) {
    case "longhaul proof": draft.id = value; return undefined;
    case "inventory": draft.inventory = value; return undefined;
    case "args": draft.args = value.split(/\s+/).filter((arg) => arg !== ""); return undefined;
    case "needs": draft.needs = value.split(/,\s*/); return undefined;
    case "user": draft.user = value === "yes"; return undefined;
    case "python": draft.python = value; return undefined;
    case "disk": draft.disk = value; return undefined;
    case "scale": draft.scale = value; return undefined;
    case "interrupt at": draft.interruptAt = value; return undefined;
    case "shows": draft.shows.push(claim); return undefined;
    case "never shows": draft.neverShows.push(claim); return undefined;
    case "then job file": draft.files.push(claim); return undefined;
    case "damage": return readDamage(draft, value);
    case "expects": return readExits(draft, claim);
    case "also": return readLooks(draft, value);
    default: return readThen(draft, name, claim);
  }
}

function readDamage(draft: Draft, value: string): string | undefined {
  const range = parseRange(value);
  if (range === undefined) return `not a range of series: ${value}`;
  draft.damage = range;
  return undefined;
}

function readExits(draft: Draft, claim: Claim): string | undefined {
  const match = /^exit (\d+(?:, ?\d+)*)$/.exec(claim.text);
  if (match === null) return `not an exit code: ${claim.text}`;
  const codes = (match[1] ?? "").split(",").map(Number);
  draft.exits.push(claim.range === undefined ? { codes } : { range: claim.range, codes });
  return undefined;
}

/** `v0, vvv on 2.14, 2.21` */
function readLooks(draft: Draft, value: string): string | undefined {
  const [wanted = "", series] = value.split(" on ");
  for (const word of wanted.split(/,\s*/)) {
    const look = looks.find((known) => known === word);
    if (look === undefined) return `not a look: ${word}`;
    draft.looks.push(look);
  }
  if (series === undefined) return "`also` needs `on SERIES, …`";
  draft.lookSeries = series.split(/,\s*/);
  return undefined;
}

/** `then runs`, `then runs 4`, `then file NAME` */
function readThen(draft: Draft, name: string, claim: Claim): string | undefined {
  const runs = /^then runs(?: (\d+))?$/.exec(name);
  if (runs !== null) {
    draft.running.push({ ...claim, count: Number(runs[1] ?? "1") });
    return undefined;
  }
  const file = /^then file (\S+)$/.exec(name)?.[1];
  if (file === undefined) return `unknown key: ${name}`;
  draft.files.push({ ...claim, file });
  return undefined;
}
