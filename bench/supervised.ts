// `npm run bench -- run`: playbooks played by `ansible-playbook` and by `longhaul run`, in the same run, on loopback hosts of a real sshd.

import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Line, Ran, Under } from "./loopback.ts";
import { LONGHAUL, PIPELINED, commandOf, costOf, memoryMegabytes, milliseconds, onLoopback, quantile, seconds, serverOf, table, times, tree } from "./loopback.ts";

const WAYS = { "ansible-playbook": ["ansible-playbook"], "longhaul run": [LONGHAUL, "run", "-q"] } as const;
type Way = keyof typeof WAYS;
const [PLAIN, SUPERVISED] = ["ansible-playbook", "longhaul run"] as const;
const LOOK_MS = 2000;

/** In: how many of everything, and the one section that is wanted. Prints its own tables. */
export async function benchRuns({ isQuick, only }: { readonly isQuick: boolean; readonly only: string | undefined }): Promise<void> {
  const sections = {
    latency: async (under: Under) => latency(under, isQuick),
    overhead: async (under: Under) => overhead(under, isQuick),
    fleet: async (under: Under) => fleet(under, isQuick),
    output: async (under: Under) => output(under, isQuick),
  };
  await onLoopback(sections, { hosts: 50, only });
}

type Task = Readonly<Record<string, unknown>>;

interface Play {
  readonly tasks: readonly Task[];
  /** A pattern. */
  readonly hosts?: string;
  readonly args?: readonly string[];
  readonly meanwhile?: (pid: number) => void;
}

let plays = 0;

/** Plays tasks in one of the two ways. Throws where a host fails. */
async function played({ sshd, env }: Under, way: Way, { tasks, hosts = "h1", args = [], meanwhile }: Play): Promise<Ran> {
  const path = join(sshd.directory, `play-${(plays += 1)}.yml`);
  writeFileSync(path, JSON.stringify([{ hosts, gather_facts: false, tasks }]));
  return costOf({ sshd, env: { ...env, ...PIPELINED } }, [...WAYS[way], "-i", sshd.inventory, ...args, path], meanwhile);
}

/** The moments that the jobs of a play have written down as their last act, by name. */
class Stamps {
  readonly #directory: string;

