// What a log tells of a job that was not found: where it was started, where it was looked for, who had seen it before.
// Five modes print `could not find job`; they rule each other in and out with the evidence gathered here.

import type { Evidence, Subject, Unknown } from "./diagnosis.ts";
import type { LoggedJob, LoggedResult, Story } from "./story.ts";
import { jidOf, jobsOf, numberOf, playbookOf, resultsOf, textOf } from "./story.ts";

/** How the place of the search and the place of the start compare. */
export type Whereabouts =
  | "unknown"
  /** Same host, same directory. */
  | "same place"
  | "another host"
  /** Same host, the homes of two users. */
  | "another home"
  /** Same host, two directories that are not the homes of two users. */
  | "another directory"
  /** Same host, the same name in two places, of which one may be a home of an unusual kind. */
  | "another home or directory"
  /** Ansible's own polling did not find it: same task, so same host and same user. */
  | "own polling";

export interface Trace {
  /** The result that says `could not find job`. */
  readonly missing: LoggedResult;
  readonly whereabouts: Whereabouts;
  /** What tells the whereabouts; absent where they are unknown. */
  readonly tells?: Evidence;
  /** Ansible had polled the job to a good end: it deletes the job file then. */
  readonly polled?: Evidence;
  /** Earlier looks found the job in the same place. */
  readonly foundBefore?: Evidence;
  /** A task with `mode: cleanup` took the job file away. */
  readonly erased?: Evidence;
}

/**
 * In: a subject and its log. Out: the trace of the missing job that tells most, or undefined where the subject is something else.
 * A jid that is none (a whole result, an empty text) is another mistake.
 */
export function traceOf(subject: Subject, story: Story): Trace | undefined {
  const traces = subject.results.filter(isMissing).map((missing) => traceResult(missing, story));
  const rank = (trace: Trace): number => (trace.polled === undefined ? 0 : 2) + (trace.whereabouts === "unknown" ? 0 : 1);
  return traces.toSorted((a, b) => rank(b) - rank(a))[0];
}

function isMissing(result: LoggedResult): boolean {
  return textOf(result, "msg")?.includes("could not find job") === true && /^j?\d+\.\d+$/.test(jidOf(result) ?? "");
}

/** What every mode of this message has in its favour. */
export function missingEvidence({ missing }: Trace): Evidence {
  const directory = directoryOf(missing);
  const where = directory === undefined ? "" : ` in ${directory}`;
  return { quote: missing.quote, says: `There was no job file of ${jidOf(missing) ?? "this job"}${where} on ${hostOf(missing)}.` };
}

/** What would tell the causes apart where the log does not show the start of the job. */
export function tellApart(trace: Trace, story: Story): readonly Unknown[] {
  const { whereabouts, polled, missing } = trace;
  if (whereabouts !== "unknown" || polled !== undefined) return [];
  const noFile = trace.foundBefore === undefined ? [{ ...whyNoFile(trace), modes: ["async-dir-unwritable", "disk-full", "slow-start"] }] : [];
  if (story.form === "adhoc") {
    const asked = `-m ansible.builtin.async_status -a "jid=${jidOf(missing) ?? "JID"}"`;
    return [
      { what: "On which host, as which user and with which async directory the job was started: ask just there, with the same options.", command: `ansible HOST -b --become-user USER -e ansible_async_dir=DIR ${asked}` },
      ...noFile,
    ];
  }
  const playbook = playbookOf(story);
  return [
    { what: "What the playbook says about user, host and directory of the two tasks.", command: `longhaul diagnose LOG -p ${playbook}` },
    { what: "On which host and in which directory the job was started: the log does not show its launch, one made with -v does (this runs the playbook again).", command: `ansible-playbook -v ${playbook}` },
    ...noFile,
    { what: `Where on ${hostOf(missing)} a job file of this name is.`, command: `ansible ${hostOf(missing)} -b -m ansible.builtin.command -a "find / -xdev -name ${jidOf(missing) ?? "JID"}"` },
  ];
}

/**
 * What speaks for a job file that never came to be: the search was right (or Ansible's own), and nothing had seen the file before.
 * Undefined where the log tells another story, or too little.
 */
export function neverThere(trace: Trace): readonly Evidence[] | undefined {
  const { whereabouts, tells, polled, foundBefore, erased } = trace;
  if (whereabouts !== "same place" && whereabouts !== "own polling") return undefined;
  if (tells === undefined || polled !== undefined || foundBefore !== undefined || erased !== undefined) return undefined;
  return [missingEvidence(trace), tells];
}

