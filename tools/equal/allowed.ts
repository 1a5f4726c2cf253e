// The differences between a plain and a supervised run that are allowed, each with its reason. docs/bridge.md shows this list.

import type { Allowed, Difference, Json } from "./compare.ts";
import { differences } from "./compare.ts";

const keyOf = ({ path }: Difference): string => path.findLast((each) => !/^\d+$/.test(each)) ?? "";
const bothAre = ({ plain, supervised }: Difference, type: "string" | "number"): boolean => typeof plain === type && typeof supervised === type;

/** What two plain runs call differently too. */
const MADE_ANEW: readonly (readonly [RegExp, string])[] = [
  [/ansible-tmp-[\d.]+-\d+-\d+/g, "<tmp>"],
  [/j?\d{6,}\.\d{2,}/g, "<jid>"],
  [/<tmp>\/tmp\w{8}\b/g, "<tmp>/<file>"],
  [/ansible_[\w.]*payload_\w+/g, "<payload>"],
];

function masked(value: Json | undefined): string {
  return MADE_ANEW.reduce((text, [pattern, word]) => text.replace(pattern, word), JSON.stringify(value) ?? "");
}

/** Numbers of processes. */
const PIDS = new Set(["child_pid", "pid"]);
/** Both are results, taken as wholes, and both fail or both do not, as `failed_when` has it. Of those that are hidden only the mark of 2.21 differs. */
function isGivenUp({ plain, supervised }: Difference): boolean {
  if (!isResult(plain) || !isResult(supervised)) return false;
  return "censored" in plain ? differences(unmarked(plain), unmarked(supervised)).length === 0 : plain["failed"] === supervised["failed"];
}

function isResult(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && ("msg" in value || "censored" in value);
}

function unmarked({ exception, ...others }: { readonly [key: string]: Json }): Json {
  return exception === undefined || exception === "(traceback unavailable)" ? others : { exception, ...others };
}

const TIMES = new Set(["start", "end", "delta", "elapsed", "mtime", "atime", "ctime"]);

export const ALLOWED: readonly Allowed[] = [
  {
    name: "job ids, process ids, temporary paths",
    why: "They are made anew in each run: `ansible_job_id`, `results_file`, `child_pid`, `ansible-tmp-…`.",
    isMeant: (difference) => masked(difference.plain) === masked(difference.supervised) || (PIDS.has(keyOf(difference)) && bothAre(difference, "number")),
  },
  {
    name: "times",
    why: "`start`, `end`, `delta` and the times of files are those of the run.",
    isMeant: (difference) => TIMES.has(keyOf(difference)) && (bothAre(difference, "string") || bothAre(difference, "number")),
  },
  {
    name: "attempts",
    why: "The end of a job is seen sooner, so a status task needs fewer.",
    isMeant: (difference) => keyOf(difference) === "attempts" && bothAre(difference, "number"),
  },
  {
    name: "message of a module without a result",
    why: "Ansible's wrapper prints its own traceback where a module printed no JSON; here `msg` says what the module said.",
    isMeant: (difference) => keyOf(difference) === "msg" && masked(difference.plain).startsWith('"Traceback ') && /^"The module (?:gave no JSON result|was killed)/.test(masked(difference.supervised)),
  },
  {
    name: "who gave up on a job that took too long",
    why: "Ansible's polling gives up (`async task did not complete …`) or its wrapper does (`Timeout exceeded`), whichever is first; here it is the wrapper, to the second, unless the machine is so busy that its word comes 6 s late. Both fail, and their other keys are those of who told: where `no_log` hides them, `exception` alone on 2.21.",
    isMeant: isGivenUp,
  },
  {
    name: "job files of jobs that took too long",
    why: "Ansible removes the file of a polled job that its wrapper has ended, and leaves it where it gave up itself.",
    isMeant: ({ path, plain, supervised }, all) => path.join() === "jobFiles" && typeof plain === "number" && typeof supervised === "number" && all.some(isGivenUp),
  },
];
