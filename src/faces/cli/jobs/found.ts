// The jobs of many hosts, each with its state and what says so.

import type { Eta } from "../../../engine/advise/eta.ts";
import { etaOf } from "../../../engine/advise/eta.ts";
import type { HostLink, HostsRequest } from "../../../engine/ports.ts";
import { DEFAULT_ASYNC_DIR } from "../../../model/default-async-dir.ts";
import type { Measurement } from "../../../model/duration.ts";
import type { JobName, JobProcess, JobReport } from "../../../model/host.ts";
import type { JobState } from "../../../model/job-state.ts";
import { stateOf } from "../../../model/job-state.ts";
import { printable } from "../../../model/printable.ts";
import { PROBLEM_EXITS, Problem } from "../../../model/problem.ts";
import { count } from "../style.ts";
import type { World } from "../world.ts";

export interface FoundJob {
  readonly host: string;
  readonly link: HostLink;
  readonly report: JobReport;
  readonly state: JobState;
  readonly because: readonly string[];
  /** Seconds since the job file was made, or since the first process began. */
  readonly ageSeconds: number | undefined;
  /** Absent where nobody asked, and where nothing is known. */
  readonly earlier?: Earlier;
}

/** What was measured of the work that a job does. */
export interface Earlier {
  /** Its task, or its command. */
  readonly name: string;
  readonly measurements: readonly Measurement[];
}

export interface Search {
  readonly hosts: HostsRequest;
  /** Async dirs to look in; without them that of the inventory, or ~/.ansible_async. */
  readonly directories: readonly string[];
  readonly allUsers: boolean;
  /** Only these jobs of a host, also where nothing is left of them; else all in its directories. */
  readonly namedOn?: (link: HostLink) => readonly JobName[];
}

/** What is done with what a search finds. */
export interface Errand {
  /** Takes the problems of hosts, a line each. */
  readonly err: (text: string) => void;
  /** Takes how far the connecting has come; undefined once it is over. */
  readonly progress: (text: string | undefined) => void;
  /** Is given each host's jobs as soon as they are known; the link to the host is open until it settles. */
  readonly use: (jobs: readonly FoundJob[], link: HostLink) => Promise<void>;
  /** Runs after all hosts have been looked at; their links are open until it settles. Without it each is closed after its `use`. */
  readonly atLast?: () => Promise<void>;
}

/**
 * Looks for jobs on all hosts at once, hands them on, and closes every link at the end.
 * Out: the exit code so far: 0, or that of the worst problem; and how many hosts could be looked at.
 */
export async function searchJobs(world: World, search: Search, errand: Errand): Promise<{ readonly exit: number; readonly hosts: number }> {
  let [exit, hosts, opened, failed, expected] = [0, 0, 0, 0, 0];
  const tell = (host: string, problem: Problem): void => {
    errand.err(problemLine(host, problem));
    exit = Math.max(exit, PROBLEM_EXITS[problem.code]);
  };
  const progress = (): void => {
    const bad = failed === 0 ? "" : `, ${failed} not reachable`;
    errand.progress(opened + failed < expected ? `connecting: ${opened + failed} of ${count(expected, "host")}${bad}` : undefined);
  };
  errand.progress("reading the inventory");
  const expect = (names: readonly string[]): void => {
    expected = names.length;
    progress();
  };
  const looks: Promise<HostLink>[] = [];
  const release = Promise.withResolvers<void>();
  const closings: Promise<void>[] = [];
  const look = async (link: HostLink): Promise<HostLink> => {
    try {
      await errand.use(await jobsOf(link, search, tell), link);
      hosts += 1;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      tell(link.host, problem);
    }
    return link;
  };
  try {
    for await (const each of world.openHosts(search.hosts, expect)) {
      if ("problem" in each) {
        failed += 1;
        tell(each.host, each.problem);
      } else {
        opened += 1;
        const looking = look(each.link);
        looks.push(looking);
        closings.push(closed(each.link, errand.atLast === undefined ? [looking] : [looking, release.promise]));
      }
      progress();
    }
    await Promise.all(looks);
    await errand.atLast?.();
  } finally {
    release.resolve();
    await Promise.allSettled(closings);
  }
  return { exit, hosts };
}

