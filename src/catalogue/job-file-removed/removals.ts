// Tasks that take a job file away: the file module, rm in a command line, async_status with mode: cleanup.

import { asyncDirOf, isInHome, withoutSlash } from "../../model/async-dirs.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { ownField } from "../../model/playbook.ts";
import type { YamlNode } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";

/** What a task removes, in words; undefined where it removes nothing of this launch's job. */
export function removalOf(task: Task, launch: Task, flow: Flow): string | undefined {
  if (!isSameKeyword(task, launch, "delegate_to")) return undefined;
  if (isCleanup(task)) return mentions(task, launch.register ?? "") ? "the job file (mode: cleanup)" : undefined;
  return targetsOf(task).map((target) => whatIs(target, { task, launch, flow })).find((what) => what !== undefined);
}

function isCleanup({ action }: Task): boolean {
  return action?.module === "async_status" && rawOf(action.args.get("mode")) === "cleanup";
}

/** The register stands in the jid or in the list that is looped over. */
function mentions({ action, loop }: Task, register: string): boolean {
  const words = [action?.args.get("jid"), loop?.value].flatMap((node) => (rawOf(node) ?? "").split(/\W+/));
  return register !== "" && words.includes(register);
}

function targetsOf({ action }: Task): readonly string[] {
  if (action?.module === "file" && rawOf(action.args.get("state")) === "absent") {
    return ["path", "dest", "name"].flatMap((key) => rawOf(action.args.get(key)) ?? []);
  }
  return (action?.command?.text ?? "").split(/[;&|\n]+/).flatMap(removedBy);
}

/** The operands of `rm -r …`, quotes and `/*` taken off. */
function removedBy(command: string): readonly string[] {
  const words = command.trim().match(/(?:\{\{.*?\}\}|"[^"]*"|'[^']*'|\S)+/g) ?? [];
  const at = words.findIndex((word) => /^(?:\/usr)?(?:\/bin\/)?rm$/.test(word));
  const before = words.slice(0, at).every((word) => /^(?:sudo|-\w+|command)$/.test(word));
  if (at === -1 || !before) return [];
  return words.slice(at + 1).filter((word) => !word.startsWith("-")).map((word) => word.replaceAll(/["']/g, "").replace(/\/\*$/, ""));
}

interface Place {
  readonly task: Task;
  readonly launch: Task;
  readonly flow: Flow;
}

function whatIs(target: string, { task, launch, flow }: Place): string | undefined {
  const written = target.replaceAll(/\s+/g, "");
  const register = launch.register ?? "";
  if (written === `{{${register}.results_file}}`) return "the job file";
  if (written === `{{${register}.results_file|dirname}}` || written === "{{ansible_async_dir}}") return "the directory of the job files";
  const variable = variableOf(launch, flow);
  if (variable !== undefined && written === variable.replaceAll(/\s+/g, "")) return "the directory of the job files";
  const dir = asyncDirOf(launch);
  if (dir.kind === "unknown") return undefined;
  const path = withoutSlash(target);
  if (isInHome(dir.path)) return isInItsHome(path, dir.path.slice(1), { task, launch }) ? `the directory of the job files (${dir.path})` : undefined;
  const isAround = path.startsWith("/") && path !== "/" && `${dir.path}/`.startsWith(`${path}/`);
  return isAround ? `the directory of the job files (${dir.path})` : undefined;
}

/** `~/.ansible_async` and its other spellings, where both tasks run as one user. */
function isInItsHome(path: string, rest: string, { task, launch }: Pick<Place, "task" | "launch">): boolean {
  if (!isSameKeyword(task, launch, "become") || !isSameKeyword(task, launch, "become_user")) return false;
  const homes = ["~", "$HOME", "${HOME}"];
  const become = launch.keywords.get("become")?.node;
  const user = rawOf(launch.keywords.get("become_user")?.node) ?? "root";
  if (become === undefined) homes.push("{{ ansible_env.HOME }}", "{{ ansible_user_dir }}");
  else if (become.kind === "scalar" && become.value === true) homes.push(user === "root" ? "/root" : `/home/${user}`);
  return homes.some((home) => path === `${home}${rest}`);
}

/** `ansible_async_dir` as it is written on the task or on the play. */
function variableOf(task: Task, flow: Flow): string | undefined {
  const places = [ownField(task, "vars")?.value, flow.play === undefined ? undefined : fieldOf(flow.play, "vars")?.value];
  const nodes = places.map((vars) => (vars?.kind === "map" ? fieldOf(vars, "ansible_async_dir")?.value : undefined));
  return rawOf(nodes.find((node) => node !== undefined));
}

function isSameKeyword(one: Task, other: Task, key: string): boolean {
  return rawOf(one.keywords.get(key)?.node) === rawOf(other.keywords.get(key)?.node);
}

function rawOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.tag === undefined ? node.raw : undefined;
}
