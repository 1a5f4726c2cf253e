import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHistory, fakeRuns } from "../../../engine/ports.fake.ts";
import type { HostsRequest, OpenedHost } from "../../../engine/ports.ts";
import { Problem } from "../../../model/problem.ts";
import type { RunFact } from "../../../model/run-event.ts";
import type { Answers, FakeHost } from "../jobs/jobs.fake.ts";
import { ended, fakeHost, job, over, running } from "../jobs/jobs.fake.ts";
import { runCli } from "../program.ts";
import type { FakeWorld } from "../world.fake.ts";
import { fakeWorld } from "../world.fake.ts";

const RUN = "20261127-2242-57ca";

const launched = (host: string, jid: string, becomeUser: string | null = null): RunFact => ({
  type: "job-launched", host, jid, dir: "/d", task: "t", delegatedBy: null, becomeUser, limitSeconds: 600, pollSeconds: 0, noLog: false, key: jid,
});

function journalOf(...facts: readonly RunFact[]): string {
  const begun: readonly RunFact[] = [
    { type: "run-started", journal: 1, run: RUN, argv: ["ansible-playbook", "-i", "hosts.yml", "-l", "web", "-u", "me", "-e", "token=…", "-e", "@vars.yml", "--private-key=~/.ssh/key", "site.yml"], directory: "/home/me/site", pid: 7 },
    { type: "play", play: "p", name: "Shop", strategy: "linear" },
    { type: "task", task: "t", play: "p", name: "Migrate", action: "command", path: null, handler: false },
  ];
  return [...begun, ...facts].map((fact) => `${JSON.stringify({ at: 9000, ...fact })}\n`).join("");
}

interface Around {
  readonly world: FakeWorld;
  readonly requests: HostsRequest[];
  readonly journals: Record<string, string>;
}

/** A world with one run, and hosts that are there for whoever asks for them; a problem instead of hosts is thrown. */
function around(journal: string, hosts: Readonly<Record<string, OpenedHost | Problem>>, living: readonly number[] = []): Around {
  const requests: HostsRequest[] = [];
  const journals = { [RUN]: journal };
  const openHosts: FakeWorld["openHosts"] = async function* (request, expect) {
    requests.push(request);
    const found = request.pattern.split(",").flatMap((name) => hosts[name] ?? []);
    await Promise.resolve();
    expect?.(request.pattern.split(","));
    for (const each of found) {
      if (each instanceof Problem) throw each;
      yield each;
    }
  };
  return { world: { ...fakeWorld({}, []), openHosts, runs: async () => Promise.resolve(fakeRuns(journals, living)) }, requests, journals };
}

const host = (name: string, answers: Answers, seen?: FakeHost): OpenedHost => fakeHost({ host: name, answers: [answers] }, seen);

test("the open jobs of a run are followed to their end where the run reached them, and its journal and the history have the ends", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const history = fakeHistory();
  const { world, requests, journals } = around(journalOf(launched("web1", "j1.10"), launched("web1", "j0.1"), { type: "job-ended", host: "web1", jid: "j0.1", state: "failed", rc: 1, durationSeconds: 1, outputBytes: null }), {
    web1: host("web1", { show: [job(running)], wait: [job(running), over({ ...ended, delta: "0:01:30.000000" })] }, seen),
  });
  assert.equal(await runCli({ ...world, openHistory: history }, ["attach", "last"]), 0, world.printed.err);
  assert.equal(world.printed.out, "web1  j1.10  finished rc 0  all done\\x1b[2J\n");
  assert.equal(world.printed.err, "");
  assert.deepEqual(requests.map(({ inventories, pattern, user, limit }) => [inventories, pattern, user, limit]), [[["hosts.yml"], "web1,", "me", undefined]]);
  assert.deepEqual(seen.asked, [{ do: "show", dir: "/d", jid: "j1.10" }, { do: "wait", jobs: [{ dir: "/d", jid: "j1.10" }] }]);
  assert.match(journals[RUN] ?? "", /"type":"job-ended","host":"web1","jid":"j1\.10","state":"finished","rc":0,"durationSeconds":90,"outputBytes":null\}\n$/);
  assert.deepEqual((await history("read")).read().map(({ jid, seconds }) => `${jid} ${seconds}`).toSorted(), ["j0.1 1", "j1.10 90"]);
  assert.equal(await runCli(world, ["runs", "-f", "json"]), 0);
  assert.match(world.printed.out, /"open": 0/);
  assert.equal(await runCli(world, ["attach", "last"]), 0);
  assert.match(world.printed.out, /none of its jobs is open; longhaul show 20261127-2242-57ca tells their ends\n$/);
});

