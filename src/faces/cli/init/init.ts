// Sets a project up: says what is there, writes what is asked for, and never changes a file that is there.

import { printable } from "../../../model/printable.ts";
import { count } from "../style.ts";
import type { World } from "../world.ts";
import type { Piece, Source } from "./pieces.ts";
import { CONFIG, EXAMPLE, PRE_COMMIT, collection, github, gitlab } from "./pieces.ts";

export type PieceName = "config" | "pre-commit" | "github" | "gitlab" | "collection" | "example";

export const PIECES: readonly PieceName[] = ["config", "pre-commit", "github", "gitlab", "collection", "example"];

export interface InitOptions {
  readonly wanted: readonly PieceName[];
  readonly dryRun: boolean;
  readonly source?: Source;
}

/** How a piece stands: it is there, its file is there without it, or there is no such file. */
type Standing =
  | { readonly kind: "there"; readonly path: string }
  | { readonly kind: "to-add"; readonly path: string }
  | { readonly kind: "to-write"; readonly path: string }
  | { readonly kind: "unreadable"; readonly path: string; readonly why: string };

const LABEL_COLUMNS = 8;
const NAMES_SHOWN = 3;

/** Out: 0 when all that was asked for is there now, 1 when something is left to be added by hand. */
export function runInit(world: World, { wanted, dryRun, source }: InitOptions): number {
  const pieces = piecesOf(source);
  if (wanted.length === 0) {
    overview(world, pieces);
    return 0;
  }
  let exit = 0;
  for (const name of wanted) {
    const piece = pieces[name];
    const standing = standingOf(world, piece);
    if (standing.kind === "to-write") write(world, piece, { path: standing.path, dryRun });
    else if (standing.kind === "there") say(world, "there", `${standing.path} has it already, and is left as it is`);
    else {
      exit = 1;
      add(world, piece, standing);
    }
  }
  return exit;
}

function piecesOf(source: Source | undefined): Readonly<Record<PieceName, Piece>> {
  return { config: CONFIG, "pre-commit": PRE_COMMIT, github: github(source), gitlab: gitlab(source), collection: collection(source), example: EXAMPLE };
}

function standingOf(world: World, piece: Piece): Standing {
  for (const path of piece.paths) {
    const reading = world.files.read(path);
    if (reading === undefined) continue;
    if (!reading.ok) return { kind: "unreadable", path, why: reading.why };
    return { kind: piece.isIn.test(reading.text) ? "there" : "to-add", path };
  }
  return { kind: "to-write", path: piece.paths[0] ?? "" };
}

function say(world: World, label: string, text: string): void {
  world.out(`${label.padEnd(LABEL_COLUMNS)}${printable(text)}\n`);
}

function write(world: World, piece: Piece, { path, dryRun }: { readonly path: string; readonly dryRun: boolean }): void {
  if (dryRun) {
    say(world, "would", `write ${path}:`);
    world.out(indented(piece.whole));
  } else {
    world.createFile(path, piece.whole);
    say(world, "wrote", path);
  }
  if (piece.next !== undefined) say(world, "next", piece.next.replace("FILE", path));
}

/** A file of the user's is not edited: his comments and anchors are his. */
function add(world: World, piece: Piece, standing: Standing & { readonly kind: "to-add" | "unreadable" }): void {
  const why = standing.kind === "unreadable" ? `cannot be read (${standing.why})` : "is there without it";
  say(world, "add", `${standing.path} ${why}; add ${piece.place}:`);
  world.out(indented(piece.part));
  if (piece.next !== undefined) say(world, "next", piece.next.replace("FILE", standing.path));
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

function overview(world: World, pieces: Readonly<Record<PieceName, Piece>>): void {
  const { files } = world.findYaml(["."]);
  const launching = files.filter((path) => {
    const reading = world.files.read(path);
    return reading?.ok === true && /^\s*(?:-\s+)?async(?:_val)?\s*:/m.test(reading.text);
  });
  const named = launching.length === 0 ? "" : `: ${launching.slice(0, NAMES_SHOWN).join(", ")}${launching.length > NAMES_SHOWN ? ", …" : ""}`;
  say(world, "found", `${count(files.length, "YAML file")}, ${launching.length} with async tasks${named}`);
  for (const name of PIECES) {
    const standing = standingOf(world, pieces[name]);
    const option = `--${name}`.padEnd(14);
    if (standing.kind === "there") say(world, "there", `${option}${standing.path}`);
    else if (standing.kind === "to-write") say(world, "could", `${option}write ${standing.path}: ${pieces[name].title}`);
    else say(world, "could", `${option}say what to add to ${standing.path}`);
  }
  world.out("\nName what you want: longhaul init --config --pre-commit. --dry-run shows it first.\n");
}
