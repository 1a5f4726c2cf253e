// Whether a path may be the home that the password file has for a task's user.

import type { Task } from "../../model/playbook.ts";

/** A template, or a path that is the home of the user the task runs as, as far as one can tell. */
export function mayBeTheHome(path: string, task: Task): boolean {
  if (/\{\{|\{%|\$/.test(path) || !path.startsWith("/")) return true;
  const become = task.keywords.get("become")?.node;
  const user = task.keywords.get("become_user")?.node;
  const isBecome = become?.kind === "scalar" && become.value === true;
  if (user?.kind === "scalar" && isBecome && !user.raw.includes("{{")) return path.split("/").at(-1) === user.raw || path.startsWith("/var/lib/");
  return /^(?:\/root|\/home\/[^/]+|\/Users\/[^/]+|\/var\/lib\/.+|\/(?:opt|srv)\/.+)\/?$/.test(path);
}
