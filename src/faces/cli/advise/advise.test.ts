import assert from "node:assert/strict";
import { test } from "node:test";
import { modes } from "../../../catalogue/index.ts";
import { fakeHistory } from "../../../engine/ports.fake.ts";
import type { Measurement } from "../../../model/duration.ts";
import { runCli } from "../program.ts";
import type { FakeWorld } from "../world.fake.ts";
import { fakeWorld } from "../world.fake.ts";

const DAY = 86_400;
const PLAYBOOK = `- name: Shop
  hosts: db
  tasks:
    - name: Migrate {{ shop }}
      ansible.builtin.command: /opt/shop/bin/migrate --all 5
      async: 60 # seconds
      poll: 30

    - name: Start the report
      ansible.builtin.command: /opt/shop/bin/report
      async: 300
      poll: 0
      register: report

    - name: Wait for the report
      ansible.builtin.async_status:
        jid: "{{ report.ansible_job_id }}"
      register: result
      until: result is finished
      retries: 31
      delay: 10

    - name: Update
      ansible.builtin.apt:
        upgrade: dist
      async: 600
      poll: 5
`;

function runs(task: string, shape: string, seconds: readonly number[]): readonly Measurement[] {
  return seconds.map((each, index) => ({
    work: { project: "/project", file: "/runner/project/site.yml", play: "Shop", task, module: "command", shape }, host: "db1", jid: `j${task}${index}.1`, seconds: each, end: "finished", at: index * DAY, source: "run",
  }));
}

const MIGRATE = runs("Migrate the shop", "migrate --all", [61, 66, 58, 70, 64, 84]);
const REPORT = runs("Start the report", "report", [400, 420, 390, 410, 405]);

function world(kept: readonly Measurement[]): FakeWorld {
  return { ...fakeWorld({ "site.yml": PLAYBOOK }, modes), openHistory: fakeHistory(kept) };
}

async function advise(own: FakeWorld, ...argv: readonly string[]): Promise<number> {
  return runCli(own, ["advise", ...argv]);
}

test("measured tasks get numbers, others rules of thumb that are said to be such, in 80 columns", async () => {
  const own = world([...MIGRATE, ...REPORT]);
  assert.equal(await advise(own), 0);
  const { out } = own.printed;
  assert.ok(out.split("\n").every((line) => line.length <= 80), out);
  assert.match(out, /^site\.yml:4 {2}Migrate \{\{ shop \}\}\n {2}measured {2}6 runs on 1 host: p50 1m05s, p95 1m21s, max 1m24s\n {2}limit {5}60 s now: shorter than 5 measured runs; 95 s would have held, 145 s\n/m);
  assert.match(out, /^site\.yml:23 {2}Update\n {2}measured {2}nothing yet;/m);
  assert.match(out, /the rule of thumb for system updates is 60 s/);
  assert.match(out, /nobody\s+has said how long it takes: --expect 20m does/);
  assert.match(out, /^3 async tasks: 2 measured, 1 by rules of thumb; --apply changes 2, --diff shows\nhow\n$/m);
});

test("where some hosts are clearly slower it says which, and the limit that is enough for the others", async () => {
  const on = (host: string, times: number): readonly Measurement[] => MIGRATE.map((each) => ({ ...each, host, jid: `${host}${each.jid}`, seconds: each.seconds * times }));
  const own = world([...on("db1", 1), ...on("db2", 1), ...on("old1", 6), ...on("old2", 6)]);
  assert.equal(await advise(own), 0);
  const told = /\n {2}hosts {5}(?:.*\n {12})*.*\n/.exec(own.printed.out)?.[0].replaceAll(/\s+/g, " ").trim();
  assert.match(told ?? own.printed.out, /^hosts old1, old2 are clearly slower: (\d+) s is for them, (\d+) s is enough for the others\. By hand, with a group slow of these hosts, async: "\{\{ \1 if inventory_hostname in groups\['slow'\] else \2 \}\}"$/);
  const one = world([...on("db1", 1), ...on("db2", 1), ...on("old", 6)]);
  assert.equal(await advise(one, "-f", "json"), 0);
  const { tasks } = JSON.parse(one.printed.out) as { tasks: readonly { limit: { slowHosts: unknown; otherHostsSeconds: number; advisedSeconds: number } }[] };
  assert.deepEqual(tasks[0]?.limit.slowHosts, ["old"]);
  assert.ok(tasks[0].limit.otherHostsSeconds * 2 <= tasks[0].limit.advisedSeconds);
});

