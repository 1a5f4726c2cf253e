// Walks a play or a file of tasks in the order in which Ansible runs it, through blocks, imports, includes and roles.
// Gives raw tasks: what they mean is worked out in tasks.ts.

import { dirname, join, normalize } from "node:path/posix";
import { evaluateTemplate } from "../../model/evaluate.ts";
import type { Block } from "../../model/playbook.ts";
import { DYNAMIC_INCLUDES } from "../../model/playbook.ts";
import type { SourceText, YamlField, YamlList, YamlMap, YamlNode } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";
import { parseTemplate } from "../../readers/expression-template.ts";
import { readAction } from "../../readers/playbook/action.ts";
import { BLOCK_SECTIONS } from "../../readers/playbook/keywords.ts";
import type { Level } from "./levels.ts";
import type { Library } from "./library.ts";
import { roleDirectory, variablesIn } from "./library.ts";

/** Tasks of one flow after every import; a project far beyond it is a circle or a bomb. */
const TASKS_MAX = 5_000;
/** Files within files. */
const NESTING_MAX = 40;

export interface RawTask {
  readonly source: SourceText;
  readonly map: YamlMap;
  readonly shape: "task" | "handler" | "role-entry";
  readonly levels: readonly Level[];
  readonly role: Role | undefined;
  readonly list: object;
  readonly index: number;
}

export interface Role {
  readonly name: string;
  readonly directory: string;
  readonly defaults: YamlMap | undefined;
  readonly vars: YamlMap | undefined;
}

export interface Where {
  readonly source: SourceText;
  readonly levels: readonly Level[];
  readonly role: Role | undefined;
  readonly shape: "task" | "handler";
  /** Files and roles that are open above this place. */
  readonly open: readonly string[];
}

export interface Walk {
  readonly playbook: string;
  readonly library: Library;
  readonly tasks: RawTask[];
  readonly handlers: RawTask[];
  readonly blocks: Block[];
  readonly gaps: string[];
  /** Files that some play of the project reaches. */
  readonly reached: Set<string>;
  /** Files that run once in this play: handlers and dependencies of roles. */
  readonly once: Set<string>;
}

/** In: a list of tasks and blocks. Adds the tasks found to the walk. */
export function walkTasks(walk: Walk, node: YamlNode | undefined, where: Where): void {
  if (node?.kind !== "list") return;
  node.items.forEach((item, index) => {
    if (item.kind === "map") walkItem(walk, item, { ...where, list: node, index });
  });
}

interface ItemWhere extends Where {
  readonly list: YamlList;
  readonly index: number;
}

function walkItem(walk: Walk, map: YamlMap, where: ItemWhere): void {
  if (walk.tasks.length + walk.handlers.length >= TASKS_MAX) {
    if (!walk.gaps.includes(TOO_MANY)) walk.gaps.push(TOO_MANY);
    return;
  }
  if (fieldOf(map, "block") !== undefined) {
    walk.blocks.push({ source: where.source, map, isApply: false });
    const levels: readonly Level[] = [...where.levels, { owner: "block", map, source: where.source, keywordsReach: true }];
    for (const section of BLOCK_SECTIONS) walkTasks(walk, fieldOf(map, section)?.value, { ...where, levels });
    return;
  }
  const into = where.shape === "handler" ? walk.handlers : walk.tasks;
  const { source, shape, levels, role, list, index } = where;
  into.push({ source, map, shape, levels, role, list, index });
  follow(walk, map, where);
}

/** The gap of a play that is too long to be looked at whole. */
export const TOO_MANY: string = `more than ${TASKS_MAX} tasks in one play: the rest was not looked at`;

function follow(walk: Walk, map: YamlMap, where: Where): void {
  const action = readAction(map);
  if (action === undefined) return;
  const { module } = action;
  const apply = DYNAMIC_INCLUDES.has(module) ? action.args.get("apply") : undefined;
  if (apply?.kind === "map") walk.blocks.push({ source: where.source, map: apply, isApply: true });
  if (module === "import_tasks" || module === "include_tasks" || module === "include") {
    const value = fieldOf(map, action.written)?.value;
    const name = literalPath(walk, value?.kind === "scalar" ? value : action.args.get("file"), where);
    const path = name === undefined ? undefined : tasksFile(walk, name, where);
    if (path === undefined) walk.gaps.push(`${action.written} in ${where.source.path} names a file that is not known before the run`);
    else walkFile(walk, path, { ...where, levels: [...where.levels, ...levelsOf(map, where, module === "import_tasks")] });
  }
  if (module === "import_role" || module === "include_role") {
    const name = literalPath(walk, action.args.get("name") ?? action.args.get("role"), where);
    const from = literalPath(walk, action.args.get("tasks_from"), where) ?? "main";
    const levels = [...where.levels, ...levelsOf(map, where, module === "import_role")];
    if (name === undefined) walk.gaps.push(`${action.written} in ${where.source.path} names a role that is not known before the run`);
    else walkRole(walk, { name, tasksFrom: from }, { ...where, levels });
  }
}

