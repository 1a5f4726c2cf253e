// The parts that generated playbooks are put together from: each is one use of async, with the keywords around it.

import type { Sheet, Yaml } from "./sheet.ts";
import { statusTask } from "./sheet.ts";
import { anyJob, badJob, goodJob, refusedJob } from "./jobs.ts";

/** Adds what it needs to the sheet. Out: tasks that leave the host alive. */
export type Part = (sheet: Sheet) => readonly Yaml[];

const LIMIT = { async: 120 };

/** Keywords that any task may have. */
function extras(sheet: Sheet): Yaml {
  const extra = sheet.pick<() => Yaml>([
    () => ({}), () => ({}), () => ({}),
    () => ({ changed_when: false }),
    () => ({ changed_when: "true" }),
    () => ({ no_log: true }),
    () => ({ throttle: 1 }),
    () => ({ tags: sheet.pick([["wanted"], ["unwanted"], ["always"], ["never"]]) }),
    () => ({ when: `inventory_hostname != '${sheet.host(2)}'` }),
    () => ({ when: "false" }),
    () => ({ diff: true }),
    () => ({ check_mode: sheet.isLucky(0.5) }),
    () => ({ timeout: 300 }),
    () => ({ vars: { word: "of the task" } }),
    () => ({ become: true, become_user: "nobody", vars: { ansible_async_dir: "{{ root }}/shared" } }),
    () => ({ debugger: "never" }),
  ])();
  for (const key of Object.keys(extra)) sheet.feature(key);
  return extra;
}

/** A task that may fail goes on, or is given up, in one of the ways that Ansible has for it. */
function guarded(sheet: Sheet, task: Yaml): readonly Yaml[] {
  const said = String(task["register"]);
  return sheet.pick<() => readonly Yaml[]>([
    () => (sheet.feature("ignore_errors"), [{ ...task, ignore_errors: true }]),
    () => (sheet.feature("ignore_errors"), [{ ...task, ignore_errors: true }]),
    () => (sheet.feature("failed_when"), [{ ...task, failed_when: false }]),
    () => (sheet.feature("failed_when"), [{ ...task, failed_when: `${said}.rc | default(0) == 77` }]),
    () => {
      sheet.feature("rescue and always");
      const rescue = [{ debug: { msg: "rescued {{ ansible_failed_task.name }}: {{ ansible_failed_result.rc | default('no rc') }}" } }];
      return [{ block: [task, { debug: { msg: "went well" } }], rescue, always: [{ debug: { msg: "always" } }] }];
    },
  ])();
}

interface Launch extends Yaml {
  readonly register: string;
}

function launch(sheet: Sheet, stem: string, job: Yaml): Launch {
  return { name: sheet.name(`${stem} `), ...job, ...LIMIT, register: sheet.register("r") };
}

const polled: Part = (sheet) => {
  sheet.feature("polled");
  const poll = sheet.pick([1, 1, 1, 2]);
  return guarded(sheet, { ...launch(sheet, "polled", anyJob(sheet).task), poll, ...extras(sheet) });
};

/** What a launch and the tasks that ask about it have in common. */
const STAYS: ReadonlySet<string> = new Set(["become", "become_user", "vars", "tags", "no_log", "check_mode"]);

const detached: Part = (sheet) => {
  sheet.feature("poll: 0");
  const extra = extras(sheet);
  const start: Launch = { ...launch(sheet, "detached", anyJob(sheet).task), poll: 0, ...extra };
  const register = start.register;
  const same = Object.fromEntries(Object.entries(extra).filter(([key]) => STAYS.has(key)));
  const status = statusTask(sheet, `{{ ${register}.ansible_job_id }}`, { ...same, when: `${register}.ansible_job_id is defined` });
  const cleanup = { name: sheet.name("cleanup "), async_status: { jid: `{{ ${register}.ansible_job_id }}`, mode: "cleanup" }, register: sheet.register("erased"), ...same, when: `${register}.ansible_job_id is defined` };
  return [...guarded(sheet, start), ...guarded(sheet, status), ...(sheet.isLucky(0.4) ? [cleanup] : [])];
};

