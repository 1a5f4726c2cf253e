// Makes tasks of raw tasks: keywords with inheritance, values evaluated in the task's own scope.

import { dirname } from "node:path/posix";
import type { Plain } from "../../model/outcome.ts";
import type { Action, Task, Template } from "../../model/playbook.ts";
import type { YamlMap, YamlNode } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";
import { readAction } from "../../readers/playbook/action.ts";
import { isLoopKey } from "../../readers/playbook/keywords.ts";
import { readConditions, readSetting, readTemplates } from "../../readers/playbook/settings.ts";
import type { Level, OwnKeywords } from "./levels.ts";
import { everyKeyword, keywordsAt } from "./levels.ts";
import type { Surroundings } from "./variables.ts";
import { createScope } from "./variables.ts";
import type { RawTask } from "./walk.ts";

export interface FlowVariables {
  /** vars_files, play vars and group_vars/all of the flow, strongest first. */
  readonly layers: readonly YamlMap[];
  readonly perHost: ReadonlySet<string>;
  readonly playbook: string;
  readonly defaultPollSeconds?: number;
  /** In: a module's short name and a role's directory. Out: true where the project has a module or an action plugin of that name, which Ansible takes instead. */
  readonly isShadowed: (module: string, role: string | undefined) => boolean;
}

/** In: the raw tasks of a flow, in order, and its variables. Out: tasks, in the same order. */
export function buildTasks(raw: readonly RawTask[], variables: FlowVariables): readonly Task[] {
  const assigned = assignedNames(raw);
  return raw.map((each, flowIndex) => buildTask(each, { assigned, variables, flowIndex }));
}

interface Around {
  readonly assigned: ReadonlyMap<string, Assignment>;
  readonly variables: FlowVariables;
  readonly flowIndex: number;
}

function buildTask(raw: RawTask, { assigned, variables, flowIndex }: Around): Task {
  const { map, source, levels, role, shape, list, index } = raw;
  const own = { map, source };
  const inner = everyKeyword(levels, own, "vars").toReversed();
  const known = new Map<string, Plain>([["ansible_check_mode", false], ["playbook_dir", dirname(variables.playbook)]]);
  if (role !== undefined) known.set("role_path", role.directory).set("role_name", role.name);
  const surroundings: Surroundings = {
    layers: [
      ...inner.flatMap((keyword) => mapsOf(keyword.node)),
      ...mapsOf(role?.vars),
      ...variables.layers,
      ...mapsOf(role?.defaults),
    ],
    assigned,
    // What a set_fact says beats every variable of the project; without a condition and a template it is certain, once it has run.
    fact: (name) => {
      const assignment = assigned.get(name);
      return assignment !== undefined && assignment.flowIndex < flowIndex ? assignment.literal : undefined;
    },
    perHost: variables.perHost,
    known,
  };
  const scope = createScope(surroundings);
  const valueAt = (key: string): YamlNode | undefined => fieldOf(map, key)?.value;
  const register = valueAt("register");
  const asyncKey = fieldOf(map, "async") === undefined ? "async_val" : "async";
  // A keyword that is omitted has its default: for async 0.
  const action = shape === "role-entry" ? undefined : ownAction(readAction(map), (module) => variables.isShadowed(module, role?.directory));
  const loop = map.fields.find((field) => isLoopKey(field.key));
  const checkMode = createScope({ ...surroundings, known: new Map([...known, ["ansible_check_mode", true], ["omit", 0]]) });
  return {
    source, map, shape, scope, list, index, flowIndex,
    given: (name) => givenTo(levels, own, name),
    name: textOf(valueAt("name")),
    role: role?.name,
    action,
    keywords: keywordsAt(levels, own),
    when: everyKeyword(levels, own, "when").flatMap((keyword) => readConditions(keyword.node)),
    until: readConditions(valueAt("until")),
    failedWhen: readConditions(valueAt("failed_when")),
    changedWhen: readConditions(valueAt("changed_when")),
    environment: everyKeyword(levels, own, "environment"),
    asyncLimit: readSetting(map, asyncKey, scope),
    asyncLimitInCheckMode: readSetting(map, asyncKey, checkMode),
    poll: readSetting(map, "poll", scope),
    ...(variables.defaultPollSeconds === undefined ? {} : { defaultPollSeconds: variables.defaultPollSeconds }),
    retries: readSetting(map, "retries", scope),
    delay: readSetting(map, "delay", scope),
    register: textOf(register),
    loop,
    loopVariable: loopVariableOf(valueAt("loop_control")),
    templates: () => [...(loop === undefined ? [] : readTemplates(loop.value)), ...argumentsOf(action).flatMap(readTemplates), ...bareTemplatesOf(action)],
  };
}

