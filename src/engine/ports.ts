// What the engine needs of the world. `system` implements it; tests hand in `ports.fake.ts`.

export type Reading =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string };

/** The files of a project. Paths are as the user gave them or below those; `/` separates. */
export interface ProjectFiles {
  /** The text of a file; undefined where there is none. Not ok: it is there and cannot be read as text. */
  readonly read: (path: string) => Reading | undefined;
  /** Names in a directory, sorted; [] where there is none. Directories end in `/`. */
  readonly list: (directory: string) => readonly string[];
}