const loops: Part = (sheet) => {
  sheet.feature("loop");
  const [loop, word] = sheet.pick<readonly [Yaml, string]>([
    [{ loop: ["x", "y"] }, "item"],
    [{ with_items: ["x", ["y"]] }, "item"],
    [{ with_dict: { k: "v" } }, "item.value"],
    [{ loop: "{{ {'a': 1, 'b': 2} | dict2items }}", loop_control: { loop_var: "one", label: "{{ one.key }}" } }, "one.value"],
    [{ loop: [1, 2], loop_control: { index_var: "at", pause: 0 } }, "item + at"],
    [{ loop: [] }, "item"],
  ]);
  const line = sheet.pick([`echo {{ ${word} }}`, `echo {{ ${word} }}; sleep 0.5`, `test "{{ ${word} }}" = x`]);
  if (sheet.isLucky(0.5)) return guarded(sheet, { ...launch(sheet, "polled in a loop", { shell: line, ...loop }), poll: 1, ...extras(sheet) });
  const start: Launch = { ...launch(sheet, "detached in a loop", { shell: line, ...loop }), poll: 0 };
  const all = `{{ ${start.register}.results }}`;
  const status = statusTask(sheet, "{{ job.ansible_job_id }}", { loop: all, loop_control: { loop_var: "job", label: "{{ job.ansible_job_id | length > 0 }}" } });
  const cleanup = { async_status: { jid: "{{ job.ansible_job_id }}", mode: "cleanup" }, loop: all, loop_control: { loop_var: "job", label: "a job" } };
  return [start, ...guarded(sheet, status), ...(sheet.isLucky(0.5) ? [cleanup] : [])];
};

const jidsInFact: Part = (sheet) => {
  sheet.feature("set_fact of jids");
  const started = [1, 2].map(() => ({ ...launch(sheet, "detached", goodJob(sheet)), poll: 0 }));
  const jids = started.map((task) => `${task.register}.ansible_job_id`).join(", ");
  const fact = sheet.name("jids");
  return [...started, { set_fact: { [fact]: `{{ [${jids}] }}` }, when: "not ansible_check_mode" }, statusTask(sheet, "{{ item }}", { loop: `{{ ${fact} | default([]) }}` })];
};

/** In check mode a job does nothing, and whether that takes longer than a short limit is chance. */
const FOR_REAL = "not ansible_check_mode";

const tooLong: Part = (sheet) => {
  sheet.feature("limit is over");
  return guarded(sheet, { name: sheet.name("too long "), shell: "sleep 60", async: sheet.pick([1, 2]), poll: 1, register: sheet.register("r"), when: FOR_REAL, ...(sheet.isLucky(0.2) ? { no_log: true } : {}) });
};

const detachedTooLong: Part = (sheet) => {
  sheet.feature("limit is over, poll: 0");
  const start = { name: sheet.name("too long "), shell: "sleep 60", async: 2, poll: 0, register: sheet.register("r"), when: FOR_REAL };
  return [start, ...guarded(sheet, statusTask(sheet, `{{ ${start.register}.ansible_job_id }}`, { delay: 1, when: `${start.register}.ansible_job_id is defined` }))];
};

const refused: Part = (sheet) => guarded(sheet, { ...launch(sheet, "refused", refusedJob(sheet)), poll: sheet.pick([0, 1]) });

