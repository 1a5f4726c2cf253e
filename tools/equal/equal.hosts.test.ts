// A few generated playbooks, plain and supervised, on the oldest and the newest ansible-core that are here. run.ts plays them by the hundred.

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { coresHere } from "../../bridge/play.fixture.ts";
import type { Sshd } from "../../src/system/hosts/sshd.fixture.ts";
import { sshdMissing, startSshd } from "../../src/system/hosts/sshd.fixture.ts";
import { compareOn } from "./compare-on.ts";
import { generate } from "./generate.ts";

const skip = userInfo().uid === 0 ? sshdMissing() : "becoming another user needs the right to";
/** Of few kinds of starts, and most of them with one host: what takes time here is starting. */
const GENERATED = generate(60, 2).filter(({ isLast }) => !isLast);
const USUAL = GENERATED.filter(({ start }) => start === "usual");
const CHECK = GENERATED.filter(({ start }) => start === "check");
/** Up to 2.16 async_status has no answer in check mode. */
const STATUS = GENERATED.filter(({ features }) => features.includes("async_status in check mode"));
const PICKED = [...USUAL.filter(({ hosts }) => hosts.length === 1).slice(0, 7), ...USUAL.filter(({ hosts }) => hosts.length > 1).slice(0, 3), ...CHECK.slice(0, 2), ...STATUS.slice(0, 1)];
const UNITS = [...new Set(PICKED)];
let sshd: Sshd;
let directory = "";

before(async () => {
  if (skip !== false) return;
  directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-generated-")));
  chmodSync(directory, 0o755);
  sshd = await startSshd(3);
});
after(async () => {
  if (skip !== false) return;
  await sshd.stop();
  rmSync(directory, { recursive: true, force: true });
});

for (const { series, bin } of coresHere().filter((_, n, all) => n === 0 || n === all.length - 1)) {
  test(`ansible-core ${series}: generated playbooks give the same with longhaul and without`, { skip }, async () => {
    const told: string[] = [];
    const played: string[] = [];
    await compareOn(UNITS, { bin, sshd, directory: join(directory, series) }, {
      batch: 5,
      atOnce: 2,
      take: (outcomes, lines) => {
        played.push(...Object.keys(outcomes));
        told.push(...lines);
      },
    });
    assert.equal(told.join("\n"), "");
    assert.deepEqual(played.toSorted(), UNITS.map(({ id }) => id).toSorted());
  });
}
