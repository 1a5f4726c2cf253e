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

export type FileKind = "playbook" | "speaks of async" | "other";

export interface Library {
  /** The parsed file; undefined where there is none or it cannot be read (then it is in `unreadable`). */
  readonly parsed: (path: string) => ParsedFile | undefined;
  readonly text: (path: string) => string | undefined;
  /** What a file is worth reading for, from its text alone. */
  readonly kindOf: (path: string) => FileKind;
  readonly list: (directory: string) => readonly string[];
  /** The first of `name`, `name.yml`, `name.yaml` that exists. */
  readonly firstYaml: (directory: string, name: string) => string | undefined;
  readonly unreadable: readonly Unreadable[];
  /** What `make` makes of the files that it reads through the library it is handed; kept under the key until one of them is forgotten. */
  readonly derive: <T>(key: string, make: (library: Library) => T) => T;
  /** Reads a file again when it is next asked for. */
  readonly forget: (path: string) => void;
}

/** In: the port. Out: a library that reads each file at most once, until it is forgotten. */
export function createLibrary(files: ProjectFiles): Library {
  const shelf = createShelf(files);
  const derived = new Map<string, { readonly value: unknown; readonly reads: ReadonlySet<string> }>();
  const forget = (path: string): void => {
    shelf.forget(path);
    for (const [key, { reads }] of derived) if (reads.has(path) || reads.has(dirname(path))) derived.delete(key);
  };
  const derive = <T>(key: string, make: (library: Library) => T): T => {
    const kept = derived.get(key);
    // Whoever uses a key uses it for one kind of value.
    if (kept !== undefined) return kept.value as T;
    const reads = new Set<string>();
    const value = make(reading((path) => reads.add(path)));
    derived.set(key, { value, reads });
    return value;
  };
  /** The library as a reader sees it who tells what it reads. */
  const reading = (tell: (path: string) => void): Library => {
    const telling = <T>(read: (path: string) => T) => (path: string): T => {
      tell(path);
      return read(path);
    };
    const text = telling(shelf.text);
    return {
      text,
      parsed: telling(shelf.parsed),
      kindOf: telling(shelf.kindOf),
      list: telling(shelf.list),
      firstYaml: (directory, name) => [name, `${name}.yml`, `${name}.yaml`].map((each) => join(directory, each)).find((path) => text(path) !== undefined),
      derive,
      forget,
      get unreadable() {
        return shelf.unreadable();
      },
    };
  };
  return reading(() => undefined);
}

interface Shelf extends Pick<Library, "parsed" | "text" | "kindOf" | "list" | "forget"> {
  readonly unreadable: () => readonly Unreadable[];
}

/** What was read of each file. */
function createShelf(files: ProjectFiles): Shelf {
  const parsedFiles = new Map<string, ParsedFile | undefined>();
  const texts = new Map<string, string | undefined>();
  const lists = new Map<string, readonly string[]>();
  const kinds = new Map<string, FileKind>();
  let unreadable: readonly Unreadable[] = [];
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
  return {
    text,
    parsed: (path) => {
      if (!parsedFiles.has(path)) parsedFiles.set(path, parse(path));
      return parsedFiles.get(path);
    },
    kindOf: (path) => {
      const kind = kinds.get(path) ?? kindOfText(text(path) ?? "");
      kinds.set(path, kind);
      return kind;
    },
    list: (directory) => {
      const names = lists.get(directory) ?? files.list(directory);
      lists.set(directory, names);
      return names;
    },
    forget: (path) => {
      texts.delete(path);
      parsedFiles.delete(path);
      kinds.delete(path);
      lists.delete(dirname(path));
      unreadable = unreadable.filter((each) => each.path !== path);
    },
    unreadable: () => unreadable,
  };
}

const PLAYBOOK = /(?:^|[\s{,])['"]?(?:hosts|(?:ansible\.builtin\.)?import_playbook)['"]?[ \t]*:/;

function kindOfText(text: string): FileKind {
  if ((text.includes("hosts") || text.includes("import_playbook")) && PLAYBOOK.test(text)) return "playbook";
  return text.includes("async") ? "speaks of async" : "other";
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
