// Reads the text of one result: JSON as a whole, or as many keys as can be read of JSON that is cut off or damaged.

import type { JsonObject } from "../../model/story.ts";
import { MAX_MESSAGE_CHARS } from "./limits.ts";
import { copied, safeObject } from "./safe-text.ts";

export interface Fields {
  readonly fields: JsonObject;
  /** True when `fields` is not the whole result. */
  readonly partial: boolean;
}

/** The fields that diagnoses ask for; the only ones kept once the reader holds too much text. */
const SLIM: ReadonlySet<string> = new Set([
  "action", "ansible_job_id", "async_result", "attempts", "changed", "child_pid", "delta", "end", "failed", "finished", "item", "msg", "rc", "results_file",
  "skipped", "started", "stderr", "unreachable",
]);

/** In: what stands behind `=> `. Out: its fields; {} and partial where it is no JSON object. */
export function readFields(text: string): Fields {
  const parsed = parseObject(text);
  if (parsed !== undefined) {
    const safe = safeObject(parsed);
    return { fields: safe.fields, partial: safe.cut };
  }
  return { fields: safeObject(readKeys(text, 0)).fields, partial: true };
}

/** Out: the object, or nothing where the text is no JSON object. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  // Exceptions are slow, and a cut-off result is no surprise.
  if (!/^\s*\{/.test(text) || !text.trimEnd().endsWith("}")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same result with only the fields that diagnoses ask for. */
export function slimmed(fields: JsonObject): Fields {
  const kept = Object.entries(fields).filter(([key]) => SLIM.has(key));
  const short = kept.map(([key, value]) => {
    if (typeof value === "string") return [key, copied(value.slice(0, MAX_MESSAGE_CHARS))];
    return [key, isRecord(value) ? slimmed(value as JsonObject).fields : Array.isArray(value) ? [] : value];
  });
  return { fields: Object.fromEntries(short) as JsonObject, partial: true };
}

/** Reads `"key": value` pairs until one cannot be read; of a text that is cut off, what is there. */
function readKeys(text: string, level: number): Record<string, unknown> {
  const found: [string, unknown][] = [];
  let at = text.indexOf("{") + 1;
  while (at > 0) {
    at = skipBlank(text, at, ",");
    const keyEnd = text[at] === '"' ? endOfString(text, at) : -1;
    if (keyEnd === -1) break;
    const key = parsedString(text.slice(at, keyEnd));
    at = skipBlank(text, keyEnd, ":");
    const end = endOfValue(text, at);
    if (end === -1) {
      const rest = cutValue(text.slice(at), level);
      if (rest !== undefined) found.push([key, rest]);
      break;
    }
    try {
      found.push([key, JSON.parse(text.slice(at, end))]);
    } catch {
      break;
    }
    at = end;
  }
  return Object.fromEntries(found);
}

/** What can be read of a value that is cut off. */
function cutValue(text: string, level: number): unknown {
  if (text.startsWith('"')) return parsedString(`${text.slice(0, MAX_MESSAGE_CHARS)}"`);
  return text.startsWith("{") && level < 3 ? readKeys(text, level + 1) : undefined;
}

/** A JSON string, read without its last characters where these are half an escape. */
function parsedString(quoted: string): string {
  for (let drop = 0; drop < 7; drop += 1) {
    try {
      return String(JSON.parse(drop === 0 ? quoted : `${quoted.slice(0, -1 - drop)}"`));
    } catch {
      // Half an escape (`\`, `\u00e`) is at most six characters: try again without it.
    }
  }
  return quoted.slice(1, -1);
}

function skipBlank(text: string, from: number, sign: string): number {
  let at = from;
  while (at < text.length && (text[at] === " " || text[at] === "\n" || text[at] === "\t" || text[at] === sign)) at += 1;
  return at;
}

/** Out: the offset after the closing quote, or -1. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 34) return at + 1;
  }
  return -1;
}

/** Out: the offset after the value, or -1 where the text ends before it does. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      const end = endOfString(text, at);
      if (end === -1) return -1;
      if (depth === 0) return end;
      at = end - 1;
    } else if (code === 123 || code === 91) {
      depth += 1;
    } else if (code === 125 || code === 93) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (code === 44 || code === 10)) {
      return at;
    }
  }
  return -1;
}
