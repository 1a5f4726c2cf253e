// `npm run bench -- hosts`: longhaul on the jobs of hosts beside Ansible's own ways, in the same run, on loopback hosts of a real sshd.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Sshd } from "../src/system/hosts/sshd.fixture.ts";
import type { Line, Ran, Spent, Under } from "./loopback.ts";
import { LONGHAUL, PIPELINED, commandOf, costOf, done, firstHosts, memoryMegabytes, milliseconds, onLoopback, quantile, seconds, serverOf, table, times, tree } from "./loopback.ts";

/** Time between two looks at all processes, which cost more the more hosts there are. */
const lookMs = (hosts: number): number => Math.max(250, hosts * 3);
/** So long may it take until all hosts are watched. */
const SET_UP_MS = 300_000;

/** In: how many of everything, and the one section that is wanted. Prints its own tables. */
export async function benchHosts({ isQuick, only }: { readonly isQuick: boolean; readonly only: string | undefined }): Promise<void> {
  const sections = {
    list: async (under: Under) => listing(under, isQuick),
    ends: async (under: Under) => ends(under, isQuick),
    watch: async (under: Under) => watching(under, isQuick),
    connect: async (under: Under) => connecting(under, isQuick),
  };
  await onLoopback(sections, { hosts: isQuick ? 20 : 500, only });
}

/** One in ten has not ended; 700 bytes each, as a shell task with some output has. */
function writeJobs(directory: string, count: number): readonly string[] {
  mkdirSync(directory, { recursive: true });
  return Array.from({ length: count }, (_, n) => {
    const jid = `j${100_000_000_000 + n * 7919}.${1000 + n}`;
    const result = { changed: true, stdout: "x".repeat(300), stderr: "", rc: 0, cmd: `make part ${n}`, start: "2026-01-01 00:00:00.000000", end: "2026-01-01 00:01:00.000000", delta: "0:01:00.000000", msg: "", invocation: { module_args: { _raw_params: `make part ${n}`, _uses_shell: true, chdir: null, creates: null } } };
    writeFileSync(join(directory, jid), JSON.stringify(n % 10 === 0 ? { started: 1, finished: 0, ansible_job_id: jid } : result));
    return jid;
  });
}

async function listing(under: Under, isQuick: boolean): Promise<void> {
  const { sshd, env } = under;
  const [few, many] = isQuick ? [100, 1000] : [1000, 10_000];
  const slopeOf = isQuick ? 10 : 60;
  const at = (count: number): string => join(sshd.directory, `jobs-${count}`);
  const jids = writeJobs(at(few), few);
  writeJobs(at(many), many);
  // Ansible and longhaul alike read the whole inventory, so it has this host only.
  const inventory = join(sshd.directory, "one.yml");
  writeFileSync(inventory, readFileSync(sshd.inventory, "latin1").replace(/^ {4}h(?!1:)\d+:.*\n/gm, ""));
  const list = async (count: number): Promise<Spent> => costOf(under, [LONGHAUL, "jobs", "list", "-i", inventory, "--dir", at(count), "-f", "json"]);
  const playbook = (count: number): string => {
    const path = join(sshd.directory, `loop-${count}.yml`);
    writeFileSync(path, JSON.stringify([{ hosts: "h1", gather_facts: false, tasks: [{ async_status: { jid: "{{ item }}" }, loop: jids.slice(0, count), failed_when: false }] }]));
    return path;
  };
  const loop = async (count: number): Promise<Spent> => costOf({ sshd, env: { ...env, ...PIPELINED } }, ["ansible-playbook", "-i", inventory, playbook(count), "-e", JSON.stringify({ ansible_async_dir: at(few) })]);
  await list(few);
  const [one, some] = [await loop(1), await loop(1 + slopeOf)];
  const [small, large] = [await list(few), await list(many)];
  const floor = await costOf(under, ["ansible-inventory", "-i", inventory, "--list"]);
  const slope = (which: keyof Spent): number => ((some[which] - one[which]) / slopeOf) * few;
  const beyond = (which: keyof Spent): number => Math.max(0.01, small[which] - floor[which]);
  const cost = (what: string, spent: Spent): readonly string[] => [what, seconds(spent.wallSeconds), seconds(spent.controllerSeconds), seconds(spent.targetSeconds)];
  table("Listing the jobs of one host", ["what", "wall", "controller CPU", "target CPU"], [
    [`async_status loop, ${few} jids (slope of ${slopeOf})`, ...(["wallSeconds", "controllerSeconds", "targetSeconds"] as const).map((which) => seconds(slope(which)))],
    cost(`longhaul jobs list, ${few} files`, small),
    cost(`longhaul jobs list, ${many} files`, large),
    cost("of it ansible-inventory --list alone", floor),
    [`the loop against the list of ${few}`, times(slope("wallSeconds"), small.wallSeconds), times(slope("controllerSeconds"), small.controllerSeconds), times(slope("targetSeconds"), small.targetSeconds)],
    ["the same without the inventory", times(slope("wallSeconds"), beyond("wallSeconds")), times(slope("controllerSeconds"), beyond("controllerSeconds")), ""],
    [`${many} against ${few}`, times(large.wallSeconds, small.wallSeconds), times(large.controllerSeconds, small.controllerSeconds), times(large.targetSeconds, small.targetSeconds)],
  ]);
}

