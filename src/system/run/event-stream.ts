// Where `--json` writes the events of a run: a file, or a file that whoever started us has opened.

import { openSync, writeSync } from "node:fs";
import { Problem } from "../../model/problem.ts";
import { codeOf, reasonOf } from "../reasons.ts";

/** In: a path, or `3`. Out: appends a text. A reader that has gone is no reason to stop. */
export function openStream(target: string): (text: string) => void {
  const file = /^\d+$/.test(target) ? Number(target) : opened(target);
  let isOver = false;
  return (text) => {
    const bytes = Buffer.from(text);
    for (let at = 0; !isOver && at < bytes.byteLength; ) {
      try {
        at += writeSync(file, bytes, at);
      } catch (error) {
        isOver = codeOf(error) !== "EAGAIN";
      }
    }
  };
}

function opened(path: string): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (error) {
    throw new Problem("cannot-write", `${path}: the events cannot be written there (${reasonOf(error)}); name another file with --json`, { cause: error });
  }
}
