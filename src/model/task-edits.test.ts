import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEdits } from "../engine/edit.ts";
import { fakeFiles } from "../engine/ports.fake.ts";
import { assemble } from "../engine/project/assemble.ts";
import { createLibrary } from "../engine/project/library.ts";
import type { Edit } from "./finding.ts";
import type { Task } from "./playbook.ts";
import { addArgument, addCondition, addKeywords, addVariable, insertTaskAfter, removeKeyword, removeTask, replaceValue } from "./task-edits.ts";

/** The text after an edit of the task that has a register `t`. */
function edited(text: string, change: (task: Task) => Edit | undefined): string | undefined {
  const project = assemble(createLibrary(fakeFiles({ "site.yml": text })), ["site.yml"]);
  const task = project.flows.flatMap((flow) => flow.tasks).find((each) => each.register === "t");
  assert.ok(task !== undefined, "the task is there");
  const edit = change(task);
  return edit === undefined ? undefined : applyEdits(text, [edit]).text;
}

const SITE = `- hosts: all
  tasks:
  # before
  -   name: one
      shell: |
        a

        b
      async: 60   # a minute
      register: t

  - name: two
    debug:
`;

test("a value is replaced where it stands, its comment and blanks stay", () => {
  assert.equal(edited(SITE, (task) => replaceValue(task, "async", "90")), SITE.replace("60   #", "90   #"));
});

test("a keyword without a value gets one", () => {
  const text = SITE.replace("async: 60   # a minute", "async:");
  assert.equal(edited(text, (task) => replaceValue(task, "async", "90")), text.replace("async:", "async: 90"));
});

test("keywords are added after a line, with the indent of the task", () => {
  assert.equal(
    edited(SITE, (task) => addKeywords(task, "async", ["poll: 0", "delay: 5"])),
    SITE.replace("# a minute\n", "# a minute\n      poll: 0\n      delay: 5\n"),
  );
  assert.equal(edited(SITE, (task) => addKeywords(task, "shell", ["poll: 0"])), SITE.replace("        b\n", "        b\n      poll: 0\n"));
});

test("a keyword is dropped with its line, and the first one with its place at the dash", () => {
  assert.equal(edited(SITE, (task) => removeKeyword(task, "async")), SITE.replace("      async: 60   # a minute\n", ""));
  assert.equal(edited(SITE, (task) => removeKeyword(task, "shell")), SITE.replace("      shell: |\n        a\n\n        b\n", ""));
  assert.equal(edited(SITE, (task) => removeKeyword(task, "name")), SITE.replace("name: one\n      shell", "shell"));
});

test("a task is inserted with the dash and the blank lines of its neighbours", () => {
  const second = SITE.replace("debug:", "debug:\n    register: t").replace("      register: t\n", "");
  assert.equal(edited(second, (task) => insertTaskAfter(task, ["name: three", "debug:"])), `${second.trimEnd()}\n\n  - name: three\n    debug:\n`);
  assert.equal(edited(SITE, (task) => insertTaskAfter(task, ["debug:"])), SITE.replace("register: t\n", "register: t\n\n  -   debug:\n"));
});

test("a task is dropped with the blank line before it", () => {
  const second = SITE.replace("debug:", "debug:\n    register: t").replace("      register: t\n", "");
  assert.equal(edited(second, (task) => removeTask(task)), second.slice(0, second.indexOf("\n  - name: two") ));
});

test("line ends stay what they are, and a file without a last line end is edited too", () => {
  const windows = SITE.replaceAll("\n", "\r\n");
  assert.equal(edited(windows, (task) => addKeywords(task, "async", ["poll: 0"])), windows.replace("# a minute\r\n", "# a minute\r\n      poll: 0\r\n"));
  const short = "- hosts: all\n  tasks:\n    - {command: a}\n    - command: a\n      async: 5\n      register: t";
  assert.equal(edited(short, (task) => addKeywords(task, "register", ["poll: 0"])), `${short}\n      poll: 0`);
});

