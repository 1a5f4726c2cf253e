import assert from "node:assert/strict";
import { test } from "node:test";
import type { Judgement } from "../model/diagnosis.ts";
import type { Mode } from "../model/mode.ts";
import { cannot } from "../model/mode.ts";
import { textOf } from "../model/story.ts";
import { readOutput } from "../readers/output/read-output.ts";
import type { DiagnoseResult } from "./diagnose.ts";
import { diagnose } from "./diagnose.ts";
import { lint as lintProject } from "./lint.ts";
import { assemble } from "./project/assemble.ts";
import { createLibrary } from "./project/library.ts";

const LOG = `
PLAY [all] *********************************************************************

TASK [Wait] ********************************************************************
fatal: [a]: FAILED! => {"changed": false, "msg": "gone after 5 s"}
fatal: [b]: FAILED! => {"changed": false, "msg": "gone after 7 s"}

TASK [Copy] ********************************************************************
fatal: [c]: FAILED! => {"changed": false, "msg": "no space left"}
...ignoring
`;

function mode(id: string, judgement: (message: string) => Judgement | undefined): Mode {
  return {
    id, title: id, why: "Because.", do: "Change it.", messages: [], lint: cannot("test"), probe: cannot("test"), fix: cannot("test"),
    symptom: (subject) => judgement(subject.results.map((result) => textOf(result, "msg") ?? "").join()),
  };
}

const supports = (count: number): Judgement["supports"] => Array.from({ length: count }, (_, n) => ({ says: `support ${n}` }));

/** The log with a playbook of the same tasks, in which the given lint finds things. */
function withPlaybook(own: Mode, lint: Mode["lint"]): DiagnoseResult {
  const text = "- hosts: all\n  tasks:\n    - name: Wait\n      command: a\n    - name: Copy\n      command: b\n";
  const files = { read: () => ({ ok: true as const, text }), list: () => [] };
  const project = assemble(createLibrary(files), ["site.yml"]);
  const looking = { ...own, lint };
  return diagnose({ story: readOutput(new TextEncoder().encode(LOG)), modes: [looking], playbook: { project, findings: lintProject(project, [looking]).findings } });
}

/** A lint that finds the task of that name. */
function finding(name: string): Mode["lint"] {
  return (flow) => flow.tasks.filter((task) => task.name === name).map((task) => ({
    severity: "error" as const, source: task.source, span: task.map.span, task: name, what: `${name} is wrong.`, why: "Because.", do: "Change it.",
  }));
}

function causes(result: DiagnoseResult): readonly (readonly string[])[] {
  return result.diagnoses.map((diagnosis) => diagnosis.causes.map((cause) => cause.mode));
}

function judged(...modes: readonly Mode[]): DiagnoseResult {
  return diagnose({ story: readOutput(new TextEncoder().encode(LOG)), modes });
}

test("hosts that failed alike are one diagnosis; failures that no mode knows are said apart", () => {
  const result = judged(mode("gone", (message) => (message.includes("gone") ? { supports: supports(1), against: [] } : undefined)));
  assert.deepEqual(causes(result), [["gone"]]);
  assert.deepEqual(result.diagnoses[0]?.subject.results.map((each) => each.host), ["a", "b"]);
  assert.deepEqual(result.unexplained.map(({ subject }) => subject.task.name), ["Copy"]);
});

test("the mode with more independent supports comes first, and a tie is a tie", () => {
  const strong = mode("strong", () => ({ supports: supports(2), against: [] }));
  const weak = mode("weak", () => ({ supports: supports(1), against: [] }));
  assert.deepEqual(causes(judged(weak, strong)), [["strong"], ["strong"]]);
  assert.deepEqual(causes(judged(weak, mode("equal", () => ({ supports: supports(1), against: [] })))), [["weak", "equal"], ["weak", "equal"]]);
});

test("one thing against a mode drops it, however much supports it", () => {
  const result = judged(
    mode("disproved", () => ({ supports: supports(5), against: [{ says: "It cannot be." }] })),
    mode("left", () => ({ supports: supports(1), against: [] })),
  );
  assert.deepEqual(causes(result)[0], ["left"]);
  assert.deepEqual(result.diagnoses[0]?.ruledOut, [{ mode: "disproved", because: { says: "It cannot be." } }]);
});

test("failures that were ignored come after those that stopped a host", () => {
  const result = judged(mode("any", () => ({ supports: supports(1), against: [] })));
  assert.deepEqual(result.diagnoses.map((diagnosis) => diagnosis.subject.task.name), ["Wait", "Copy"]);
});

test("a silent lint rules a mistake of the playbook out, unless the log shows the mistake itself", () => {
  const inPlaybook = (judgement: Judgement): Mode => ({ ...mode("slip", (message) => (message.includes("gone") ? judgement : undefined)), inPlaybook: true });
  const judgement = { supports: supports(1), against: [] };
  assert.deepEqual(causes(withPlaybook(inPlaybook(judgement), () => [])), []);
  assert.deepEqual(causes(withPlaybook(inPlaybook(judgement), finding("Wait"))), [["slip"]]);
  const shown = withPlaybook(inPlaybook({ ...judgement, proven: true }), () => []);
  assert.deepEqual(causes(shown), [["slip"]]);
  assert.match(shown.diagnoses[0]?.causes[0]?.note ?? "", /lint finds nothing of it/);
});

test("what could be another mistake as well is a verdict only where lint finds it on the task", () => {
  const unsure = mode("slip", (message) => (message.includes("gone") ? { supports: supports(1), against: [], circumstantial: true } : undefined));
  assert.deepEqual(causes(judged(unsure)), []);
  assert.deepEqual(causes(withPlaybook(unsure, finding("Copy"))), []);
  assert.deepEqual(causes(withPlaybook(unsure, finding("Wait"))), [["slip"]]);
});

test("a failure without a verdict comes with what lint finds on its task", () => {
  const { unexplained } = withPlaybook(mode("slip", () => undefined), finding("Wait"));
  assert.deepEqual(unexplained.map(({ subject, pointers }) => [subject.task.name, pointers]), [
    ["Wait", [{ mode: "slip", what: "Wait is wrong.", place: { file: "site.yml", line: 3 } }]],
    ["Copy", []],
  ]);
});