/** Ends a quarter of a second after the host before it, counted from the moment that a file names; its last act is to write down the time. */
function stamped(go: string): string {
  return `until test -s ${go}; do sleep 3; done; sleep $(awk "BEGIN{t=$(cat ${go})+{{ inventory_hostname[1:] }}/4-$(date +%s.%N);print (t>0?t:0)}"); date +%s.%N`;
}

async function ends(under: Under, isQuick: boolean): Promise<void> {
  const { sshd, env } = under;
  const hosts = isQuick ? 10 : 100;
  const go = join(sshd.directory, "go");
  const pattern = firstHosts(hosts);
  const launch = ["-i", sshd.inventory, "-m", "shell", "-B", "1000"];
  const own = { sshd, env: { ...env, ...PIPELINED } };
  await costOf(own, ["ansible", pattern, ...launch, "-P", "0", "-f", "10", "-a", stamped(go)]);
  const waiting = costOf(under, [LONGHAUL, "jobs", "wait", "-i", sshd.inventory, "-l", pattern]);
  const untilMs = performance.now() + SET_UP_MS;
  while (agents(sshd).length < hosts && performance.now() < untilMs) await sleep(lookMs(hosts));
  await sleep(5000);
  // Each has seen the file by then.
  writeFileSync(go, String(Date.now() / 1000 + 5));
  const { lines } = await waiting;
  const seen = lines.flatMap(({ text, at }) => {
    const [, host = "", jid = "", stamp] = /^(\S+) +(\S+) .* (\d{10}\.\d+)$/.exec(text) ?? [];
    return stamp === undefined ? [] : [{ told: at - Number(stamp), written: statSync(join(sshd.directory, "jobs-of", host, jid)).mtimeMs / 1000 - Number(stamp) }];
  });
  const rows = [
    late("longhaul jobs wait", seen.map(({ told }) => told)),
    late("of it until Ansible has written the job file", seen.map(({ written }) => written)),
    late("of it from the file to the line", seen.map(({ told, written }) => told - written)),
  ];
  for (const poll of [1, 5]) {
    // Ten at a time, with lengths that differ by parts of a poll.
    const peer = await costOf(own, ["ansible", firstHosts(10), ...launch, "-P", String(poll), "-f", "10", "-a", "sleep {{ 6 + inventory_hostname[1:] | int * 0.5 }}; date +%s.%N"]);
    rows.push(late(`ansible, poll ${poll}, 10 hosts`, peer.lines.flatMap(({ text, at }) => {
      // The callback of ad hoc commands prints the result of a job as JSON.
      const [, stamp] = /^ *"stdout": "(\d{10}\.\d+)"/.exec(text) ?? [];
      return stamp === undefined ? [] : [at - Number(stamp)];
    })));
  }
  table(`From a job's last act to the line that tells it; ${hosts} hosts, one end each 0.25 s`, LATE_HEAD, rows);
}

const LATE_HEAD = ["who waits", "ends", "p50", "p90", "p99", "max"];

function late(who: string, waited: readonly number[]): readonly string[] {
  return [who, String(waited.length), ...[0.5, 0.9, 0.99, 1].map((part) => milliseconds(quantile(waited, part)))];
}

/** CPU time of processes that live, in milliseconds, by the scheduler's own clock. */
function livingMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      return sum + readdirSync(`/proc/${pid}/task`).reduce((part, thread) => part + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ")[0]), 0) / 1e6;
    } catch {
      return sum;
    }
  }, 0);
}

interface Watch {
  readonly setUpSeconds: number;
  readonly controllerMs: number;
  readonly targetMs: number;
  readonly megabytes: number;
  readonly burst: readonly Line[];
}

/** The agents that run on the hosts. */
function agents(sshd: Sshd): readonly number[] {
  return tree(serverOf(sshd)).filter((pid) => commandOf(pid).includes("longhaul-agent"));
}

