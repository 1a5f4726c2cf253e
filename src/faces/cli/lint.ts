// `longhaul lint`: find, show, repair.

import { normalize } from "node:path/posix";
import type { ProjectFiles, Reading } from "../../engine/ports.ts";
import { isFailure } from "../../engine/settings.ts";
import type { UnusedIgnore } from "../../engine/ignores.ts";
import type { Library, Unreadable } from "../../engine/project/library.ts";
import { TOO_MANY } from "../../engine/project/walk.ts";
import type { SessionRequest } from "../../engine/session.ts";
import { createSession } from "../../engine/session.ts";
import type { Finding } from "../../model/finding.ts";
import type { Mode } from "../../model/mode.ts";
import { positionAt } from "../../model/place.ts";
import { printable } from "../../model/printable.ts";
import { PROBLEM_EXITS, Problem } from "../../model/problem.ts";
import type { ProblemCode } from "../../model/problem.ts";
import type { Profile } from "../../model/settings.ts";
import { baselineText, readBaseline, unknownTo } from "./baseline.ts";
import type { FormatName } from "./formats/index.ts";
import type { Trouble } from "./formats/report.ts";
import type { RepairOptions, Repairs } from "./lint-fix.ts";
import { repair, showDiff } from "./lint-fix.ts";
import { measuredLaunches } from "./measured-launches.ts";
import { showFindings } from "./lint-report.ts";
import type { Asked, ProjectSettings } from "./project-settings.ts";
import { projectSettings } from "./project-settings.ts";
import { count } from "./style.ts";
import type { World } from "./world.ts";

export interface LintOptions extends Asked, RepairOptions {
  /** False to leave out what was measured. */
  readonly history: boolean;
  /** Where to write a baseline of what is found. */
  readonly writeBaseline?: string;
  /** Tells only of files that differ from a commit (`reference`; without it the last). */
  readonly changed?: { readonly reference?: string };
  /** The path that a text from standard input stands for. */
  readonly stdinName: string;
}

/** Lints and, where asked, repairs. Out: the exit code. Throws Problem for a request that cannot be met at all. */
export async function runLint(world: World, options: LintOptions): Promise<number> {
  const modes = await world.modes();
  const settings = await projectSettings(world, options);
  const scope = await scopeOf(world, options, settings);
  if (scope === undefined) {
    world.err(`longhaul: no YAML file has changed since ${options.changed?.reference ?? "the last commit"}\n`);
    return 0;
  }
  const { paths, closed, files, concerns } = scope;
  const baseline = settings.baseline === undefined || options.writeBaseline !== undefined ? undefined : readBaseline(world, settings.baseline);
  const asked = (all: readonly Finding[]): readonly Finding[] => unknownTo(baseline, all).fresh.filter((finding) => placesOf(finding).some(concerns));
  const { cores, profile, levels } = settings;
  const measured = settings.history && options.history ? await measuredLaunches(world) : undefined;
  const request: SessionRequest = { files, paths, modes, settings: { ...(cores === undefined ? {} : { cores: cores.range }), ...(measured === undefined ? {} : { measured }), profile, levels } };
  const repairs = options.fix === undefined && !options.diff ? NO_REPAIRS : await repair(world, { ...request, settings: { profile, levels, ...request.settings, view: asked } }, options);
  const session = createSession(request);
  const { project, findings: all, unusedIgnores, crashed } = session.look();
  const findings = asked(all);
  const { library } = session;
  const strangers = options.paths.filter((path) => paths.includes(path) && isStranger(library, path));
  const problems: Trouble[] = [
    ...closed.map(({ path, why }) => ({ code: "cannot-read", message: `${path}: ${why}; not checked` })),
    ...library.unreadable.filter(({ path }) => concerns(path)).map(unreadableTrouble),
    ...project.flows.filter(({ gaps }) => gaps.includes(TOO_MANY)).map(({ source }) => ({ code: "cannot-read", message: `${source.path}: ${TOO_MANY}` })),
    ...strangers.map((path) => ({ code: "not-ansible", message: `${path}: is no playbook and no list of tasks; nothing in it to check` })),
    ...unusedIgnores.filter(({ source }) => concerns(source.path)).map((unused) => unusedTrouble(unused, modes)),
    ...crashed.map(({ mode, cause }) => ({ code: "mode-crashed", message: `the check ${mode} broke (${String(cause)}); its findings are missing. Please report this.` })),
    ...repairs.problems,
  ];
  const { gone } = unknownTo(baseline, all);
  if (gone > 0) world.err(`longhaul: ${settings.baseline ?? ""}: ${count(gone, "entry", "entries")} no longer found; --write-baseline ${settings.baseline ?? ""} makes it anew\n`);
  if (options.writeBaseline !== undefined) {
    world.replaceText(options.writeBaseline, baselineText(findings));
    world.err(`longhaul: ${options.writeBaseline} now knows ${count(findings.length, "finding")}; use it with --baseline\n`);
    return exitOf([], problems, profile);
  }
  const { fixed } = repairs;
  if (options.format !== "text") {
    const { formats } = await import("./formats/index.ts");
    world.out(formats[options.format]({ version: world.version, modes, files: paths.length, findings, fixed, problems, textOf: library.text }));
  } else if (options.diff) await showDiff(world, repairs.changed);
  else showFindings(world, { findings, fixed, files: paths.length, unread: library.unreadable.length + strangers.length, cores, textOf: library.text });
  if (!REPORTS_PROBLEMS.has(options.format)) for (const problem of problems) world.err(`longhaul: ${printable(problem.message)}\n`);
  return exitOf(findings, problems, profile);
}

