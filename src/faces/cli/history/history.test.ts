import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fakeHistory } from "../../../engine/ports.fake.ts";
import type { Measurement } from "../../../model/duration.ts";
import { runCli } from "../program.ts";
import type { FakeWorld } from "../world.fake.ts";
import { fakeWorld } from "../world.fake.ts";

const DAY = 86_400;
const START = Date.parse("2026-10-01T10:00:00Z") / 1000;

function measured(task: string, seconds: number, more: Partial<Measurement> = {}): Measurement {
  const work = { project: "/project", file: "site.yml", play: "Shop", task, module: "command", shape: "shop-db --all" };
  return { work, host: "db1", jid: `j${task}${more.at ?? 0}.1`, seconds, end: "finished", limitSeconds: 120, at: START, source: "run", ...more };
}

const KEPT: readonly Measurement[] = [
  measured("Migrate the database", 61),
  measured("Migrate the database", 84, { at: START + DAY, host: "db2" }),
  measured("Migrate the database", 120, { at: START + 2 * DAY, end: "timed-out" }),
  measured("Rebuild\u001b[31m the index", 3_000, { at: START + 3 * DAY, end: "failed" }),
  measured("Of another project", 5, { work: { project: "/other", file: "", play: "", task: "Of another project", module: "", shape: "" } }),
];

function world(texts: Record<string, string> = {}): FakeWorld {
  return { ...fakeWorld(texts, []), openHistory: fakeHistory(KEPT) };
}

async function run(own: FakeWorld, ...argv: readonly string[]): Promise<number> {
  return runCli(own, ["history", ...argv]);
}

test("the tasks of this project stand in a table of at most 80 columns", async () => {
  const own = world();
  assert.equal(await run(own), 0);
  assert.equal(own.printed.out, `${[
    "task                     runs     p50     p95     max   limit advised  last",
    "Migrate the database        3   1m13s   1m23s   1m24s   2m00s   8m00s  timed-out",
    "Rebuild\\x1b[31m the in…     1       -       -       -   2m00s   2h31m  failed",
  ].join("\n")}\n`);
});

test("one task is drawn with its runs as bars and its limits as lines", async () => {
  const own = world();
  assert.equal(await run(own, "migrate"), 0);
  const lines = own.printed.out.trimEnd().split("\n");
  assert.ok(lines.every((line) => line.length <= 80), own.printed.out);
  assert.deepEqual(lines.slice(0, 4), ["Migrate the database", "  site.yml, play Shop, command, shop-db --all", "  3 runs on 2 hosts, 2026-10-01 to 2026-10-03", "  p50 1m13s, p95 1m23s, max 1m24s"]);
  const [first, , third] = lines.slice(-3);
  assert.match(first ?? "", /^ {2}2026-10-01 10:00 {2}db1 =+ +\| +: 1m01s$/);
  assert.match(third ?? "", /^ {2}2026-10-03 10:00 {2}db1 -+\| +: 2m00s$/);
});

test("JSON has everything, and the runs of those that are asked for", async () => {
  const own = world();
  assert.equal(await run(own, "migrate", "-f", "json"), 0);
  const { tasks } = JSON.parse(own.printed.out) as { tasks: { task: string; runs: number; maxSeconds: number; measurements: { seconds: number }[] }[] };
  assert.deepEqual(tasks.map(({ task, runs, maxSeconds, measurements }) => [task, runs, maxSeconds, measurements.length]), [["Migrate the database", 3, 84, 3]]);
});

test("a task that was not measured is 1, and the line says what lists them", async () => {
  const own = world();
  assert.equal(await run(own, "nothing", "like", "it"), 1);
  assert.match(own.printed.err, /no task with "nothing like it" in its name was measured; longhaul history lists/);
});

test("a project without measurements is told how to get some", async () => {
  const own = { ...fakeWorld({}, []), openHistory: fakeHistory() };
  assert.equal(await run(own), 0);
  assert.match(own.printed.err, /longhaul history import LOG/);
});

const log = readFileSync(join(import.meta.dirname, "../../../engine/durations/samples/2.18-v1.txt"), "utf8");

test("importing twice adds nothing", async () => {
  const own = world({ "run.log": log });
  assert.equal(await run(own, "import", "run.log"), 0);
  assert.match(own.printed.out, /^run\.log: 4 durations added, 4 jobs ended without a word/);
  own.printed.out = "";
  assert.equal(await run(own, "import", "run.log"), 0);
  assert.match(own.printed.out, /^run\.log: 0 durations added, 4 known already/);
});

test("a text that Ansible did not print is one line and 2, and the others are imported all the same", async () => {
  const own = world({ "run.log": log, "notes.txt": "buy milk\n" });
  assert.equal(await run(own, "import", "notes.txt", "run.log"), 2);
  assert.match(own.printed.err, /^longhaul: notes\.txt: nothing in it that Ansible prints/);
  assert.match(own.printed.out, /^run\.log: 4 durations added/);
});

test("a directory of ansible-runner is read in the order of its events", async () => {
  const event = (counter: number, name: string, more: object): string => JSON.stringify({ counter, event: name, event_data: { host: "h", play: "P", task: "Update", task_uuid: "t", task_action: "apt", ...more } });
  const job = { ansible_job_id: "j1.2" };
  const own = world({
    "run/job_events/2-aa.json": event(2, "runner_on_ok", { res: { ...job, started: 1, finished: 0 }, start: "2026-11-01T10:00:00", end: "2026-11-01T10:00:01" }),
    "run/job_events/10-bb.json": event(10, "runner_on_ok", { task: "Wait", task_uuid: "u", task_action: "async_status", res: { ...job, started: 1, finished: 1 }, start: "2026-11-01T10:01:00", end: "2026-11-01T10:02:00" }),
  });
  assert.equal(await run(own, "import", "run"), 0);
  await run(own, "update", "-f", "json");
  assert.match(own.printed.out, /^run: 1 duration added\n/);
  assert.match(own.printed.out, /"maxSeconds": 120/);
});

test("forgetting needs a word on what", async () => {
  const own = world();
  assert.equal(await run(own, "forget"), 2);
  assert.equal(await run(own, "forget", "rebuild"), 0);
  assert.equal(await run(own, "forget", "--older", "1d"), 0);
  assert.equal(own.printed.out, "1 duration forgotten\n3 durations forgotten\n");
  assert.equal(await run(own, "forget", "--all"), 1);
});
