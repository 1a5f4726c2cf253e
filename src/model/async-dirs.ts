// In which directory the job file of a task is, as far as the playbook tells: `ansible_async_dir` and the home of the user.

import { DEFAULT_ASYNC_DIR } from "./default-async-dir.ts";
import type { Pair, Task } from "./playbook.ts";
import { isLaunch, isPolled } from "./playbook.ts";
import type { YamlNode } from "./yaml.ts";
import { fieldOf } from "./yaml.ts";

/** The variable's text; `default` where nothing in the project sets it; unknown where only the run knows. */
export type AsyncDir = { readonly kind: "default" | "known"; readonly path: string } | { readonly kind: "unknown" };

/** In: a task. Out: its async dir as written, without slashes at the end. */
export function asyncDirOf(task: Task): AsyncDir {
  const outcome = task.scope("ansible_async_dir");
  if (outcome.kind === "unknown" && outcome.nowhere === true) return { kind: "default", path: DEFAULT_ASYNC_DIR };
  // A path of Windows is none of ours to judge.
  if (outcome.kind !== "value" || typeof outcome.value !== "string" || /^\s*$|^[A-Za-z]:|[\\%]/.test(outcome.value)) return { kind: "unknown" };
  return { kind: "known", path: withoutSlash(outcome.value) };
}

export function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

/** True for `~/…`: the directory depends on the user. */
export function isInHome(path: string): boolean {
  return path === "~" || path.startsWith("~/");
}

/** A launch that returns at once and the task that asks about its job, where it is certain which is which. */
export function isPlainPair({ launch, shape }: Pair): boolean {
  return shape !== "other" && isLaunch(launch) && !isPolled(launch);
}

/** True where the status task asks about one launch alone, so that what holds for the launch can be written into it. */
export function asksForOneLaunch(pairs: readonly Pair[], pair: Pair): boolean {
  return pairs.every((other) => other.status !== pair.status || other.launch === pair.launch);
}

/** In: a task and a name. Out: what its `environment` gives that name (the nearest counts). */
export function environmentOf(task: Task, name: string): YamlNode | undefined {
  const maps = task.environment.flatMap(({ node }) => (node.kind === "list" ? node.items : [node]));
  const values = maps.flatMap((map) => (map.kind === "map" ? (fieldOf(map, name)?.value ?? []) : []));
  return values.at(-1);
}
