import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding, Fix } from "../model/finding.ts";
import type { Mode } from "../model/mode.ts";
import { cannot } from "../model/mode.ts";
import type { Task } from "../model/playbook.ts";
import { replaceValue } from "../model/task-edits.ts";
import type { FixResult } from "./fix.ts";
import { fix } from "./fix.ts";
import { fakeFiles } from "./ports.fake.ts";

const SITE = `- hosts: all
  tasks:
    - name: one
      command: a
      async: 1
    - name: two
      command: b
      async: 2
`;

/** A mode that finds tasks by their limit and sets another one. */
function rule(id: string, from: number, fixTo: (task: Task) => Fix | undefined): Mode {
  const finding = (task: Task): Omit<Finding, "mode"> => {
    const repair = fixTo(task);
    return {
      severity: "error", source: task.source, span: task.map.span, what: `${from}.`, why: "Because.", do: "Change it.",
      ...(repair === undefined ? {} : { fix: repair }),
    };
  };
  return {
    id, title: id, why: "Because.", do: "Change it.", messages: [],
    lint: (flow) => flow.tasks.filter((task) => task.asyncLimit.kind === "number" && task.asyncLimit.value === from).map(finding),
    symptom: cannot("test"), probe: cannot("test"), fix: "safe",
  };
}

function setLimit(text: string, safe = true): (task: Task) => Fix | undefined {
  return (task) => {
    const edit = replaceValue(task, "async", text);
    return edit === undefined ? undefined : { safe, says: `set ${text}`, edits: [edit] };
  };
}

function repair(modes: readonly Mode[], all = false): FixResult {
  return fix({ files: fakeFiles({ "site.yml": SITE }), paths: ["site.yml"], modes, all });
}

test("a repair that only trades one finding for another is refused, and the others are made", () => {
  const result = repair([rule("one", 1, setLimit("10")), rule("two", 2, setLimit("3")), rule("three", 3, setLimit("30"))]);
  assert.deepEqual(result.fixed.map((finding) => finding.mode), ["one"]);
  assert.deepEqual(result.refused.map(({ finding, why }) => [finding.mode, why]), [["two", "it would not lower the number of findings"]]);
  assert.equal(result.changed.get("site.yml")?.after, SITE.replace("async: 1", "async: 10"));
});

test("a repair that needs a person is made only with consent", () => {
  assert.equal(repair([rule("one", 1, setLimit("10", false))]).changed.size, 0);
  assert.equal(repair([rule("one", 1, setLimit("10", false))], true).changed.size, 1);
});

test("a repair that breaks the YAML is not made, and the others are", () => {
  const result = repair([rule("one", 1, setLimit("[")), rule("two", 2, setLimit("20"))]);
  assert.deepEqual(result.fixed.map((finding) => finding.mode), ["two"]);
  assert.deepEqual(result.refused.map(({ finding }) => finding.mode), ["one"]);
  assert.equal(result.changed.get("site.yml")?.after, SITE.replace("async: 2", "async: 20"));
});

test("two modes that undo each other's repairs come to an end", () => {
  const result = repair([rule("one", 1, setLimit("2")), rule("two", 2, setLimit("1"))]);
  assert.equal(result.changed.size, 0);
});
