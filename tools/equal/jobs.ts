// The jobs of generated playbooks: what an async task runs, and how it may end.

import type { Sheet, Yaml } from "./sheet.ts";

/** How the task of a job ends under plain Ansible. */
export type End = "good" | "bad";

export interface Job {
  readonly task: Yaml;
  readonly end: End;
}

const good = (task: Yaml): Job => ({ task, end: "good" });
const bad = (task: Yaml): Job => ({ task, end: "bad" });

/** A program that succeeds, printing something harmless or odd. */
function program(sheet: Sheet): Job {
  const lines: readonly string[] = [
    "echo {{ inventory_hostname }}",
    "sleep 1; echo late",
    "sleep 0.3; echo soon; echo error >&2",
    "printf 'one\\n\\ntwo\\n\\n'",
    "true",
    "echo '{\"changed\": false, \"failed\": true}'",
    "echo '{'",
    "printf 'gr\\303\\274n \\342\\202\\254 \\360\\237\\220\\242\\n'",
    "printf '\\377\\376 raw \\001\\033[31mred\\n'",
    "seq 1 60000",
    "i=0; while [ $i -lt 20 ]; do echo $i >&2; i=$((i+1)); done",
    "sleep 2 & echo 'a child stays'",
    "umask >/dev/null; echo \"$0\"; pwd >/dev/null",
    "cat",
  ];
  const line = sheet.pick(lines);
  sheet.feature("output of every kind");
  return good({ [sheet.module("shell")]: line });
}

function command(sheet: Sheet): Job {
  sheet.feature("command");
  return sheet.pick([
    () => good({ [sheet.module("command")]: "echo {{ inventory_hostname }}" }),
    () => good({ [sheet.module("command")]: { argv: ["printf", "%s|", "a b", "c"] } }),
    () => good({ [sheet.module("command")]: { cmd: "cat", stdin: "said to it", stdin_add_newline: false } }),
    () => good({ [sheet.module("command")]: { cmd: "pwd", chdir: "/usr" } }),
    () => good({ [sheet.module("command")]: { cmd: "echo no", creates: "/etc/passwd" } }),
    () => good({ [sheet.module("command")]: { cmd: "echo no", removes: "/nonexistent" } }),
    () => good({ [sheet.module("shell")]: { cmd: "echo $0 $BASH_VERSINFO", executable: "/bin/bash" } }),
  ])();
}

function failing(sheet: Sheet): Job {
  sheet.feature("failure");
  return sheet.pick([
    () => bad({ [sheet.module("shell")]: "echo out; echo why >&2; exit 3" }),
    () => bad({ [sheet.module("shell")]: "sleep 1; false" }),
    () => bad({ [sheet.module("command")]: "/nonexistent/program --now" }),
    () => bad({ [sheet.module("command")]: { cmd: "echo no", chdir: "/nonexistent" } }),
    () => bad({ [sheet.module("file")]: { path: "/tmp/x", state: "nonsense" } }),
    () => bad({ [sheet.module("file")]: { path: "/nonexistent/x", state: "file" } }),
    () => bad({ [sheet.module("stat")]: { pfad: "/tmp" } }),
    () => bad({ [sheet.module("get_url")]: { url: "file:///nonexistent", dest: "{{ root }}/scratch/{{ inventory_hostname }}-none" } }),
    () => bad({ [sheet.module("shell")]: "kill -9 $$" }),
    () => bad({ [sheet.module("shell")]: "exit 255" }),
  ])();
}

function otherModule(sheet: Sheet): Job {
  sheet.feature("other modules");
  const path = `{{ root }}/scratch/{{ inventory_hostname }}-${sheet.name("f")}`;
  return sheet.pick([
    () => good({ [sheet.module("file")]: { path, state: "touch", mode: "0640" } }),
    () => good({ [sheet.module("file")]: { path, state: "directory", mode: "0750" } }),
    () => good({ [sheet.module("file")]: { path, state: "absent" } }),
    () => good({ [sheet.module("lineinfile")]: { path, line: "a line", create: true, mode: "0600" } }),
    () => good({ [sheet.module("stat")]: { path: "/etc/hostname", get_checksum: false } }),
    () => good({ [sheet.module("slurp")]: { src: "/etc/hostname" } }),
    () => good({ [sheet.module("ping")]: { data: "to and fro" } }),
    () => good({ [sheet.module("wait_for")]: { path: "/etc/passwd", timeout: 20 } }),
    () => good({ [sheet.module("get_url")]: { url: "file:///etc/hostname", dest: path, mode: "0600" } }),
    () => good({ [sheet.module("find")]: { paths: "/nonexistent" } }),
    () => good({ [sheet.module("setup")]: { gather_subset: ["!all", "!min", "platform"], filter: ["ansible_system"] } }),
    () => good({ [sheet.module("getent")]: { database: "passwd", key: "root" } }),
  ])();
}

