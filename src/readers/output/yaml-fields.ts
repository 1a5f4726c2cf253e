// Reads results printed with result_format=yaml: the scalars at the top and one level below. Lists and deeper mappings are passed over.

import type { Fields } from "./result-fields.ts";
import { safeObject } from "./safe-text.ts";

interface Entry {
  readonly key: string;
  /** What stands behind the colon. */
  readonly head: string;
  /** The lines below that belong to it, without their common indentation. */
  readonly body: readonly string[];
}

const KEY = /^([\w.-]+|'[^']{1,200}'|"[^"\\]{1,200}"):(?: (.*))?$/;

/** In: the lines below `=>`, without colour. Out: the fields that could be read. */
export function readYamlFields(lines: readonly string[]): Fields {
  const state = { partial: false };
  const fields = mappingOf(lines, 0, state);
  const safe = safeObject(fields);
  return { fields: safe.fields, partial: state.partial || safe.cut };
}

function mappingOf(lines: readonly string[], level: number, state: { partial: boolean }): Record<string, unknown> {
  const found = entriesOf(lines, state).flatMap((entry): [string, unknown][] => {
    if (entry.head !== "" || entry.body.length === 0) return [[entry.key, scalarOf(entry)]];
    if (level > 0 || !KEY.test(entry.body[0] ?? "")) {
      state.partial = true;
      return [];
    }
    return [[entry.key, mappingOf(entry.body, level + 1, state)]];
  });
  return Object.fromEntries(found);
}

function entriesOf(lines: readonly string[], state: { partial: boolean }): readonly Entry[] {
  const indent = indentOf(lines.find((line) => line.trim() !== "") ?? "");
  const entries: { key: string; head: string; lines: string[] }[] = [];
  for (const line of lines) {
    const here = line.trim() === "" ? Number.POSITIVE_INFINITY : indentOf(line);
    const match = here === indent ? KEY.exec(line.slice(indent)) : null;
    const last = entries.at(-1);
    if (match !== null) {
      entries.push({ key: (match[1] ?? "").replace(/^(['"])(.*)\1$/, "$2"), head: (match[2] ?? "").trim(), lines: [] });
    } else if (last !== undefined && (here > indent || line.slice(indent).startsWith("- "))) {
      last.lines.push(line);
    } else {
      state.partial = true;
    }
  }
  return entries.map(({ key, head, lines: below }) => ({ key, head, body: dedented(below) }));
}

function dedented(lines: readonly string[]): readonly string[] {
  const indent = indentOf(lines.find((line) => line.trim() !== "") ?? "");
  const shifted = lines.map((line) => line.slice(Math.min(indent, indentOf(line))));
  while (shifted.at(-1)?.trim() === "") shifted.pop();
  return shifted;
}

function indentOf(line: string): number {
  let at = 0;
  while (line[at] === " ") at += 1;
  return at;
}

function scalarOf({ head, body }: Entry): unknown {
  if (/^[|>][+-]?\d?$/.test(head)) return body.join(head.startsWith("|") ? "\n" : " ");
  const text = [head, ...body].join(" ").trim();
  if (text.startsWith("'")) return text.replace(/^'/, "").replace(/'$/, "").replaceAll("''", "'");
  if (text.startsWith('"')) return unquoted(text);
  if (/^(?:true|yes|false|no)$/i.test(text)) return /^(?:true|yes)$/i.test(text);
  if (/^(?:null|~|)$/.test(text)) return null;
  if (/^-?\d{1,15}(?:\.\d{1,15})?$/.test(text)) return Number(text);
  if (text === "[]") return [];
  return text === "{}" ? {} : text;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, text.endsWith('"') ? -1 : text.length);
  }
}