const NO_REPAIRS: Repairs = { changed: new Map(), fixed: [], problems: [] };

function placesOf({ source, related }: Finding): readonly string[] {
  return [source.path, ...(related ?? []).map(({ place }) => place.file)];
}

interface Scope {
  readonly paths: readonly string[];
  readonly closed: readonly { readonly path: string; readonly why: string }[];
  readonly files: ProjectFiles;
  /** Whether a file is one that was asked about. */
  readonly concerns: (path: string) => boolean;
}

/** The files to look at, and those to tell of. Out: undefined where nothing has changed. Throws Problem. */
async function scopeOf(world: World, options: LintOptions, settings: ProjectSettings): Promise<Scope | undefined> {
  if (settings.paths.includes("-")) return standardInput(world, options, settings);
  const { files: paths, closed } = world.findYaml(settings.paths, settings.excluded);
  if (paths.length === 0) throw new Problem("nothing-to-lint", `${settings.paths.join(", ")}: no .yml or .yaml file there; name a playbook, a role or a project directory`);
  if (options.changed === undefined) return { paths, closed, files: world.files, concerns: () => true };
  const changed = new Set(world.changedFiles(options.changed.reference).map((path) => normalize(path)));
  const concerns = (path: string): boolean => changed.has(normalize(path));
  return paths.some(concerns) ? { paths, closed, files: world.files, concerns } : undefined;
}

/** A text from standard input in the place of a file, with the project around it: an editor's buffer. */
async function standardInput(world: World, { stdinName, fix, diff }: LintOptions, { paths }: ProjectSettings): Promise<Scope> {
  if (paths.length > 1) throw new Problem("bad-usage", "-: standard input is linted alone; --stdin-name FILE says which file it stands for");
  if (fix !== undefined && !diff) throw new Problem("bad-usage", "--fix: standard input cannot be repaired in place; --diff shows the repairs");
  const chunks: Uint8Array[] = [];
  await world.readChunks("-", (chunk) => chunks.push(chunk.slice()));
  const name = normalize(stdinName);
  const text = decode(Buffer.concat(chunks));
  const files: ProjectFiles = { list: world.files.list, read: (path) => (normalize(path) === name ? text : world.files.read(path)) };
  return { paths: [name], closed: [], files, concerns: (path) => normalize(path) === name };
}

function decode(bytes: Uint8Array): Reading {
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { ok: false, why: "is not UTF-8 text" };
  }
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

function exitOf(findings: readonly Finding[], problems: readonly Trouble[], profile: Profile): number {
  const codes = problems.map((problem) => PROBLEM_EXITS[problem.code as ProblemCode] ?? 0);
  return Math.max(findings.some((finding) => isFailure(finding, profile)) ? 1 : 0, ...codes);
}

function unreadableTrouble(unreadable: Unreadable): Trouble {
  const { path, why, source, at } = unreadable;
  if (source === undefined || at === undefined) return { code: "cannot-read", message: `${path}: ${why}; not checked` };
  const { line, column } = positionAt(source.text, at);
  return { code: "not-yaml", message: `${path}:${line}:${column}: ${why}; not checked` };
}
