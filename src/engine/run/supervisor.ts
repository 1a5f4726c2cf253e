// Follows the jobs of a run on their hosts: hears of a job from the bridge, watches it through an agent, writes the journal first, and
// answers the tasks that wait. Knows no sockets and no clock of its own; a host that cannot be watched is left to Ansible's own polling.

import type { BridgeJob, BridgeNews, BridgeQuestion, WaitAnswer, WaitState } from "../../model/bridge-message.ts";
import { DEFAULT_ASYNC_DIR } from "../../model/default-async-dir.ts";
import type { Fields } from "../../model/fields.ts";
import type { AgentEvent, AgentRequest, JobReport } from "../../model/host.ts";
import type { JobState } from "../../model/job-state.ts";
import { isOpen, stateOf } from "../../model/job-state.ts";
import { Problem } from "../../model/problem.ts";
import { jobKey } from "../../model/run.ts";
import type { JobLaunched, JoinedFrom, RunFact } from "../../model/run-event.ts";
import type { HostLink, HostsRequest, OpenHost, OpenedHost, Timer } from "../ports.ts";

export interface SupervisorSurroundings {
  readonly openHost: OpenHost;
  readonly timer: Timer;
  /** Writes to the journal; called before anybody sees the change. */
  readonly record: (fact: RunFact) => void;
  /** Whether somebody wants to see the last line of each job's output. */
  readonly followsOutput: boolean;
  /** Of which run a job is that was joined, and when that launched it. */
  readonly joinedFrom?: (job: BridgeJob) => JoinedFrom | undefined;
  /** Takes the output of each job piece by piece, from its beginning on; without it only last lines are known. */
  readonly onOutput?: (job: BridgeJob, output: JobOutput) => void;
}

export type JobOutput = Extract<AgentEvent, { readonly event: "output" }>;

/** A lost link is set up again after this long, then twice as long, up to a bound, while a job of the host is open. */
const FIRST_PAUSE_SECONDS = 1;
const LONGEST_PAUSE_SECONDS = 30;
/** A tail begins this many bytes before the end of the output, as only the last line of it is shown. */
const TAIL_FROM_BYTES = -4096;
const LINE_KEPT = 1000;
const KILL_GRACE_SECONDS = 5;
const END_SEEN_SECONDS = 5;
/** How long the rest of the output of jobs that have ended may take to come. */
const REST_SECONDS = 30;

interface Watch {
  readonly job: BridgeJob;
  readonly heardAt: number;
  state: JobState | "unknown";
  because: string | null;
  /** The agent has told of it since the link was set up. */
  isSeen: boolean;
  isOver: boolean;
  /** We have ended it ourselves: what its wrapper writes then is no failure of its own. */
  isKilled: boolean;
  lastLine: string;
  outputBytes: number | null;
  /** In which file of the log that is. */
  outputPlace: string | undefined;
  /** The job file as it was fetched. */
  fetched: { readonly mtime: number; readonly size: number } | undefined;
  readonly over: PromiseWithResolvers<void>;
  /** Settles when all of its output has come. */
  readonly told: PromiseWithResolvers<void>;
}

export class Supervisor {
  readonly #around: SupervisorSurroundings;
  readonly #hosts = new Map<string, HostWatch>();
  readonly #watches = new Map<string, { readonly watch: Watch; readonly host: HostWatch }>();

  constructor(around: SupervisorSurroundings) {
    this.#around = around;
  }

  /** Takes what the bridge tells. */
  take(message: BridgeNews): void {
    const fact = factOf(message);
    if (fact !== undefined) this.#around.record(fact);
    if (message.kind === "launched") this.#watch(message.job);
  }

  /** Settles when the job has ended, or after so many seconds; of a job that has ended with the text of its file, as long as that is there. */
  async answer(question: Exclude<BridgeQuestion, { kind: "join" }>): Promise<WaitAnswer> {
    const { watch, host } = this.#watch(question.job);
    if (question.kind === "erase") return { state: (await host.erase(watch)) ? "erased" : "cannot" };
    const state = await this.#wait(question.seconds, watch, host);
    return { state, ...(state === "ended" ? await host.fetch(watch) : {}) };
  }