test("apply sets the limit, the poll and the retries that wait, and leaves every other byte as it is", async () => {
  const own = world([...MIGRATE, ...REPORT]);
  assert.equal(await advise(own, "--apply"), 0);
  const changed = (own.texts["site.yml"] ?? "").split("\n");
  const before = PLAYBOOK.split("\n");
  const lines = changed.flatMap((line, index) => (line === before[index] ? [] : [line.replaceAll(/\d+/g, "N")]));
  assert.deepEqual(lines, ["      async: N # seconds", "      poll: N", "      async: N", "      retries: N"]);
  assert.equal(changed.length, before.length);
  assert.match(own.printed.out, /2 tasks changed\n$/);
  own.printed.out = "";
  assert.equal(await advise(own, "--apply"), 0);
  assert.match(own.printed.out, /nothing to change\nnothing changed\n$/);
});

test("a diff shows the changes and writes nothing", async () => {
  const own = world(MIGRATE);
  assert.equal(await advise(own, "--diff"), 0);
  assert.match(own.printed.out, /^-\s+async: 60 # seconds\n-\s+poll: 30\n\+\s+async: \d+ # seconds\n\+\s+poll: 5$/m);
  assert.equal(own.texts["site.yml"], PLAYBOOK);
});

test("what only a rule of thumb says is not changed without consent", async () => {
  const own = world([]);
  assert.equal(await advise(own, "--expect", "Update=1h", "--apply"), 0);
  assert.equal(own.texts["site.yml"], PLAYBOOK);
  assert.match(own.printed.err, /1 repair chooses between meanings and is not made; --apply --yes makes it/);
  assert.equal(await advise(own, "--expect", "Update=1h", "--apply", "--yes"), 0);
  assert.match(own.texts["site.yml"] ?? "", /async: 10800\n/);
});

test("a much larger limit than needed is told, and lowered only with consent", async () => {
  const own = world(runs("Update", "", [20, 21, 20, 22, 20, 21]).map((run) => ({ ...run, work: { ...run.work, module: "apt" } })));
  assert.equal(await advise(own, "--apply"), 0);
  assert.match(own.printed.out.replaceAll(/\s+/g, " "), /600 s now: enough for any run; with \d+ s a hung job is noticed \S+ sooner/);
  assert.equal(own.texts["site.yml"], PLAYBOOK);
});

test("runs of another command do not count, and are said", async () => {
  const own = world(runs("Migrate the shop", "migrate --one", [500]));
  assert.equal(await advise(own), 0);
  assert.match(own.printed.out, /nothing yet; 1 run of another command not counted/);
});

test("an expectation of a task that is not there is said", async () => {
  const own = world([]);
  assert.equal(await advise(own, "--expect", "Upgrade=1h"), 0);
  assert.match(own.printed.err, /--expect "Upgrade=3600": there is no async task of that name/);
  assert.equal(await advise(own, "--expect", "soon"), 2);
});

test("JSON has the numbers and what would be set", async () => {
  const own = world([...MIGRATE, ...REPORT]);
  assert.equal(await advise(own, "-f", "json"), 0);
  const { tasks } = JSON.parse(own.printed.out) as { tasks: { basis: string; limit: { verdict: string; heldSeconds: number | null }; change: { needsConsent: boolean; set: string[] } | null }[] };
  assert.deepEqual(tasks.map(({ basis, limit, change }) => [basis, limit.verdict, limit.heldSeconds, change?.needsConsent ?? null]), [
    ["measured", "too short", 95, false],
    ["measured", "too short", 480, false],
    ["rule of thumb", "unknown", null, null],
  ]);
});

test("lint says where a limit is below what was measured, repairs it, and says nothing of it without a history", async () => {
  const own = world([...MIGRATE, ...REPORT]);
  assert.equal(await runCli(own, ["lint", "-f", "json"]), 1);
  const found = (text: string): readonly unknown[] => (JSON.parse(text) as { findings: { mode: string; severity: string }[] }).findings.map(({ mode, severity }) => [mode, severity]);
  assert.deepEqual(found(own.printed.out), [["limit-too-short", "error"], ["limit-too-short", "error"]]);
  for (const [argv, texts] of [[["--no-history"], {}], [[], { "longhaul.yml": "history: off\n" }]] as const) {
    const other = { ...fakeWorld({ "site.yml": PLAYBOOK, ...texts }, modes), openHistory: fakeHistory([...MIGRATE, ...REPORT]) };
    assert.equal(await runCli(other, ["lint", "-f", "json", "site.yml", ...argv]), 0, other.printed.err);
    assert.deepEqual(found(other.printed.out), []);
  }
  assert.equal(await runCli(own, ["lint", "--fix"]), 0);
  assert.match(own.printed.out, /set async to \d+, by the measured runs; raise the retries that wait for it/);
});
