// The recordings at hand: complete, made from the present proofs, and silent about the machine they were made on.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import test from "node:test";
import { readProofs, recordingPath, runName, runsOf } from "./plan.ts";
import { parseRecording } from "./recording.ts";
import { allSeries } from "./series.ts";

const root = join(import.meta.dirname, "..");
const { proofs, problems } = readProofs(join(root, "src", "catalogue"));
const runs = proofs.flatMap((proof) => allSeries.flatMap((series) => runsOf(proof, series.name)));

test("every proof has a readable header", () => {
  assert.deepEqual(problems, []);
});

test("every run that a proof asks for is recorded, from the present proof", () => {
  for (const run of runs) {
    const recording = parseRecording(readFileSync(recordingPath(run), "utf8"));
    assert.ok(recording !== undefined, runName(run));
    const digest = createHash("sha256").update(run.proof.text).digest("hex");
    assert.equal(recording.header.proof, digest.slice(0, 12), `${runName(run)} was recorded from another proof`);
    assert.ok(recording.header.core.startsWith(`${run.series}.`), runName(run));
  }
});

test("no recording is left over from a proof that is gone", () => {
  const expected = new Set(runs.map((run) => recordingPath(run)));
  for (const folder of new Set(proofs.map((proof) => dirname(proof.path)))) {
    for (const name of readdirSync(join(folder, "recordings"))) {
      assert.ok(expected.has(join(folder, "recordings", name)), join(basename(dirname(folder)), name));
    }
  }
});

test("no recording tells where it was made, or which mode it shows", () => {
  const telling = ["longhaul-proof-", "src/catalogue", `${root}/`, `${tmpdir()}/longhaul`, ...(homedir() === "/root" ? [] : [`${homedir()}/`])];
  for (const run of runs) {
    const output = parseRecording(readFileSync(recordingPath(run), "utf8"))?.output ?? "";
    for (const word of telling) assert.ok(!output.includes(word), `${runName(run)} holds ${word}`);
  }
});