/** A module of the project's own that keeps to the rules less than Ansible's do. */
const ODD: Readonly<Record<string, readonly [end: End, text: string]>> = {
  odd_json: ["good", "#!/bin/sh\n# WANT_JSON\necho '{\"changed\": true, \"msg\": \"well\"}'\n"],
  odd_facts: ["good", "#!/bin/sh\n# WANT_JSON\necho '{\"changed\": false, \"ansible_facts\": {\"odd\": [1, \"two\"]}}'\n"],
  odd_code: ["good", "#!/bin/sh\n# WANT_JSON\necho '{\"changed\": false, \"rc\": 0}'\nexit 1\n"],
  odd_stderr: ["good", "#!/bin/sh\n# WANT_JSON\necho careful >&2\necho '{\"changed\": false}'\n"],
  odd_failed: ["bad", "#!/bin/sh\n# WANT_JSON\necho '{\"failed\": true, \"msg\": \"no luck\", \"rc\": 7}'\nexit 1\n"],
  odd_before: ["good", "#!/bin/sh\n# WANT_JSON\necho 'Welcome!'\necho '{\"changed\": false, \"msg\": \"after a greeting\"}'\n"],
  odd_after: ["good", "#!/bin/sh\n# WANT_JSON\necho '{\"changed\": false, \"msg\": \"before a farewell\"}'\necho 'Bye!'\n"],
  odd_text: ["bad", "#!/bin/sh\n# WANT_JSON\necho 'this is no JSON'\necho 'and an error' >&2\nexit 4\n"],
  odd_nothing: ["bad", "#!/bin/sh\n# WANT_JSON\nexit 0\n"],
  odd_list: ["bad", "#!/bin/sh\n# WANT_JSON\necho '[1, 2]'\n"],
  odd_old: ["good", "#!/usr/bin/python\nimport json\nimport sys\nwith open(sys.argv[1]) as given:\n    print(json.dumps({'changed': False, 'given': 'word=said' in given.read()}))\n"],
};

function odd(sheet: Sheet): Job {
  const name = sheet.pick(Object.keys(ODD));
  const [end, text] = ODD[name] ?? ["bad", ""];
  sheet.files.set(`library/${name}`, text);
  sheet.feature("modules of one's own");
  return { end, task: { [name]: { word: "said" } } };
}

/** Actions that Ansible does not run in the background: it refuses them, or runs them as if `async` were not there. */
function unsupported(sheet: Sheet): Job {
  sheet.feature("actions that refuse async");
  return sheet.pick([
    () => bad({ [sheet.module("copy")]: { content: "x", dest: "{{ root }}/scratch/{{ inventory_hostname }}-copied", mode: "0600" } }),
    () => bad({ debug: { msg: "said" } }),
    () => bad({ raw: "echo raw" }),
    () => bad({ script: "hello.sh" }),
    () => bad({ set_fact: { fact: "set" } }),
    () => bad({ assert: { that: ["true"] } }),
    () => bad({ fetch: { src: "/etc/hostname", dest: "{{ root }}/scratch/" } }),
    () => bad({ template: { src: "hello.sh", dest: "{{ root }}/scratch/{{ inventory_hostname }}-t" } }),
    () => bad({ async_status: { jid: "j1.1" } }),
    () => bad({ pause: { seconds: 0 } }),
  ])();
}

/** A job that ends by itself. */
export function anyJob(sheet: Sheet): Job {
  const kinds = [program, program, command, command, failing, otherModule, otherModule, odd];
  const job = sheet.pick(kinds)(sheet);
  if (!sheet.isLucky(0.2)) return job;
  sheet.feature("environment");
  return { ...job, task: { ...job.task, environment: { STAGE: "test {{ inventory_hostname }}", LC_ALL: "C.UTF-8" } } };
}

export function goodJob(sheet: Sheet): Yaml {
  return sheet.pick([program, command])(sheet).task;
}

export function badJob(sheet: Sheet): Yaml {
  return failing(sheet).task;
}

export function refusedJob(sheet: Sheet): Yaml {
  sheet.files.set("hello.sh", "#!/bin/sh\necho hello\n");
  return unsupported(sheet).task;
}