const oddStatus: Part = (sheet) => {
  sheet.feature("async_status of odd jobs");
  const start: Launch = { ...launch(sheet, "detached", { shell: "sleep 1" }), poll: 0 };
  const jid = `{{ ${start.register}.ansible_job_id }}`;
  const isThere = { when: `${start.register}.ansible_job_id is defined` };
  const status = (args: Yaml, more: Yaml = {}): Yaml => ({ name: sheet.name("status "), async_status: args, register: sheet.register("status"), ignore_errors: true, ...more });
  return sheet.pick<() => readonly Yaml[]>([
    () => [status({ jid: "j123.456" })],
    () => [status({ jid: "j123.456" }, { until: "true", retries: 2, delay: 0 })],
    () => [status({ jid: "j123.456", mode: "cleanup" })],
    () => [status({ mode: "status" })],
    () => [status({ jid: "j123.456", mode: "nonsense" })],
    () => [{ ...start, poll: 1 }, status({ jid }, isThere)],
    () => [start, statusTask(sheet, jid, isThere), status({ jid }, isThere), status({ jid, mode: "cleanup" }, isThere), status({ jid, mode: "cleanup" }, isThere), status({ jid }, isThere)],
    () => [start, statusTask(sheet, jid, { ...isThere, changed_when: true, failed_when: false }), status({ jid }, isThere)],
    () => [{ ...start, shell: "sleep 30" }, status({ jid }, { ...isThere, retries: 1, delay: 1, until: "false" })],
  ])();
};

const statusInCheckMode: Part = (sheet) => {
  sheet.feature("async_status in check mode");
  const start = { ...launch(sheet, "detached", { shell: "sleep 1; echo done" }), poll: 0, check_mode: false };
  const more = { when: `${start.register}.ansible_job_id is defined`, check_mode: true, retries: 3, delay: 1, ignore_errors: true };
  return [start, statusTask(sheet, `{{ ${start.register}.ansible_job_id }}`, more)];
};

const handlers: Part = (sheet) => {
  sheet.feature("handlers");
  const topic = sheet.name("topic ");
  const own = { ...launch(sheet, "handled", goodJob(sheet)), poll: 1 };
  sheet.handlers.push(sheet.isLucky(0.5) ? { ...own, name: topic } : { ...own, listen: topic });
  const notify = { ...launch(sheet, "notifies", { shell: "echo changed" }), poll: sheet.pick([0, 1]), notify: topic };
  return [notify, ...(sheet.isLucky(0.5) ? [{ meta: "flush_handlers" }] : [])];
};

const delegated: Part = (sheet) => {
  sheet.feature("delegate_to");
  const to = sheet.pick([sheet.host(1), "{{ ansible_play_hosts | last }}", "localhost"]);
  const more = { delegate_to: to, ...(sheet.isLucky(0.4) ? { run_once: true } : {}) };
  if ("run_once" in more) sheet.feature("run_once");
  const start: Launch = { ...launch(sheet, "delegated", { shell: "echo {{ inventory_hostname }}" }), ...more };
  if (sheet.isLucky(0.5)) return [{ ...start, poll: 1 }];
  const register = start.register;
  return [{ ...start, poll: 0 }, statusTask(sheet, `{{ ${register}.ansible_job_id }}`, { ...more, when: `${register}.ansible_job_id is defined` })];
};

const asOther: Part = (sheet) => {
  sheet.feature("become");
  const become = { become: true, become_user: "nobody", vars: { ansible_async_dir: "{{ root }}/shared" } };
  const start: Launch = { ...launch(sheet, "as nobody", { shell: sheet.pick(["id -un", "id -un; exit 3"]) }), ...become };
  if (sheet.isLucky(0.5)) return guarded(sheet, { ...start, poll: 1 });
  const register = start.register;
  return [{ ...start, poll: 0 }, ...guarded(sheet, statusTask(sheet, `{{ ${register}.ansible_job_id }}`, { ...become, when: `${register}.ansible_job_id is defined` }))];
};

