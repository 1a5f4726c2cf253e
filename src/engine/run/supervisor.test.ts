import assert from "node:assert/strict";
import { test } from "node:test";
import type { BridgeJob } from "../../model/bridge-message.ts";
import type { AgentEvent, AgentReady, AgentRequest, JobReport } from "../../model/host.ts";
import { readAnswer } from "../../model/host.ts";
import { Problem } from "../../model/problem.ts";
import type { RunFact } from "../../model/run-event.ts";
import type { HostLink, Sleep } from "../ports.ts";
import { Supervisor } from "./supervisor.ts";

const ready: AgentReady = { python: "3.11.2", user: "me", uid: 1000, home: "/home/me", home_env: "/home/me", cwd: "/home/me", boot_id: null, now: 0, uptime: null, pid: 1, host: "db1" };

const launch: BridgeJob = {
  host: "db1",
  delegatedBy: null,
  variables: { ansible_connection: "ssh", ansible_password: "hunter2", ansible_become: true, ansible_become_user: "postgres" },
  jid: "j1.2",
  dir: "/home/me/.ansible_async",
  task: "t1",
  launch: { limitSeconds: 60, pollSeconds: 15, noLog: false, key: "k" },
};

function report(fields: Readonly<Record<string, unknown>>): JobReport {
  const answer = readAnswer({ id: 1, event: "job", jid: "j1.2", dir: "/home/me/.ansible_async", processes_known: true, ...fields });
  assert.ok(answer?.event.event === "job");
  return answer.event.job;
}

const runs = report({ file: "running", started: true, finished: false, processes: [{ pid: 5, role: "runner" }] });
const ends = report({ file: "result", finished: true, rc: 0 });
const settled = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A host whose agent says what it is told to; `lose` breaks its link. */
function fakeHost(): { readonly open: () => Promise<HostLink>; readonly say: (...jobs: JobReport[]) => void; readonly lose: () => void; readonly asked: AgentRequest[]; readonly opened: () => number } {
  const asked: AgentRequest[] = [];
  const queue: (AgentEvent | "lost")[] = [];
  let wake = (): void => undefined;
  let opened = 0;
  async function* request(what: AgentRequest): AsyncGenerator<AgentEvent> {
    asked.push(what);
    if (what.do === "fetch") return yield { event: "done", answer: { text: '{"rc": 0}', mtime: 5.5, size: 9 } };
    if (what.do !== "wait") return yield { event: "done", answer: { left: [] } };
    for (;;) {
      const next = queue.shift();
      if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else if (next === "lost") throw new Problem("unreachable", "db1: the connection was lost (code 255)");
      else yield next;
    }
  }
  const put = (...events: (AgentEvent | "lost")[]): void => {
    queue.push(...events);
    wake();
  };
  const open = async (): Promise<HostLink> => {
    opened += 1;
    await Promise.resolve();
    return { host: "db1", ready, now: () => 0, request, close: async () => Promise.resolve(), reopen: open };
  };
  return {
    asked,
    opened: () => opened,
    open,
    say: (...jobs) => put(...jobs.map((job) => ({ event: "job", job }) as const)),
    lose: () => put("lost"),
  };
}

/** Time stands still until it is let on. */
function fakeTimer(): { readonly now: () => number; readonly sleep: (seconds: number) => Sleep; readonly pass: (seconds: number) => Promise<void> } {
  let now = 1000;
  const sleeping = new Set<{ readonly until: number; readonly resolve: () => void }>();
  return {
    now: () => now,
    sleep: (seconds) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const one = { until: now + seconds, resolve };
      sleeping.add(one);
      return { over: promise, cancel: () => void sleeping.delete(one) };
    },
    pass: async (seconds) => {
      now += seconds;
      for (const one of [...sleeping].filter(({ until }) => until <= now)) {
        sleeping.delete(one);
        one.resolve();
      }
      await settled();
    },
  };
}

function supervised(open: () => Promise<HostLink>): { readonly supervisor: Supervisor; readonly facts: RunFact[]; readonly timer: ReturnType<typeof fakeTimer> } {
  const facts: RunFact[] = [];
  const timer = fakeTimer();
  return { facts, timer, supervisor: new Supervisor({ openHost: open, timer, record: (fact) => facts.push(fact), followsOutput: false }) };
}

async function waited(supervisor: Supervisor, seconds: number): Promise<string> {
  return (await supervisor.answer({ kind: "wait", job: launch, seconds })).state;
}

test("with the end comes the job file, and only that one is erased", async () => {
  const host = fakeHost();
  const { supervisor } = supervised(host.open);
  const answer = supervisor.answer({ kind: "wait", job: launch, seconds: 15 });
  await settled();
  host.say(ends);
  assert.deepEqual(await answer, { state: "ended", text: '{"rc": 0}', dir: "/home/me/.ansible_async" });
  assert.deepEqual(await supervisor.answer({ kind: "erase", job: launch }), { state: "erased" });
  assert.deepEqual(host.asked.at(-1), { do: "erase", jid: "j1.2", dir: "/home/me/.ansible_async", expect: { mtime: 5.5, size: 9 } });
});

