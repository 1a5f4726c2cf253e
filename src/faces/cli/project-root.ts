// The project that a command runs in: durations are kept by project.

import { join, normalize } from "node:path/posix";
import type { World } from "./world.ts";

const MARKS: ReadonlySet<string> = new Set(["longhaul.yml", "longhaul.yaml", ".git", ".git/"]);

/** The nearest directory, here or above, that has a longhaul.yml or is a git work tree; else this one. Absolute. */
export function projectRoot(world: Pick<World, "directory" | "files">): string {
  const depth = world.directory.split("/").filter((part) => part !== "").length;
  for (let up = 0; up <= depth; up += 1) {
    const root = up === 0 ? "." : Array.from({ length: up }, () => "..").join("/");
    if (world.files.list(root).some((entry) => MARKS.has(entry))) return withoutSlash(normalize(join(world.directory, root)));
  }
  return withoutSlash(normalize(world.directory));
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