/** A file of tasks, a role, or a loop over a file. */
const included: Part = (sheet) => {
  const inner = [...polled(sheet), { name: sheet.name("with variables "), shell: "echo {{ given | default('nothing') }}", async: 60, poll: 1, register: sheet.register("r") }];
  const file = `${sheet.name("more")}.yml`;
  const kind = sheet.pick(["include_tasks", "import_tasks", "include_role", "import_role", "looped"]);
  sheet.feature(kind);
  if (kind.endsWith("role")) {
    const role = sheet.name("role");
    sheet.files.set(`roles/${role}/tasks/main.yml`, JSON.stringify(inner));
    return [{ [kind]: { name: role }, vars: { given: "by who uses the role" } }];
  }
  sheet.files.set(file, JSON.stringify(inner));
  if (kind === "looped") return [{ include_tasks: file, loop: ["x", "y"], loop_control: { loop_var: "given" } }];
  return [{ [kind]: file, vars: { given: "by who includes" } }];
};

const again: Part = (sheet) => {
  sheet.feature("until on the launch");
  const start = launch(sheet, "again", {});
  const register = start.register;
  const counter = `{{ root }}/scratch/{{ inventory_hostname }}-${register}`;
  return guarded(sheet, { ...start, shell: `echo x >> ${counter}; wc -l < ${counter}`, poll: 1, until: `${register}.stdout | default('3') | int >= 3`, retries: sheet.pick([1, 5]), delay: sheet.pick([0, 1]) });
};

const templated: Part = (sheet) => {
  sheet.feature("templated async and poll");
  const vars = { limit: "60", pause: sheet.pick(["1", 1]) };
  return [{ name: sheet.name("templated "), ...goodJob(sheet), async: "{{ limit }}", poll: "{{ pause | int }}", vars, register: sheet.register("r") }];
};

const ordinary: Part = (sheet) => {
  sheet.feature("tasks without async");
  return [{ ...goodJob(sheet), register: sheet.register("r"), ...sheet.pick<Yaml>([{}, { async: 0 }, { when: "ansible_check_mode or true" }]) }];
};

const otherDirectory: Part = (sheet) => {
  sheet.feature("another async directory");
  const elsewhere = { vars: { ansible_async_dir: `{{ root }}/scratch/{{ inventory_hostname }}/${sheet.name("jobs")}` } };
  const start: Launch = { ...launch(sheet, "elsewhere", anyJob(sheet).task), poll: 0, ignore_errors: true, ...elsewhere };
  const register = start.register;
  return [start, ...guarded(sheet, statusTask(sheet, `{{ ${register}.ansible_job_id }}`, { ...elsewhere, when: `${register}.ansible_job_id is defined` }))];
};

/** Fails on the first host, and nothing guards it. */
export const fatal: Part = (sheet) => {
  sheet.feature("the play ends in a failure");
  const start = launch(sheet, "fatal", badJob(sheet));
  const isFirst = `inventory_hostname == '${sheet.host(1)}'`;
  if (sheet.isLucky(0.5)) return [{ ...start, poll: 1, when: isFirst }];
  return [{ ...start, poll: 0 }, statusTask(sheet, `{{ ${start.register}.ansible_job_id }}`, { when: `${isFirst} and ${start.register}.ansible_job_id is defined` })];
};

/** The host is not there. */
const unreachable: Part = (sheet) => {
  sheet.feature("unreachable");
  const nowhere = { vars: { ansible_connection: "ssh", ansible_port: 1, ansible_host: "127.0.0.1", ansible_ssh_retries: 0 } };
  return [{ ...launch(sheet, "nowhere", { shell: "echo never" }), poll: sheet.pick([0, 1]), ignore_unreachable: true, ...nowhere }];
};

export const PARTS: readonly Part[] = [
  polled, polled, polled, detached, detached, detached, loops, loops, jidsInFact, tooLong, refused, oddStatus, oddStatus, handlers, delegated, asOther, included, included, again,
  templated, ordinary, otherDirectory, unreachable, statusInCheckMode,
];
export const SLOW_PARTS: readonly Part[] = [detachedTooLong];
