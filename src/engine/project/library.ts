// The project's files as YAML, each read and parsed once, and the places where Ansible looks for roles and variables.

import { dirname, join, normalize } from "node:path/posix";
import type { SourceText, YamlMap, YamlNode } from "../../model/yaml.ts";
import { readYaml } from "../../readers/yaml.ts";
import type { ProjectFiles } from "../ports.ts";

export interface ParsedFile {
  readonly source: SourceText;
  readonly documents: readonly YamlNode[];
}

/** A file that could not be used, for the person who asked. `at` is a text offset where one is known. */
export interface Unreadable {
  readonly path: string;
  readonly why: string;
  readonly source?: SourceText;
  readonly at?: number;
}

export interface Library {
  /** The parsed file; undefined where there is none or it cannot be read (then it is in `unreadable`). */
  readonly parsed: (path: string) => ParsedFile | undefined;
  readonly text: (path: string) => string | undefined;
  readonly list: (directory: string) => readonly string[];
  /** The first of `name`, `name.yml`, `name.yaml` that exists. */
  readonly firstYaml: (directory: string, name: string) => string | undefined;
  readonly unreadable: readonly Unreadable[];
  /** Reads a file again when it is next asked for. */
  readonly forget: (path: string) => void;
}

/** In: the port. Out: a library that reads each file at most once. */
export function createLibrary(files: ProjectFiles): Library {
  const parsedFiles = new Map<string, ParsedFile | undefined>();
  let unreadable: readonly Unreadable[] = [];
  const texts = new Map<string, string | undefined>();
  const text = (path: string): string | undefined => {
    if (texts.has(path)) return texts.get(path);
    const reading = files.read(path);
    if (reading?.ok === false) unreadable = [...unreadable, { path, why: reading.why }];
    const found = reading?.ok === true ? reading.text : undefined;
    texts.set(path, found);
    return found;
  };
  const parse = (path: string): ParsedFile | undefined => {
    const content = text(path);
    if (content === undefined) return undefined;
    const source = { path, text: content };
    const reading = readYaml(content);
    if (reading.ok) return { source, documents: reading.documents };
    unreadable = [...unreadable, { path, why: reading.why, source, at: reading.at }];
    return undefined;
  };
  const parsed = (path: string): ParsedFile | undefined => {
    if (!parsedFiles.has(path)) parsedFiles.set(path, parse(path));
    return parsedFiles.get(path);
  };
  const firstYaml = (directory: string, name: string): string | undefined =>
    [name, `${name}.yml`, `${name}.yaml`].map((each) => join(directory, each)).find((path) => text(path) !== undefined);
  const forget = (path: string): void => {
    texts.delete(path);
    parsedFiles.delete(path);
    unreadable = unreadable.filter((each) => each.path !== path);
  };
  return {
    parsed,
    text,
    list: files.list,
    firstYaml,
    forget,
    get unreadable() {
      return unreadable;
    },
  };
}

/** The top-level map of a variables file; undefined where it is none. */
export function variablesIn(library: Library, path: string): YamlMap | undefined {
  const document = library.parsed(path)?.documents[0];
  return document?.kind === "map" ? document : undefined;
}

/** The directory of the role that a file belongs to: `…/roles/NAME` of `…/roles/NAME/tasks/main.yml`. */
export function roleDirectoryOf(path: string): string | undefined {
  const match = /^(?:(.*)\/)?([^/]+)\/(?:tasks|handlers)\//.exec(path);
  if (match === null) return undefined;
  const parent = match[1] ?? "";
  const inRoles = parent === "roles" || parent.endsWith("/roles");
  return inRoles ? join(parent, match[2] ?? "") : undefined;
}

/**
 * Where a role may lie, in Ansible's order as far as the project tells (playbook/role/definition.py, 2.14):
 * `roles/` beside the playbook, beside the role that asks, the playbook's own directory; collections below it.
 */
export function roleDirectory(library: Library, name: string, from: { playbook: string; role?: string }): string | undefined {
  const [namespace, collection, role] = name.split(".");
  const base = dirname(from.playbook);
  const beside = from.role === undefined ? [] : [dirname(from.role)];
  const roots = [join(base, "roles"), ...beside, base, join(base, "..", "roles")];
  const candidates =
    role === undefined
      ? roots.map((root) => join(root, name))
      : [base, join(base, "..")].map((root) =>
          join(root, "collections/ansible_collections", namespace ?? "", collection ?? "", "roles", role),
        );
  return candidates
    .map((path) => normalize(path))
    .find((path) => library.firstYaml(join(path, "tasks"), "main") !== undefined || library.list(join(path, "tasks")).length > 0);
}
