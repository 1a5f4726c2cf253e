import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fakeRuns } from "../../../engine/ports.fake.ts";
import { runCli } from "../program.ts";
import type { FakeWorld } from "../world.fake.ts";
import { fakeWorld } from "../world.fake.ts";

const SAMPLE = readFileSync(join(import.meta.dirname, "../../../engine/run/samples/journal-1.jsonl"), "utf8");
const WHOLE = SAMPLE.split("\n").filter((line) => line.endsWith("}")).join("\n");
const begun = (run: string, pid: number): string => `${JSON.stringify({ at: 1_795_900_000, type: "run-started", journal: 1, run, argv: ["ansible-playbook", "site.yml"], directory: "/home/me", pid })}\n`;

function worldWith(journals: Readonly<Record<string, string>>, texts: Record<string, string> = {}, living: readonly number[] = []): FakeWorld {
  return { ...fakeWorld(texts, []), runs: async () => Promise.resolve(fakeRuns(journals, living)) };
}

test("runs are listed newest first with their result and the jobs they left open, in 80 columns", async () => {
  const world = worldWith({ "20261127-2242-57ca": WHOLE, "20261128-1946-0001": begun("20261128-1946-0001", 1), "20261128-1946-0002": begun("20261128-1946-0002", 2) }, {}, [2]);
  assert.equal(await runCli(world, ["runs"]), 0);
  assert.equal(world.printed.err, "");
  const [head = "", ...rows] = world.printed.out.trimEnd().split("\n");
  assert.match(head, /^RUN +BEGAN +RESULT +OPEN +PLAYBOOK$/);
  assert.deepEqual(rows.map((row) => row.replace(/ \d{4}-\d\d-\d\d \d\d:\d\d /, " ").split(/ {2,}/)), [
    ["20261128-1946-0002", "goes on", "-", "site.yml"],
    ["20261128-1946-0001", "cut off", "-", "site.yml"],
    ["20261127-2242-57ca", "unreachable", "1", "night.yml"],
  ]);
  assert.ok(rows.every((row) => row.length <= 80));
});

test("a torn journal is shown with a line about it, one that tells nothing only has its line, and the others are there", async () => {
  const world = worldWith({ "20261127-2242-57ca": SAMPLE, a: "", b: "hello\n", c: `{"at":1,"type":"run-ended","code":0,"signal":null}\n`, d: begun("d", 1).replace(`"journal":1`, `"journal":2`) });
  assert.equal(await runCli(world, ["runs"]), 2);
  assert.equal(world.printed.out.trimEnd().split("\n").length, 2);
  assert.deepEqual(world.printed.err.trimEnd().split("\n").toSorted(), [
    "longhaul: run 20261127-2242-57ca: 1 line of its journal is torn; what the others tell is shown",
    "longhaul: run a: its journal is empty",
    "longhaul: run b: no line of its journal is an event of longhaul",
    "longhaul: run c: its journal does not say how it began",
    "longhaul: run d: its journal has format 2, and this longhaul knows 1; take a newer longhaul",
  ]);
});

test("no more than asked for are shown, and the rest is counted; none is said too", async () => {
  const world = worldWith({ "1": begun("1", 1), "2": begun("2", 1), "3": begun("3", 1) });
  assert.equal(await runCli(world, ["runs", "-n", "1", "-f", "json"]), 0);
  const { runs, older } = JSON.parse(world.printed.out) as { runs: { run: string; result: string; open: number }[]; older: number };
  assert.deepEqual([runs.map(({ run, result, open }) => [run, result, open]), older], [[["3", "cut off", 0]], 2]);
  const empty = worldWith({});
  assert.equal(await runCli(empty, ["runs"]), 0);
  assert.equal(empty.printed.out, "no runs yet; longhaul run makes one\n");
  assert.equal(await runCli(empty, ["show", "last"]), 2);
});

test("a run is shown with its jobs, what failed, why, and what is open", async () => {
  const world = worldWith({ "20261127-2242-57ca": WHOLE });
  assert.equal(await runCli(world, ["show", "20261127"]), 0);
  const { out } = world.printed;
  assert.match(out, /^20261127-2242-57ca {2}unreachable\n {2}when \d{4}-\d\d-\d\d [\d:]+, took 2m24s\n/);
  assert.match(out, /^ {2}cmd {2}ansible-playbook -i hosts\.yml night\.yml\n {2}in {3}\/home\/me\/site\n {2}core 2\.18\.9\n {2}said 1 changed, 1 unreachable\n {2}bad {2}db2: Compact the database: unreachable\n/m);
  assert.match(out, /^ {2}why {2}The connection was lost while Ansible waited\n {7}\[connection-lost-while-waiting\]\n {2}log {2}\/state\/runs\/20261127-2242-57ca\/output\.log$/m);
  assert.match(out, /^db1 {3}finished {2}1m39s {2}0 {3}j27915326346\.22685 {2}Compact the database$/m);
  assert.match(out, /^db2 {3}open {6}- {6}- {3}j99915326346\.331 {4}Compact the database$/m);
  assert.ok(out.split("\n").every((line) => line.length <= 80), out);
  const json = worldWith({ "20261127-2242-57ca": WHOLE });
  assert.equal(await runCli(json, ["show", "last", "-f", "json"]), 0);
  const { jobs, open } = JSON.parse(json.printed.out) as { jobs: { jid: string; isOpen: boolean }[]; open: number };
  assert.deepEqual([jobs.map(({ jid, isOpen }) => [jid, isOpen]), open], [[["j27915326346.22685", false], ["j99915326346.331", true]], 1]);
});

test("a name that no run or more than one has is told", async () => {
  const world = worldWith({ "20261127-2242-57ca": WHOLE, "20261127-2243-0000": WHOLE });
  assert.equal(await runCli(world, ["show", "2026"]), 2);
  assert.equal(await runCli(world, ["show", "x"]), 2);
  assert.equal(world.printed.err, "longhaul: 2026: 2 runs begin so: 20261127-2243-0000, 20261127-2242-57ca\nlonghaul: x: there is no such run; longhaul runs lists them\n");
});

test("the output of a run is printed as it is, and in a terminal without what steers it", async () => {
  const texts = { "/state/runs/20261127-2242-57ca/output.log": "PLAY\n\u001b[0;32mok\u001b[0m\u0007" };
  const world = worldWith({ "20261127-2242-57ca": WHOLE }, texts);
  assert.equal(await runCli(world, ["show", "last", "--output"]), 0);
  assert.equal(world.printed.out, "PLAY\n\u001b[0;32mok\u001b[0m\u0007");
  const terminal = { ...worldWith({ "20261127-2242-57ca": WHOLE }, texts), terminal: true };
  assert.equal(await runCli(terminal, ["show", "last", "--output"]), 0);
  assert.equal(terminal.printed.out, "PLAY\nok\\x07");
});
