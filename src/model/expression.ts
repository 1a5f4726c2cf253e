// The shape of Jinja2 expressions as they stand in playbooks. Reading them is readers/expression.ts, working them out is evaluate.ts.

import type { Span } from "./place.ts";

interface Node {
  /** UTF-16 offsets into the whole source; parentheses around a node belong to its parent. */
  readonly span: Span;
}

export interface LiteralNode extends Node {
  readonly kind: "literal";
  readonly value: string | number | boolean | null;
  /** Set when the number is written as a float (`5.0`, `1e3`), which Python keeps apart from 5. */
  readonly float?: true;
  /** Set when a string holds backslashes: Ansible undoes them in conditions and keeps them in templates. */
  readonly escapes?: true;
}

export interface NameNode extends Node {
  readonly kind: "name";
  readonly name: string;
}

export interface AttributeNode extends Node {
  readonly kind: "attribute";
  readonly target: Expression;
  readonly name: string;
  readonly nameSpan: Span;
}

/** `a['b']`, `a[0]` and `a.0`. */
export interface IndexNode extends Node {
  readonly kind: "index";
  readonly target: Expression;
  readonly index: Expression;
}

export interface SliceNode extends Node {
  readonly kind: "slice";
  readonly target: Expression;
  readonly from?: Expression;
  readonly to?: Expression;
  readonly step?: Expression;
}

export interface NamedArgument {
  readonly name: string;
  readonly value: Expression;
}

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly NamedArgument[];
  /** The operands of `*x` and `**x`. */
  readonly spread: readonly Expression[];
}

export interface CallNode extends Node {
  readonly kind: "call";
  readonly target: Expression;
  readonly args: Arguments;
}

export interface FilterNode extends Node {
  readonly kind: "filter";
  readonly target: Expression;
  /** As written, for example `ansible.builtin.bool`. */
  readonly name: string;
  readonly nameSpan: Span;
  readonly args: Arguments;
}

export interface TestNode extends Node {
  readonly kind: "test";
  readonly target: Expression;
  readonly negated: boolean;
  /** As written, for example `ansible.builtin.finished`. */
  readonly name: string;
  readonly nameSpan: Span;
  readonly args: Arguments;
}

export interface UnaryNode extends Node {
  readonly kind: "unary";
  readonly operator: "not" | "-" | "+";
  readonly operand: Expression;
}

export type BinaryOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**" | "~";

export interface BinaryNode extends Node {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export type CompareOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

/** `a < b <= c`, as one chain. */
export interface CompareNode extends Node {
  readonly kind: "compare";
  readonly first: Expression;
  readonly rest: readonly { readonly operator: CompareOperator; readonly operand: Expression }[];
}

/** `a and b and c`; two operands or more. */
export interface LogicNode extends Node {
  readonly kind: "logic";
  readonly operator: "and" | "or";
  readonly operands: readonly Expression[];
}

export interface ConditionalNode extends Node {
  readonly kind: "conditional";
  readonly test: Expression;
  readonly then: Expression;
  readonly otherwise?: Expression;
}

export interface ListNode extends Node {
  readonly kind: "list";
  readonly items: readonly Expression[];
}

export interface TupleNode extends Node {
  readonly kind: "tuple";
  readonly items: readonly Expression[];
}

export interface DictNode extends Node {
  readonly kind: "dict";
  readonly pairs: readonly { readonly key: Expression; readonly value: Expression }[];
}

export type Expression =
  | LiteralNode
  | NameNode
  | AttributeNode
  | IndexNode
  | SliceNode
  | CallNode
  | FilterNode
  | TestNode
  | UnaryNode
  | BinaryNode
  | CompareNode
  | LogicNode
  | ConditionalNode
  | ListNode
  | TupleNode
  | DictNode;

/** What reading an expression gives: the tree, or why not and at which offset of the whole source. */
export type ExpressionReading =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly why: string; readonly at: number };

/** A stretch of a templated string. */
export type TemplatePart =
  /** Literal text as it is printed: after `-` marks took white space away, or the inside of a raw block. */
  | { readonly kind: "text"; readonly text: string; readonly span: Span }
  | { readonly kind: "output"; readonly reading: ExpressionReading; readonly span: Span }
  /** `fault` tells why the end was not found. */
  | { readonly kind: "statement"; readonly span: Span; readonly fault?: string }
  | { readonly kind: "comment"; readonly span: Span; readonly fault?: string };

/** The expressions directly inside one, in the order they are written. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "name":
      return [];
    case "attribute":
      return [expression.target];
    case "index":
      return [expression.target, expression.index];
    case "slice":
      return [expression.target, expression.from, expression.to, expression.step].filter((part) => part !== undefined);
    case "call":
    case "filter":
    case "test":
      return [expression.target, ...argumentsOf(expression.args)];
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "compare":
      return [expression.first, ...expression.rest.map((part) => part.operand)];
    case "logic":
      return expression.operands;
    case "conditional":
      return [expression.then, expression.test, ...(expression.otherwise === undefined ? [] : [expression.otherwise])];
    case "list":
    case "tuple":
      return expression.items;
    case "dict":
      return expression.pairs.flatMap((pair) => [pair.key, pair.value]);
  }
}

function argumentsOf(args: Arguments): readonly Expression[] {
  return [...args.positional, ...args.named.map((argument) => argument.value), ...args.spread];
}

/** The variables an expression reads (and functions it calls): the first name of every chain. */
export function namesIn(expression: Expression): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: Expression): void => {
    if (node.kind === "name") names.add(node.name);
    childrenOf(node).forEach(visit);
  };
  visit(expression);
  return names;
}

/** A variable and the fixed steps into it: `s.results[0]['rc']` is s, results, 0, rc. */
export interface VariablePath {
  readonly steps: readonly [string, ...(string | number)[]];
  readonly span: Span;
}

/**
 * Every chain of names that an expression reads, the longest that is fixed, in the order written.
 * `a[b].c` gives `a` and `b`, since the step into `a` is not fixed; the method of `a.find('x')` counts as a step.
 */
export function pathsIn(expression: Expression): readonly VariablePath[] {
  const paths: VariablePath[] = [];
  const visit = (node: Expression): void => {
    const steps = fixedSteps(node);
    if (steps === undefined) childrenOf(node).forEach(visit);
    else paths.push({ steps, span: node.span });
  };
  visit(expression);
  return paths;
}

function fixedSteps(node: Expression): VariablePath["steps"] | undefined {
  const steps: (string | number)[] = [];
  let at = node;
  while (at.kind !== "name") {
    if (at.kind === "attribute") {
      steps.push(at.name);
      at = at.target;
      continue;
    }
    if (at.kind !== "index" || at.index.kind !== "literal") return undefined;
    const { value } = at.index;
    if (typeof value !== "string" && typeof value !== "number") return undefined;
    steps.push(value);
    at = at.target;
  }
  return [at.name, ...steps.reverse()];
}