/** Closes a link after everything that needs it. */
async function closed(link: HostLink, users: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(users);
  await link.close();
}

/** In: a host, and what is wrong with it. Out: a line that names both. */
export function problemLine(host: string, problem: Problem): string {
  const text = printable(problem.message);
  return `longhaul: ${text.startsWith(host) ? text : `${printable(host)}: ${text}`}\n`;
}

/** All jobs of a host as it has them now. Of a directory that was asked for and cannot be read the problem is told. */
export async function jobsOf(link: HostLink, search: Search, tell: (host: string, problem: Problem) => void): Promise<readonly FoundJob[]> {
  if (search.namedOn !== undefined) return namedJobs(link, search.namedOn(link));
  const jobs: FoundJob[] = [];
  const directories = search.directories.length > 0 ? search.directories : [link.asyncDir ?? DEFAULT_ASYNC_DIR];
  for await (const event of link.request({ do: "list", dirs: directories, all_users: search.allUsers })) {
    if (event.event === "job") jobs.push(judged(link, event.job));
    if (event.event === "error") tell(link.host, new Problem("cannot-read", `${link.host}: ${event.message}`));
    if (event.event === "done") for (const { asked, why } of closedDirectories(event.answer["dirs"])) {
      // Nobody has had a job there yet.
      if (why === NO_SUCH_DIRECTORY && search.directories.length === 0) continue;
      tell(link.host, new Problem("cannot-read", `${link.host}: ${asked}: ${why}; -b looks as another user, --dir in another directory`));
    }
  }
  return jobs;
}

async function namedJobs(link: HostLink, names: readonly JobName[]): Promise<readonly FoundJob[]> {
  const jobs: FoundJob[] = [];
  for (const name of names) {
    for await (const event of link.request({ do: "show", ...name })) {
      if (event.event === "job") jobs.push(judged(link, event.job));
      if (event.event === "error") throw new Problem("cannot-read", `${link.host}: job ${name.jid}: ${event.message}`);
    }
  }
  return jobs;
}

/** What strerror says where a directory is not there. */
const NO_SUCH_DIRECTORY = "No such file or directory";

/** Those directories of a list that were asked for by name and could not be read. */
function closedDirectories(dirs: unknown): readonly { readonly asked: string; readonly why: string }[] {
  if (!Array.isArray(dirs)) return [];
  return (dirs as readonly Readonly<Record<string, unknown>>[]).flatMap((each) => (typeof each?.["asked"] === "string" && each["readable"] === false ? [{ asked: each["asked"], why: String(each["why"]) }] : []));
}

/** In: what an agent says of a job. Out: with its state. */
export function judged(link: HostLink, report: JobReport, earlier?: Earlier): FoundJob {
  const now = link.now();
  const { state, because } = stateOf(report, link.ready, now);
  const begins = report.processes.flatMap(({ start }) => start ?? []);
  const since = begins.length > 0 ? Math.min(...begins) : report.mtime;
  return { host: link.host, link, report, state, because, ageSeconds: since === null ? undefined : Math.max(0, now - since), ...(earlier === undefined ? {} : { earlier }) };
}

/** Out: undefined where earlier runs tell nothing of how long it takes. */
export function etaOfJob({ earlier, ageSeconds }: FoundJob): Eta | undefined {
  return earlier === undefined || ageSeconds === undefined ? undefined : etaOf(earlier.measurements, ageSeconds);
}

/** What a job that runs was started for: of its programs the first. */
export function programOf({ processes }: JobReport): JobProcess | undefined {
  return processes.filter(({ role }) => role === "program").toSorted((a, b) => (a.start ?? 0) - (b.start ?? 0))[0];
}

/** Worst first among hosts in their order: what runs, then what went wrong, then the rest by age. */
export function inOrder(jobs: readonly FoundJob[]): readonly FoundJob[] {
  const rank: readonly JobState[] = ["running", "starting", "lost", "killed", "timed-out", "failed", "unreadable", "absent", "finished"];
  return jobs.toSorted((a, b) => (a.host < b.host ? -1 : Number(a.host > b.host)) || rank.indexOf(a.state) - rank.indexOf(b.state) || (a.ageSeconds ?? 0) - (b.ageSeconds ?? 0));
}
