// What a test has put up outside itself is taken down when it ends, also when it is killed.

import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * In: a shell script that cleans up; it may run more than once and must not mind what is gone already. It runs when this process has ended,
 * however it ended. Out: runs it now, and settles when that is done.
 */
export function lastWill(script: string): () => Promise<void> {
  // A session of its own, so that an interrupt at the terminal does not end it first; the end of this process is the end of its input.
  const guard = spawn("/bin/sh", ["-c", `trap '' HUP INT TERM; cat >/dev/null\n${script}`], { stdio: ["pipe", "ignore", "ignore"], detached: true, cwd: "/" });
  guard.unref();
  const { stdin } = guard;
  if ("unref" in stdin && typeof stdin.unref === "function") stdin.unref();
  return async () => {
    if (guard.exitCode !== null || guard.signalCode !== null) return;
    const exit = once(guard, "exit");
    guard.ref();
    stdin.end();
    await exit;
  };
}