test("a task that waits is answered the moment the job has ended, after the journal has it", async () => {
  const host = fakeHost();
  const { supervisor, facts, timer } = supervised(host.open);
  const answer = waited(supervisor, 15);
  await settled();
  host.say(runs);
  await timer.pass(7);
  host.say(ends);
  assert.equal(await answer, "ended");
  assert.deepEqual(facts.map(({ type }) => type), ["job-launched", "job-ended"]);
  assert.deepEqual(facts[1], { type: "job-ended", host: "db1", jid: "j1.2", state: "finished", rc: 0, durationSeconds: 7, outputBytes: null });
  assert.equal(await waited(supervisor, 15), "ended");
});

test("a job that was seen to run is said to run when the pause is over", async () => {
  const host = fakeHost();
  const { supervisor, timer } = supervised(host.open);
  const answer = waited(supervisor, 15);
  await settled();
  host.say(runs);
  await settled();
  await timer.pass(15);
  assert.equal(await answer, "running");
});

test("no password gets into the journal", async () => {
  const host = fakeHost();
  const { supervisor, facts } = supervised(host.open);
  supervisor.take({ kind: "launched", job: launch });
  await settled();
  assert.ok(facts.length > 0);
  assert.ok(!JSON.stringify(facts).includes("hunter2"));
});

test("a host that cannot be watched is left to Ansible at once, and asked for no second time", async () => {
  let tries = 0;
  const { supervisor, facts } = supervised(async () => {
    tries += 1;
    await Promise.resolve();
    throw new Problem("not-supported", "db1: connection winrm is not supported");
  });
  assert.equal(await waited(supervisor, 15), "cannot");
  assert.equal(await waited(supervisor, 15), "cannot");
  assert.equal(tries, 1);
  assert.deepEqual(facts.at(-1), { type: "job-seen", host: "db1", jid: "j1.2", state: "unknown", because: "db1: connection winrm is not supported" });
});

test("a link that is lost is set up again, and the end that came meanwhile is seen", async () => {
  const host = fakeHost();
  const { supervisor, facts, timer } = supervised(host.open);
  const answer = waited(supervisor, 60);
  await settled();
  host.say(runs);
  await settled();
  host.lose();
  await settled();
  assert.equal(host.opened(), 2);
  host.say(ends);
  assert.equal(await answer, "ended");
  await timer.pass(1);
  assert.deepEqual(facts.map((fact) => (fact.type === "job-seen" ? fact.state : fact.type)), ["job-launched", "unknown", "job-ended"]);
});

test("a wrapper that is alone for a moment is not called lost while the agent still waits", async () => {
  const host = fakeHost();
  const { supervisor, facts, timer } = supervised(host.open);
  const answer = waited(supervisor, 15);
  await settled();
  host.say(report({ file: "running", started: true, finished: false, mtime: -100, processes: [] }), ends);
  await settled();
  await timer.pass(1);
  assert.equal(await answer, "ended");
  assert.deepEqual(facts.flatMap((fact) => (fact.type === "job-ended" ? fact.state : [])), ["finished"]);
});

test("jobs are ended on their hosts only when that is asked for", async () => {
  const host = fakeHost();
  const { supervisor, facts } = supervised(host.open);
  supervisor.take({ kind: "launched", job: launch });
  await settled();
  await supervisor.close();
  assert.ok(!host.asked.some((request) => request.do === "kill"));
  const killed = supervisor.kill();
  await settled();
  host.say(report({ file: "result", finished: true, failed: true, rc: -15 }));
  assert.deepEqual(await killed, []);
  assert.deepEqual(host.asked.flatMap((request) => (request.do === "kill" ? request.jid : [])), ["j1.2"]);
  // Its wrapper writes a failure, as it cannot know who has ended the program.
  assert.deepEqual(facts.flatMap((fact) => (fact.type === "job-ended" ? fact.state : [])), ["killed"]);
});

test("a last look goes through the links that are there, and sets none up again", async () => {
  const host = fakeHost();
  const { supervisor, facts } = supervised(host.open);
  supervisor.take({ kind: "launched", job: launch });
  await settled();
  const opened = [];
  for await (const each of supervisor.openHosts({ pattern: "db1,db2," })) opened.push(each);
  assert.deepEqual(opened.map((each) => ("link" in each ? [each.host, each.link.asyncDir] : [each.host, each.problem.code])), [["db1", "/home/me/.ansible_async"], ["db2", "unreachable"]]);
  host.lose();
  await settled();
  assert.equal(host.opened(), 1);
  assert.deepEqual(facts.map(({ type }) => type), ["job-launched"]);
});
