import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExecRequest } from "./exec-playbook.ts";
import { ENVIRONMENT, environmentText, execPlaybook } from "./exec-playbook.ts";

const request: ExecRequest = { pattern: "db:!db3", command: { words: ["/opt/compact", "--all"] }, name: "compact", limitSeconds: 7200, hasEnvironment: false, isDetached: false };

test("a command is launched on all hosts, and then waited for until after its limit", () => {
  assert.equal(execPlaybook(request), `# Made by longhaul exec.
- name: exec
  hosts: "db:!db3"
  gather_facts: false
  tasks:
    - name: !unsafe "compact"
      ansible.builtin.command:
        argv:
          - !unsafe "/opt/compact"
          - !unsafe "--all"
      async: 7200
      poll: 0
      register: longhaul_job
    - name: !unsafe "Wait for compact"
      ansible.builtin.async_status:
        jid: "{{ longhaul_job.ansible_job_id }}"
      register: longhaul_end
      until: longhaul_end is finished
      retries: 125
      delay: 60
`);
  assert.doesNotMatch(execPlaybook({ ...request, isDetached: true }), /async_status/);
});

test("words that the command module would expand go through a shell in quotes, and no word is a template or breaks the line", () => {
  const text = execPlaybook({ ...request, command: { words: ["echo", "$HOME", "it's {{ x }}"] }, chdir: "/a b" });
  assert.match(text, /cmd: "\{\{ longhaul_line \}\}"\n {8}chdir: !unsafe "\/a b"/);
  assert.ok(text.includes(String.raw`longhaul_line: !unsafe "exec 'echo' '$HOME' 'it'\\''s {{ x }}'"`), text);
  const odd = execPlaybook({ ...request, name: 'a"\n\u2028\u0085😀' });
  assert.ok(odd.includes(String.raw`- name: !unsafe "a\"\n\U00002028\U00000085\U0001f600"`), odd);
});

test("values of variables are in no playbook: the job reads them from a file and removes it", () => {
  const text = execPlaybook({ ...request, hasEnvironment: true });
  assert.match(text, /content: "\{\{ lookup\('ansible.builtin.env', 'LONGHAUL_EXEC_ENVIRONMENT'\) \}\}"/);
  assert.match(text, /no_log: true/);
  assert.ok(text.includes(String.raw`!unsafe ". \"$0\"; rm -f -- \"$0\"; exec \"$@\""`), text);
  assert.match(execPlaybook({ ...request, hasEnvironment: true, command: { line: "a | b" } }), /cmd: "\. \{\{ longhaul_environment.path \| quote \}\}; rm -f -- .*\\n\{\{ longhaul_line \}\}"/);
  assert.equal(environmentText(new Map([["A", "it's $x"], ["B", ""]])), `unset ${ENVIRONMENT}\nexport A='it'\\''s $x'\nexport B=''\n`);
});
