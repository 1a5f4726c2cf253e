// Hosts with jobs, in memory, for tests: what each agent answers, and what it was asked.

import type { HostLink, OpenedHost } from "../../../engine/ports.ts";
import type { AgentEvent, AgentReady, AgentRequest, JobReport } from "../../../model/host.ts";
import { Problem } from "../../../model/problem.ts";
import type { FakeWorld } from "../world.fake.ts";
import { fakeWorld } from "../world.fake.ts";
import type { World } from "../world.ts";

export const NOW = 10_000;

const ready: AgentReady = { python: "3.11.2", user: "me", uid: 1000, home: "/home/me", home_env: "/home/me", cwd: "/", boot_id: "b", now: NOW, uptime: 5000, pid: 1, host: "node" };

const runner = { pid: 12, ppid: 11, pgid: 12, sid: 10, uid: 1000, start: NOW - 65, role: "runner", argv: "async_wrapper.py", by: "argv" } as const;
const watcher = { ...runner, pid: 11, ppid: 1, pgid: 10, role: "watcher" } as const;

export const running: JobReport = {
  jid: "j1.10", dir: "/d", path: "/d/j1.10", owner: "me", uid: 1000, mode: 0o644, size: 60, mtime: NOW - 65, ctime: NOW - 65, file: "running", started: true,
  finished: false, failed: null, rc: null, msg: null, cmd: null, start: null, end: null, delta: null, child_pid: null, changed: null, stdout_last: null, stderr_last: null,
  tmp: null, log: null, limit: 600, module: "command", processes: [watcher, runner], processes_known: true, supervised: true,
};
export const ended: JobReport = { ...running, file: "result", finished: true, rc: 0, cmd: "sleep 3", stdout_last: "all done\u001b[2J", limit: null, processes: [] };
export const lost: JobReport = { ...running, jid: "j2.20", path: "/d/j2.20", processes: [], limit: null, mtime: NOW - 4000 };

export const job = (report: JobReport): AgentEvent => ({ event: "job", job: report });
/** What `wait` says of a job at last. */
export const over = (report: JobReport): AgentEvent => ({ event: "job", job: report, ended: true });

/** In the answers of an agent: the link is lost there, or nothing more comes until it is closed. */
export type Turn = AgentEvent | "drop" | "hang";
export type Answers = Partial<Record<AgentRequest["do"], readonly Turn[]>>;

export interface FakeHost {
  readonly asked: AgentRequest[];
  readonly closed: string[];
}

export interface FakeLink {
  readonly host: string;
  /** Of the first link, and of each that is opened after it; undefined: that try fails. */
  readonly answers: readonly (Answers | undefined)[];
  /** What differs from the usual ready line, by link. */
  readonly ready?: readonly Partial<AgentReady>[];
}

/** In: a host whose links answer as given, then with done. Out: its first link. */
export function fakeHost({ host, answers, ready: differing = [] }: FakeLink, seen: FakeHost = { asked: [], closed: [] }): OpenedHost {
  let opened = 0;
  const open = (): HostLink => {
    const [own, difference] = [answers[opened], differing[opened]];
    opened += 1;
    if (own === undefined) throw new Problem("unreachable", `${host}: Connection refused`);
    const closed = Promise.withResolvers<void>();
    return {
      host,
      ready: { ...ready, ...difference },
      now: () => NOW,
      request: async function* (request) {
        seen.asked.push(request);
        await Promise.resolve();
        for (const turn of own[request.do] ?? []) {
          if (turn === "drop") throw new Problem("unreachable", `${host}: the connection was lost (Broken pipe)`);
          if (turn === "hang") {
            await closed.promise;
            throw new Problem("unreachable", `${host}: the link was closed`);
          }
          yield turn;
          if (turn.event === "done" || turn.event === "error") return;
        }
        yield { event: "done", answer: {} };
      },
      close: async () => {
        closed.resolve();
        seen.closed.push(host);
        await Promise.resolve();
      },
      reopen: async () => {
        await Promise.resolve();
        return open();
      },
    };
  };
  return { host, link: open() };
}

/** A world in which a request for hosts gives these. */
export function worldOf(hosts: readonly OpenedHost[], parts: Partial<World> = {}): FakeWorld {
  const openHosts: World["openHosts"] = async function* (_, expect) {
    await Promise.resolve();
    expect?.(hosts.map(({ host }) => host));
    yield* hosts;
  };
  return { ...fakeWorld({}, []), openHosts, ...parts };
}
