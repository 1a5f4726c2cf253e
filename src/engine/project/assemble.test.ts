import assert from "node:assert/strict";
import { test } from "node:test";
import type { Project, Task } from "../../model/playbook.ts";
import { isDetached, isLaunch, isPolled, isStatus, numberOf, pollSecondsOf } from "../../model/playbook.ts";
import { fakeFiles } from "../ports.fake.ts";
import { assemble } from "./assemble.ts";
import { createLibrary } from "./library.ts";

function project(texts: Readonly<Record<string, string>>, paths?: readonly string[]): Project {
  return assemble(createLibrary(fakeFiles(texts)), paths ?? Object.keys(texts));
}

function only(assembly: Project): readonly Task[] {
  assert.equal(assembly.flows.length, 1);
  return assembly.flows[0]?.tasks ?? [];
}

function play(tasks: string, head = ""): string {
  const lines = tasks.trimEnd().split("\n").map((line) => `    ${line}`).join("\n");
  return `- hosts: all\n${head}  tasks:\n${lines}\n`;
}

test("every way to write an action is understood", () => {
  const tasks = only(project({ "site.yml": play(`
- ansible.builtin.shell: a
- shell: {cmd: b}
- action: command c d
- local_action: {module: ansible.legacy.command, cmd: e}
- async_status: jid={{ x.ansible_job_id }} mode=cleanup
- community.general.iptables_state: {state: saved}
- name: no module here
  when: true
`) }));
  assert.deepEqual(tasks.map((task) => [task.action?.module, task.action?.command?.text]), [
    ["shell", "a"], ["shell", "b"], ["command", "c d"], ["command", "e"], ["async_status", undefined],
    ["community.general.iptables_state", undefined], [undefined, undefined],
  ]);
  const status = tasks[4];
  assert.ok(status !== undefined && !isStatus(status), "mode=cleanup asks nothing");
  const jid = status.action?.args.get("jid");
  assert.equal(jid?.kind === "scalar" && jid.raw, "{{ x.ansible_job_id }}");
});

test("limits are worked out from literals, arithmetic and the project's variables, and unknown otherwise", () => {
  const texts = {
    "site.yml": play(`
- {command: a, async: 60, poll: 0}
- {command: a, async: "{{ 2 * 60 * 60 }}"}
- {command: a, async: "{{ limit }}"}
- {command: a, async: "{{ limit | default(5) }}", vars: {limit: "{{ base + 1 }}"}}
- {command: a, async: "{{ from_inventory }}"}
- {command: a, async: "{{ ansible_check_mode | ternary(0, 1000) }}"}
- {command: a, async: "{{ per_host }}"}
- {command: a, async: 1h}
- {command: a, async: yes}
- {command: a, async: "30 "}
- {command: a, async: 1.9}
`, "  vars: {base: 41}\n"),
    "group_vars/all.yml": "limit: 900\nper_host: 1\n",
    "group_vars/db.yml": "per_host: 2\n",
  };
  const tasks = only(project(texts, ["site.yml"]));
  const seen = tasks.map((task) => (task.asyncLimit.kind === "number" ? task.asyncLimit.value : task.asyncLimit.kind));
  assert.deepEqual(seen, [60, 7200, 900, 42, "unknown", 1000, "unknown", "invalid", 1, 30, 1]);
});

test("launches, polled and detached ones, are told apart", () => {
  const tasks = only(project({ "site.yml": play(`
- {command: a, async: 60, poll: 0}
- {command: a, async: 60}
- {command: a, async: 0, poll: 0}
- {command: a, poll: 5}
- {import_tasks: other.yml, async: 60}
- {command: a, async: 60, poll: "{{ unknown }}"}
`) }));
  assert.deepEqual(tasks.map((task) => [isLaunch(task), isDetached(task), isPolled(task)]), [
    [true, true, false], [true, false, true], [false, false, false], [false, false, false], [false, false, false], [true, false, false],
  ]);
});