test("JSON has the run, and each job as it ended", async () => {
  const { world } = around(journalOf(launched("web1", "j1.10")), { web1: host("web1", { show: [job(running)], wait: [job(running), over(ended)] }) });
  const told = async (): Promise<{ readonly run: string; readonly jobs: readonly { readonly host: string; readonly state: string; readonly ended: boolean }[] }> => {
    world.printed.out = "";
    assert.equal(await runCli(world, ["attach", "last", "-f", "json"]), 0, world.printed.err);
    return JSON.parse(world.printed.out) as Awaited<ReturnType<typeof told>>;
  };
  const { run, jobs } = await told();
  assert.deepEqual([run, jobs.map((each) => [each.host, each.state, each.ended])], [RUN, [["web1", "finished", true]]]);
  assert.deepEqual((await told()).jobs, []);
});

test("jobs of other users are looked at as those, and options that are given go before the recorded ones", async () => {
  const { world, requests } = around(journalOf(launched("web1", "j1.10"), launched("db1", "j1.10", "postgres")), {
    web1: host("web1", { show: [job(ended)], wait: [over(ended)] }),
    db1: host("db1", { show: [job(running)], wait: [over({ ...ended, rc: 3, failed: true })] }),
  });
  assert.equal(await runCli(world, ["attach", RUN, "-i", "others.yml", "-e", "token=t"]), 1);
  for (const { extraVars, privateKeyFile } of requests) assert.deepEqual([extraVars, privateKeyFile], [["@/home/me/site/vars.yml", "token=t"], "~/.ssh/key"]);
  assert.deepEqual(requests.map(({ inventories, pattern, user, become, becomeUser }) => [inventories, pattern, user, become, becomeUser]), [
    [["others.yml"], "web1,", "me", undefined, undefined],
    [["others.yml"], "db1,", "me", true, "postgres"],
  ]);
  assert.deepEqual(world.printed.out.trimEnd().split("\n").map((line) => line.replace(/ {2}all done.*/, "")).toSorted(), ["db1  j1.10  failed rc 3", "web1  j1.10  finished rc 0"]);
});

test("a host that is not in the inventory any more, or cannot be reached, leaves its jobs open, and the others are followed", async () => {
  const { world, journals } = around(journalOf(launched("gone1", "j5.5"), launched("web1", "j1.10"), launched("db1", "j6.6", "postgres")), {
    web1: host("web1", { show: [job(running)], wait: [over(ended)] }),
    db1: new Problem("bad-usage", "no host matches db1,"),
  });
  assert.equal(await runCli(world, ["attach", RUN]), 2);
  assert.match(world.printed.out, /^web1 {2}j1\.10 {2}finished/);
  assert.equal(world.printed.err, `longhaul: db1: no host matches db1,\nlonghaul: run ${RUN}: 2 jobs of it have no known end; longhaul attach ${RUN} asks again\n`);
  assert.equal((journals[RUN] ?? "").match(/job-ended/g)?.length, 1);
});

test("a job whose file is gone is told as that, and one whose file cannot be read stays open", async () => {
  const bare = { ...running, path: null, file: "absent" as const, mtime: null, processes: [] };
  const closed = { ...bare, jid: "j2.20", file: "unreadable" as const };
  const { world, journals } = around(journalOf(launched("web1", "j1.10"), launched("web1", "j2.20")), { web1: host("web1", { show: [job(bare)], wait: [over(bare)] }) });
  assert.equal(await runCli(world, ["attach", RUN]), 1);
  assert.match(world.printed.err, /web1\/j1\.10: somebody has removed its job file, as Ansible does when it has polled a job to a good end\n/);
  assert.match(journals[RUN] ?? "", /"state":"absent"/);
  const other = around(journalOf(launched("web1", "j2.20")), { web1: host("web1", { show: [job(closed)], wait: [over(closed)] }) });
  assert.equal(await runCli(other.world, ["attach", RUN]), 1);
  assert.match(other.world.printed.err, /1 job of it has no known end/);
  assert.doesNotMatch(other.journals[RUN] ?? "", /job-ended/);
});

test("a run that goes on writes its journal itself", async () => {
  const { world, journals } = around(journalOf(launched("web1", "j1.10")), { web1: host("web1", { show: [job(running)], wait: [over(ended)] }) }, [7]);
  assert.equal(await runCli(world, ["attach", RUN]), 0);
  assert.equal(world.printed.err, `longhaul: run ${RUN} goes on (process 7), and writes its journal itself\n`);
  assert.doesNotMatch(journals[RUN] ?? "", /job-ended/);
});

test("the time to wait ends it, and the jobs stay open", async () => {
  const { world } = around(journalOf(launched("web1", "j1.10")), { web1: host("web1", { show: [job(running)], wait: ["hang"] }) });
  assert.equal(await runCli(world, ["attach", RUN, "--timeout", "90s"]), 124);
  assert.match(world.printed.err, /1 job has not ended after 1m30s; .*\nlonghaul: run 20261127-2242-57ca: 1 job of it has no known end/);
});
