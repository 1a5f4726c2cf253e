// Makes a project of files: which of them are playbooks, which plays pull in which tasks, and what no play reaches.

import { dirname, join, normalize } from "node:path/posix";
import type { Flow, Project } from "../../model/playbook.ts";
import type { SourceText, YamlMap, YamlNode } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";
import { readAction } from "../../readers/playbook/action.ts";
import { BLOCK_SECTIONS, moduleName } from "../../readers/playbook/keywords.ts";
import type { Level } from "./levels.ts";
import type { Library, ParsedFile } from "./library.ts";
import { roleDirectoryOf, variablesIn } from "./library.ts";
import { pairsOf } from "./pairs.ts";
import { buildTasks } from "./tasks.ts";
import { inventoryVariables } from "./variables.ts";
import type { RawTask, Walk, Where } from "./walk.ts";
import { loadRole, roleNameOf, walkFile, walkRole, walkTasks } from "./walk.ts";

/**
 * In: the library, and the files asked about. Out: the flows in them.
 * A file of tasks that a play of the project reaches is seen only there, with what it inherits.
 */
export function assemble(library: Library, paths: readonly string[]): Project {
  const reached = new Set<string>();
  const flows: Flow[] = [];
  const asked = [...new Set(paths.map((path) => normalize(path)))];
  const playbooks = asked.filter((path) => library.kindOf(path) === "playbook");
  const add = (key: string, make: (scene: Scene) => readonly Flow[]): void => {
    const unit = library.derive(key, (reader) => {
      const scene: Scene = { library: reader, reached: new Set() };
      return { flows: make(scene), reached: scene.reached };
    });
    flows.push(...unit.flows);
    for (const path of unit.reached) reached.add(path);
  };
  for (const path of playbooks) add(`playbook ${path}`, (scene) => flowsOfPlaybook(scene, path, [path]));
  const loose = asked.filter((path) => !reached.has(path) && library.kindOf(path) !== "other" && library.text(path)?.includes("async") === true);
  // main.yml first: what it includes is then seen with its surroundings, not alone.
  const mains = loose.filter((path) => /\/main\.ya?ml$/.test(path));
  for (const path of [...mains, ...loose.filter((each) => !mains.includes(each))]) {
    if (!reached.has(path)) add(`tasks ${path}`, (scene) => flowOfTasks(scene, path));
  }
  // A job that is started in one file of a role may be looked after in another, which nobody asked about.
  const near = flows.filter((flow) => flow.kind === "tasks").flatMap((flow) => siblings(library, flow.source.path));
  let texts: ReadonlyMap<string, string> | undefined;
  return {
    flows,
    mentionedElsewhere: (name, where) => {
      texts ??= new Map([...asked, ...reached, ...near].map((path) => [path, library.text(path) ?? ""]));
      return mentioned(texts, name, where);
    },
  };
}

interface Scene {
  readonly library: Library;
  readonly reached: Set<string>;
}

function flowsOfPlaybook(scene: Scene, path: string, open: readonly string[]): readonly Flow[] {
  if (open.indexOf(path) !== open.length - 1) return [];
  const file = scene.library.parsed(path);
  if (file === undefined) return [];
  const plays = file.documents.flatMap((document) => (document.kind === "list" ? document.items : []));
  return plays.flatMap((play): readonly Flow[] => {
    if (play.kind !== "map") return [];
    const imported = fieldOf(play, "import_playbook") ?? fieldOf(play, "ansible.builtin.import_playbook");
    if (imported?.value.kind === "scalar") {
      const next = normalize(join(dirname(path), imported.value.raw));
      return flowsOfPlaybook(scene, next, [...open, next]);
    }
    return fieldOf(play, "hosts") === undefined ? [] : [flowOfPlay(scene, file, play)];
  });
}

function flowOfPlay(scene: Scene, file: ParsedFile, play: YamlMap): Flow {
  const { library, reached } = scene;
  const { source } = file;
  reached.add(source.path);
  const walk: Walk = { playbook: source.path, library, tasks: [], handlers: [], blocks: [], gaps: [], reached, once: new Set() };
  const level: Level = { owner: "play", map: play, source, keywordsReach: true };
  const where: Where = { source, levels: [level], role: undefined, shape: "task", open: [source.path] };
  walkTasks(walk, fieldOf(play, "pre_tasks")?.value, where);
  walkRoles(walk, fieldOf(play, "roles")?.value, where);
  walkTasks(walk, fieldOf(play, "tasks")?.value, where);
  walkTasks(walk, fieldOf(play, "post_tasks")?.value, where);
  walkTasks(walk, fieldOf(play, "handlers")?.value, { ...where, shape: "handler" });
  const name = fieldOf(play, "name")?.value;
  return finish(walk, { kind: "play", source, name: name?.kind === "scalar" ? name.raw : undefined, play });
}

