import assert from "node:assert/strict";
import { test } from "node:test";
import { modes } from "../catalogue/index.ts";
import { lint } from "./lint.ts";
import { fakeFiles } from "./ports.fake.ts";
import { assemble } from "./project/assemble.ts";
import { createLibrary } from "./project/library.ts";

/** The modes found and the comments that were of no use, in a play whose status task has a comment above it and one at `register`. */
function outcome(above: string, inside: string): { readonly found: readonly string[]; readonly unused: readonly (readonly [number, readonly string[]])[] } {
  const text = `- hosts: all
  tasks:
    - command: a
      async: 60
      poll: 0
      register: job

    ${above}
    - async_status:
        jid: "{{ job.ansible_job_id }}"
      register: result ${inside}
      until: result is succeeded
      retries: 20
      delay: 5
`;
  const project = assemble(createLibrary(fakeFiles({ "site.yml": text })), ["site.yml"]);
  const { findings, unusedIgnores } = lint(project, modes);
  return { found: findings.map((finding) => finding.mode), unused: unusedIgnores.map((each) => [each.line, each.modes]) };
}

const FOUND = ["until-true-at-once"];

test("a comment above the task or in it takes the finding back, with a reason or without", () => {
  for (const comment of ["# longhaul: ignore until-true-at-once because a look is enough", "# longhaul: ignore until-true-at-once", "# noqa: until-true-at-once", "# noqa: name[missing] until-true-at-once"]) {
    assert.deepEqual(outcome(comment, ""), { found: [], unused: [] }, comment);
    assert.deepEqual(outcome("", comment), { found: [], unused: [] }, comment);
  }
});

test("a comment about another mode takes nothing back, and is said to be of no use", () => {
  assert.deepEqual(outcome("# longhaul: ignore retries-too-short, until-never-true because no", ""), { found: FOUND, unused: [[8, ["retries-too-short", "until-never-true"]]] });
  assert.deepEqual(outcome("# noqa: retries-too-short", ""), { found: FOUND, unused: [] });
});

test("words that only look like such a comment are none", () => {
  for (const comment of ["# until-true-at-once", "# we ignore until-true-at-once", "# longhaul ignore until-true-at-once"]) assert.deepEqual(outcome(comment, "").found, FOUND, comment);
});