  constructor({ sshd }: Under) {
    this.#directory = join(sshd.directory, `stamps-${(plays += 1)}`);
    mkdirSync(this.#directory);
  }

  /** The end of a shell command that stamps it. */
  by(name: string): string {
    return `date +%s.%N > ${this.#directory}/${name}`;
  }

  at(name: string): number {
    return Number(readFileSync(join(this.#directory, name), "latin1"));
  }
}

/** From the end of a job to the line with which the next task begins. The lengths of the jobs are spread over the time between two polls. */
async function latency(under: Under, isQuick: boolean): Promise<void> {
  const kinds = [
    { what: "poll 5", poll: 5, jobs: isQuick ? 3 : 10 },
    { what: "poll 15", poll: 15, jobs: isQuick ? 2 : 6 },
    { what: "until, delay 5", poll: 0, jobs: isQuick ? 3 : 10 },
  ];
  const rows: (readonly string[])[] = [];
  for (const { what, poll, jobs } of kinds) {
    // Side by side: what else the machine does meanwhile is the same for both, and waiting costs next to nothing.
    const [plain = [], own = []] = await Promise.all(([PLAIN, SUPERVISED] as const).map(async (way) => latenesses(under, way, { poll, jobs })));
    for (const [who, late] of [[PLAIN, plain], [SUPERVISED, own]] as const) rows.push([what, who, String(late.length), ...[0.5, 0.9, 1].map((part) => milliseconds(quantile(late, part))), who === PLAIN ? "" : times(quantile(plain, 0.5), quantile(late, 0.5))]);
  }
  table("From the end of a job to the next task", ["waits by", "", "jobs", "p50", "p90", "max", "p50 sooner"], rows);
}

async function latenesses(under: Under, way: Way, { poll, jobs }: { readonly poll: number; readonly jobs: number }): Promise<readonly number[]> {
  const stamps = new Stamps(under);
  const between = poll === 0 ? 5 : poll;
  const tasks = Array.from({ length: jobs }, (_, n): readonly Task[] => {
    const launch = { name: `job ${n}`, shell: `sleep ${(3 + ((n + 0.5) * between) / jobs).toFixed(2)}; ${stamps.by(String(n))}`, async: 300, poll, register: "job" };
    const status = { async_status: { jid: "{{ job.ansible_job_id }}" }, register: "status", until: "status is finished", retries: 50, delay: 5 };
    return [launch, ...(poll === 0 ? [status] : []), { name: `after ${n}`, debug: { msg: n } }];
  });
  const { lines } = await played(under, way, { tasks: tasks.flat() });
  return Array.from({ length: jobs }, (_, n) => (lines.find(({ text }) => text.startsWith(`TASK [after ${n}]`))?.at ?? Number.NaN) - stamps.at(String(n)));
}

/** What longhaul adds where it has little or nothing to do. Runs in turn. */
async function overhead(under: Under, isQuick: boolean): Promise<void> {
  const runs = isQuick ? 4 : 12;
  const cases: Readonly<Record<string, readonly Task[]>> = {
    "two tasks, no async": [{ debug: { msg: "one" } }, { debug: { msg: "two" } }],
    "a job of 1 s, poll 1": [{ command: "sleep 1", async: 60, poll: 1 }],
  };
  const rows: (readonly string[])[] = [];
  for (const [what, tasks] of Object.entries(cases)) {
    const costs: Record<Way, Ran[]> = { [PLAIN]: [], [SUPERVISED]: [] };
    for (let run = 0; run < runs; run += 1) for (const way of [PLAIN, SUPERVISED] as const) costs[way].push(await played(under, way, { tasks }));
    const least = (way: Way): number => Math.min(...costs[way].map(({ wallSeconds }) => wallSeconds));
    const middle = (way: Way, which: "wallSeconds" | "controllerSeconds"): number => quantile(costs[way].map((cost) => cost[which]), 0.5);
    for (const way of [PLAIN, SUPERVISED] as const) rows.push([what, way, seconds(least(way)), seconds(middle(way, "wallSeconds")), seconds(middle(way, "controllerSeconds"))]);
    const more = (own: number, plain: number): string => `${own < plain ? "-" : "+"}${milliseconds(Math.abs(own - plain))} (${(((own - plain) / plain) * 100).toFixed(0)} %)`;
    rows.push(["", "more", more(least(SUPERVISED), least(PLAIN)), more(middle(SUPERVISED, "wallSeconds"), middle(PLAIN, "wallSeconds")), more(middle(SUPERVISED, "controllerSeconds"), middle(PLAIN, "controllerSeconds"))]);
  }
  table(`Overhead, ${runs} runs each, in turn`, ["playbook", "", "best wall", "median wall", "median CPU"], rows);
}

interface Peaks<Name extends string> {
  /** In: the process below which the command runs. */
  readonly watch: (root: number) => void;
  /** The most that each look has found. Ends the looking. */
  readonly end: () => Readonly<Record<Name, number>>;
}

/** Looks at a command again and again while it runs. */
function peaksOf<Name extends string>(looks: Readonly<Record<Name, (root: number) => number>>): Peaks<Name> {
  const names = Object.keys(looks) as Name[];
  const most = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  let timer: NodeJS.Timeout | undefined;
  return {
    watch: (root) => {
      timer = setInterval(() => {
        for (const name of names) most[name] = Math.max(most[name], looks[name](root));
      }, LOOK_MS);
    },
    end: () => {
      clearInterval(timer);
      return most;
    },
  };
}

/** Memory of processes by a word of their command line; the first of a tree is the meter. */
function memoryBelow(root: number, isMeant: (command: string) => boolean): number {
  return memoryMegabytes(tree(root).slice(1).filter((pid) => isMeant(commandOf(pid))));
}

/** One long job on each of many hosts. */
async function fleet(under: Under, isQuick: boolean): Promise<void> {
  const { sshd } = under;
  const [hosts, length] = isQuick ? [10, 15] : [50, 60];
  const log = join(sshd.directory, "sshd.log");
  const sessions = (): number => readFileSync(log, "latin1").match(/Starting session: (?:command|subsystem)/g)?.length ?? 0;
  const pattern = { hosts: `all[0:${hosts - 1}]`, args: ["-f", "50"] };
  // What starting the jobs costs, whoever waits for them.
  const launches = await played(under, PLAIN, { ...pattern, tasks: [{ name: "Short", shell: "true", async: 600, poll: 0 }] });
  const measured = async (way: Way): Promise<Readonly<Record<string, number>>> => {
    const stamps = new Stamps(under);
    const peaks = peaksOf({ memory: (root) => memoryBelow(root, () => true) });
    const before = sessions();
    try {
      const tasks = [{ name: "Long", shell: `sleep ${length}; ${stamps.by("{{ inventory_hostname }}")}`, async: 600, poll: 5 }];
      const ran = await played(under, way, { ...pattern, tasks, meanwhile: peaks.watch });
      const ended = (line: Line): number => stamps.at(/^changed: \[(h\d+)\]/.exec(line.text)?.[1] ?? "");
      const late = ran.lines.filter(({ text }) => text.startsWith("changed: [h")).map((line) => line.at - ended(line));
      return { wall: ran.wallSeconds, over: ran.wallSeconds - length, late: quantile(late, 0.5), latest: quantile(late, 1), controller: ran.controllerSeconds, target: ran.targetSeconds, beyond: ran.targetSeconds - launches.targetSeconds, sessions: sessions() - before, memory: peaks.end().memory };
    } finally {
      peaks.end();
    }
  };
  const plain = await measured(PLAIN);
  const own = await measured(SUPERVISED);
  const row = (what: string, key: string, unit: (value: number) => string): readonly string[] => [what, unit(plain[key] ?? 0), unit(own[key] ?? 0), times(plain[key] ?? 0, own[key] ?? 0)];
  table(`${hosts} hosts, a job of ${length} s on each, poll 5, forks 50, pipelining`, ["", PLAIN, SUPERVISED, "less"], [
    row("wall", "wall", seconds),
    row(`wall beyond the job's ${length} s`, "over", seconds),
    row("from a job's end to its result, p50", "late", seconds),
    row("the same, the latest", "latest", seconds),
    row("controller CPU", "controller", seconds),
    row("target CPU", "target", seconds),
    row("target CPU beyond that of launching (poll 0)", "beyond", seconds),
    row("ssh executions", "sessions", (value) => value.toFixed(0)),
    row("peak memory of the controller (PSS)", "memory", (value) => `${value.toFixed(0)} MB`),
  ]);
}

/**
 * A job that prints a lot. Its result holds all of that, as Ansible's does. Ansible's run_command copies all that it has for each piece that
 * it reads (module_utils/basic.py, 2.14 to 2.21): a gigabyte takes hours in either way.
 */
async function output(under: Under, isQuick: boolean): Promise<void> {
  const megabytes = isQuick ? 16 : 64;
  const plain = await loud(under, PLAIN, megabytes);
  const own = await loud(under, SUPERVISED, megabytes);
  const row = (what: string, value: (of: Loud) => string): readonly string[] => [what, value(plain), value(own)];
  const room = (value: number): string => `${value.toFixed(1)} MB`;
  table(`A job that prints ${megabytes} MB`, ["", PLAIN, SUPERVISED], [
    row("wall", ({ wallSeconds }) => seconds(wallSeconds)),
    row("its result, as a task after it sees it", ({ result }) => (result === plain.result && result !== undefined ? "the same" : `another: ${result ?? "none"}`)),
    row("live log on the host, at most", ({ log }) => room(log)),
    row("memory of the module, at most", ({ module }) => room(module)),
    row("memory of the wrapper, at most", ({ wrapper }) => room(wrapper)),
    row("memory of longhaul, at most", (of) => (of === plain ? "-" : room(of.longhaul))),
  ]);
}

interface Loud {
  readonly wallSeconds: number;
  readonly result: string | undefined;
  readonly log: number;
  readonly module: number;
  readonly wrapper: number;
  readonly longhaul: number;
}

async function loud(under: Under, way: Way, megabytes: number): Promise<Loud> {
  const directory = join(under.sshd.directory, `loud-${(plays += 1)}`);
  const server = serverOf(under.sshd);
  const peaks = peaksOf({
    log: () => sizeOf(directory, /\.log(?:\.1)?$/),
    module: () => memoryBelow(server, (command) => command.includes("AnsiballZ_command") && !command.includes("async_wrapper")),
    wrapper: () => memoryBelow(server, (command) => command.includes("async_wrapper")),
    longhaul: (root) => memoryBelow(root, (command) => command.includes("main.js")),
  });
  const tasks = [
    { shell: `head -c ${megabytes}M /dev/zero | tr '\\0' x | fold -w 100`, async: 900, poll: 5, register: "loud" },
    { debug: { msg: "is {{ loud.rc }} {{ loud.stdout | length }} {{ loud.stdout | hash('sha1') }}" } },
  ];
  try {
    // Ansible's default output prints the result of a failure only.
    const { wallSeconds, lines } = await played(under, way, { tasks, args: ["-e", `ansible_async_dir=${directory}`], meanwhile: peaks.watch });
    const [, result] = /"msg": "(is [^"]*)"/.exec(lines.map(({ text }) => text).join("\n")) ?? [];
    return { wallSeconds, result, ...peaks.end() };
  } finally {
    peaks.end();
  }
}

/** Megabytes of the files of a directory with such names. */
function sizeOf(directory: string, name: RegExp): number {
  if (!existsSync(directory)) return 0;
  return readdirSync(directory).filter((each) => name.test(each)).reduce((sum, each) => sum + (statSync(join(directory, each), { throwIfNoEntry: false })?.size ?? 0) / 1e6, 0);
}