test("keywords are inherited from play, block, role and static imports, and not from dynamic includes", () => {
  const texts = {
    "site.yml": `- hosts: all
  become: true
  roles:
    - {role: web, become_user: web}
  tasks:
    - become_user: deploy
      when: in_block
      block:
        - {command: a, async: 5, when: own}
        - {import_tasks: static.yml, delegate_to: other}
        - {include_tasks: dynamic.yml, delegate_to: other, vars: {limit: 7}}
`,
    "static.yml": "- {command: b, async: 5}\n",
    "dynamic.yml": '- {command: c, async: "{{ limit }}"}\n',
    "roles/web/tasks/main.yml": '- {command: d, async: "{{ role_limit }}"}\n',
    "roles/web/defaults/main.yml": "role_limit: 33\n",
  };
  const tasks = only(project(texts));
  const jobs = tasks.filter((task) => task.action?.module === "command");
  const raw = (task: Task, key: string): unknown => {
    const node = task.keywords.get(key)?.node;
    return node?.kind === "scalar" ? node.value : undefined;
  };
  const seen = jobs.map((task) => [task.action?.command?.text, raw(task, "become"), raw(task, "become_user"), raw(task, "delegate_to"), numberOf(task.asyncLimit)]);
  assert.deepEqual(seen, [
    ["d", true, "web", undefined, 33],
    ["a", true, "deploy", undefined, 5],
    ["b", true, "deploy", "other", 5],
    ["c", true, "deploy", undefined, 7],
  ]);
  assert.deepEqual(jobs[1]?.when.map((condition) => condition.text), ["in_block", "own"]);
});

test("files that a play reaches are seen there and not once more alone", () => {
  const assembly = project({
    "site.yml": play("- include_tasks: tasks/wait.yml"),
    "tasks/wait.yml": "- {command: a, async: 5}\n",
    "tasks/lonely.yml": "- {command: b, async: 5}\n",
    "vars/async.yml": "async: 5\n",
    "compose.yml": "services: {web: {command: async}}\n",
  });
  assert.deepEqual(assembly.flows.map((flow) => [flow.kind, flow.source.path]), [["play", "site.yml"], ["tasks", "tasks/lonely.yml"]]);
});

test("circles of imports end, and what is not known before the run is said", () => {
  const assembly = project({
    "site.yml": play('- import_tasks: a.yml\n- include_tasks: "{{ os }}.yml"\n- include_role: {name: missing}'),
    "a.yml": "- import_tasks: b.yml\n- {command: a, async: 5}\n",
    "b.yml": "- import_tasks: a.yml\n",
    "loop.yml": "- import_playbook: loop.yml\n",
  });
  const [flow] = assembly.flows;
  assert.equal(flow?.tasks.filter(isLaunch).length, 1);
  assert.deepEqual(flow.gaps.length, 3);
});

test("a status task is paired with its launch, whatever way the jid takes", () => {
  const forms: readonly (readonly [string, string])[] = [
    ['async_status: {jid: "{{ j.ansible_job_id }}"}', "single"],
    ["async_status: {jid: \"{{ j['ansible_job_id'] }}\"}", "single"],
    ['async_status: jid={{ j.ansible_job_id }}', "single"],
    ['async_status: {jid: "{{ item.ansible_job_id }}"}\n  loop: "{{ j.results }}"', "results"],
    ['async_status: {jid: "{{ job.ansible_job_id }}"}\n  loop: "{{ j.results | selectattr(\'x\', \'defined\') }}"\n  loop_control: {loop_var: job}', "results"],
    ['async_status: {jid: "{{ item.ansible_job_id }}"}\n  loop: ["{{ j }}"]', "single"],
    ['async_status: {jid: "{{ hostvars[inventory_hostname].j.ansible_job_id }}"}', "other"],
    ['async_status: {jid: "{{ my_jid }}"}\n  vars: {my_jid: "{{ j.ansible_job_id }}"}', "other"],
    ['async_status: {jid: "{{ fact }}"}', "other"],
    ["async_status: {jid: j.ansible_job_id}", "single"],
    ["async_status: jid=j.ansible_job_id", "single"],
  ];
  for (const [form, shape] of forms) {
    const text = play(`- {command: a, async: 60, poll: 0, register: j}\n- set_fact: {fact: "{{ j.ansible_job_id }}"}\n- ${form}`);
    const pairs = project({ "site.yml": text }).flows[0]?.pairs ?? [];
    assert.deepEqual(pairs.map((pair) => [pair.register, pair.shape]), [["j", shape]], form);
  }
});

