// The role async_task on the oldest and newest ansible-core at hand: faults that are quick, and its entry points. All faults: faults.hosts.test.ts.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { prepareCores } from "../../proofs/cores.ts";
import { allSeries } from "../../proofs/series.ts";
import { FAULTS } from "./faults.ts";
import { LOCAL, playFaults, wrongs } from "./stage.ts";

for (const series of allSeries.filter(({ name }) => ["2.14", "2.21"].includes(name))) {
  test(`ansible-core ${series.name}: success, failure, limit and lost jobs are told apart`, async (t) => {
    const [core] = await prepareCores([series], join(import.meta.dirname, "../../.cache/ansible"));
    if (core === undefined || !("bin" in core)) return t.skip(core?.reason ?? "no such series");
    const faults = FAULTS.filter(({ quick }) => quick);
    const played = await playFaults(faults, core.bin, LOCAL);
    assert.deepEqual(faults.flatMap((fault) => wrongs(fault, played.told[fault.id]).map((each) => `${fault.id}: ${each}`)), [], played.output.slice(-20_000));
  });
}
