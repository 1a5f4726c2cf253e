// Makes tasks of raw tasks: keywords with inheritance, values evaluated in the task's own scope.

import { dirname } from "node:path/posix";
import type { Plain } from "../../model/outcome.ts";
import type { Task } from "../../model/playbook.ts";
import type { YamlMap, YamlNode } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";
import { readAction } from "../../readers/playbook/action.ts";
import { isLoopKey } from "../../readers/playbook/keywords.ts";
import { readConditions, readSetting } from "../../readers/playbook/settings.ts";
import { everyKeyword, keywordsAt } from "./levels.ts";
import type { Surroundings } from "./variables.ts";
import { createScope } from "./variables.ts";
import type { RawTask } from "./walk.ts";

export interface FlowVariables {
  /** vars_files, play vars and group_vars/all of the flow, strongest first. */
  readonly layers: readonly YamlMap[];
  readonly perHost: ReadonlySet<string>;
  readonly playbook: string;
}

/** In: the raw tasks of a flow, in order, and its variables. Out: tasks, in the same order. */
export function buildTasks(raw: readonly RawTask[], variables: FlowVariables): readonly Task[] {
  const assigned = assignedNames(raw);
  return raw.map((each, flowIndex) => buildTask(each, { assigned, variables, flowIndex }));
}

interface Around {
  readonly assigned: ReadonlySet<string>;
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
    perHost: variables.perHost,
    known,
  };
  const scope = createScope(surroundings);
  const valueAt = (key: string): YamlNode | undefined => fieldOf(map, key)?.value;
  const register = valueAt("register");
  const asyncKey = fieldOf(map, "async") === undefined ? "async_val" : "async";
  // A keyword that is omitted has its default: for async 0.
  const checkMode = createScope({ ...surroundings, known: new Map([...known, ["ansible_check_mode", true], ["omit", 0]]) });
  return {
    source, map, shape, scope, list, index, flowIndex,
    name: textOf(valueAt("name")),
    role: role?.name,
    action: shape === "role-entry" ? undefined : readAction(map),
    keywords: keywordsAt(levels, own),
    when: everyKeyword(levels, own, "when").flatMap((keyword) => readConditions(keyword.node)),
    until: readConditions(valueAt("until")),
    failedWhen: readConditions(valueAt("failed_when")),
    changedWhen: readConditions(valueAt("changed_when")),
    environment: everyKeyword(levels, own, "environment"),
    asyncLimit: readSetting(map, asyncKey, scope),
    asyncLimitInCheckMode: readSetting(map, asyncKey, checkMode),
    poll: readSetting(map, "poll", scope),
    retries: readSetting(map, "retries", scope),
    delay: readSetting(map, "delay", scope),
    register: textOf(register),
    loop: map.fields.find((field) => isLoopKey(field.key)),
    loopVariable: loopVariableOf(valueAt("loop_control")),
  };
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

/** Names that exist only in a run: registers and set_fact. */
function assignedNames(raw: readonly RawTask[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { map } of raw) {
    const register = textOf(fieldOf(map, "register")?.value);
    if (register !== undefined) names.add(register);
    const action = readAction(map);
    if (action?.module === "set_fact") for (const name of action.args.keys()) names.add(name);
  }
  return names;
}
