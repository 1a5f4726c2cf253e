// Finds the module of a task and its arguments, in every form that Ansible takes: key, action, local_action, free-form.

import type { Action } from "../../model/playbook.ts";
import type { YamlField, YamlMap, YamlNode, YamlScalar } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";
import { TASK_KEYWORDS, isLoopKey, moduleName } from "./keywords.ts";

/** Modules whose string argument is a command line and no list of `k=v` (parsing/mod_args.py, 2.14: FREEFORM_ACTIONS). */
const FREE_FORM: ReadonlySet<string> = new Set(["command", "shell", "raw", "script", "win_command", "win_shell"]);

/**
 * The action of a task.
 * In: the task's map. Out: the action, or undefined where the map has no module key or several.
 */
export function readAction(map: YamlMap): Action | undefined {
  const given = fieldOf(map, "action") ?? fieldOf(map, "local_action");
  if (given !== undefined) return fromActionKey(map, given);
  const candidates = map.fields.filter((field) => !TASK_KEYWORDS.has(field.key) && !isLoopKey(field.key));
  const field = candidates[0];
  if (field === undefined || candidates.length > 1) return undefined;
  return build({ map, keySpan: field.keySpan, written: field.key, value: field.value, form: "key" });
}

interface Parts {
  readonly map: YamlMap;
  readonly keySpan: YamlField["keySpan"];
  readonly written: string;
  readonly value: YamlNode;
  readonly form: Action["form"];
}

function fromActionKey(map: YamlMap, field: YamlField): Action | undefined {
  const form = field.key === "local_action" ? "local_action" : "action";
  const value = field.value;
  if (value.kind === "map") {
    const module = fieldOf(value, "module");
    if (module?.value.kind !== "scalar") return undefined;
    const rest = { ...value, fields: value.fields.filter((each) => each.key !== "module") };
    return build({ map, keySpan: field.keySpan, written: module.value.raw, value: rest, form });
  }
  if (value.kind !== "scalar") return undefined;
  const [written = "", ...words] = value.raw.trim().split(/\s+/);
  const text = words.length === 0 ? "" : value.raw.trim().slice(written.length).trim();
  return build({ map, keySpan: field.keySpan, written, value: { ...value, raw: text, value: text }, form });
}

function build({ map, keySpan, written, value, form }: Parts): Action {
  const module = moduleName(written);
  const args = new Map<string, YamlNode>();
  const extra = fieldOf(map, "args")?.value;
  if (extra?.kind === "map") for (const field of extra.fields) args.set(field.key, field.value);
  if (value.kind === "map") for (const field of value.fields) args.set(field.key, field.value);
  const freeForm = FREE_FORM.has(module);
  if (value.kind === "scalar" && !freeForm) {
    for (const [key, text] of keyValueWords(value.raw)) args.set(key, { ...value, raw: text, value: text });
  }
  const command = freeForm ? commandLine(value, args) : undefined;
  return { written, module, form, keySpan, args, ...(command === undefined ? {} : { command }) };
}

function commandLine(value: YamlNode, args: ReadonlyMap<string, YamlNode>): Action["command"] | undefined {
  const node = value.kind === "scalar" && value.raw !== "" ? value : args.get("cmd");
  return node?.kind === "scalar" ? { text: node.raw, node: node satisfies YamlScalar } : undefined;
}

/**
 * Splits `a=1 b="two words" c={{ x | default('y z') }}` as Ansible's free-form does (parsing/splitter.py, 2.14).
 * Words without `=` are passed over.
 */
function keyValueWords(text: string): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  const word = /([A-Za-z_][A-Za-z0-9_]*)=((?:\{\{[^}]*\}\}|"[^"]*"|'[^']*'|[^\s])*)/gy;
  for (let at = 0; at < text.length; ) {
    word.lastIndex = at;
    const match = word.exec(text);
    if (match === null) {
      const blank = text.slice(at).search(/\s/);
      if (blank === -1) break;
      at += blank + 1;
      continue;
    }
    pairs.push([match[1] ?? "", unquoted(match[2] ?? "")]);
    at = word.lastIndex;
  }
  return pairs;
}

function unquoted(text: string): string {
  const quote = text[0];
  return text.length >= 2 && (quote === '"' || quote === "'") && text.endsWith(quote) ? text.slice(1, -1) : text;
}
