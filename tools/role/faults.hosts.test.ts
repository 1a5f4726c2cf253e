// Every fault over ssh, on the oldest and the newest ansible-core. LONGHAUL_CORES=2.16,2.19 chooses other series (minutes each);
// UPDATE=1 writes what was told to told.json.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { prepareCores } from "../../proofs/cores.ts";
import { allSeries } from "../../proofs/series.ts";
import type { Sshd } from "../../src/system/hosts/sshd.fixture.ts";
import { sshdMissing, startSshd } from "../../src/system/hosts/sshd.fixture.ts";
import { FAULTS } from "./faults.ts";
import type { Played, Reach } from "./stage.ts";
import { playFaults, wrongs } from "./stage.ts";
import { record } from "./table.ts";

const chosen = (process.env["LONGHAUL_CORES"] ?? "2.14,2.21").split(",");
const skip = sshdMissing() || (process.getuid?.() === 0 ? false : "becoming another user without a password needs root");
let sshd: Sshd | undefined;

before(async () => {
  if (skip === false) sshd = await startSshd(FAULTS.length);
});
after(() => sshd?.stop());

const reach: Reach = (number) => ({
  ansible_host: `127.0.1.${number}`, ansible_port: sshd?.port, port: sshd?.port, ansible_user: "root", ansible_ssh_private_key_file: `${sshd?.directory}/key`,
  ansible_ssh_common_args: sshd?.sshArgs,
});

/** The files that may be left: those of a job that is lost, unknown or runs on. */
function strays({ told, left }: Played): readonly string[] {
  return Object.entries(left).flatMap(([id, names]) => (["finished", "failed"].includes(told[id]?.state ?? "") ? names.map((name) => `${id} left ${name}`) : []));
}

for (const series of allSeries.filter(({ name }) => chosen.includes(name))) {
  test(`ansible-core ${series.name}: the role tells each fault apart`, { skip }, async (t) => {
    const [core] = await prepareCores([series], join(import.meta.dirname, "../../.cache/ansible"));
    if (core === undefined || !("bin" in core)) return t.skip(core?.reason ?? "no such series");
    const played = await playFaults(FAULTS, core.bin, reach);
    const wrong = FAULTS.flatMap((fault) => wrongs(fault, played.told[fault.id]).map((each) => `${fault.id}: ${each}`));
    if (process.env["UPDATE"] === "1") {
      const faults = Object.entries(played.told).map(([id, { state, waitedSeconds }]) => [id, { state, seconds: Math.round(waitedSeconds) }] as const);
      record(series.name, { version: core.version, connection: "ssh", faults: Object.fromEntries(faults) });
    }
    assert.deepEqual([...wrong, ...strays(played)], [], played.output.slice(-20_000));
  });
}
