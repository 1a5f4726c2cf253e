// A project in memory, for tests.

import type { ProjectFiles } from "./ports.ts";

/** In: texts by path. Out: files that read from them. */
export function fakeFiles(texts: Readonly<Record<string, string>>): ProjectFiles {
  const paths = Object.keys(texts);
  return {
    read: (path) => {
      const text = texts[path];
      return text === undefined ? undefined : { ok: true, text };
    },
    list: (directory) => {
      const prefix = directory === "." || directory === "" ? "" : `${directory}/`;
      const names = paths.filter((path) => path.startsWith(prefix)).map((path) => {
        const rest = path.slice(prefix.length);
        const slash = rest.indexOf("/");
        return slash === -1 ? rest : rest.slice(0, slash + 1);
      });
      return [...new Set(names)].toSorted();
    },
  };
}
