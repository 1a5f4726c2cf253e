// Makes text from a log safe to keep and to print: control characters replaced, lengths cut, nothing that holds on to a larger string.

import type { Json, JsonObject } from "../../model/story.ts";
import { MAX_DEPTH, MAX_NAME_CHARS, MAX_QUOTE_CHARS } from "./limits.ts";

const REPLACEMENT = "\uFFFD";
/** C0, DEL, C1, and characters that reorder or break a line when printed. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
/** The same without newline and tab, which belong in a value. */
const UNSAFE_IN_VALUE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const COLOUR = /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g;

/** In: any text and a length. Out: one line of at most that many characters, safe to print. */
export function safeLine(text: string, chars: number): string {
  const line = text.length > chars ? text.slice(0, chars) : text;
  return copied(line.replace(UNSAFE, (sign) => (sign === "\t" ? " " : REPLACEMENT)));
}

export function safeName(text: string): string {
  return safeLine(text, MAX_NAME_CHARS);
}

export function safeQuote(text: string): string {
  return safeLine(text.trimEnd(), MAX_QUOTE_CHARS);
}

/** A value of a result: newlines and tabs stay. */
export function safeValue(text: string): string {
  return text.replace(UNSAFE_IN_VALUE, REPLACEMENT).toWellFormed();
}

/** A substring keeps the whole string it was cut from alive (V8 sliced strings); a copy does not. Also mends lone surrogates. */
export function copied(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}

export function withoutColour(text: string): string {
  return text.includes("\u001b") ? text.replace(COLOUR, "") : text;
}

/** In: parsed JSON. Out: the same with safe texts; `cut` when something was nested too deeply to keep. */
export function safeObject(value: Record<string, unknown>): { readonly fields: JsonObject; readonly cut: boolean } {
  const state = { cut: false };
  return { fields: objectOf(value, 1, state), cut: state.cut };
}

function objectOf(value: object, depth: number, state: { cut: boolean }): JsonObject {
  // fromEntries defines its keys, so that a key named __proto__ stays a key.
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [safeValue(key), jsonOf(inner, depth, state)]));
}

function jsonOf(value: unknown, depth: number, state: { cut: boolean }): Json {
  if (typeof value === "string") return safeValue(value);
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return null;
  if (depth >= MAX_DEPTH) {
    state.cut = true;
    return null;
  }
  return Array.isArray(value) ? value.map((inner) => jsonOf(inner, depth + 1, state)) : objectOf(value, depth + 1, state);
}