/** What would tell a job file that never came to be from one that was removed. */
export function whyNoFile({ missing }: Trace): Unknown {
  const directory = directoryOf(missing) ?? "ASYNC_DIR";
  return {
    what: "Whether the job file was ever written (directory not writable, disk full, start slower than 2.5 s), or by whom it was removed.",
    command: `ansible ${hostOf(missing)} -m ansible.builtin.shell -a "ls -la ${directory}; df ${directory}; journalctl -t ansible-async_wrapper.py -n 20"`,
  };
}

/** The host a task really ran on. */
export function hostOf(result: LoggedResult): string {
  return result.delegatedTo ?? result.host;
}

/** The async dir that a result names, without the jid. */
export function directoryOf(result: LoggedResult): string | undefined {
  const file = textOf(result, "results_file") ?? textOf(result, "erased");
  const at = file?.lastIndexOf("/") ?? -1;
  return file === undefined || at <= 0 ? undefined : file.slice(0, at);
}

function traceResult(missing: LoggedResult, story: Story): Trace {
  const jobs = jobsOf(story, jidOf(missing));
  const own = jobs.find((job) => job.host === missing.host);
  const polled = polledOf(missing, { jobs, own, story });
  const before = foundBeforeOf(missing, own, story);
  const erasing = own?.looks.find((look) => look.status !== "failed" && textOf(look, "erased") !== undefined && isBefore(look, missing));
  const place = placeOf(missing, { jobs, own, story, before });
  return {
    missing,
    ...place,
    ...(polled === undefined ? {} : { polled }),
    ...(before === undefined ? {} : { foundBefore: before }),
    ...(erasing === undefined ? {} : { erased: { quote: erasing.quote, says: `The task "${erasing.task.name}" (mode: cleanup) had deleted this very job file.` } }),
  };
}

/** `ASYNC OK`, or, where a log has no such lines, the job's result under a task that is no status task. */
function polledOf(missing: LoggedResult, { jobs, own, story }: Omit<Known, "before">): Evidence | undefined {
  const says = "Ansible had polled this very job to its end, and deletes the job file then.";
  const ended = jobs.find((job) => job.ended?.as === "ok" && isSameHost(job.host, missing.host))?.ended;
  if (ended !== undefined) return { quote: ended.quote, says };
  const result = resultsOf(story, jidOf(missing)).find((each) => {
    const isEnd = numberOf(each, "finished") === 1 && each.status !== "failed" && each.host === missing.host;
    return isEnd && isBefore(each, missing) && own?.looks.includes(each) === false;
  });
  return result === undefined ? undefined : { quote: result.quote, says };
}

interface Known {
  readonly jobs: readonly LoggedJob[];
  readonly own: LoggedJob | undefined;
  readonly story: Story;
  readonly before: Evidence | undefined;
}

type Place = Pick<Trace, "whereabouts" | "tells">;

function placeOf(missing: LoggedResult, { jobs, own, story, before }: Known): Place {
  const launch = jobs.map((job) => job.launch).find((each) => each !== undefined);
  if (launch !== undefined) {
    const place = comparePlaces(launch, missing);
    // The same task had looked in the right place before: ~ was not worked out this time (issue 77450).
    const isMoved = before !== undefined && /home|directory/.test(place.whereabouts);
    return isMoved ? { whereabouts: "another directory", tells: { quote: missing.quote, says: `Earlier looks of this task had found the job; this one looked in ${directoryOf(missing) ?? "another directory"}.` } } : place;
  }
  const looked = directoryOf(missing);
  if (looked?.includes("$") === true) return unexpanded(missing, looked);
  const elsewhere = elsewhereOf(missing, { jobs, story });
  if (elsewhere !== undefined) return { whereabouts: "another host", tells: elsewhere };
  if (before !== undefined) return { whereabouts: "same place", tells: before };
  if (own?.ended?.as === "failed" && own.task === missing.task) {
    return { whereabouts: "own polling", tells: { quote: own.ended.quote, says: "It was Ansible's own polling of this task that did not find the job: same host, same user." } };
  }
  return { whereabouts: "unknown" };
}

