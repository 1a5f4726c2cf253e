// Plays faults on one ansible-core: a host for each, all in one playbook; gives what the role told of each.

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, closeSync, cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { runProgram, sweep } from "../../proofs/programs.ts";
import type { Fault } from "./faults.ts";

/** What the role set as async_task_result, and how long after the harm it did. */
export interface Told {
  readonly state: string;
  readonly rc: number | null;
  readonly stdout: string;
  readonly msg: string;
  readonly still_running: boolean | null;
  readonly waitedSeconds: number;
}

export interface Played {
  readonly told: Readonly<Record<string, Told>>;
  readonly output: string;
  /** Files that are left in the async directories, by fault. */
  readonly left: Readonly<Record<string, readonly string[]>>;
}

/** What is not as the fault says it has to be; nothing if all is well. */
export function wrongs({ expects }: Fault, told: Told | undefined): readonly string[] {
  if (told === undefined) return ["the role told nothing"];
  const wrong: string[] = [];
  const compare = (what: string, wanted: unknown, got: unknown): void => {
    if (wanted !== undefined && wanted !== got) wrong.push(`${what} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
  };
  compare("state", expects.state, told.state);
  compare("rc", expects.rc, told.rc);
  compare("still_running", expects.stillRunning, told.still_running);
  if (expects.stdout?.test(told.stdout) === false) wrong.push(`stdout is ${JSON.stringify(told.stdout)}`);
  if (expects.msg?.test(told.msg) === false) wrong.push(`msg is ${JSON.stringify(told.msg)}`);
  return wrong;
}

/** How hosts are reached: variables for the host of the fault with this number, from 1 on. */
export type Reach = (number: number) => Readonly<Record<string, unknown>>;

export const LOCAL: Reach = () => ({ ansible_connection: "local" });

const TIMEOUT_MS = 15 * 60_000;
const collection = join(import.meta.dirname, "../../collection");

const PLAYBOOK = `- hosts: all
  gather_facts: false
  strategy: free
  environment:
    LONGHAUL_ROLE: "{{ lookup('env', 'LONGHAUL_ROLE') }}"
  tasks:
    - name: Start
      ansible.builtin.include_role:
        name: longhaul.jobs.async_task
      vars:
        async_task_wait: false
    - name: Do the harm
      ansible.builtin.shell: |
        j={{ async_task_result.jid }}; export JID="$j" FILE={{ async_task_result.results_file }}
        wrappers() { ps -e -o pid= -o pgid= -o args= | awk -v j="\${JID%.*}" '/async_wrapper/ && $0 ~ " " j " "'; }
        begun() { grep -q begun "$FILE.log" 2>/dev/null; }
        for n in $(seq 100); do
          RUNNER=$(wrappers | awk '$1 == $2 { print $1 }'); WATCHER=$(wrappers | awk '$1 != $2 { print $1 }')
          MODULE=$(ps -e -o pid= -o ppid= | awk -v r="$RUNNER" '$2 == r { print $1 }')
          begun && test -n "$MODULE" && break; sleep 0.3
        done
        {{ harm }}
      when: harm is defined
      changed_when: true
    - name: Note the time
      ansible.builtin.set_fact:
        harmed_at: "{{ now(utc=true).timestamp() }}"
    - name: Wait
      ansible.builtin.include_role:
        name: longhaul.jobs.async_task
        tasks_from: wait.yml
      vars:
        ansible_port: "{{ wait_port | default(port | default(22)) }}"
      when: async_task_result.state == 'started'
    - name: Tell
      ansible.builtin.copy:
        content: "{{ dict(async_task_result, waitedSeconds=now(utc=true).timestamp() - (harmed_at | float)) | to_json }}"
        dest: "{{ playbook_dir }}/told/{{ inventory_hostname }}.json"
        mode: "0600"
      delegate_to: localhost
      vars:
        ansible_connection: local
`;

/** Connects standard input and output to a host, unless it is said to be away. */
const PROXY = `if (require("fs").existsSync(__dirname + "/away")) process.exit(1);
const socket = require("net").connect(Number(process.argv[3]), process.argv[2]);
process.stdin.pipe(socket).pipe(process.stdout);
`;

/** Plays the faults. In: the directory of ansible-playbook, and how hosts are reached. */
export async function playFaults(faults: readonly Fault[], bin: string, reach: Reach): Promise<Played> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-role-")));
  const at = (name: string): string => join(directory, name);
  const mark = { LONGHAUL_ROLE: directory };
  chmodSync(directory, 0o755);
  for (const name of ["told", "open", "closed", "cp", "collections/ansible_collections/longhaul"]) mkdirSync(at(name), { recursive: true });
  chmodSync(at("open"), 0o1777);
  cpSync(collection, at("collections/ansible_collections/longhaul/jobs"), { recursive: true });
  // What has to be harmed before it ends by itself comes first.
  const hosts = faults.toSorted((a, b) => Number(b.harm !== undefined) - Number(a.harm !== undefined)).map((fault, n) => {
    const text = JSON.stringify(variablesOf(fault, reach(n + 1)));
    return [fault.id, JSON.parse(text.replaceAll("DIRECTORY", directory).replaceAll("DIRNAME", basename(directory)).replaceAll("FAULT", fault.id)) as unknown];
  });
  writeFileSync(at("hosts.json"), JSON.stringify({ all: { hosts: Object.fromEntries(hosts) as unknown } }));
  writeFileSync(at("proxy.cjs"), PROXY);
  writeFileSync(at("play.yml"), PLAYBOOK);
  const output = openSync(at("output"), "w");
  try {
    const env = {
      PATH: [bin, process.env["PATH"]].join(delimiter), HOME: process.env["HOME"] ?? "", LANG: "C.UTF-8", ...mark, ANSIBLE_COLLECTIONS_PATH: at("collections"), ANSIBLE_FORKS: "12", ANSIBLE_PIPELINING: "1",
      ANSIBLE_SSH_CONTROL_PATH_DIR: at("cp"), ANSIBLE_NOCOWS: "1", ANSIBLE_LOCALHOST_WARNING: "false", ANSIBLE_LOCAL_TEMP: at("tmp"),
    };
    await runProgram(["ansible-playbook", "-i", at("hosts.json"), at("play.yml")], { env, cwd: directory, output, timeoutMs: TIMEOUT_MS });
    const told = readdirSync(at("told")).map((name) => [basename(name, ".json"), JSON.parse(readFileSync(at(`told/${name}`), "utf8")) as Told] as const);
    const left = faults.map(({ id }) => [id, existsSync(at(`open/${id}`)) ? readdirSync(at(`open/${id}`)) : []] as const);
    return { told: Object.fromEntries(told), left: Object.fromEntries(left), output: readFileSync(at("output"), "utf8") };
  } finally {
    closeSync(output);
    for (const name of readdirSync(at("cp"))) endMaster(at(`cp/${name}`));
    await sweep(`LONGHAUL_ROLE=${directory}`);
    rmSync(`/var/tmp/${basename(directory)}-nobody`, { recursive: true, force: true });
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function variablesOf(fault: Fault, reached: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const proxy = `-o ProxyCommand='${process.execPath} DIRECTORY/proxy.cjs %h %p'`;
  return {
    ansible_python_interpreter: "/usr/bin/python3", ansible_async_dir: "DIRECTORY/open/FAULT", async_task_command: fault.command, async_task_limit: fault.limitSeconds,
    async_task_ignore_failure: true, ...(fault.harm === undefined ? {} : { harm: fault.harm }), ...reached,
    ...(fault.goesAway === true ? { ansible_ssh_extra_args: proxy } : {}), ...fault.variables,
  };
}

/** Ends a connection that ssh would keep open for another minute. */
function endMaster(socket: string): void {
  try {
    execFileSync("ssh", ["-F", "none", "-o", `ControlPath=${socket}`, "-O", "exit", "nobody"], { stdio: "ignore" });
  } catch {
    // It has ended already.
  }
}
