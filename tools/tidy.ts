// The house rules that no other tool checks, as functions over file texts. tools/tidy.test.ts applies them to the repository.

export interface TextFile {
  /** Relative to the root, `/` between. */
  readonly path: string;
  readonly text: string;
}

export interface Rule {
  readonly says: string;
  readonly holdsFor: (path: string) => boolean;
  /** Out: what breaks the rule, each with its line. */
  readonly find: (file: TextFile) => readonly string[];
}

export type RuleName = "bannedNames" | "kebabNames" | "rooms" | "openEnds" | "testsLeftOut" | "deadCode" | "world" | "units" | "ownPaths" | "registries";

const CODE = /\.(?:ts|mts|js|mjs|py|sh)$/;
const ROOMS = /^src\/(?:(?:model|readers|catalogue|engine|system)\/|faces\/(?:(?:cli|tui|web|lsp)\/|[^/]+$)|main(?:\.test)?\.ts$)/;
const CODE_FOLDERS = /^(?:src|tools|proofs|bench|web|bridge|collection)\//;
const BANNED_WORDS = new Set(["util", "utils", "helper", "helpers", "common", "misc", "manager", "service", "base"]);
const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)*$/;
const TIMED = "(?:[tT]imeout|[dD]elay|[iI]nterval|[dD]uration|TIMEOUT|DELAY|INTERVAL|DURATION)";

const isTypeScript = (path: string): boolean => path.endsWith(".ts");
const isTest = (path: string): boolean => path.endsWith(".test.ts");
const isCode = (path: string): boolean => CODE.test(path) || path === "bin/longhaul" || path === ".ci/run";

/** A rule about lines: every line that matches breaks it. */
function lineRule(says: string, holdsFor: (path: string) => boolean, pattern: RegExp): Rule {
  const find = (file: TextFile): readonly string[] =>
    file.text.split("\n").flatMap((line, n) => (pattern.test(line) ? [`${file.path}:${n + 1}: ${line.trim().slice(0, 120)}`] : []));
  return { says, holdsFor, find };
}

/** A rule about where a file is and what it is called. */
function pathRule(says: string, holdsFor: (path: string) => boolean, isWrong: (path: string) => boolean): Rule {
  return { says, holdsFor, find: ({ path }) => (isWrong(path) ? [path] : []) };
}

