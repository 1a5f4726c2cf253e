// Ansible's keywords: what tells a task's module from its other keys, and which keywords a task inherits.
// Source: playbook/{base,task,block,play,taggable,conditional,delegatable,collectionsearch,handler}.py, ansible-core 2.14 to 2.21.

/** Keys of a task that are not its module. */
export const TASK_KEYWORDS: ReadonlySet<string> = new Set([
  "action", "any_errors_fatal", "args", "async", "async_val", "become", "become_exe", "become_flags", "become_method",
  "become_user", "changed_when", "check_mode", "collections", "connection", "debugger", "delay", "delegate_facts",
  "delegate_to", "diff", "environment", "failed_when", "ignore_errors", "ignore_unreachable", "listen", "local_action",
  "loop", "loop_control", "module_defaults", "name", "no_log", "notify", "poll", "port", "register", "remote_user",
  "retries", "run_once", "tags", "throttle", "timeout", "until", "vars", "when",
]);

/** Keys that make a map a block. */
export const BLOCK_SECTIONS = ["block", "rescue", "always"] as const;

/** Keywords of which the nearest of task, block, role, import and play counts. */
export const INHERITED = [
  "any_errors_fatal", "become", "become_exe", "become_flags", "become_method", "become_user", "check_mode", "connection",
  "delegate_to", "diff", "ignore_errors", "ignore_unreachable", "no_log", "port", "remote_user", "run_once", "throttle",
  "timeout",
] as const;

/** Short name of ansible-core's own modules; other names as they are. */
export function moduleName(written: string): string {
  return written.replace(/^ansible\.(?:builtin|legacy)\./, "");
}

/** True for `with_items` and its relatives. */
export function isLoopKey(key: string): boolean {
  return key === "loop" || key.startsWith("with_");
}
