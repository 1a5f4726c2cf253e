// Asks git which files a change touches.

import { spawnSync } from "node:child_process";
import { Problem } from "../model/problem.ts";

/**
 * Files that differ from a commit, and new ones that git does not ignore.
 * In: the commit, or nothing for the last one. Of a branch the point counts where the work left it (the merge base).
 * Out: paths relative to the current directory, of files that are there. Throws Problem.
 */
export function changedFiles(reference: string | undefined): readonly string[] {
  const wanted = reference ?? "HEAD";
  const { status, text } = git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${wanted}^{commit}`]);
  if (status !== 0) {
    const inside = git(["rev-parse", "--is-inside-work-tree"]).status === 0;
    throw new Problem("bad-usage", inside ? `--changed=${wanted}: git knows no such commit here` : "--changed: this directory is in no git work tree; name the files instead");
  }
  const commit = text.trim();
  const base = reference === undefined ? commit : git(["merge-base", commit, "HEAD"]).text.trim() || commit;
  const lists = [
    ["diff", "--name-only", "-z", "--no-renames", "--diff-filter=d", "--relative", base, "--"],
    ["ls-files", "--others", "--exclude-standard", "-z"],
  ].map((args) => git(args));
  const failed = lists.find((list) => list.status !== 0);
  if (failed !== undefined) throw new Problem("bad-usage", `--changed: git does not tell what changed: ${failed.error.trim()}`);
  return lists.flatMap((list) => list.text.split("\0")).filter((path) => path !== "");
}

function git(args: readonly string[]): { readonly status: number | null; readonly text: string; readonly error: string } {
  const { status, stdout, stderr, error } = spawnSync("git", args, { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
  if (error !== undefined) throw new Problem("bad-usage", `--changed: git cannot be run (${error.message}); name the files instead`);
  return { status, text: stdout, error: stderr };
}