test("tasks in flow style, behind aliases and from merge keys are left alone", () => {
  const flow = "- hosts: all\n  tasks:\n    - {command: a, async: 5, register: t}\n";
  assert.equal(edited(flow, (task) => addKeywords(task, "async", ["poll: 0"])), undefined);
  assert.equal(edited(flow, (task) => insertTaskAfter(task, ["debug:"])), undefined);
  assert.equal(edited(flow, (task) => replaceValue(task, "async", "9")), flow.replace("async: 5", "async: 9"));
  const merged = "- hosts: all\n  vars:\n    base: &b {async: 5}\n  tasks:\n    - command: a\n      <<: *b\n      register: t\n";
  assert.equal(edited(merged, (task) => replaceValue(task, "async", "9")), undefined);
});

test("a condition is added as a keyword, as an item of a list, or with `and`", () => {
  const add = (task: Task): Edit | undefined => addCondition(task, "j.ansible_job_id is defined");
  const withWhen = (when: string): string => SITE.replace("      register: t\n", `      register: t\n      ${when}\n`);
  assert.equal(edited(SITE, add), SITE.replace("register: t\n", "register: t\n      when: j.ansible_job_id is defined\n"));
  const changes: readonly (readonly [string, string])[] = [
    ["when: a   # why", "when: a and j.ansible_job_id is defined   # why"],
    ["when: a or b", "when: (a or b) and j.ansible_job_id is defined"],
    ["when: 'a == \"x\" or b'", "when: '(a == \"x\" or b) and j.ansible_job_id is defined'"],
    ["when: a if b else c", "when: (a if b else c) and j.ansible_job_id is defined"],
    ["when:\n        - a\n        - b", "when:\n        - a\n        - b\n        - j.ansible_job_id is defined"],
    ["when:\n      -  a", "when:\n      -  a\n      -  j.ansible_job_id is defined"],
  ];
  for (const [before, after] of changes) assert.equal(edited(withWhen(before), add), withWhen(after));
  for (const other of ["when: [a, b]", 'when: "{{ a }}"', "when: >\n        a\n        or b", "when: a +"]) assert.equal(edited(withWhen(other), add), undefined);
});

test("a variable goes under the task's own vars", () => {
  const add = (task: Task): Edit | undefined => addVariable(task, "x", "1");
  const withVars = (vars: string): string => SITE.replace("      register: t\n", `      register: t\n      ${vars}\n`);
  assert.equal(edited(SITE, add), SITE.replace("        b\n", "        b\n      vars:\n        x: 1\n"));
  assert.equal(edited(withVars("vars:\n         y: 2 # two"), add), withVars("vars:\n         y: 2 # two\n         x: 1"));
  assert.equal(edited(withVars("vars:\n        x: 2 # two"), add), withVars("vars:\n        x: 1 # two"));
  assert.equal(edited(withVars("vars: {y: 2}"), add), undefined);
});

test("a keyword is dropped in flow style with the comma before it", () => {
  const text = "- hosts: all\n  tasks:\n    - {command: a, async: 60, poll: 0, register: t}\n";
  assert.equal(edited(text, (task) => removeKeyword(task, "async")), text.replace(", async: 60", ""));
  assert.equal(edited(text, (task) => removeKeyword(task, "command")), undefined);
});

test("an argument goes into the module's map, under args, or into a new args", () => {
  const add = (task: Task): Edit | undefined => addArgument(task, "executable", "/bin/bash");
  const line = "- hosts: all\n  tasks:\n    - shell: a\n      register: t\n";
  assert.equal(edited(line, add), line.replace("shell: a", "shell: a\n      args:\n        executable: /bin/bash"));
  const args = line.replace("      register", "      args:\n        chdir: /x\n      register");
  assert.equal(edited(args, add), args.replace("chdir: /x", "chdir: /x\n        executable: /bin/bash"));
  const map = line.replace("shell: a", "shell:\n        cmd: |\n          a\n        chdir: /x");
  assert.equal(edited(map, add), map.replace("chdir: /x", "chdir: /x\n        executable: /bin/bash"));
  assert.equal(edited(line.replace("shell: a", "action: shell a"), add), undefined);
});
