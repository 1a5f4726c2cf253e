// The bytes of a log: a file or standard input, in chunks.

import { closeSync, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Problem } from "../model/problem.ts";
import { reasonOf } from "./reasons.ts";

const CHUNK_BYTES = 256 * 1024;
const STANDARD_INPUT = 0;

/**
 * In: a path, or `-` for standard input, and what takes the chunks, whose bytes change once it has returned. Ends when all is read.
 * Throws Problem no-such-path or cannot-read.
 */
export async function readChunks(path: string, take: (chunk: Uint8Array) => void): Promise<void> {
  const found = path === "-" ? fstatSync(STANDARD_INPUT) : await stat(path).catch(() => undefined);
  if (found === undefined) throw new Problem("no-such-path", `${path}: no such file`);
  if (found.isDirectory()) throw new Problem("cannot-read", `${path}: is a directory; name the log file in it`);
  try {
    if (found.isFile()) readFile(path, take);
    else await readStream(path, take);
  } catch (error) {
    throw new Problem("cannot-read", `${path}: cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

/** Nobody has to be waited for: read on the spot and into one buffer, which costs half of what a stream does. */
function readFile(path: string, take: (chunk: Uint8Array) => void): void {
  const file = path === "-" ? STANDARD_INPUT : openSync(path, "r");
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  try {
    for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer)) take(buffer.subarray(0, length));
  } finally {
    if (file !== STANDARD_INPUT) closeSync(file);
  }
}

/** A pipe, a terminal, a device. */
async function readStream(path: string, take: (chunk: Uint8Array) => void): Promise<void> {
  const stream = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  for await (const chunk of stream) take(chunk as Uint8Array);
}
