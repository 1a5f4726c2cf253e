import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHistory, fakeRuns } from "../../../engine/ports.fake.ts";
import type { Measurement, Work } from "../../../model/duration.ts";
import type { JobReport } from "../../../model/host.ts";
import type { RunFact } from "../../../model/run-event.ts";
import { Problem } from "../../../model/problem.ts";
import { runCli } from "../program.ts";
import type { LiveTerminal, World } from "../world.ts";
import { fakeHost, job, NOW, over, running, worldOf } from "./jobs.fake.ts";

const kept = (work: Partial<Work>, ...seconds: readonly number[]): readonly Measurement[] => seconds.map((each, at) => ({
  work: { project: "/project", file: "", play: "", task: "", module: "", shape: "", ...work }, host: "web1", jid: `j${JSON.stringify(work)}${at}.1`, seconds: each, end: "finished", at, source: "run",
}));
const TASK = { project: "/project", file: "site.yml", play: "Shop", task: "Migrate", module: "command" };

/** The journal of a run that launched j1.10 on web1. */
const journal = (directory: string): string => ([
  { type: "run-started", journal: 1, run: "r", argv: ["ansible-playbook", "site.yml"], directory, pid: 1 },
  { type: "play", play: "p", name: "Shop", strategy: "linear" },
  { type: "task", task: "t", play: "p", name: "Migrate", action: "ansible.builtin.command", path: `${directory}/site.yml:4`, handler: false },
  { type: "job-launched", host: "web1", jid: "j1.10", dir: "/d", task: "t", delegatedBy: null, becomeUser: null, limitSeconds: 600, pollSeconds: 0, noLog: false, key: "k" },
] satisfies readonly RunFact[]).map((fact) => `${JSON.stringify({ at: NOW - 65, ...fact })}\n`).join("");

/** The job that began 65 seconds ago, and this command in it. */
const withProgram = (argv: string): JobReport => ({ ...running, processes: [...running.processes, { pid: 12, ppid: 11, pgid: 11, sid: 11, uid: 1000, start: NOW - 60, role: "program", argv, by: null }] });

async function printed(report: JobReport, parts: Partial<World>, ...argv: readonly string[]): Promise<string> {
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(report)], show: [job(report)] }] })], parts);
  assert.equal(await runCli(world, ["jobs", ...argv]), 0, world.printed.err);
  return world.printed.out;
}

test("a job that a run started is compared with earlier runs of its task, in table, page and JSON", async () => {
  const parts = { openHistory: fakeHistory(kept(TASK, 300, 320, 310, 305)), runs: async () => Promise.resolve(fakeRuns({ r: journal("/project") })) };
  assert.match(await printed(running, parts, "list"), /^HOST {2}STATE {4}AGE {4}LEFT {3}ETA .*\nweb1 {2}running {2}1m05s {2}8m55s {2}4m02s {2}-/);
  assert.match(await printed(running, parts, "show", "j1.10"), / eta {2}about 4m02s to go: 4 earlier runs of "Migrate", hardly any takes longer\n {7}than \d+m\d\ds\n/);
  const { jobs } = JSON.parse(await printed(running, parts, "list", "-f", "json")) as { jobs: readonly { eta: { remainingSeconds: number; isUnusual: boolean; of: string; runs: number } }[] };
  assert.deepEqual(jobs.map(({ eta }) => [Math.round(eta.remainingSeconds), eta.isUnusual, eta.of, eta.runs]), [[243, false, "Migrate", 4]]);
});

test("the run may have been started elsewhere: its own project counts", async () => {
  const parts = { openHistory: fakeHistory([...kept({ ...TASK, project: "/srv/shop" }, 100), ...kept(TASK, 900)]), runs: async () => Promise.resolve(fakeRuns({ r: journal("/srv/shop") })) };
  assert.match(await printed(running, parts, "list"), /running .* 35s {2}-/);
});

test("a job of nobody's run is compared with what ran the same command here", async () => {
  const parts = { openHistory: fakeHistory([...kept({ shape: "rebuild --all" }, 20, 21, 22), ...kept({ shape: "rebuild --all", project: "/other" }, 5_000)]) };
  assert.match(await printed(withProgram("/opt/rebuild --all /srv"), parts, "list"), /running .* unusual /);
  assert.match(await printed(withProgram("/opt/rebuild --all /srv"), parts, "show", "j1.10"), /unusually long: 3 earlier runs of "rebuild --all"/);
});

test("where nothing ties it to a work, or history and runs cannot be read, nothing is said and nothing is missing", async () => {
  const refuses = (): never => {
    throw new Problem("cannot-read", "no");
  };
  const cases: readonly Partial<World>[] = [
    { openHistory: fakeHistory(kept(TASK, 300)) },
    { openHistory: () => Promise.reject(new Problem("history-unusable", "no")) },
    { openHistory: fakeHistory(kept(TASK, 300)), runs: async () => Promise.resolve({ ...fakeRuns(), ids: refuses }) },
    { openHistory: fakeHistory(kept(TASK, 300)), runs: async () => Promise.resolve({ ...fakeRuns({ r: "" }), journal: refuses }) },
  ];
  for (const parts of cases) assert.match(await printed(running, parts, "list"), /^HOST {2}STATE {4}AGE {4}LEFT {3}RC /);
});

test("history and runs are not opened for jobs that have ended", async () => {
  const untouched = { openHistory: () => Promise.reject(new Error("opened")), runs: () => Promise.reject(new Error("opened")) };
  assert.match(await printed({ ...running, file: "result", finished: true, rc: 0, processes: [] }, untouched, "list"), /finished/);
});

test("who waits sees how long it will still take", async () => {
  const live: LiveTerminal = { size: () => ({ columns: 100, rows: 24 }), onResize: () => () => undefined };
  const parts = { live, openHistory: fakeHistory(kept(TASK, 300, 320, 310, 305)), runs: async () => Promise.resolve(fakeRuns({ r: journal("/project") })) };
  const quiet = Array.from({ length: 30 }, () => job(running));
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(running)], wait: [...quiet, "drop"] }, undefined, undefined, { wait: [over({ ...running, file: "result", finished: true, rc: 0, processes: [] })] }] })], parts);
  assert.equal(await runCli(world, ["jobs", "wait"]), 0);
  assert.match(world.printed.out, /web1\/j1\.10 {2}1m05s {2}left 8m55s {2}about 4m02s to go {2}/);
});
