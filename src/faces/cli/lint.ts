// `longhaul lint`: find, show, repair.

import { join, normalize } from "node:path/posix";
import type { FixResult } from "../../engine/fix.ts";
import { fix } from "../../engine/fix.ts";
import type { UnusedIgnore } from "../../engine/ignores.ts";
import { lint } from "../../engine/lint.ts";
import { assemble } from "../../engine/project/assemble.ts";
import type { Library, Unreadable } from "../../engine/project/library.ts";
import { createLibrary } from "../../engine/project/library.ts";
import type { Finding, Severity } from "../../model/finding.ts";
import type { Mode } from "../../model/mode.ts";
import { positionAt } from "../../model/place.ts";
import { printable } from "../../model/printable.ts";
import { PROBLEM_EXITS, Problem } from "../../model/problem.ts";
import type { ProblemCode } from "../../model/problem.ts";
import type { FormatName } from "./formats/index.ts";
import type { Trouble } from "./formats/report.ts";
import { findingText } from "./lint-text.ts";
import { count, createStyle, wrap } from "./style.ts";
import type { World } from "./world.ts";

export interface LintOptions {
  readonly paths: readonly string[];
  readonly format: FormatName;
  /** `safe`: repairs without a question. `all`: also those that need consent; giving the option is the consent. */
  readonly fix?: "safe" | "all";
  /** Shows the repairs as a diff and writes nothing. */
  readonly diff: boolean;
}

