// A project that stays open: files are read once, and after a change only what changed is read again. For fixes and for editors.

import type { Mode } from "../model/mode.ts";
import type { Project } from "../model/playbook.ts";
import type { LintResult } from "./lint.ts";
import { lint } from "./lint.ts";
import type { ProjectFiles } from "./ports.ts";
import { assemble } from "./project/assemble.ts";
import type { Library } from "./project/library.ts";
import { createLibrary } from "./project/library.ts";
import type { Settings } from "../model/settings.ts";
import { defaultSettings } from "../model/settings.ts";

export interface SessionRequest {
  readonly files: ProjectFiles;
  /** The files asked about. */
  readonly paths: readonly string[];
  readonly modes: readonly Mode[];
  readonly settings?: Settings;
}

export interface Session {
  readonly library: Library;
  /** The project as it stands, and what is found in it. */
  readonly look: () => LintResult & { readonly project: Project };
  /** Takes a text for a file's content from now on, without writing it; undefined takes that back, so that the file is read again. */
  readonly update: (path: string, text: string | undefined) => void;
}

/** In: the port, the paths and the modes. Out: a session; nothing is read before the first look. */
export function createSession({ files, paths, modes, settings = defaultSettings }: SessionRequest): Session {
  const texts = new Map<string, string>();
  const library = createLibrary({
    list: files.list,
    read: (path) => {
      const text = texts.get(path);
      return text === undefined ? files.read(path) : { ok: true, text };
    },
  });
  return {
    library,
    look: () => {
      const project = assemble(library, paths);
      return { project, ...lint(project, modes, settings) };
    },
    update: (path, text) => {
      if (text === undefined) texts.delete(path);
      else texts.set(path, text);
      library.forget(path);
    },
  };
}
