// What a name stands for in a template, as far as the project's own files tell. Anything that a run may change is unknown.

import { dirname, join } from "node:path/posix";
import { evaluateTemplate } from "../../model/evaluate.ts";
import type { Outcome, Plain, Scope } from "../../model/outcome.ts";
import type { YamlMap, YamlNode } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";
import { parseTemplate } from "../../readers/expression-template.ts";
import type { Library } from "./library.ts";
import { variablesIn } from "./library.ts";

/** A variable may name another, which names another …: more hops than this is a circle. */
const HOPS_MAX = 12;

export interface Surroundings {
  /** Maps of variables, strongest first: task, blocks, role vars, vars_files, play vars, group_vars/all, role defaults. */
  readonly layers: readonly YamlMap[];
  /** Names that tasks register or set: their values exist only in a run. */
  readonly assigned: { readonly has: (name: string) => boolean };
  /** The value of such a name where it is certain. */
  readonly fact: (name: string) => Plain | undefined;
  /** Names that differ between hosts or groups. */
  readonly perHost: ReadonlySet<string>;
  readonly known: ReadonlyMap<string, Plain>;
}

/** In: the variables around a task. Out: the scope its templates see in an ordinary run (not check mode). */
export function createScope(around: Surroundings): Scope {
  const lookUp = (name: string, hops: number): Outcome => {
    if (hops > HOPS_MAX) return { kind: "unknown", why: `${name} refers to itself` };
    const fact = around.fact(name);
    if (fact !== undefined) return { kind: "value", value: fact };
    if (around.assigned.has(name)) return { kind: "unknown", why: `${name} is set during the run` };
    if (around.perHost.has(name)) return { kind: "unknown", why: `${name} differs between hosts` };
    for (const layer of around.layers) {
      const field = fieldOf(layer, name);
      if (field !== undefined) return somewhere(valueOf(field.value, (inner) => lookUp(inner, hops + 1)));
    }
    const known = around.known.get(name);
    if (known !== undefined) return { kind: "value", value: known };
    return { kind: "unknown", why: `${name} is not defined in the project`, nowhere: true };
  };
  return (name) => lookUp(name, 0);
}

/** A name that has a value is defined, even where the names in that value are not. */
function somewhere(outcome: Outcome): Outcome {
  if (outcome.kind !== "unknown" || outcome.nowhere === undefined) return outcome;
  const { nowhere: _, ...rest } = outcome;
  return rest;
}

/** In: a YAML value and a scope. Out: what it stands for; templates inside are evaluated. */
export function valueOf(node: YamlNode, scope: Scope): Outcome {
  if (node.kind === "scalar") {
    if (node.tag === "vault") return { kind: "unknown", why: "the value is encrypted" };
    if (typeof node.value !== "string" || node.tag === "unsafe") return { kind: "value", value: node.value };
    return evaluateTemplate(parseTemplate(node.value), scope);
  }
  const parts = node.kind === "list" ? node.items : node.fields.map((field) => field.value);
  const values: Plain[] = [];
  for (const part of parts) {
    const outcome = valueOf(part, scope);
    if (outcome.kind !== "value") return { kind: "unknown", why: "a part of the value is not known" };
    values.push(outcome.value);
  }
  if (node.kind === "list") return { kind: "value", value: values };
  const pairs = node.fields.map((field, index) => [field.key, values[index] ?? null] as const);
  return { kind: "value", value: Object.fromEntries(pairs) };
}

/** group_vars and host_vars beside a playbook and in its inventory directories. */
export interface InventoryVariables {
  readonly all: readonly YamlMap[];
  readonly perHost: ReadonlySet<string>;
}

/** In: the path of a playbook. Out: what `group_vars/all` says, and the names that other groups or hosts set. */
export function inventoryVariables(library: Library, playbook: string): InventoryVariables {
  const base = dirname(playbook);
  const inventories = library.list(join(base, "inventories")).filter((name) => name.endsWith("/"));
  const roots = [base, join(base, "inventory"), ...inventories.map((name) => join(base, "inventories", name.slice(0, -1)))];
  const all: YamlMap[] = [];
  const perHost = new Set<string>();
  for (const root of roots) {
    for (const kind of ["group_vars", "host_vars"]) {
      for (const path of variableFiles(library, join(root, kind))) {
        const variables = variablesIn(library, path);
        if (variables === undefined) continue;
        const everywhere = kind === "group_vars" && /\/group_vars\/all(?:\.ya?ml|\/|$)/.test(`/${path}`);
        if (everywhere && root === base) all.push(variables);
        else for (const field of variables.fields) perHost.add(field.key);
      }
    }
  }
  return { all, perHost };
}

function variableFiles(library: Library, directory: string): readonly string[] {
  return library.list(directory).flatMap((name) => {
    const path = join(directory, name.replace(/\/$/, ""));
    if (!name.endsWith("/")) return /^[^.]+$|\.ya?ml$/.test(name) ? [path] : [];
    return library.list(path).filter((inner) => /\.ya?ml$/.test(inner)).map((inner) => join(path, inner));
  });
}
