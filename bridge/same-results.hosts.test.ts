// With the bridge a task gives what it gives without: on every ansible-core and on every Python of a target that is here.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { Ground, coresHere, pythonsHere } from "./play.fixture.ts";

const CORES = coresHere();
const PYTHONS = pythonsHere();
const grounds: Ground[] = [];

function ground(): Ground {
  const made = new Ground();
  grounds.push(made);
  return made;
}

after(() => {
  for (const each of grounds) each.remove();
});

const TASK = `
    - ansible.builtin.shell: echo out; echo err >&2; umask; exit 0
      async: 120
      poll: 1
      register: r`;

/** Without what differs from run to run. */
function lasting(result: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const varies = new Set(["ansible_job_id", "results_file", "start", "end", "delta", "deprecations", "warnings"]);
  return Object.fromEntries(Object.entries(result).filter(([key]) => !varies.has(key)));
}

/** Where what the wrapper writes or gets differs. */
const TURNS = new Set(["2.14", "2.18", "2.19", CORES.at(-1)?.series]);

for (const core of CORES.filter(({ series }) => TURNS.has(series))) {
  test(`a task's result with the bridge is that without it, and its output is in the log (ansible-core ${core.series})`, async () => {
    const [plain, bridged] = [ground(), ground()];
    const [expected, seen] = await Promise.all([plain.play({ core, bridge: false, tasks: TASK }), bridged.play({ core, bridge: true, tasks: TASK })]);
    assert.equal(expected.code, 0, expected.output);
    assert.equal(seen.code, 0, seen.output);
    assert.deepEqual(lasting(seen.r), lasting(expected.r));
    assert.deepEqual(Object.keys(seen.r).toSorted(), Object.keys(expected.r).toSorted());
    const jid = String(seen.r["ansible_job_id"]);
    assert.deepEqual(readdirSync(bridged.asyncDirectory), [`${jid}.log`]);
    const log = join(bridged.asyncDirectory, `${jid}.log`);
    const [, umask] = String(seen.r["stdout"]).split("\n");
    assert.deepEqual(new Set(readFileSync(log, "utf8").split("\n")), new Set(["out", "err", umask, ""]));
    assert.equal(statSync(log).mode & 0o777, 0o600);
    assert.equal(statSync(bridged.asyncDirectory).mode & 0o777, 0o700);
  });
}

/** The oldest Python of a target that a series takes. */
const FLOORS: Readonly<Record<string, number>> = { "2.14": 207, "2.15": 207, "2.16": 207, "2.17": 307, "2.18": 308, "2.19": 308, "2.20": 309, "2.21": 309 };

for (const [version, python] of PYTHONS) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const fitting = CORES.filter(({ series }) => (FLOORS[series] ?? 309) <= major * 100 + minor);
  const core = fitting[minor % fitting.length];
  if (core === undefined) continue;
  test(`a target's Python ${version} runs the job and copies its output (ansible-core ${core.series})`, async () => {
    const here = ground();
    const { code, output, r } = await here.play({ core, bridge: true, tasks: TASK, python });
    assert.equal(code, 0, output);
    assert.match(String(r["stdout"]), /^out\n/);
    assert.match(readFileSync(join(here.asyncDirectory, `${String(r["ansible_job_id"])}.log`), "utf8"), /out\n/);
  });
}
