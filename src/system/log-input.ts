// The bytes of a log: a file or standard input, in chunks.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Problem } from "../model/problem.ts";
import { reasonOf } from "./reasons.ts";

const CHUNK_BYTES = 1024 * 1024;

/**
 * In: a path, or `-` for standard input, and what takes the chunks. Ends when all is read.
 * Throws Problem no-such-path or cannot-read.
 */
export async function readChunks(path: string, take: (chunk: Uint8Array) => void): Promise<void> {
  if (path !== "-") await check(path);
  const stream = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    for await (const chunk of stream) take(chunk as Uint8Array);
  } catch (error) {
    throw new Problem("cannot-read", `${path}: cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

async function check(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new Problem("no-such-path", `${path}: no such file`);
  if (found.isDirectory()) throw new Problem("cannot-read", `${path}: is a directory; name the log file in it`);
}