/** Patterns are put together where this file would otherwise break its own rule. */
export const RULES: Readonly<Record<RuleName, Rule>> = {
  bannedNames: pathRule(
    "a file or folder says what is in it: no utils, helpers, common, misc, manager, service, base",
    (path) => CODE_FOLDERS.test(path) && isCode(path),
    (path) => path.split(/[/.-]/).some((word) => BANNED_WORDS.has(word)),
  ),
  kebabNames: pathRule(
    "files and folders of src are named in kebab-case",
    (path) => path.startsWith("src/") && isTypeScript(path),
    (path) => path.split("/").some((segment) => !KEBAB.test(segment)),
  ),
  rooms: pathRule(
    "every source file is in a room of src/ that .oxlintrc.json walls off",
    (path) => path.startsWith("src/") && isTypeScript(path),
    (path) => !ROOMS.test(path),
  ),
  openEnds: lineRule("what is to be done has an issue: #123 on the same line", isCode, new RegExp(`\\b(?:TO${"DO"}|FIX${"ME"}|X${"XX"})\\b(?!.*#\\d)`)),
  testsLeftOut: lineRule(
    "every test runs: no only, no skip without a condition",
    isTest,
    new RegExp(`\\b(?:test|it|describe|suite)\\.(?:on${"ly"}|sk${"ip"}|to${"do"})\\b|\\b(?:on${"ly"}|sk${"ip"}|to${"do"}):\\s*true\\b`),
  ),
  deadCode: lineRule(
    "no code is kept as a comment",
    isTypeScript,
    /^\s*\/\/\s*(?:(?:const|let|var|import|export|return|await|throw|if|else|for|while|function)\b.*[;{]|[\w.]+\(.*\);|[\w.]+ = .*;|\}.*)\s*$/,
  ),
  world: lineRule(
    "clock, timers, environment and processes are for src/system, src/faces/cli and src/main.ts",
    (path) => path.startsWith("src/") && isTypeScript(path) && !isTest(path) && !/^src\/(?:system\/|faces\/cli\/|main\.ts$)/.test(path),
    /^(?!\s*(?:\/\/|\/?\*)).*(?:\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.(?:env|exit|cwd|getBuiltinModule)\b|\bchild_process\b|\bcreateRequire\b|\bset(?:Timeout|Interval|Immediate)\()/,
  ),
  units: lineRule(
    "a time says its unit last: timeoutMs, delaySeconds",
    isTypeScript,
    new RegExp(`\\b\\w*${TIMED}\\??\\s*:\\s*number\\b|\\b(?:const|let)\\s+\\w*${TIMED}\\s*=\\s*[\\d(]`),
  ),
  ownPaths: lineRule("nothing names a place on the author's machine", () => true, new RegExp(`(?<![\\w.~-])/wo${"rk"}/|/tmp/l${"h"}`)),
  registries: lineRule("package-lock.json names no registry", (path) => path === "package-lock.json", /"resolved"/),
};

/** The relative link targets of a Markdown text, code left out. Out: paths without their anchors, as written. */
export function relativeLinks(text: string): readonly string[] {
  const prose = text.replaceAll(/^ *(`{3,}|~{3,})[^]*?^ *\1 *$/gm, "").replaceAll(/`[^`\n]*`/g, "");
  const targets = [...prose.matchAll(/\]\(<?([^)>\s]+)[^)]*\)|^\[[^\]]+\]:\s*<?([^>\s]+)/gm)].map((match) => match[1] ?? match[2] ?? "");
  return targets.filter((target) => !/^[a-z][a-z0-9+.-]*:|^#|^\/\//i.test(target)).map((target) => decodeURI(target.replace(/[#?].*$/, "")));
}

/**
 * What is missing of the catalogue.
 * In: every path of the repository, and how to read one. Out: a sentence for each gap; none for a catalogue without modes.
 * A folder with nothing but a proof is one whose mode is still to be written; it needs no more.
 */
export function catalogueGaps(paths: readonly string[], read: (path: string) => string): readonly string[] {
  const all = new Set(paths);
  const ids = [...new Set(paths.flatMap((path) => /^src\/catalogue\/([^/]+)\//.exec(path)?.[1] ?? []))].toSorted();
  const index = all.has("src/catalogue/index.ts") ? read("src/catalogue/index.ts") : "";
  const page = all.has("docs/modes.md") ? read("docs/modes.md") : undefined;
  const gaps = ids.flatMap((id) => {
    const folder = `src/catalogue/${id}`;
    const isListed = index.includes(`"./${id}/mode.ts"`);
    if (!isListed && all.has(`${folder}/proof/proof.yml`) && !all.has(`${folder}/mode.ts`)) return [];
    const mode = all.has(`${folder}/mode.ts`) ? read(`${folder}/mode.ts`) : "";
    const fixed = /^\s*fix:\s*"(?:safe|needs-a-person)/m.test(mode) ? ["examples/fixed.yml"] : [];
    const wanted = ["mode.ts", "README.md", "examples/broken.yml", "examples/near-miss.yml", ...fixed, "proof/proof.yml"];
    return [
      ...wanted.filter((name) => !all.has(`${folder}/${name}`)).map((name) => `${folder} has no ${name}`),
      ...(isListed ? [] : [`${id} is not in src/catalogue/index.ts`]),
      ...(page === undefined || page.includes(id) ? [] : [`${id} is not in docs/modes.md; run: npm run docs`]),
    ];
  });
  const listed = [...index.matchAll(/"\.\/([^/"]+)\/mode\.ts"/g)].map((match) => match[1] ?? "");
  return listed.join() === listed.toSorted().join() ? gaps : [...gaps, "src/catalogue/index.ts is not sorted by id"];
}
