// A status task that is given no jid, neither by itself nor by module_defaults.

import type { Edit } from "../../model/finding.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { ownField } from "../../model/playbook.ts";
import type { YamlNode } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";

/** In: a status task. Out: its arguments, where there is surely no jid among them; undefined where there is one, or may be. */
export function argumentsWithoutJid(flow: Flow, status: Task): readonly (readonly [string, YamlNode])[] | undefined {
  const { action } = status;
  if (action === undefined || action.args.has("jid") || action.args.has("args")) return undefined;
  const written = [fieldOf(status.map, action.written), ownField(status, "args"), ownField(status, "action"), ownField(status, "local_action")];
  if (!written.every((field) => field === undefined || isPlain(field.value, action.written))) return undefined;
  const texts = new Set([flow.source.text, ...flow.tasks.map(({ source }) => source.text)]);
  return [...texts].some((text) => text.includes("module_defaults")) ? undefined : [...action.args];
}

/** True for nothing, a map, or words `key=value`: a template may hold any argument. */
function isPlain(value: YamlNode, module: string): boolean {
  if (value.kind !== "scalar") return value.kind === "map";
  const words = value.raw.trim().replace(module, "").trim();
  return value.tag === undefined && (words === "" || /^\w+=/.test(words));
}

/** Gives an argument that is a line of the module's map another name. */
export function renamed(status: Task, name: string, to: string): Edit | undefined {
  const map = fieldOf(status.map, status.action?.written ?? "")?.value;
  const field = map?.kind === "map" && !map.shared ? fieldOf(map, name) : undefined;
  return field === undefined || field.merged || status.map.shared ? undefined : { file: status.source.path, span: field.keySpan, text: to };
}