function levelsOf(map: YamlMap, where: Where, isStatic: boolean): readonly Level[] {
  const own: Level = { owner: "import", map, source: where.source, keywordsReach: isStatic };
  const apply = readAction(map)?.args.get("apply");
  return apply?.kind === "map" ? [own, { owner: "block", map: apply, source: where.source, keywordsReach: true }] : [own];
}

/** The text of a name, with `{{ role_path }}` and the like filled in; undefined where only the run knows it. */
function literalPath(walk: Walk, node: YamlNode | undefined, where: Where): string | undefined {
  if (node?.kind !== "scalar" || node.value === null) return undefined;
  const known = new Map([["playbook_dir", dirname(walk.playbook)]]);
  if (where.role !== undefined) known.set("role_path", where.role.directory).set("role_name", where.role.name);
  const outcome = evaluateTemplate(parseTemplate(node.raw.split(/\s+\w+=/, 1)[0]?.trim() ?? ""), (name) => {
    const value = known.get(name);
    return value === undefined ? { kind: "unknown", why: name } : { kind: "value", value };
  });
  return outcome.kind === "value" && typeof outcome.value === "string" ? outcome.value : undefined;
}

function tasksFile(walk: Walk, name: string, where: Where): string | undefined {
  const here = dirname(where.source.path);
  const roots = name.startsWith("/") ? [""] : [here, ...(where.role === undefined ? [] : [join(where.role.directory, "tasks")]), dirname(walk.playbook)];
  return roots.map((root) => normalize(join(root, name))).find((path) => walk.library.text(path) !== undefined);
}

/** Walks a file that holds a list of tasks. */
export function walkFile(walk: Walk, path: string, where: Where): void {
  if (where.open.includes(path) || where.open.length > NESTING_MAX) {
    walk.gaps.push(`${path} includes itself`);
    return;
  }
  walk.reached.add(path);
  const file = walk.library.parsed(path);
  for (const document of file?.documents ?? []) {
    walkTasks(walk, document, { ...where, source: file?.source ?? where.source, open: [...where.open, path] });
  }
}

/** Walks the tasks and handlers of a role. */
export function walkRole(walk: Walk, wanted: { readonly name: string; readonly tasksFrom: string }, where: Where): void {
  const directory = roleDirectory(walk.library, wanted.name, {
    playbook: walk.playbook,
    ...(where.role === undefined ? {} : { role: where.role.directory }),
  });
  if (directory === undefined) {
    walk.gaps.push(`the role ${wanted.name} is not in the project`);
    return;
  }
  const role = loadRole(walk.library, directory, wanted.name);
  walkDependencies(walk, directory, where);
  const path = walk.library.firstYaml(join(directory, "tasks"), wanted.tasksFrom);
  if (path !== undefined) walkFile(walk, path, { ...where, role });
  const handlers = walk.library.firstYaml(join(directory, "handlers"), "main");
  if (handlers !== undefined && isFirst(walk, handlers)) walkFile(walk, handlers, { ...where, role, shape: "handler" });
}

/** The roles that a role names in its meta run before it, once in a play (playbook/role/__init__.py, 2.14: compile). */
function walkDependencies(walk: Walk, directory: string, where: Where): void {
  const path = walk.library.firstYaml(join(directory, "meta"), "main");
  const meta = path === undefined ? undefined : variablesIn(walk.library, path);
  const list = meta === undefined ? undefined : fieldOf(meta, "dependencies")?.value;
  if (path === undefined || list?.kind !== "list" || where.open.length > NESTING_MAX || !isFirst(walk, path)) return;
  for (const entry of list.items) {
    const name = roleNameOf(entry);
    if (name !== undefined) walkRole(walk, { name, tasksFrom: "main" }, { ...where, open: [...where.open, path] });
  }
}

function isFirst({ once }: Walk, path: string): boolean {
  const before = once.size;
  return once.add(path).size > before;
}

/** In: a role's directory. Out: its name and variables. */
export function loadRole(library: Library, directory: string, name: string): Role {
  const variables = (folder: string): YamlMap | undefined => {
    const path = library.firstYaml(join(directory, folder), "main");
    return path === undefined ? undefined : variablesIn(library, path);
  };
  return { name, directory, defaults: variables("defaults"), vars: variables("vars") };
}

/** The role of an entry of `roles:`: a name, or a map with `role` or `name`. */
export function roleNameOf(entry: YamlNode): string | undefined {
  const field: YamlField | undefined = entry.kind === "map" ? (fieldOf(entry, "role") ?? fieldOf(entry, "name")) : undefined;
  const node = entry.kind === "map" ? field?.value : entry;
  return node?.kind === "scalar" && typeof node.value === "string" && !node.value.includes("{{") ? node.value : undefined;
}
