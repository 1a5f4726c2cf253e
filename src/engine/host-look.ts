// Asks the hosts about the jobs of a log, all at once, each once.

import type { Fields } from "../model/fields.ts";
import { fieldsOf, text } from "../model/fields.ts";
import type { CleanerFacts, CleanersFacts, EnvironmentFacts } from "../model/host-facts.ts";
import { cleanersFacts, environmentFacts } from "../model/host-facts.ts";
import { DEFAULT_ASYNC_DIR } from "../model/default-async-dir.ts";
import type { JobReport } from "../model/host.ts";
import type { HostLook, HostLooks, Sighting } from "../model/host-looks.ts";
import type { Place, Search } from "../model/host-search.ts";
import { killsFacts, searchFacts, wrapperLogFacts } from "../model/host-search.ts";
import { stateOf } from "../model/job-state.ts";
import { Problem } from "../model/problem.ts";
import type { HostQuestion } from "./host-questions.ts";
import type { HostLink, HostsRequest, OpenHosts } from "./ports.ts";

export interface LookRequest {
  readonly openHosts: OpenHosts;
  /** How to reach them; its pattern is not used. */
  readonly hosts: HostsRequest;
  /** By the names of the hosts. */
  readonly questions: ReadonlyMap<string, HostQuestion>;
}

/** Looks at the hosts that there are questions about. A host that cannot be looked at is in the answer too. Throws Problem for an unreadable inventory. */
export async function lookAtHosts({ openHosts, hosts, questions }: LookRequest): Promise<HostLooks> {
  const names = [...questions.keys()];
  if (names.length === 0) return new Map();
  // A comma makes Ansible split the pattern at commas only, so that colons in names stay.
  const looks = await lookAtPattern({ openHosts, hosts: { ...hosts, pattern: `${names.join(",")},` }, question: (host) => questions.get(host) });
  const missing = names.filter((host) => !looks.has(host)).map((host): [string, HostLook] => [host, { host, seen: false, why: "the inventory (with the limit, if one is given) has no host of this name; check -i and -l" }]);
  return new Map([...looks, ...missing]);
}

interface PatternRequest extends Pick<LookRequest, "openHosts" | "hosts"> {
  readonly question: (host: string) => HostQuestion | undefined;
}

/** Looks at every host of a pattern. Throws Problem for an unreadable inventory. */
export async function lookAtPattern({ openHosts, hosts, question }: PatternRequest): Promise<HostLooks> {
  const looks = new Map<string, HostLook>();
  const work: Promise<void>[] = [];
  try {
    for await (const opened of openHosts(hosts)) {
      const asked = question(opened.host);
      if ("problem" in opened) looks.set(opened.host, unseen(opened.host, opened.problem));
      else if (asked === undefined) work.push(opened.link.close());
      else work.push(lookAtHost(opened.link, asked).then((look) => void looks.set(opened.host, look)));
    }
  } catch (problem) {
    // No host of these names: each is told by itself.
    if (!(problem instanceof Problem && problem.code === "bad-usage")) throw problem;
  }
  await Promise.all(work);
  return looks;
}

function unseen(host: string, problem: Problem): HostLook {
  const { message } = problem;
  return { host, seen: false, why: message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message };
}

async function lookAtHost(link: HostLink, question: HostQuestion): Promise<HostLook> {
  try {
    return await look(link, question);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return unseen(link.host, problem);
  } finally {
    await link.close();
  }
}

