import assert from "node:assert/strict";
import { test } from "node:test";
import type { JoinAnswer } from "../../model/bridge-message.ts";
import type { AgentEvent } from "../../model/host.ts";
import { readAnswer } from "../../model/host.ts";
import { Problem } from "../../model/problem.ts";
import type { OpenHost } from "../ports.ts";
import type { EarlierJob } from "./joiner.ts";
import { Joiner } from "./joiner.ts";

const ready = { python: "3.11.2", user: "me", uid: 1000, home: "/home/me", home_env: "/home/me", cwd: "/home/me", boot_id: null, now: 0, uptime: null, pid: 1, host: "db1" };
const earlier: EarlierJob = { run: "r1", launchedAt: 100, host: "db1", jid: "j1.2", dir: "/jobs", key: "k", task: "Migrate", limitSeconds: 600 };

/** In: what the agent finds of the job. */
function hostWith(fields: Readonly<Record<string, unknown>>): OpenHost {
  async function* request(): AsyncGenerator<AgentEvent> {
    await Promise.resolve();
    const answer = readAnswer({ id: 1, event: "job", jid: "j1.2", dir: "/jobs", processes_known: true, ...fields });
    assert.ok(answer !== undefined);
    yield answer.event;
  }
  const open: OpenHost = async () => Promise.resolve({ host: "db1", ready, now: () => 0, request, close: async () => Promise.resolve(), reopen: async () => open("db1", {}) });
  return open;
}

async function answers(openHost: OpenHost, jobs: readonly EarlierJob[] = [earlier]): Promise<{ readonly first: JoinAnswer; readonly second: JoinAnswer; readonly said: readonly string[]; readonly joiner: Joiner }> {
  const said: string[] = [];
  const joiner = new Joiner({ openHost, jobs, say: ({ jid }, state) => said.push(`${jid} ${state}`) });
  const question = { kind: "join", host: "db1", key: "k", variables: {} } as const;
  return { first: await joiner.answer(question), second: await joiner.answer(question), said, joiner };
}

test("a job that still runs is joined, and each only once", async () => {
  const { first, second, joiner } = await answers(hostWith({ file: "running", started: true, finished: false, processes: [{ pid: 5, role: "runner" }] }));
  assert.deepEqual(first, { state: "joined", jid: "j1.2", path: "/jobs/j1.2" });
  assert.deepEqual(second, { state: "anew" });
  assert.deepEqual(joiner.joinedFrom({ host: "db1", jid: "j1.2" }), { run: "r1", launchedAt: 100 });
  assert.equal(joiner.joinedFrom({ host: "db2", jid: "j1.2" }), undefined);
});

test("a job that has ended well is joined with its result, one that has not is started anew, and that is said", async () => {
  const well = await answers(hostWith({ file: "result", finished: true, rc: 0 }));
  assert.equal(well.first.state, "joined");
  const badly = await answers(hostWith({ file: "result", finished: true, rc: 1, failed: true }));
  assert.deepEqual([badly.first, badly.said], [{ state: "anew" }, ["j1.2 failed"]]);
  const nobody = await answers(hostWith({ file: "running", started: true, finished: false, processes: [] }));
  assert.deepEqual([nobody.first, nobody.said], [{ state: "anew" }, ["j1.2 lost"]]);
});

test("where nobody can tell what became of it nothing is started", async () => {
  const gone = await answers(hostWith({ file: "absent" }));
  assert.ok(gone.first.state === "cannot");
  assert.match(gone.first.why, /file of job j1.2 is gone.*longhaul attach r1/);
  const away = await answers(async () => Promise.reject(new Problem("unreachable", "db1: connection refused")));
  assert.deepEqual(away.first, { state: "cannot", why: "db1: connection refused" });
});
