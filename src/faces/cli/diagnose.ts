// `longhaul diagnose`: from a log to the cause.

import type { DiagnoseResult } from "../../engine/diagnose.ts";
import { diagnose } from "../../engine/diagnose.ts";
import { lookAtHosts } from "../../engine/host-look.ts";
import { questionsOf } from "../../engine/host-questions.ts";
import { lint } from "../../engine/lint.ts";
import type { HostsRequest, OpenHosts } from "../../engine/ports.ts";
import { assemble } from "../../engine/project/assemble.ts";
import { createLibrary } from "../../engine/project/library.ts";
import type { Mode } from "../../model/mode.ts";
import { PROBLEM_EXITS, Problem } from "../../model/problem.ts";
import type { Story } from "../../model/story.ts";
import { createOutputReader } from "../../readers/output/read-output.ts";
import { diagnoseJson } from "./diagnose-json.ts";
import { diagnosisText } from "./diagnose-text.ts";
import { shellWord } from "./style.ts";
import type { World } from "./world.ts";

export interface DiagnoseOptions {
  /** Log files; `-` is standard input. */
  readonly logs: readonly string[];
  readonly format: "text" | "json";
  /** The playbooks that were run: what lint finds in them is evidence. */
  readonly playbooks: readonly string[];
  /** How to reach the hosts, where they are to be looked at. */
  readonly hosts?: HostsRequest;
  /** Further directories that may hold job files. */
  readonly directories: readonly string[];
}

/** Reads each log and says what went wrong. Out: the exit code. Throws Problem. */
export async function runDiagnose(world: World, options: DiagnoseOptions): Promise<number> {
  const modes = await world.modes();
  const playbook = options.playbooks.length === 0 ? undefined : playbookContext(world, options.playbooks, modes);
  const reports: { log: string; story: Story; result: DiagnoseResult }[] = [];
  for (const log of options.logs) {
    const story = await storyOf(world, log);
    const name = log === "-" ? "standard input" : log;
    if (story.form === "none") throw new Problem("not-ansible-output", `${name}: ${emptyReason(story)}`);
    const hosts = options.hosts === undefined ? undefined : await lookAtHosts({ openHosts: world.openHosts, hosts: options.hosts, questions: questionsOf(story, options.directories) });
    const result = diagnose({ story, modes, ...(playbook === undefined ? {} : { playbook }), ...(hosts === undefined ? {} : { hosts }) });
    reports.push({ log: name, story, result: withNames(result, log, options.playbooks) });
  }
  if (options.format === "json") world.out(diagnoseJson(world.version, reports));
  else for (const report of reports) world.out(diagnosisText(report, { columns: world.columns, color: world.color, directory: world.directory, many: reports.length > 1 }));
  return Math.max(...reports.map(({ result }) => exitOf(world, result)));
}

/** What one log comes to, for a command that is about more than that. In: the log, the playbooks that were run, and the links to their hosts. */
export async function diagnosed(world: World, log: string, { playbooks, openHosts }: { readonly playbooks: readonly string[]; readonly openHosts: OpenHosts }): Promise<{ readonly log: string; readonly story: Story; readonly result: DiagnoseResult }> {
  const modes = await world.modes();
  const story = await storyOf(world, log);
  const playbook = playbooks.length === 0 ? {} : { playbook: playbookContext(world, playbooks, modes) };
  const hosts = await lookAtHosts({ openHosts, hosts: { inventories: [], pattern: "all", extraVars: [], vault: [] }, questions: questionsOf(story, []) });
  return { log, story, result: withNames(diagnose({ story, modes, hosts, ...playbook }), log, playbooks) };
}

async function storyOf(world: World, log: string): Promise<Story> {
  const reader = createOutputReader();
  await world.readChunks(log, (chunk) => reader.push(chunk));
  return reader.end();
}

/** Tells of modes that broke. Out: the exit code for that. */
export function crashExit(world: World, result: DiagnoseResult): number {
  for (const { mode, cause } of result.crashed) {
    world.err(`longhaul: the check ${mode} broke (${String(cause)}); its evidence is missing. Please report this.\n`);
  }
  return result.crashed.length > 0 ? PROBLEM_EXITS["mode-crashed"] : 0;
}

function exitOf(world: World, result: DiagnoseResult): number {
  return Math.max(crashExit(world, result), result.diagnoses.length + result.unexplained.length + result.leftRunning.length > 0 ? 1 : 0);
}

/** Writes the names of this log and its playbook into the commands that tell more. */
function withNames(result: DiagnoseResult, log: string, playbooks: readonly string[]): DiagnoseResult {
  const playbook = playbooks.map(shellWord).join(" ");
  const named = (command: string): string => {
    const withLog = command.replace(/\bLOG\b/, () => (log === "-" ? "LOG" : shellWord(log)));
    return playbook === "" ? withLog : withLog.replace(/\bPLAYBOOK\b/, () => playbook);
  };
  const diagnoses = result.diagnoses.map((each) => ({ ...each, unknown: each.unknown.map((unknown) => ({ ...unknown, command: named(unknown.command) })) }));
  return { ...result, diagnoses };
}

function emptyReason(story: Story): string {
  if (story.bytes === 0) return "is empty; name a file with the output of ansible-playbook, or pipe it in: ansible-playbook site.yml 2>&1 | longhaul diagnose -";
  return "holds nothing that Ansible prints (no PLAY, TASK or result line); name the output of ansible-playbook";
}

function playbookContext(world: World, paths: readonly string[], modes: readonly Mode[]): { project: ReturnType<typeof assemble>; findings: ReturnType<typeof lint>["findings"] } {
  const project = assemble(createLibrary(world.files), world.findYaml(paths).files);
  return { project, findings: lint(project, modes).findings };
}
