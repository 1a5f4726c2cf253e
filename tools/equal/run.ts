// `node tools/equal/run.ts --cores 2.14,2.18,2.21 --count 200`: plays generated playbooks plain and supervised, tells what differs, and keeps the
// table that docs/bridge.md shows. Further options: --seed N, --from N (number of the first playbook), --batch N (playbooks in one start), --at-once N
// (starts side by side), --only e7,e12, --keep (the files).

import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareCores } from "../../proofs/cores.ts";
import { allSeries } from "../../proofs/series.ts";
import { startSshd } from "../../src/system/hosts/sshd.fixture.ts";
import type { Outcomes } from "./compare-on.ts";
import { compareOn } from "./compare-on.ts";
import { generate } from "./generate.ts";
import { record } from "./table.ts";

const { values } = parseArgs({
  options: {
    cores: { type: "string", default: "2.14,2.18,2.21" }, count: { type: "string", default: "200" }, seed: { type: "string", default: "1" }, from: { type: "string", default: "1" },
    batch: { type: "string", default: "15" }, "at-once": { type: "string", default: "2" }, only: { type: "string" }, keep: { type: "boolean", default: false },
  },
});
const [seed, first] = [Number(values.seed), Number(values.from)];
const only = values.only?.split(",");
const units = generate(first - 1 + Number(values.count), seed).slice(first - 1).filter(({ id }) => only === undefined || only.includes(id));
const wanted = values.cores.split(",");
const cores = await prepareCores(allSeries.filter(({ name }) => wanted.includes(name)), join(import.meta.dirname, "../../.cache/ansible"));
const directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-equal-")));
chmodSync(directory, 0o755);
const sshd = await startSshd(3);
try {
  for (const core of cores) {
    if ("reason" in core) {
      console.error(`no ansible-core ${core.series}: ${core.reason}`);
      process.exitCode = 1;
      continue;
    }
    let played = 0;
    const take = (outcomes: Outcomes, told: readonly string[]): void => {
      played += Object.keys(outcomes).length;
      for (const line of told) console.log(line);
      console.log(`${core.version}: ${played} of ${units.length} played`);
      if (told.length > 0) process.exitCode = 1;
      record(core, seed, outcomes);
    };
    await compareOn(units, { bin: core.bin, sshd, directory: join(directory, core.series) }, { batch: Number(values.batch), atOnce: Number(values["at-once"]), take });
  }
} finally {
  await sshd.stop();
  if (values.keep) console.log(directory);
  else rmSync(directory, { recursive: true, force: true });
}