/** Lints and, where asked, repairs. Out: the exit code. Throws Problem for a request that cannot be met at all. */
export async function runLint(world: World, options: LintOptions): Promise<number> {
  const { files: paths, closed } = world.findYaml(options.paths);
  if (paths.length === 0) throw new Problem("nothing-to-lint", `${options.paths.join(", ")}: no .yml or .yaml file there; name a playbook, a role or a project directory`);
  const repaired = options.fix === undefined && !options.diff ? undefined : fix({ files: world.files, paths, modes: world.modes, all: options.fix === "all" });
  const unwritten = repaired === undefined || options.diff ? new Map<string, Problem>() : writeAll(world, repaired);
  const fixed = (repaired?.fixed ?? []).filter((finding) => !(finding.fix?.edits ?? []).some((edit) => unwritten.has(edit.file)));
  const library = createLibrary(world.files);
  const project = assemble(library, paths);
  const strangers = options.paths.filter((path) => paths.includes(path) && isStranger(library, path));
  const { findings, unusedIgnores, crashed } = lint(project, world.modes);
  const problems: Trouble[] = [
    ...closed.map(({ path, why }) => ({ code: "cannot-read", message: `${path}: ${why}; not checked` })),
    ...library.unreadable.map(unreadableTrouble),
    ...strangers.map((path) => ({ code: "not-ansible", message: `${path}: is no playbook and no list of tasks; nothing in it to check` })),
    ...unusedIgnores.map((unused) => unusedTrouble(unused, world.modes)),
    ...crashed.map(({ mode, cause }) => ({ code: "mode-crashed", message: `the check ${mode} broke (${String(cause)}); its findings are missing. Please report this.` })),
    ...(repaired?.refused ?? []).map(({ finding, why }) => ({ code: "fix-refused", message: `${finding.mode} in ${finding.source.path}: not repaired, ${why}` })),
    ...[...unwritten.values()].map(({ code, message }) => ({ code, message })),
  ];
  if (options.format !== "text") {
    const { formats } = await import("./formats/index.ts");
    world.out(formats[options.format]({ version: world.version, modes: world.modes, files: paths.length, findings, fixed, problems }));
  } else if (options.diff) await showDiff(world, repaired?.changed ?? new Map());
  else showText(world, { findings, fixed, files: paths.length, unread: library.unreadable.length + strangers.length });
  if (!REPORTS_PROBLEMS.has(options.format)) for (const problem of problems) world.err(`longhaul: ${printable(problem.message)}\n`);
  return exitOf(findings, problems);
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

/** A file that somebody named is read whatever its text looks like. True where it is YAML, and no playbook and no list of tasks. */
function isStranger(library: Library, path: string): boolean {
  const documents = library.parsed(normalize(path))?.documents;
  return documents !== undefined && documents.length > 0 && documents.every((document) => document.kind !== "list");
}

function unusedTrouble({ source, line, modes: named }: UnusedIgnore, modes: readonly Mode[]): Trouble {
  const unknown = named.filter((id) => !modes.some((mode) => mode.id === id));
  const why = unknown.length > 0 ? `there is no mode ${unknown.join(", ")}; longhaul explain lists them` : `nothing of ${named.join(", ")} is found here; remove it`;
  return { code: "unused-ignore", message: `${source.path}:${line}: a comment to ignore, but ${why}` };
}

/** Formats that carry what could not be looked at; with the others it goes to standard error. */
const REPORTS_PROBLEMS: ReadonlySet<FormatName> = new Set(["json", "sarif", "github", "junit"]);

function exitOf(findings: readonly Finding[], problems: readonly Trouble[]): number {
  const codes = problems.map((problem) => PROBLEM_EXITS[problem.code as ProblemCode] ?? 0);
  const found = findings.some((finding) => finding.severity !== "info");
  return Math.max(found ? 1 : 0, ...codes);
}

function unreadableTrouble(unreadable: Unreadable): Trouble {
  const { path, why, source, at } = unreadable;
  if (source === undefined || at === undefined) return { code: "cannot-read", message: `${path}: ${why}; not checked` };
  const { line, column } = positionAt(source.text, at);
  return { code: "not-yaml", message: `${path}:${line}:${column}: ${why}; not checked` };
}

interface Shown {
  readonly findings: readonly Finding[];
  readonly fixed: readonly Finding[];
  readonly files: number;
  readonly unread: number;
}

function showText(world: World, shown: Shown): void {
  const { findings, fixed } = shown;
  const style = createStyle(world.color);
  for (const finding of fixed) {
    const { line } = positionAt(finding.source.text, finding.span.start);
    const indent = "       ";
    const text = wrap(printable(`${finding.source.path}:${line}  ${finding.mode}: ${finding.fix?.says ?? ""}`), world.columns, indent);
    world.out(`${style.good("fixed")}  ${text.slice(indent.length)}\n`);
  }
  if (fixed.length > 0) world.out("\n");
  for (const finding of findings) world.out(findingText(finding, { columns: world.columns, style }));
  world.out(`${summary(shown)}\n`);
}

function summary({ findings, fixed, files, unread }: Shown): string {
  const repaired = fixed.length === 0 ? "" : `${fixed.length} repaired, `;
  const checked = `${count(files - unread, "file")} checked${unread === 0 ? "" : `, ${unread} not read`}`;
  if (files === unread && findings.length === 0) return `nothing checked, ${unread} not read`;
  if (findings.length === 0) return `${repaired}${fixed.length === 0 ? "no async mistakes found" : "nothing left"}, ${checked}`;
  const kinds = (["error", "warning", "info"] as const).flatMap((severity: Severity) => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : [severity === "info" ? `${number} info` : count(number, severity)];
  });
  const safe = findings.filter((finding) => finding.fix?.safe === true).length;
  const others = findings.filter((finding) => finding.fix?.safe === false).length;
  const hint = `${safe === 0 ? "" : `; --fix repairs ${safe}`}${others === 0 ? "" : `; --fix=all repairs ${safe === 0 ? "" : "another "}${others}`}`;
  return `${repaired}${kinds.join(", ")}, ${checked}${hint}`;
}

async function showDiff(world: World, changed: ReadonlyMap<string, { readonly before: string; readonly after: string }>): Promise<void> {
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import("diff");
  for (const [path, { before, after }] of changed) {
    const patch = createTwoFilesPatch(join("a", path), join("b", path), before, after, undefined, undefined, { headerOptions: FILE_HEADERS_ONLY });
    // A patch has to be exact, unless a person looks at it.
    world.out(world.terminal ? `${patch.split("\n").map(printable).join("\n")}` : patch);
  }
  if (changed.size === 0) world.err("longhaul: nothing to repair\n");
}
