// Repairs: made in memory, shown as a diff, agreed to by a person where they choose between meanings, and then written.

import { join } from "node:path/posix";
import type { FixResult } from "../../engine/fix.ts";
import { fix } from "../../engine/fix.ts";
import type { SessionRequest } from "../../engine/session.ts";
import type { Finding } from "../../model/finding.ts";
import { printable } from "../../model/printable.ts";
import { Problem } from "../../model/problem.ts";
import type { FormatName } from "./formats/index.ts";
import type { Trouble } from "./formats/report.ts";
import type { World } from "./world.ts";

/** What may be repaired, and how far. */
export interface RepairOptions {
  readonly format: FormatName;
  /** `safe`: repairs without a question. `all`: also those that need consent, which is asked for. */
  readonly fix?: "safe" | "all";
  /** Consent to every repair, given beforehand. */
  readonly yes: boolean;
  /** Shows the repairs as a diff and writes nothing. */
  readonly diff: boolean;
  /** The options that give consent, for messages: `--fix=all --yes`. */
  readonly consent?: string;
}

export interface Repairs {
  readonly changed: FixResult["changed"];
  /** What is repaired in the files now; nothing after a diff. */
  readonly fixed: readonly Finding[];
  readonly problems: readonly Trouble[];
}

/** In: the project and what may be repaired. Out: what was repaired (with `diff`: what would be), and what could not be. */
export async function repair(world: World, request: SessionRequest, options: RepairOptions): Promise<Repairs> {
  const result = await agreedTo(world, request, options);
  const unwritten = options.diff ? new Map<string, Problem>() : writeAll(world, result);
  const fixed = options.diff ? [] : result.fixed.filter((finding) => !(finding.fix?.edits ?? []).some((edit) => unwritten.has(edit.file)));
  const problems = [
    ...result.refused.map(({ finding, why }) => ({ code: "fix-refused", message: `${finding.mode} in ${finding.source.path}: not repaired, ${why}` })),
    ...[...unwritten.values()].map(({ code, message }) => ({ code, message })),
  ];
  return { changed: result.changed, fixed, problems };
}

/** The safe repairs, and with them those that need consent where it is given. */
async function agreedTo(world: World, request: SessionRequest, options: RepairOptions): Promise<FixResult> {
  if (options.fix !== "all") return fix({ ...request, all: false });
  const everything = fix({ ...request, all: true });
  if (options.yes || options.diff || everything.fixed.every((finding) => finding.fix?.safe === true)) return everything;
  const safe = fix({ ...request, all: false });
  const number = everything.fixed.filter((finding) => finding.fix?.safe !== true).length;
  const choices = number === 1 ? "1 repair chooses" : `${number} repairs choose`;
  if (options.format === "text") await showDiff(world, between(safe, everything));
  if (world.ask === undefined) {
    world.err(`longhaul: ${choices} between meanings and ${number === 1 ? "is" : "are"} not made; ${options.consent ?? "--fix=all --yes"} makes ${number === 1 ? "it" : "them"}\n`);
    return safe;
  }
  return (await world.ask(`${choices} between meanings, as shown. Make ${number === 1 ? "it" : "them"}? [y/N] `)) ? everything : safe;
}

/** What the second result changes over the first. */
function between(first: FixResult, second: FixResult): FixResult["changed"] {
  return new Map([...second.changed].flatMap(([path, { before, after }]) => {
    const from = first.changed.get(path)?.after ?? before;
    return from === after ? [] : [[path, { before: from, after }] as const];
  }));
}

/** Writes what can be written. Out: the problem for each file that cannot. */
function writeAll(world: World, { changed }: FixResult): ReadonlyMap<string, Problem> {
  const unwritten = new Map<string, Problem>();
  for (const [path, { after }] of changed) {
    try {
      world.replaceText(path, after);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      unwritten.set(path, error);
    }
  }
  return unwritten;
}

/** Prints changes as a patch that `patch -p1` and `git apply` take. */
export async function showDiff(world: World, changed: FixResult["changed"]): Promise<void> {
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import("diff");
  for (const [path, { before, after }] of changed) {
    const patch = createTwoFilesPatch(join("a", path), join("b", path), before, after, undefined, undefined, { headerOptions: FILE_HEADERS_ONLY });
    // A patch has to be exact, unless a person looks at it.
    world.out(world.terminal ? `${patch.split("\n").map(printable).join("\n")}` : patch);
  }
  if (changed.size === 0) world.err("longhaul: nothing to repair\n");
}