test("a jid is followed through the vars and loops of blocks, includes and roles around the status task", () => {
  const status = (jid: string): string => `- async_status: {jid: "{{ ${jid} }}"}\n`;
  const files = { "wait.yml": status("wait_jid"), "one.yml": status("job.ansible_job_id"), "roles/waiter/tasks/main.yml": status("waiter_job.ansible_job_id") };
  const forms = [
    '- include_tasks: wait.yml\n  vars: {wait_jid: "{{ j.ansible_job_id }}"}',
    '- import_tasks: {file: wait.yml}\n  vars: {wait_jid: "{{ j.ansible_job_id }}"}',
    '- include_tasks: one.yml\n  loop: "{{ j.results }}"\n  loop_control: {loop_var: job}',
    '- include_role: {name: waiter}\n  vars: {waiter_job: "{{ j }}"}',
    '- vars: {block_jid: "{{ j.ansible_job_id }}"}\n  block:\n    - async_status: {jid: "{{ block_jid }}"}',
    '- add_host: {name: jobs, the_jid: "{{ j.ansible_job_id }}"}\n- async_status: {jid: "{{ hostvars[\'jobs\'].the_jid }}"}',
  ];
  for (const form of forms) {
    const text = play(`- {command: a, async: 60, poll: 0, register: j}\n${form}`);
    const pairs = project({ "site.yml": text, ...files }).flows[0]?.pairs ?? [];
    assert.deepEqual(pairs.map((pair) => [pair.register, pair.shape]), [["j", "other"]], form);
  }
});

test("a register that something else has taken over is no longer the launch's", () => {
  const text = play('- {command: a, async: 60, poll: 0, register: j}\n- {command: b, register: j}\n- async_status: {jid: "{{ j.ansible_job_id }}"}');
  assert.deepEqual(project({ "site.yml": text }).flows[0]?.pairs, []);
});

test("broken YAML is said with its place, and the other files go on", () => {
  const library = createLibrary(fakeFiles({ "bad.yml": "- hosts: all\n  tasks: [\n", "good.yml": play("- {command: a, async: 5}") }));
  const assembly = assemble(library, ["bad.yml", "good.yml"]);
  assert.deepEqual(library.unreadable.map((each) => each.path), ["bad.yml"]);
  assert.equal(assembly.flows.length, 1);
});

test("a literal of set_fact counts after it has run, unless a run may pass it by", () => {
  const tasks = only(project({ "site.yml": play(`
- {command: a, async: "{{ limit }}"}
- set_fact: {limit: 60, other: "{{ limit }}", maybe: 5}
- {set_fact: {maybe: 6}, when: big}
- {set_fact: {big: 7}, when: big}
- {command: b, async: "{{ limit }}"}
- {command: c, async: "{{ other }}"}
- {command: d, async: "{{ maybe }}"}
- block:
    - set_fact: {rescued: 8}
  rescue:
    - set_fact: {late: 9}
- {command: e, async: "{{ rescued }}"}
- {command: f, async: "{{ late }}"}
`, "  vars: {limit: 10}\n") }));
  const limits = tasks.filter(isLaunch).map((task) => numberOf(task.asyncLimit));
  assert.deepEqual(limits, [undefined, 60, undefined, undefined, undefined, undefined]);
});

test("a poll that is not given is that of the project's ansible.cfg", () => {
  const site = { "plays/site.yml": play("- {command: a, async: 60}\n- {command: b, async: 60, poll: 3}\n") };
  const polls = (texts: Readonly<Record<string, string>>): readonly (number | undefined)[] => only(project({ ...site, ...texts }, ["plays/site.yml"])).map(pollSecondsOf);
  assert.deepEqual(polls({}), [15, 3]);
  assert.deepEqual(polls({ "ansible.cfg": "[defaults]\npoll_interval = 5\n" }), [5, 3]);
  assert.deepEqual(polls({ "plays/ansible.cfg": "[defaults]\npoll_interval: 7\n" }), [7, 3]);
});

test("the roles that a role depends on run before it, once in each play", () => {
  const texts = {
    "site.yml": "- hosts: a\n  roles: [web, web]\n- hosts: b\n  roles: [web]\n",
    "roles/web/meta/main.yml": "dependencies:\n  - role: base\n",
    "roles/web/tasks/main.yml": "- {name: web, command: a}\n",
    "roles/base/tasks/main.yml": "- {name: base, command: b}\n",
    "roles/base/handlers/main.yml": "- {name: handler, command: c}\n",
  };
  const names = project(texts, ["site.yml"]).flows.map((flow) => flow.tasks.map((task) => task.name));
  assert.deepEqual(names, [["base", "web", "web", "handler"], ["base", "web", "handler"]]);
});

test("a module of the project's own library is another module, and ansible.builtin is not", () => {
  const texts = {
    "site.yml": play("- {name: a, command: x}\n- {name: b, ansible.builtin.command: x}\n- {name: c, async_status: {jid: x}}\n"),
    "library/command.py": "",
    "action_plugins/async_status.py": "",
  };
  assert.deepEqual(only(project(texts, ["site.yml"])).map((task) => task.action?.module), ["library/command", "command", "library/async_status"]);
});