  async #wait(seconds: number, watch: Watch, host: HostWatch): Promise<WaitState> {
    const time = this.#around.timer.sleep(seconds);
    await Promise.race([watch.over.promise, host.hopeless, time.over]);
    time.cancel();
    if (watch.isOver) return "ended";
    if (host.problem !== undefined) return "cannot";
    return watch.isSeen ? "running" : "unknown";
  }

  /** The last line of a job's output so far; empty where it has none, or nobody follows. */
  lastLine(key: string): string {
    return this.#watches.get(key)?.watch.lastLine ?? "";
  }

  /** Hosts whose jobs cannot be watched, each with the reason. */
  unwatched(): readonly { readonly host: string; readonly problem: Problem }[] {
    return [...this.#hosts.values()].flatMap(({ host, problem }) => (problem === undefined ? [] : [{ host, problem }]));
  }

  /** Hosts whose jobs were watched, through the links that are there: of several to one host that of a job that did not end well. For a last look, as links are closed after it. */
  async *openHosts({ pattern }: Pick<HostsRequest, "pattern">): AsyncGenerator<OpenedHost, void, void> {
    for (const name of pattern.split(",").filter((each) => each !== "")) {
      const here = [...this.#watches.values()].filter(({ host }) => host.host === name).toSorted((a, b) => Number(a.watch.state === "finished") - Number(b.watch.state === "finished"));
      const found = here.map(({ watch, host }) => host.linkFor(watch)).find((link) => link !== undefined);
      yield found === undefined ? { host: name, problem: new Problem("unreachable", `${name}: there is no connection to it; longhaul diagnose -i looks at it`) } : { host: name, link: found };
    }
    await Promise.resolve();
  }

  /** Ends the open jobs on their hosts. Out: for each that could not be ended, why. */
  async kill(): Promise<readonly string[]> {
    const open = [...this.#watches.values()].filter(({ watch }) => !watch.isOver);
    const failures = await Promise.all(open.map(async ({ watch, host }) => host.kill(watch)));
    // The agent tells of the ends a moment later; the journal is to have them.
    const time = this.#around.timer.sleep(END_SEEN_SECONDS);
    await Promise.race([time.over, Promise.all(open.map(async ({ watch }) => watch.over.promise))]);
    time.cancel();
    return failures.flatMap((failure) => failure ?? []);
  }

  /** Settles when the output of all jobs that have ended has come, or does not come any more. */
  async drained(): Promise<void> {
    const ended = [...this.#watches.values()].filter(({ watch }) => watch.isOver && watch.isSeen && watch.job.launch?.noLog === false);
    const time = this.#around.timer.sleep(REST_SECONDS);
    await Promise.race([time.over, Promise.all(ended.map(async ({ watch }) => watch.told.promise))]);
    time.cancel();
  }

  /** Closes every link. Jobs go on. */
  async close(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map(async (host) => host.close()));
  }

  #watch(job: BridgeJob): { readonly watch: Watch; readonly host: HostWatch } {
    const key = jobKey(job);
    const known = this.#watches.get(key);
    if (known !== undefined) return known;
    const joined = this.#around.joinedFrom?.(job);
    if (job.launch !== undefined) this.#around.record({ ...launched(job, job.launch), joined: joined ?? null });
    const watch: Watch = { job, heardAt: joined?.launchedAt ?? this.#around.timer.now(), state: "running", because: null, isSeen: false, isOver: false, isKilled: false, lastLine: "", outputBytes: null, outputPlace: undefined, fetched: undefined, over: Promise.withResolvers(), told: Promise.withResolvers() };
    const way = JSON.stringify([job.host, job.variables]);
    const host = this.#hosts.get(way) ?? new HostWatch(job, this.#around);
    this.#hosts.set(way, host);
    const both = { watch, host };
    this.#watches.set(key, both);
    host.add(watch);
    return both;
  }
}

/** The jobs that are reached in one way: same host, same user. */
class HostWatch {
  readonly host: string;
  readonly #job: BridgeJob;
  readonly #around: SupervisorSurroundings;
  readonly #watches: Watch[] = [];
  readonly #never: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Settles when it is clear that this host cannot be watched. */
  readonly hopeless: Promise<void> = this.#never.promise;
  problem: Problem | undefined;
  #link: HostLink | undefined;
  #isOpening = false;
  #wasOpen = false;
  #isClosed = false;

  constructor(job: BridgeJob, around: SupervisorSurroundings) {
    this.host = job.host;
    this.#job = job;
    this.#around = around;
  }

  add(watch: Watch): void {
    this.#watches.push(watch);
    if (this.#link === undefined) this.#openOnce();
    else this.#follow(this.#link, watch);
  }

  /** The link, to look where that job has its file. Whoever takes it closes it, and nothing is watched any more. */
  linkFor({ job: { dir } }: Watch): HostLink | undefined {
    this.#isClosed = true;
    return this.#link === undefined ? undefined : { ...this.#link, ...(dir === null ? {} : { asyncDir: dir }) };
  }

  /** The text of the job file; nothing where the status module has to read it itself. */
  async fetch(watch: Watch): Promise<Pick<WaitAnswer, "text" | "dir">> {
    const { jid, dir } = watch.job;
    const answer = await this.#ask({ do: "fetch", jid, dir: dirOf(watch.job) });
    const { text, mtime, size } = answer ?? {};
    if (typeof text !== "string" || typeof mtime !== "number" || typeof size !== "number" || dir?.startsWith("/") !== true) return {};
    watch.fetched = { mtime, size };
    return { text, dir };
  }

  async erase(watch: Watch): Promise<boolean> {
    const { jid } = watch.job;
    return watch.fetched !== undefined && (await this.#ask({ do: "erase", jid, dir: dirOf(watch.job), expect: watch.fetched })) !== undefined;
  }

  /** What an agent says to a request of one answer; undefined where it refuses, or is not there. */
  async #ask(request: AgentRequest): Promise<Fields | undefined> {
    try {
      for await (const event of this.#link?.request(request) ?? []) if (event.event === "done") return event.answer;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
    }
    return undefined;
  }

  async kill(watch: Watch): Promise<string | undefined> {
    const { host, jid } = watch.job;
    const link = this.#link;
    if (link === undefined) return `${host}: job ${jid} could not be ended, as there is no connection`;
    watch.isKilled = true;
    try {
      for await (const event of link.request({ do: "kill", jid, dir: dirOf(watch.job), grace: KILL_GRACE_SECONDS })) {
        if (event.event === "error") return `${host}: job ${jid}: ${event.message}`;
        const left = event.event === "done" ? event.answer["left"] : [];
        if (Array.isArray(left) && left.length > 0) return `${host}: job ${jid}: ${left.length} of its processes could not be ended`;
      }
      return undefined;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return problem.message;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#link?.close();
  }

  #openOnce(): void {
    if (this.#isOpening) return;
    this.#isOpening = true;
    void this.#open();
  }

  /** Sets the link up. The first time a failure is final: who cannot log in must not try for ever. */
  async #open(): Promise<void> {
    const { host, variables } = this.#job;
    for (let pauseSeconds = 0; !this.#isClosed && (pauseSeconds === 0 || this.#hasOpen()); ) {
      try {
        const link = await this.#around.openHost(host, variables);
        if (this.#isClosed) return await link.close();
        this.#link = link;
        this.#isOpening = false;
        for (const watch of this.#watches) if (!watch.isOver) this.#follow(link, watch);
        return;
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (!this.#wasOpen) return this.#giveUp(problem);
        pauseSeconds = Math.min(LONGEST_PAUSE_SECONDS, pauseSeconds === 0 ? FIRST_PAUSE_SECONDS : 2 * pauseSeconds);
        await this.#around.timer.sleep(pauseSeconds).over;
      }
    }
    this.#isOpening = false;
  }

  #giveUp(problem: Problem): void {
    this.problem = problem;
    this.#isOpening = false;
    for (const watch of this.#watches) this.#see(watch, "unknown", problem.message);
    this.#never.resolve();
  }

  #hasOpen(): boolean {
    return this.#watches.some(({ isOver }) => !isOver);
  }

  #follow(link: HostLink, watch: Watch): void {
    this.#wasOpen = true;
    void this.#untilItEnds(link, watch);
    if (this.#around.followsOutput && watch.job.launch?.noLog === false) void this.#tail(link, watch);
  }

  async #untilItEnds(link: HostLink, watch: Watch): Promise<void> {
    const { jid } = watch.job;
    let report: JobReport | undefined;
    try {
      for await (const event of link.request({ do: "wait", jobs: [{ jid, dir: dirOf(watch.job) }] })) {
        if (event.event === "error") return this.#see(watch, "unknown", event.message);
        if (event.event !== "job") continue;
        report = event.job;
        const { state, because } = stateOf(report, link.ready, link.now());
        watch.isSeen = true;
        // A watcher that is alone for a moment may still write the result: lost is only said when the agent has given up.
        if (isOpen(state)) this.#see(watch, state, null);
        else if (state !== "lost") return this.#end(watch, state, report);
        else watch.because = because[0] ?? null;
      }
      if (report !== undefined) this.#end(watch, stateOf(report, link.ready, link.now()).state, report);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#lost(link, problem);
    }
  }

  async #tail(link: HostLink, watch: Watch): Promise<void> {
    const { jid } = watch.job;
    const { onOutput } = this.#around;
    let rest = "";
    try {
      for await (const event of link.request({ do: "tail", jid, dir: dirOf(watch.job), from: watch.outputBytes ?? (onOutput === undefined ? TAIL_FROM_BYTES : 0), ...(watch.outputPlace === undefined ? {} : { place: watch.outputPlace }) })) {
        if (event.event === "note") continue;
        // Without a log of its own the output comes with the end of the job, when nobody needs its last line any more.
        if (event.event !== "output" || (onOutput === undefined && (watch.isOver || event.stream !== "log"))) break;
        onOutput?.(watch.job, event);
        watch.outputBytes = event.offset;
        watch.outputPlace = event.place;
        const lines = (rest + event.text).split(/[\r\n]+/);
        rest = (lines.pop() ?? "").slice(0, LINE_KEPT);
        const last = rest.trim() === "" ? lines.findLast((line) => line.trim() !== "") : rest;
        if (last !== undefined) watch.lastLine = last.slice(0, LINE_KEPT);
      }
      watch.told.resolve();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
    }
  }

  #see(watch: Watch, state: JobState | "unknown", because: string | null): void {
    if (watch.isOver || (watch.state === state && watch.because === because)) return;
    watch.state = state;
    watch.because = because;
    const { host, jid, launch } = watch.job;
    if (launch !== undefined) this.#around.record({ type: "job-seen", host, jid, state, because });
  }

  #end(watch: Watch, seen: JobState, report: JobReport): void {
    if (watch.isOver) return;
    const state = watch.isKilled && (seen === "failed" || seen === "lost") ? "killed" : seen;
    const { host, jid, launch } = watch.job;
    watch.state = state;
    const durationSeconds = launch === undefined ? null : Math.max(0, this.#around.timer.now() - watch.heardAt);
    if (launch !== undefined) this.#around.record({ type: "job-ended", host, jid, state, rc: report.rc, durationSeconds, outputBytes: report.log?.size ?? null });
    watch.isOver = true;
    watch.over.resolve();
  }

  /** The link of all jobs of this host is gone; the first that notices sets it up again. */
  #lost(link: HostLink, problem: Problem): void {
    if (this.#link !== link || this.#isClosed) return;
    this.#link = undefined;
    for (const watch of this.#watches) {
      watch.isSeen = false;
      this.#see(watch, "unknown", problem.message);
    }
    this.#openOnce();
  }
}

function dirOf(job: BridgeJob): string {
  return job.dir ?? DEFAULT_ASYNC_DIR;
}

function factOf(message: BridgeNews): RunFact | undefined {
  switch (message.kind) {
    case "start":
      return { type: "playbook-started", core: message.core, playbook: message.playbook, refused: message.refused };
    case "play":
      return { type: "play", play: message.play, name: message.name, strategy: message.strategy };
    case "task": {
      const { task, play, name, action, path, handler } = message;
      return { type: "task", task, play, name, action, path, handler };
    }
    case "result":
      return { type: "result", host: message.host, task: message.task, status: message.status };
    case "stats":
    case "launched":
      return undefined;
  }
}

function launched(job: BridgeJob, launch: NonNullable<BridgeJob["launch"]>): JobLaunched {
  const { host, jid, dir, task, delegatedBy, variables } = job;
  const become = variables["ansible_become"] === true ? variables["ansible_become_user"] : null;
  return { type: "job-launched", host, jid, dir, task, delegatedBy, becomeUser: typeof become === "string" ? become : null, ...launch };
}
