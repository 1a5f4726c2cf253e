// The playbook of `longhaul exec`: one command as an async job on every host of a pattern. Pure text.

import { shellQuoted } from "../../model/shell-quoting.ts";

export interface ExecRequest {
  readonly pattern: string;
  readonly command: ExecCommand;
  /** What the job is called. */
  readonly name: string;
  readonly limitSeconds: number;
  readonly chdir?: string;
  /** The job gets the variables of the text in `ENVIRONMENT`. */
  readonly hasEnvironment: boolean;
  /** The play ends as soon as the jobs have begun. */
  readonly isDetached: boolean;
}

/** Words go to the program as they are; a line is read by the host's shell. */
export type ExecCommand = { readonly words: readonly string[] } | { readonly line: string };

/** The variable in which ansible-playbook finds what the jobs are to have in their environment. */
export const ENVIRONMENT = "LONGHAUL_EXEC_ENVIRONMENT";

/** In: variables. Out: lines of a shell that set them, to be handed over in `ENVIRONMENT`. */
export function environmentText(variables: ReadonlyMap<string, string>): string {
  return [`unset ${ENVIRONMENT}`, ...[...variables].map(([name, value]) => `export ${name}=${shellQuoted(value)}`)].map((line) => `${line}\n`).join("");
}

/**
 * All hosts begin before any is waited for: a polled task would hold one of Ansible's forks until its job has ended, and the other hosts
 * would have to wait for that.
 */
export function execPlaybook(request: ExecRequest): string {
  const tasks = [...launchTask(request), ...(request.isDetached ? [] : waitTask(request))];
  const body = request.hasEnvironment ? withEnvironment(tasks, request) : indented(tasks, 4);
  return ["# Made by longhaul exec.", "- name: exec", `  hosts: ${quoted(request.pattern)}`, "  gather_facts: false", "  tasks:", ...body].map((line) => `${line}\n`).join("");
}

function launchTask({ name, limitSeconds, ...request }: ExecRequest): readonly string[] {
  return [`- name: ${unsafe(name)}`, ...indented(moduleLines(request), 2), `  async: ${limitSeconds}`, "  poll: 0", "  register: longhaul_job"];
}

function moduleLines({ command, chdir, hasEnvironment }: Pick<ExecRequest, "command" | "chdir" | "hasEnvironment">): readonly string[] {
  const where = chdir === undefined ? [] : [`  chdir: ${unsafe(chdir)}`];
  if ("words" in command && !command.words.some(isExpanded)) {
    // The file is read by the job itself, and is gone before the program begins.
    const words = [...(hasEnvironment ? ["/bin/sh", "-c", '. "$0"; rm -f -- "$0"; exec "$@"'].map(unsafe).concat(quoted("{{ longhaul_environment.path }}")) : []), ...command.words.map(unsafe)];
    return ["ansible.builtin.command:", "  argv:", ...words.map((word) => `    - ${word}`), ...where];
  }
  const line = "words" in command ? `exec ${command.words.map(shellQuoted).join(" ")}` : command.line;
  const file = "{{ longhaul_environment.path | quote }}";
  const before = hasEnvironment ? `. ${file}; rm -f -- ${file}\n` : "";
  return ["ansible.builtin.shell:", `  cmd: ${quoted(`${before}{{ longhaul_line }}`)}`, ...where, "vars:", `  longhaul_line: ${unsafe(line)}`];
}

/** The command module puts values for $NAME and ~ into words (modules/command.py; only from 2.16 on can it be told not to). */
function isExpanded(word: string): boolean {
  return word.includes("$") || word.startsWith("~");
}

/** How often Ansible asks where longhaul cannot watch; else the pause ends with the job. */
const [LEAST_DELAY_SECONDS, MOST_DELAY_SECONDS, ASKED_PER_LIMIT] = [5, 60, 30];
/** The watcher of a job needs a while to end it, and the host to be reached again. */
const PATIENCE_SECONDS = 300;

function waitTask({ name, limitSeconds }: ExecRequest): readonly string[] {
  const delay = Math.min(MOST_DELAY_SECONDS, Math.max(LEAST_DELAY_SECONDS, Math.ceil(limitSeconds / ASKED_PER_LIMIT)));
  return [
    `- name: ${unsafe(`Wait for ${name}`)}`,
    "  ansible.builtin.async_status:",
    `    jid: ${quoted("{{ longhaul_job.ansible_job_id }}")}`,
    "  register: longhaul_end",
    "  until: longhaul_end is finished",
    `  retries: ${Math.ceil((limitSeconds + PATIENCE_SECONDS) / delay)}`,
    `  delay: ${delay}`,
  ];
}

/** The values go to the host in a file: arguments and Ansible's `environment` can be seen in its process table, and in what -vvv prints. */
function withEnvironment(tasks: readonly string[], { isDetached }: ExecRequest): readonly string[] {
  const before = [
    "- name: Make a file for the environment",
    "  ansible.builtin.tempfile:",
    "    prefix: longhaul-",
    "  register: longhaul_environment",
    "- name: Hand the environment over",
    "  ansible.builtin.copy:",
    `    content: ${quoted(`{{ lookup('ansible.builtin.env', '${ENVIRONMENT}') }}`)}`,
    `    dest: ${quoted("{{ longhaul_environment.path }}")}`,
    '    mode: "0600"',
    "  no_log: true",
    "  diff: false",
  ];
  // Who has begun removes it himself; a job that is left running may not have read it yet.
  const ifThere = isDetached ? "longhaul_environment.path is defined and (longhaul_job is not defined or longhaul_job is failed)" : "longhaul_environment.path is defined";
  const after = ["- name: Leave no file behind", "  ansible.builtin.file:", `    path: ${quoted("{{ longhaul_environment.path }}")}`, "    state: absent", `  when: ${ifThere}`];
  return ["    - block:", ...indented([...before, ...tasks], 8), "      always:", ...indented(after, 8)];
}

function indented(lines: readonly string[], columns: number): readonly string[] {
  return lines.map((line) => " ".repeat(columns) + line);
}

/** A YAML string on one line. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[^ -~]/gu, (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`);
}

/** A YAML string in which Ansible looks for no templates. */
function unsafe(text: string): string {
  return `!unsafe ${quoted(text)}`;
}
