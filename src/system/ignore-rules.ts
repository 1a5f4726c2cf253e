// Which files a project does not count as its own: .gitignore in every directory, and patterns of longhaul.yml.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ignore from "ignore";
import type { Ignore } from "ignore";

/** Patterns and the absolute directory that they are relative to. */
interface Rule {
  readonly root: string;
  readonly patterns: Ignore;
}

export type Rules = readonly Rule[];

/** The rules above a directory: of its git work tree, and patterns of the project (relative to `root`). */
export function rulesAbove(directory: string, excluded: { readonly root: string; readonly patterns: readonly string[] }): Rules {
  const own: Rules = excluded.patterns.length === 0 ? [] : [{ root: resolve(excluded.root), patterns: ignore().add(excluded.patterns) }];
  const parents: string[] = [];
  for (let at = resolve(directory); ; at = dirname(at)) {
    parents.unshift(at);
    if (existsSync(join(at, ".git"))) break;
    // Outside a work tree no .gitignore above counts.
    if (at === dirname(at)) return own;
  }
  const [top = directory] = parents;
  const local = readPatterns(join(top, ".git/info/exclude"));
  const first = local === undefined ? own : [...own, { root: top, patterns: local }];
  // That of the directory itself is read when it is looked into.
  return parents.slice(0, -1).reduce((rules, parent) => withRules(rules, parent), first);
}

/** The rules inside a directory: those above it and those of its own .gitignore. */
export function withRules(rules: Rules, directory: string): Rules {
  const patterns = readPatterns(join(directory, ".gitignore"));
  return patterns === undefined ? rules : [...rules, { root: resolve(directory), patterns }];
}

/** True where a file (or directory, which ends in `/`) does not count. The deepest rule that says something decides. */
export function isIgnored(rules: Rules, path: string): boolean {
  for (const { root, patterns } of rules.toReversed()) {
    const inside = relative(root, resolve(path));
    if (inside === "" || inside.startsWith("..")) continue;
    const { ignored, unignored } = patterns.test(path.endsWith("/") ? `${inside}/` : inside);
    if (ignored || unignored) return ignored;
  }
  return false;
}

function readPatterns(path: string): Ignore | undefined {
  try {
    return ignore().add(readFileSync(path, "utf8"));
  } catch {
    // None there, or none that can be read: git passes over it as well.
    return undefined;
  }
}
