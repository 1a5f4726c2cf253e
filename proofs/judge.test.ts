import assert from "node:assert/strict";
import test from "node:test";
import { parseHeader } from "./header.ts";
import type { ProofHeader } from "./header.ts";
import { contains, judge } from "./judge.ts";

function header(...lines: readonly string[]): ProofHeader {
  const parsed = parseHeader(["# longhaul proof: m", ...lines].join("\n") + "\n---\n");
  if (typeof parsed === "string") assert.fail(parsed);
  return parsed;
}

test("a run that did what its header says has no problems", () => {
  const proof = header("# expects: exit 2", "# shows: could not find job", "# never shows: ASYNC");
  const output = 'fatal: [h]: FAILED! => {"msg": "could not find job"}';
  assert.deepEqual(judge(proof, { series: "2.14", exitCode: 2, output, wholeHeader: true }), []);
});

test("each thing that is wrong is said", () => {
  const proof = header("# expects: exit 2", "# shows: could not find job", "# never shows: ASYNC");
  const problems = judge(proof, { series: "2.14", exitCode: 0, output: "ASYNC OK", wholeHeader: true });
  assert.deepEqual(problems, ["exit 0 instead of 2", "does not show: could not find job", "shows: ASYNC"]);
});

test("a statement for some series goes before the general one and is silent elsewhere", () => {
  const proof = header("# expects: exit 2", "# expects 2.17+: exit 0", "# shows <2.17: refused");
  assert.deepEqual(judge(proof, { series: "2.18", exitCode: 0, output: "", wholeHeader: true }), []);
  assert.deepEqual(judge(proof, { series: "2.14", exitCode: 2, output: "", wholeHeader: true }), ["does not show: refused"]);
});

test("of a further look only the exit code is judged", () => {
  const proof = header("# expects: exit 2", "# shows: refused");
  assert.deepEqual(judge(proof, { series: "2.14", exitCode: 2, output: "", wholeHeader: false }), []);
  assert.deepEqual(judge(proof, { series: "2.14", exitCode: undefined, output: "", wholeHeader: false }), ["exit by a signal instead of 2"]);
});

test("a text that Ansible broke into lines is still found", () => {
  assert.ok(contains("[WARNING]: the result was\n interpreted as False", "the result was interpreted as False"));
  assert.ok(!contains("finished=0", "finished=1"));
});
