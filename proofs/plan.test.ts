import assert from "node:assert/strict";
import test from "node:test";
import { readRecordingName, recordingPath, runName, runsOf } from "./plan.ts";
import type { Proof } from "./plan.ts";
import { parseHeader } from "./header.ts";

function proof(variant: string): Proof {
  const text = "# longhaul proof: m\n# expects: exit 0\n# also: v0, json on 2.14\n---\n";
  const header = parseHeader(text);
  assert.ok(typeof header !== "string");
  return { mode: "m", variant, path: `/c/m/proof/proof${variant === "" ? "" : `-${variant}`}.yml`, text, header };
}

test("further looks are taken only on the series that ask for them", () => {
  assert.deepEqual(runsOf(proof(""), "2.14").map((run) => run.look), ["v", "v0", "json"]);
  assert.deepEqual(runsOf(proof(""), "2.15").map((run) => run.look), ["v"]);
});

test("a recording's file name says series, variant and look, and can be read again", () => {
  const run = { proof: proof("wrapper-polled"), series: "2.14", look: "vvv" } as const;
  assert.equal(recordingPath(run), "/c/m/proof/recordings/2.14-wrapper-polled--vvv.txt");
  assert.deepEqual(readRecordingName(recordingPath(run)), { series: "2.14", variant: "wrapper-polled", look: "vvv" });
  assert.deepEqual(readRecordingName("2.21.txt"), { series: "2.21", variant: "", look: "v" });
  assert.equal(readRecordingName("notes.txt"), undefined);
  assert.equal(runName(run), "m/wrapper-polled 2.14 (vvv)");
});