async function look(link: HostLink, { jids, directories, programs }: HostQuestion): Promise<HostLook> {
  const { host, ready } = link;
  const ownDir = link.asyncDir ?? DEFAULT_ASYNC_DIR;
  const answers = await probe(link, { what: ["find-job", "kernel-log", "wrapper-log", ...(programs.length > 0 ? ["environment"] : [])], jids, dirs: directories, async_dir: ownDir, needs: programs });
  const found = answers.get("find-job");
  if (found?.facts === undefined) throw new Problem("cannot-read", `${host}: its jobs could not be looked for (${found?.why ?? "no answer"}); look with: longhaul jobs list`);
  const search = searchFacts(found.facts);
  const watched = search.directories.map(({ path }) => path);
  const cleaners = watched.length === 0 ? undefined : (await probe(link, { what: ["cleaners"], dirs: watched })).get("cleaners")?.facts;
  const environment = environmentFacts(answers.get("environment")?.facts ?? {});
  const [kernel, wrappers] = [answers.get("kernel-log"), answers.get("wrapper-log")];
  return {
    host,
    seen: true,
    user: ready.user ?? `user ${ready.uid}`,
    bootedAt: ready.uptime === null ? undefined : ready.now - ready.uptime,
    searched: search.searched,
    isComplete: search.isComplete,
    closed: search.closed,
    left: search.left,
    directories: search.directories,
    asyncDir: search.asyncDir,
    sightings: await sightings(link, search),
    kills: kernel?.facts === undefined ? { oom: [], unknown: kernel?.why ?? "no answer", cgroups: [] } : killsFacts(kernel.facts),
    wrapperLog: wrappers?.facts === undefined ? { said: [], unknown: wrappers?.why ?? "no answer" } : wrapperLogFacts(wrappers.facts),
    python: pythonOf(environment),
    needs: environment.needs,
    cleaners: cleanersAtWork(cleanersFacts(cleaners ?? {})),
  };
}

/** Rules that nobody carries out, and those that were not understood, remove nothing for certain. */
function cleanersAtWork({ cleaners, systemd, tmpfiles_timer: timer, tmpfiles_cron: isByCron, cron }: CleanersFacts): readonly CleanerFacts[] {
  return cleaners.filter(({ sure, tool, at_boot: isAtBoot }) => {
    const byCron = cron !== false && (tool !== "systemd-tmpfiles" || (isByCron && !isAtBoot));
    const bySystemd = tool === "systemd-tmpfiles" && systemd !== false && (isAtBoot || timer !== false);
    return sure && (byCron || bySystemd);
  });
}

type Answers = ReadonlyMap<string, { readonly facts: Fields | undefined; readonly why: string | undefined }>;

async function probe(link: HostLink, asked: { readonly what: readonly string[]; readonly [more: string]: unknown }): Promise<Answers> {
  const answers = new Map<string, { facts: Fields | undefined; why: string | undefined }>();
  for await (const event of link.request({ do: "probe", ...asked })) {
    if (event.event === "probe") answers.set(event.probe, { facts: event.facts ?? undefined, why: event.why ?? undefined });
    if (event.event === "error") for (const name of asked.what) answers.set(name, { facts: undefined, why: event.message });
  }
  return answers;
}

/** Everything known of each place, with the state that it comes to. */
async function sightings(link: HostLink, { places }: Search): Promise<readonly Sighting[]> {
  const seen: Sighting[] = [];
  for (const place of places) {
    for await (const event of link.request({ do: "show", dir: place.dir, jid: place.jid })) {
      if (event.event === "job") seen.push(sightingOf(event.job, link, place));
    }
  }
  return seen;
}

function sightingOf(report: JobReport, link: HostLink, { home, isSure }: Place): Sighting {
  const verdict = stateOf(report, link.ready, link.now());
  const isUnseen = !isSure && report.path === null;
  const because = isUnseen ? [...verdict.because.slice(0, 1), `in which directory its job file is may not be seen by ${link.ready.user ?? "this user"}`] : verdict.because;
  return { report, state: verdict.state, because, home, isSure, printed: printedBy(report) };
}

/** What the wrapper keeps of a module that gave no result (modules/async_wrapper.py, _run_module). */
function printedBy({ result }: JobReport): Sighting["printed"] {
  const fields = fieldsOf(result);
  const [data, stderr] = [text(fields?.["data"]), text(fields?.["stderr"])];
  return data === null || stderr === null ? undefined : { data, stderr };
}

function pythonOf({ interpreter, version }: EnvironmentFacts): string | undefined {
  return interpreter === null ? undefined : `${interpreter}${version === null ? "" : ` (${version})`}`;
}
