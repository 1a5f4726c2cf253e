// Which status task asks about the job of which launch: the jid it is given, followed back to a register.

import { childrenOf, pathsIn } from "../../model/expression.ts";
import type { Expression } from "../../model/expression.ts";
import type { Pair, Task } from "../../model/playbook.ts";
import { isMeantAsLaunch, isStatus } from "../../model/playbook.ts";
import type { YamlNode } from "../../model/yaml.ts";
import { parseTemplate } from "../../readers/expression-template.ts";
import { moduleName } from "../../readers/playbook/keywords.ts";

/** A jid may come through set_fact or vars, which name others: more hops than this are not followed. */
const HOPS_MAX = 4;

interface Reference {
  readonly register: string;
  readonly shape: Pair["shape"];
}

/** In: the tasks of a flow, in order. Out: the pairs whose launch stands before the status task. */
export function pairsOf(tasks: readonly Task[]): readonly Pair[] {
  const facts = factsSet(tasks);
  return tasks.filter(isStatus).flatMap((status) => {
    const references = referencesOf(status, facts);
    return references.flatMap((reference) => {
      const launch = launchBefore(tasks, status, reference.register);
      return launch === undefined ? [] : [{ status, launch, ...reference }];
    });
  });
}

function launchBefore(tasks: readonly Task[], status: Task, register: string): Task | undefined {
  const earlier = tasks.slice(0, status.flowIndex).filter((task) => task.register === register);
  const last = earlier.at(-1);
  return last !== undefined && isMeantAsLaunch(last) ? last : undefined;
}

function referencesOf(status: Task, facts: ReadonlyMap<string, readonly YamlNode[]>): readonly Reference[] {
  const jid = status.action?.args.get("jid");
  const found = new Map<string, Reference>();
  const add = (reference: Reference): void => {
    if (!found.has(reference.register)) found.set(reference.register, reference);
  };
  for (const path of pathsOf(jid)) {
    const [root = "", second] = path;
    if (root === status.loopVariable && status.loop !== undefined) {
      for (const reference of loopReferences(status)) add(reference);
    } else add({ register: root, shape: second === "ansible_job_id" && path.length === 2 ? "single" : "other" });
  }
  const unbraced = jid?.kind === "scalar" ? /^\s*(\w+)\.ansible_job_id\s*$/.exec(jid.raw)?.[1] : undefined;
  // Meant is the job, whatever the missing braces make of it.
  if (unbraced !== undefined) add({ register: unbraced, shape: "single" });
  for (const register of namesBehind([jid, status.loop?.value], { facts, status, hops: 0 })) add({ register, shape: "other" });
  return [...found.values()];
}

function loopReferences(status: Task): readonly Reference[] {
  const value = status.loop?.value;
  const parts = value?.kind === "list" ? value.items : [value];
  return parts.flatMap((part) =>
    pathsOf(part).map(([register = "", second]): Reference => {
      if (second === "results") return { register, shape: "results" };
      return { register, shape: second === undefined && jidOfItem(status) ? "single" : "other" };
    }),
  );
}

/** `jid: "{{ item.ansible_job_id }}"` over a list of registers. */
function jidOfItem(status: Task): boolean {
  return pathsOf(status.action?.args.get("jid")).some((path) => path.length === 2 && path[1] === "ansible_job_id");
}

interface Hop {
  readonly facts: ReadonlyMap<string, readonly YamlNode[]>;
  readonly status: Task;
  readonly hops: number;
}

/** Every name that the nodes mention, and those behind facts and variables (also those of blocks and includes) they mention: enough to know that a job is looked at. */
function namesBehind(nodes: readonly (YamlNode | undefined)[], hop: Hop): readonly string[] {
  if (hop.hops > HOPS_MAX) return [];
  const names = new Set(nodes.flatMap((node) => expressionsIn(node).flatMap(wordsIn)));
  const variables = [...names].flatMap((name) => {
    const given = hop.status.given(name);
    return [...(hop.facts.get(name) ?? []), ...(given === undefined ? [] : [given])];
  });
  if (variables.length === 0) return [...names];
  return [...names, ...namesBehind(variables, { ...hop, hops: hop.hops + 1 })];
}

/** Names, attributes and fixed keys: in `hostvars[h].job.ansible_job_id` the register is an attribute. */
function wordsIn(expression: Expression): readonly string[] {
  const own = expression.kind === "name" || expression.kind === "attribute" ? [expression.name] : [];
  const key = expression.kind === "literal" && typeof expression.value === "string" ? [expression.value] : [];
  return [...own, ...key, ...childrenOf(expression).flatMap(wordsIn)];
}

function factsSet(tasks: readonly Task[]): ReadonlyMap<string, readonly YamlNode[]> {
  const facts = new Map<string, YamlNode[]>();
  for (const task of tasks) {
    // `hostvars['jobs'].jid` may be a variable of a host that add_host has made up.
    if (!["set_fact", "add_host"].includes(moduleName(task.action?.written ?? ""))) continue;
    const loop = task.loop === undefined ? [] : [task.loop.value];
    for (const [name, node] of task.action?.args ?? []) facts.set(name, [...(facts.get(name) ?? []), node, ...loop]);
  }
  return facts;
}

/** In: a YAML value. Out: the dotted paths of every expression in its templates, roots first. */
function pathsOf(node: YamlNode | undefined): readonly (readonly string[])[] {
  return expressionsIn(node).flatMap((expression) => pathsIn(expression).map((path) => path.steps.map(String)));
}

function expressionsIn(node: YamlNode | undefined): readonly Expression[] {
  if (node === undefined) return [];
  if (node.kind === "list") return node.items.flatMap((item) => expressionsIn(item));
  if (node.kind === "map") return node.fields.flatMap((field) => expressionsIn(field.value));
  if (typeof node.value !== "string" || !node.value.includes("{{")) return [];
  return parseTemplate(node.value).flatMap((part) => (part.kind === "output" && part.reading.ok ? [part.reading.expression] : []));
}