function argumentsOf(action: Action | undefined): readonly YamlNode[] {
  const args = [...(action?.args.values() ?? [])];
  return action?.command === undefined || args.includes(action.command.node) ? args : [action.command.node, ...args];
}

/** Arguments that are expressions without braces: `that` of assert, `var` of debug. */
function bareTemplatesOf(action: Action | undefined): readonly Template[] {
  const name = action?.module === "assert" ? "that" : "var";
  if (action?.module !== "assert" && action?.module !== "debug") return [];
  return readConditions(action.args.get(name)).flatMap(({ node, text, expression }) => (expression === undefined ? [] : [{ node, text, expression }]));
}

function givenTo(levels: readonly Level[], own: OwnKeywords, name: string): YamlNode | undefined {
  for (const { map } of [own, ...levels.toReversed()]) {
    const vars = fieldOf(map, "vars")?.value;
    const value = vars?.kind === "map" ? fieldOf(vars, name)?.value : undefined;
    if (value !== undefined) return value;
    const loop = map === own.map ? undefined : map.fields.find((field) => isLoopKey(field.key));
    if (loop !== undefined && loopVariableOf(fieldOf(map, "loop_control")?.value) === name) return loop.value;
  }
  return undefined;
}

function mapsOf(node: YamlNode | undefined): readonly YamlMap[] {
  return node?.kind === "map" ? [node] : [];
}

function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== null ? node.raw : undefined;
}

function loopVariableOf(control: YamlNode | undefined): string {
  const name = control?.kind === "map" ? textOf(fieldOf(control, "loop_var")?.value) : undefined;
  return name ?? "item";
}

/** A module of the project's own library is another module, whatever its name says. The names of ansible.builtin mean Ansible's own. */
function ownAction(action: Action | undefined, isShadowed: (module: string) => boolean): Action | undefined {
  if (action === undefined || action.written.startsWith("ansible.builtin.") || !isShadowed(action.module)) return action;
  return { ...action, module: `library/${action.module}` };
}

interface Assignment {
  readonly flowIndex: number;
  /** The value, where one set_fact gives it, in every run and on every host alike. */
  readonly literal?: Plain;
}

/** Names that exist only in a run: registers and set_fact. */
function assignedNames(raw: readonly RawTask[]): ReadonlyMap<string, Assignment> {
  const names = new Map<string, Assignment>();
  raw.forEach((each, flowIndex) => {
    const register = textOf(fieldOf(each.map, "register")?.value);
    if (register !== undefined) names.set(register, { flowIndex });
    const action = readAction(each.map);
    if (action?.module !== "set_fact") return;
    const isCertain = each.shape === "task" && [each, ...each.levels].every(({ map }) => runsForSure(map));
    for (const [name, node] of action.args) {
      const literal = isCertain && !names.has(name) ? literalOf(node) : undefined;
      names.set(name, { flowIndex, ...(literal === undefined ? {} : { literal }) });
    }
  });
  return names;
}

/** No condition, no loop, no rescue (the section is not known), not for another host. */
function runsForSure(map: YamlMap): boolean {
  return !map.fields.some(({ key }) => key === "when" || key === "rescue" || key === "delegate_facts" || isLoopKey(key));
}

/** In a `set_fact: name=60` the value is a text, in a map it is what YAML says. Both read alike where a number is wanted. */
function literalOf(node: YamlNode): Plain | undefined {
  if (node.kind !== "scalar" || node.tag !== undefined) return undefined;
  return typeof node.value === "string" && /\{[{%#]/.test(node.value) ? undefined : node.value;
}
