// Turns what Ansible printed into a Story: default callback at any verbosity, ad-hoc output, JSON callbacks; as bytes, in any chunks.
// Memory stays bounded: see limits.ts.

import type { Story } from "../../model/story.ts";
import { LineSplitter } from "./line-splitter.ts";
import { StoryBuilder } from "./story-builder.ts";
import { TextLog } from "./text-log.ts";

export interface OutputReader {
  /** The next bytes of the log. They may be changed once this returns. */
  push(chunk: Uint8Array): void;
  /** The end of the log. Not to be called twice. */
  end(): Story;
}

/** A reader for one log that comes in pieces; the story does not depend on how it was cut. */
export function createOutputReader(): OutputReader {
  const story = new StoryBuilder();
  const log = new TextLog(story);
  const lines = new LineSplitter(log);
  const decode = byteOrder((bytes) => lines.push(bytes));
  let bytes = 0;
  return {
    push(chunk) {
      bytes += chunk.byteLength;
      decode.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    },
    end() {
      decode.end();
      lines.end();
      log.end();
      return story.build({ lines: log.lines, bytes });
    },
  };
}

/** In: a whole log. Out: its story. For logs that are in one piece. */
export function readOutput(bytes: Uint8Array): Story {
  const reader = createOutputReader();
  reader.push(bytes);
  return reader.end();
}

interface Decoder {
  push(chunk: Buffer): void;
  end(): void;
}

/** Takes a byte order mark off, and makes UTF-8 of UTF-16 (what PowerShell's `>` writes). */
function byteOrder(next: (bytes: Buffer) => void): Decoder {
  let first: Buffer | undefined = Buffer.alloc(0);
  let wide: InstanceType<typeof TextDecoder> | undefined;
  const pass = (bytes: Buffer): void => {
    if (bytes.length > 0) next(wide === undefined ? bytes : Buffer.from(wide.decode(bytes, { stream: true }), "utf8"));
  };
  const decide = (head: Buffer): void => {
    first = undefined;
    if (head[0] === 0xff && head[1] === 0xfe) wide = new TextDecoder("utf-16le");
    if (head[0] === 0xfe && head[1] === 0xff) wide = new TextDecoder("utf-16be");
    const hasMark = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
    pass(hasMark ? head.subarray(3) : head);
  };
  return {
    push(chunk) {
      if (first === undefined) {
        pass(chunk);
        return;
      }
      const head = first.length === 0 && chunk.length >= 3 ? chunk : Buffer.concat([first, chunk]);
      if (head.length >= 3) decide(head);
      else first = head;
    },
    end() {
      if (first !== undefined && first.length > 0) decide(first);
      if (wide !== undefined) next(Buffer.from(wide.decode(), "utf8"));
    },
  };
}
