// Keyword values as Ansible converts them: numbers of `async`, `poll`, `retries`, `delay`, lists of conditions, and templates.

import { evaluateTemplate } from "../../model/evaluate.ts";
import type { Outcome, Scope } from "../../model/outcome.ts";
import type { Condition, Setting, Template } from "../../model/playbook.ts";
import type { YamlMap, YamlNode, YamlScalar } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";
import { parseTemplate } from "../expression-template.ts";
import { parseExpression } from "../expression.ts";

/**
 * An integer keyword of a task, converted as `int()` does it (playbook/base.py, get_validated_value, 2.14 to 2.21).
 * In: the task's map, the keyword, and what names stand for. Out: the number, or why there is none.
 */
export function readSetting(map: YamlMap, key: string, scope: Scope): Setting {
  const field = fieldOf(map, key);
  if (field === undefined) return { kind: "absent" };
  const node = field.value;
  if (node.kind !== "scalar") return { kind: "invalid", written: `a ${node.kind}`, node };
  if (node.tag !== undefined && node.tag !== "unsafe") return { kind: "unknown", why: `${key} is tagged !${node.tag}`, node };
  if (node.value === null) return { kind: "invalid", written: "null", node };
  if (typeof node.value !== "string") return asNumber({ value: node.value, literal: true, node });
  if (!node.value.includes("{{") && !node.value.includes("{%")) return asNumber({ value: node.value, literal: true, node });
  return fromOutcome(evaluateTemplate(parseTemplate(node.value), scope), node);
}

interface Raw {
  readonly value: string | number | boolean;
  readonly literal: boolean;
  readonly node: YamlScalar;
}

function asNumber({ value, literal, node }: Raw): Setting {
  if (typeof value === "boolean") return { kind: "number", value: value ? 1 : 0, literal, node };
  if (typeof value === "number") {
    return Number.isFinite(value)
      ? { kind: "number", value: Math.trunc(value), literal, node }
      : { kind: "invalid", written: node.raw, node };
  }
  const text = value.trim().replaceAll("_", "");
  return /^[-+]?\d+$/.test(text)
    ? { kind: "number", value: Number(text), literal, node }
    : { kind: "invalid", written: value, node };
}

function fromOutcome(outcome: Outcome, node: YamlScalar): Setting {
  if (outcome.kind === "unknown") return { kind: "unknown", why: outcome.why, node };
  // An undefined name may come from the inventory or from -e: unknown, not wrong.
  if (outcome.kind === "undefined") return { kind: "unknown", why: `${outcome.name} is not defined in the project`, node };
  if (outcome.kind !== "value") return { kind: "unknown", why: "the value is not a number", node };
  const { value } = outcome;
  if (value === null || typeof value === "object") return { kind: "unknown", why: "the value is not a number", node };
  return asNumber({ value, literal: false, node });
}

/** The conditions of a keyword: a text, a list of texts, or a boolean. Templates in braces are unwrapped, as Ansible does with a warning. */
export function readConditions(node: YamlNode | undefined): readonly Condition[] {
  if (node === undefined) return [];
  if (node.kind === "list") return node.items.flatMap((item) => readConditions(item));
  if (node.kind !== "scalar" || node.value === null) return [];
  const text = unbraced(String(node.value));
  const parsed = parseExpression(text);
  return [parsed.ok ? { node, text, expression: parsed.expression } : { node, text }];
}

/** The expressions in braces of a value, however deep. What cannot be read is passed over, and so is a text with statements: they may guard an expression. */
export function readTemplates(node: YamlNode): readonly Template[] {
  if (node.kind === "list") return node.items.flatMap(readTemplates);
  if (node.kind === "map") return node.fields.flatMap((field) => readTemplates(field.value));
  if (typeof node.value !== "string" || !node.value.includes("{{") || node.tag !== undefined) return [];
  const { value } = node;
  const parts = parseTemplate(value);
  if (parts.some((part) => part.kind === "statement")) return [];
  return parts.flatMap((part) => {
    if (part.kind !== "output" || !part.reading.ok) return [];
    const { expression } = part.reading;
    return [{ node, text: value.slice(part.span.start, part.span.end).replaceAll(/^\{\{[-+]?|[-+]?\}\}$/g, "").trim(), expression }];
  });
}

function unbraced(text: string): string {
  const inner = /^\s*\{\{(.*)\}\}\s*$/s.exec(text)?.[1];
  return inner === undefined || inner.includes("{{") ? text : inner.trim();
}
