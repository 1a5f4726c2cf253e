// The jid of a status task, taken apart as far as it is a plain path: `{{ job.ansible_job_id }}`, `{{ item }}`, or such a text without braces.

import type { Edit } from "../../model/finding.ts";
import type { Task } from "../../model/playbook.ts";
import { replaceNode } from "../../model/task-edits.ts";
import type { YamlNode, YamlScalar } from "../../model/yaml.ts";

export interface Path {
  readonly root: string;
  readonly steps: readonly (string | number)[];
  /** As written: `job['ansible_job_id']`. */
  readonly text: string;
}

export interface WrittenJid {
  readonly node: YamlScalar;
  readonly path: Path;
  /** False for a path without `{{ }}`, which Ansible takes as it stands. */
  readonly braced: boolean;
}

const PATH = /^[A-Za-z_]\w*(?:\.\w+|\[\s*(?:'\w+'|"\w+"|\d+)\s*\])*$/;
const BRACED = /^\s*\{\{-?\s*([^{}]+?)\s*-?\}\}\s*$/;

/** In: a status task. Out: its jid, or undefined where it is missing or anything but a plain path. */
export function jidOf(status: Task): WrittenJid | undefined {
  const node = status.action?.args.get("jid");
  if (node?.kind !== "scalar" || node.tag !== undefined) return undefined;
  const inner = BRACED.exec(node.raw)?.[1];
  const path = pathOf(inner ?? node.raw.trim());
  return path === undefined ? undefined : { node, path, braced: inner !== undefined };
}

/** The path of a value that is nothing but `{{ path }}`. */
export function bracedPath(node: YamlNode | undefined): Path | undefined {
  return node?.kind === "scalar" && node.tag === undefined ? pathOf(BRACED.exec(node.raw)?.[1] ?? "") : undefined;
}

function pathOf(text: string): Path | undefined {
  if (!PATH.test(text)) return undefined;
  const [root = "", ...steps] = text.replaceAll(/\[\s*['"]?(\w+)['"]?\s*\]/g, ".$1").split(".");
  return { root, steps: steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step)), text };
}

/** Writes another expression into the jid; undefined where its text cannot be told from what is around it. */
export function jidEdit(status: Task, { node, path, braced }: WrittenJid, expression: string): Edit | undefined {
  if (node.shared || status.map.shared || node.style === "literal" || node.style === "folded") return undefined;
  const written = status.source.text.slice(node.span.start, node.span.end);
  const isOwnValue = written.replaceAll(/^(['"])(.*)\1$/gs, "$2") === node.raw;
  if (!braced && isOwnValue) return expression.includes('"') ? undefined : replaceNode(status, node, `"{{ ${expression} }}"`);
  // In `async_status: jid={{ … }}` the node is the whole line.
  const at = written.indexOf(node.raw);
  if (at === -1 || written.indexOf(node.raw, at + 1) !== -1) return undefined;
  const inside = braced ? node.raw.replace(path.text, () => expression) : `{{ ${expression} }}`;
  const start = node.span.start + at;
  return { file: status.source.path, span: { start, end: start + node.raw.length }, text: inside };
}