function comparePlaces(launch: LoggedResult, missing: LoggedResult): Place {
  if (!isSameHost(hostOf(launch), hostOf(missing))) {
    return {
      whereabouts: "another host",
      tells: { quote: launch.quote, says: `The job was started on ${hostOf(launch)}, this task asked on ${hostOf(missing)}.` },
    };
  }
  const [started, looked] = [directoryOf(launch), directoryOf(missing)];
  if (started === undefined || looked === undefined) return { whereabouts: "unknown" };
  if (looked.includes("$")) return unexpanded(missing, looked);
  if (started === looked) {
    const says = `The job was started on this host and in this directory (${started}): the task looked in the right place.`;
    return { whereabouts: "same place", tells: { quote: launch.quote, says } };
  }
  const whereabouts = compareDirectories(started, looked);
  const whose = whereabouts === "another home" ? ", in the home of another user" : "";
  return { whereabouts, tells: { quote: launch.quote, says: `The job was started on this host in ${started}; this task looked in ${looked}${whose}.` } };
}

/** The wrapper takes a `$` literally, the status module does not (module_utils: type path). */
function unexpanded(missing: LoggedResult, directory: string): Place {
  return { whereabouts: "another directory", tells: { quote: missing.quote, says: `The directory has a $ in it: the job writes to one that is really called ${directory}, a look replaces the variable.` } };
}

function compareDirectories(started: string, looked: string): Whereabouts {
  const [from, to] = [splitPath(started), splitPath(looked)];
  if (from.last !== to.last) return "another directory";
  if (isHome(from.parent) && isHome(to.parent)) return "another home";
  return isNoHome(from.parent) || isNoHome(to.parent) ? "another directory" : "another home or directory";
}

function splitPath(path: string): { readonly parent: string; readonly last: string } {
  const at = path.lastIndexOf("/");
  return { parent: path.slice(0, at), last: path.slice(at + 1) };
}

function isHome(path: string): boolean {
  return /^(?:\/root|(?:\/export|\/var|\/usr)?\/home\/[^/]+|\/Users\/[^/]+|\/var\/lib\/(?:postgresql|pgsql|mysql|jenkins))$/.test(path);
}

function isNoHome(path: string): boolean {
  return path === "" || /^\/(?:tmp|var\/tmp|dev\/shm|run|etc|var|opt|srv|mnt)$/.test(path) || /^\/(?:tmp|var\/tmp|dev\/shm|run)\//.test(path);
}

/** The same job seen on another host, or the same job asked for on several. */
function elsewhereOf(missing: LoggedResult, { jobs, story }: Pick<Known, "jobs" | "story">): Evidence | undefined {
  const here = hostOf(missing);
  const found = jobs.flatMap((job) => job.looks).find((look) => !isMissing(look) && !isSameHost(hostOf(look), here));
  if (found !== undefined) return { quote: found.quote, says: `The same job was found on ${hostOf(found)}.` };
  // An ad hoc command asks on every host that it is given.
  if (story.form === "adhoc") return undefined;
  const other = resultsOf(story, jidOf(missing)).find((each) => isMissing(each) && !isSameHost(hostOf(each), here));
  if (other === undefined) return undefined;
  return { quote: other.quote, says: `${hostOf(other)} was asked for the very same job as ${here}: a job is on one host only.` };
}

function foundBeforeOf(missing: LoggedResult, own: LoggedJob | undefined, story: Story): Evidence | undefined {
  const directory = directoryOf(missing);
  const earlier = own?.looks.findLast((look) => {
    return isBefore(look, missing) && !isMissing(look) && textOf(look, "erased") === undefined && isSameHost(hostOf(look), hostOf(missing));
  });
  if (earlier !== undefined && (directoryOf(earlier) ?? directory) === directory) {
    return { quote: earlier.quote, says: "An earlier look at this very job, in the same place, had found it." };
  }
  if (own?.lastPoll !== undefined && own.ended?.as === "failed" && own.task === missing.task) {
    return { quote: own.lastPoll, says: "Earlier polls of this very job had found it." };
  }
  const retries = story.retries.find((each) => each.host === missing.host && each.task === missing.task && each.first.line < missing.quote.line);
  if (retries === undefined || missing.item !== undefined) return undefined;
  return { quote: retries.first, says: "Earlier looks of this task had found the job running: a look that finds none is not repeated." };
}

function isBefore(one: LoggedResult, other: LoggedResult): boolean {
  return one.quote.line < other.quote.line;
}

function isSameHost(one: string, other: string): boolean {
  const local = /^(?:localhost|127\.0\.0\.1|::1)$/;
  return one === other || (local.test(one) && local.test(other));
}

/** Whether the log surely would show the end of a polled job: default callback, from a play's heading to the recap, nothing unnamed. */
export function showsPolledEnds(story: Story): boolean {
  return story.form === "text" && story.recap.length > 0 && story.tasks[0]?.play !== undefined && !story.gaps.some((gap) => gap.includes("jid=None"));
}