function walkRoles(walk: Walk, node: YamlNode | undefined, where: Where): void {
  if (node?.kind !== "list") return;
  node.items.forEach((entry, index) => {
    const name = roleNameOf(entry);
    if (entry.kind === "map") {
      const { source, levels, role } = where;
      walk.tasks.push({ source, map: entry, shape: "role-entry", levels, role, list: node, index });
    }
    const own: readonly Level[] = entry.kind === "map" ? [{ owner: "role", map: entry, source: where.source, keywordsReach: true }] : [];
    if (name === undefined) walk.gaps.push(`a role of ${where.source.path} is not known before the run`);
    else walkRole(walk, { name, tasksFrom: "main" }, { ...where, levels: [...where.levels, ...own] });
  });
}

function flowOfTasks(scene: Scene, path: string): readonly Flow[] {
  const { library, reached } = scene;
  const file = library.parsed(path);
  if (file === undefined || !file.documents.some((document) => looksLikeTasks(document))) return [];
  const walk: Walk = { playbook: path, library, tasks: [], handlers: [], blocks: [], gaps: [], reached, once: new Set() };
  const directory = roleDirectoryOf(path);
  const role = directory === undefined ? undefined : loadRole(library, directory, directory.split("/").at(-1) ?? "");
  const shape = /(?:^|\/)handlers\//.test(path) ? "handler" : "task";
  walkFile(walk, path, { source: file.source, levels: [], role, shape, open: [] });
  return [finish(walk, { kind: "tasks", source: file.source, name: undefined, play: undefined })];
}

/** A list of maps of which one has a module with an async keyword, or asks about a job: other YAML has no such thing. */
function looksLikeTasks(document: YamlNode): boolean {
  if (document.kind !== "list") return false;
  return document.items.some((item) => {
    if (item.kind !== "map") return false;
    const sections = BLOCK_SECTIONS.flatMap((section) => fieldOf(item, section)?.value ?? []);
    if (sections.some((section) => looksLikeTasks(section))) return true;
    const action = readAction(item);
    if (action === undefined) return false;
    if (["async", "async_val"].some((key) => fieldOf(item, key) !== undefined)) return true;
    return /^(?:async_status|(?:import|include)_(?:tasks|role))$/.test(moduleName(action.written));
  });
}

interface Head extends Pick<Flow, "kind" | "source" | "name"> {
  readonly play: YamlMap | undefined;
}

function finish(walk: Walk, { kind, source, name, play }: Head): Flow {
  const raw: readonly RawTask[] = [...walk.tasks, ...walk.handlers];
  const tasks = raw.length === 0 ? [] : buildTasks(raw, flowVariables(walk, source, play));
  return { kind, source, name, play, tasks, blocks: walk.blocks, pairs: pairsOf(tasks), gaps: walk.gaps };
}

function flowVariables(walk: Walk, source: SourceText, play: YamlMap | undefined): Parameters<typeof buildTasks>[1] {
  const inventory = inventoryVariables(walk.library, source.path);
  const files = play === undefined ? undefined : fieldOf(play, "vars_files")?.value;
  const named = files?.kind === "list" ? files.items : files === undefined ? [] : [files];
  const fromFiles = named.flatMap((item) => {
    const path = item.kind === "scalar" ? variablesIn(walk.library, normalize(join(dirname(source.path), item.raw))) : undefined;
    return path === undefined ? [] : [path];
  });
  const isShadowed = (module: string, role: string | undefined): boolean => {
    const homes = [dirname(source.path), ...(role === undefined ? [] : [role])];
    return homes.some((home) => ["library", "action_plugins"].some((folder) => walk.library.list(join(home, folder)).includes(`${module}.py`)));
  };
  return { layers: [...fromFiles.toReversed(), ...inventory.all], perHost: inventory.perHost, playbook: source.path, isShadowed, ...pollInterval(walk.library, source.path) };
}

/** `poll_interval` of ansible.cfg: that of the directory where Ansible is started, which is mostly the project's top or the playbook's. */
function pollInterval(library: Library, playbook: string): { readonly defaultPollSeconds?: number } {
  const text = library.text("ansible.cfg") ?? library.text(join(dirname(playbook), "ansible.cfg")) ?? "";
  const seconds = /^poll_interval\s*[=:]\s*(\d+)\s*$/m.exec(text)?.[1];
  return seconds === undefined ? {} : { defaultPollSeconds: Number(seconds) };
}

/** The YAML files beside a file of tasks, and those of its role. */
function siblings(library: Library, path: string): readonly string[] {
  const role = roleDirectoryOf(path);
  const directories = role === undefined ? [dirname(path)] : ["tasks", "handlers"].map((folder) => join(role, folder));
  return directories.flatMap((directory) => library.list(directory).filter((name) => /\.ya?ml$/.test(name)).map((name) => join(directory, name)));
}

/** True when the word stands in any text besides the given place. */
function mentioned(texts: ReadonlyMap<string, string>, name: string, where: Parameters<Project["mentionedElsewhere"]>[1]): boolean {
  for (const [path, text] of texts) {
    for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + name.length)) {
      const inside = path === where.source.path && at >= where.span.start && at < where.span.end;
      if (!inside && !isWordCharacter(text[at - 1]) && !isWordCharacter(text[at + name.length])) return true;
    }
  }
  return false;
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /\w/.test(character);
}