/** Waits with so many hosts for one job that all of them show, then ends it. In: how long to look at the idle wait. */
async function watch({ sshd, env }: Under, { hosts, idleSeconds }: { readonly hosts: number; readonly idleSeconds: number }): Promise<Watch> {
  const directory = mkdtempSync(join(sshd.directory, "watched-"));
  const go = `${directory}.go`;
  await done(["ansible", "h1", "-i", sshd.inventory, "-m", "shell", "-B", "3600", "-P", "0", "-e", `ansible_async_dir=${directory}`, "-a", `until test -e ${go}; do sleep 1; done; date +%s.%N`], { ...env, ANSIBLE_SSH_ARGS: "-C" });
  const started = performance.now();
  const child = spawn(LONGHAUL, ["jobs", "wait", "-i", sshd.inventory, "-l", firstHosts(hosts), "--dir", directory, "-T", "60"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const over = new Promise((resolve) => {
    child.once("close", resolve);
  });
  const burst: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => burst.push({ text, at: Date.now() / 1000 }));
  try {
    while (agents(sshd).length < hosts) {
      if (child.exitCode !== null || performance.now() - started > SET_UP_MS) throw new Error(`only ${agents(sshd).length} of ${hosts} hosts are watched after ${seconds((performance.now() - started) / 1000)}`);
      await sleep(lookMs(hosts));
    }
    const setUpSeconds = (performance.now() - started) / 1000;
    await sleep(5000);
    // Of the server's processes those of the links, and not the job itself.
    const [mine, theirs] = [tree(child.pid ?? 0), [...sshd.connections(), ...agents(sshd)]];
    const before = [livingMs(mine), livingMs(theirs)] as const;
    await sleep(idleSeconds * 1000);
    const [controllerMs, targetMs] = [livingMs(mine) - before[0], livingMs(theirs) - before[1]];
    const megabytes = memoryMegabytes(mine);
    writeFileSync(go, "");
    await over;
    return { setUpSeconds, controllerMs, targetMs, megabytes, burst };
  } finally {
    writeFileSync(go, "");
    child.kill();
    await over;
  }
}

async function watching(under: Under, isQuick: boolean): Promise<void> {
  const { sshd, env } = under;
  const [hosts, idleSeconds] = isQuick ? [10, 10] : [100, 60];
  const polled = async (length: number): Promise<Ran> => costOf({ sshd, env: { ...env, ...PIPELINED } }, ["ansible", firstHosts(4), "-i", sshd.inventory, "-m", "command", "-B", "600", "-P", "5", "-f", "4", "-a", `sleep ${length}`]);
  const [short, long] = [await polled(2), await polled(62)];
  const poll = { controllerMs: ((long.controllerSeconds - short.controllerSeconds) / 4) * 1000, targetMs: ((long.targetSeconds - short.targetSeconds) / 4) * 1000 };
  const own = await watch(under, { hosts, idleSeconds });
  const each = (ms: number): number => (ms / hosts) * (60 / idleSeconds);
  table("Watching, CPU for each host and minute", ["who watches", "controller", "target"], [
    ["ansible, poll 5, pipelining (slope of 60 s, 4 hosts)", `${poll.controllerMs.toFixed(0)} ms`, `${poll.targetMs.toFixed(0)} ms`],
    [`longhaul jobs wait, ${hosts} hosts`, `${each(own.controllerMs).toFixed(2)} ms`, `${each(own.targetMs).toFixed(2)} ms`],
    ["Ansible against longhaul", times(poll.controllerMs, each(own.controllerMs)), times(poll.targetMs, each(own.targetMs))],
  ]);
}

/** How long it takes to have all hosts on the line, and what that holds; with Ansible's own connections left open, and without. */
async function connecting(under: Under, isQuick: boolean): Promise<void> {
  const { sshd, env } = under;
  const counts = isQuick ? [20] : [100, 500];
  const [held, burst]: [(readonly string[])[], (readonly string[])[]] = [[], []];
  const fewest = counts[0] ?? 0;
  // What the way to the hosts costs whoever goes it: twenty at a time, as longhaul.
  const way = async (what: string, command: readonly string[]): Promise<void> => {
    const { wallSeconds } = await costOf({ sshd, env: { ...env, ANSIBLE_PIPELINING: "1", ANSIBLE_SSH_ARGS: "-C" } }, command);
    held.push([what, seconds(wallSeconds), "-"]);
  };
  const measured = async (what: string, hosts: number): Promise<void> => {
    const seen = await watch(under, { hosts, idleSeconds: 1 });
    const stamp = Number(seen.burst[0]?.text.split(" ").at(-1));
    held.push([what, seconds(seen.setUpSeconds), `${(seen.megabytes / hosts).toFixed(2)} MB`]);
    burst.push(late(what, seen.burst.map(({ at }) => at - stamp)));
  };
  try {
    await way(`ansible -m raw -a true, ${fewest} hosts`, ["ansible", firstHosts(fewest), "-i", sshd.inventory, "-m", "raw", "-a", "true", "-f", "20"]);
    await way(`ansible -m ping, ${fewest} hosts`, ["ansible", firstHosts(fewest), "-i", sshd.inventory, "-m", "ping", "-f", "20"]);
    for (const hosts of counts) await measured(`longhaul jobs wait, ${hosts} hosts`, hosts);
    await done(["ansible", firstHosts(fewest), "-i", sshd.inventory, "-m", "raw", "-a", "true", "-f", "10"], { ...env, ANSIBLE_SSH_ARGS: "-C -o ControlMaster=auto -o ControlPersist=600s" });
    await measured(`the same with Ansible's connections open, ${fewest} hosts`, fewest);
  } finally {
    table("Many hosts in one process", ["what", "until all are reached", "memory here, for each (PSS)"], held);
    table("A burst: one job that all of them see, from its last act to each line", ["who waits", ...LATE_HEAD.slice(1)], burst);
  }
}
