// Works out Jinja2 expressions as Ansible does, as far as that is certain for ansible-core 2.14 to 2.19; the rest is unknown.
// Filters are in evaluate-filters.ts, tests in evaluate-tests.ts, Python's rules for values in python-values.ts.

import { applyFilter } from "./evaluate-filters.ts";
import { applyTest } from "./evaluate-tests.ts";
import { certainTruth, failure, isBoolean, isKnown, known, plainOf, truthiness, unknown, used } from "./outcome.ts";
import { arithmetic, compare, numberOf, numberOutcome, obstacle, textOf, typeName } from "./python-values.ts";
import { attributeOf, callMethod, indexOf, sliceOf } from "./python-lookups.ts";
import type { BoundArguments } from "./evaluate-arguments.ts";
import type { Outcome, Plain, Scope } from "./outcome.ts";
import type {
  Arguments,
  CallNode,
  CompareNode,
  ConditionalNode,
  DictNode,
  Expression,
  LiteralNode,
  LogicNode,
  TemplatePart,
  UnaryNode,
} from "./expression.ts";

/**
 * Works out an expression.
 * In: the tree and what its variables hold. Out: the value where it is the same on every version, else why it is not known,
 * which variable is undefined, or the error that Ansible reports. Never throws, unless the scope does.
 */
export function evaluate(expression: Expression, scope: Scope): Outcome {
  switch (expression.kind) {
    case "literal":
      return literalOutcome(expression);
    case "name":
      return scope(expression.name);
    case "attribute":
      return attributeOf(evaluate(expression.target, scope), expression.name, pathText(expression));
    case "index":
      return indexOf(evaluate(expression.target, scope), evaluate(expression.index, scope), pathText(expression));
    case "slice": {
      if (expression.step !== undefined) return unknown("a slice with a step");
      const [from, to] = [expression.from, expression.to].map((bound) => bound && evaluate(bound, scope));
      return sliceOf(evaluate(expression.target, scope), from, to);
    }
    case "call":
      return callOutcome(expression, scope);
    case "filter":
      return applyFilter(expression.name, evaluate(expression.target, scope), argumentOutcomes(expression.args, scope));
    case "test": {
      const outcome = applyTest(expression.name, evaluate(expression.target, scope), argumentOutcomes(expression.args, scope));
      return expression.negated ? negation(outcome) : outcome;
    }
    case "unary":
      return unaryOutcome(expression, scope);
    case "binary":
      return arithmetic(expression.operator, evaluate(expression.left, scope), evaluate(expression.right, scope));
    case "compare":
      return compareOutcome(expression, scope);
    case "logic":
      return logicOutcome(expression, scope);
    case "conditional":
      return conditionalOutcome(expression, scope);
    case "list":
      return listOutcome(expression.items, scope, false);
    case "tuple":
      return listOutcome(expression.items, scope, true);
    case "dict":
      return dictOutcome(expression, scope);
  }
}

/**
 * Works out a templated string.
 * In: its parts and what its variables hold. Out: for a single `{{ }}` with nothing but white space around it, the outcome of its
 * expression in its own type, as keywords that take a number or a boolean read it (2.14 hands modules the text of a number);
 * otherwise the text, where every part of it is known.
 */
export function evaluateTemplate(parts: readonly TemplatePart[], scope: Scope): Outcome {
  if (parts.some((part) => part.kind === "statement")) return unknown("a template with statements");
  const outputs = parts.filter((part) => part.kind === "output");
  const texts = parts.filter((part) => part.kind === "text");
  const unread = outputs.find((part) => !part.reading.ok);
  if (unread !== undefined) return unknown("an expression that cannot be read");
  const outcomes = outputs.map((part) => (part.reading.ok ? evaluate(part.reading.expression, scope) : unknown("")));
  const [first] = outcomes;
  if (first === undefined) return known(texts.map((part) => part.text).join(""));
  if (outcomes.length === 1 && texts.every((part) => part.text.trim() === "")) return first;
  return mixedText(parts, outcomes);
}

function mixedText(parts: readonly TemplatePart[], outcomes: readonly Outcome[]): Outcome {
  const blocked = obstacle(...outcomes);
  const certain = parts.some((part) => part.kind === "text" && part.text.trim() !== "") ? { truthy: true } : {};
  if (blocked !== undefined) return blocked.kind === "unknown" ? unknown(blocked.why, certain) : blocked;
  let text = "";
  let next = 0;
  for (const part of parts) {
    if (part.kind === "text") text += part.text;
    if (part.kind !== "output") continue;
    const outcome = outcomes[next];
    next += 1;
    const printed = outcome?.kind === "value" ? textOf(outcome) : undefined;
    if (printed === undefined) return unknown("the text of a value", certain);
    // In a template None prints as nothing, with `~` and filters as the word.
    text += outcome?.kind === "value" && outcome.value === null ? "" : printed;
  }
  const dropped = outcomes.some((outcome) => outcome.kind === "value" && outcome.value === null);
  // 2.19 leaves None out first and keeps the type of a value that is left alone.
  if (dropped && !parts.some((part) => part.kind === "text")) return unknown("a template with none in it");
  // 2.14 reads these as Python (template/native_helpers.py, ansible_eval_concat).
  if (/^[{[]|^(?:True|False)$/.test(text)) return unknown("text that some versions turn into another type");
  return known(text);
}

function literalOutcome({ value, float, escapes }: LiteralNode): Outcome {
  if (escapes === true) return unknown("a text with backslashes", { truthy: true, boolean: false });
  return typeof value === "number" ? numberOutcome(value, float === true) : known(value);
}

/** `s.results[0]` as text, to name what is undefined. */
function pathText(expression: Expression): string {
  switch (expression.kind) {
    case "name":
      return expression.name;
    case "attribute":
      return `${pathText(expression.target)}.${expression.name}`;
    case "index": {
      const { index } = expression;
      const step = index.kind === "literal" && typeof index.value !== "string" ? String(index.value) : undefined;
      const quoted = index.kind === "literal" && typeof index.value === "string" ? `'${index.value}'` : "…";
      return `${pathText(expression.target)}[${step ?? quoted}]`;
    }
    default:
      return "(…)";
  }
}

function argumentOutcomes(args: Arguments, scope: Scope): BoundArguments {
  return {
    positional: args.positional.map((argument) => evaluate(argument, scope)),
    named: new Map(args.named.map((argument) => [argument.name, evaluate(argument.value, scope)])),
    spread: args.spread.length > 0,
  };
}

function callOutcome({ target, args }: CallNode, scope: Scope): Outcome {
  const outcomes = argumentOutcomes(args, scope);
  const given = [...outcomes.positional, ...outcomes.named.values()];
  if (target.kind === "attribute") {
    const owner = evaluate(target.target, scope);
    const failing = [owner, ...given].find((outcome) => outcome.kind === "error") ?? owner;
    if (failing.kind === "undefined" || failing.kind === "error") return used(failing);
    if (outcomes.spread || outcomes.named.size > 0) return unknown(`a call of ${target.name}`);
    const method = attributeOf(owner, target.name, pathText(target));
    return method.kind === "undefined" ? used(method) : callMethod(owner, target.name, outcomes.positional);
  }
  const called = evaluate(target, scope);
  if (called.kind === "undefined" || called.kind === "error") return used(called);
  if (isKnown(called)) return failure(`'${typeName(called)}' object is not callable`);
  return unknown(target.kind === "name" ? `a call of ${target.name}` : "a call");
}

function unaryOutcome({ operator, operand }: UnaryNode, scope: Scope): Outcome {
  const outcome = evaluate(operand, scope);
  if (operator === "not") return negation(outcome);
  if (!isKnown(outcome)) return outcome.kind === "unknown" ? unknown(outcome.why, { boolean: false }) : used(outcome);
  const number = outcome.kind === "value" ? numberOf(outcome.value) : undefined;
  if (number === undefined) return failure(`bad operand type for unary ${operator}: '${typeName(outcome)}'`);
  return numberOutcome(operator === "-" ? -number : number, outcome.kind === "value" && outcome.loose === true);
}

function negation(outcome: Outcome): Outcome {
  const truth = certainTruth(outcome);
  if (isKnown(outcome) && truth !== undefined) return known(!truth);
  if (outcome.kind === "undefined" || outcome.kind === "error") return used(outcome);
  const why = outcome.kind === "unknown" ? outcome.why : "whether a result has any field";
  return unknown(why, { boolean: true, ...(truth === undefined ? {} : { truthy: !truth }) });
}

/** `a < b < c` is `a < b and b < c`, each operand worked out once. */
function compareOutcome({ first, rest }: CompareNode, scope: Scope): Outcome {
  let left = evaluate(first, scope);
  let result: Outcome = known(true);
  for (const { operator, operand } of rest) {
    const from = left;
    let right: Outcome | undefined;
    result = both("and", result, () => {
      right = evaluate(operand, scope);
      return compare(operator, from, right);
    });
    if (right === undefined) return result;
    left = right;
  }
  return result;
}

function logicOutcome({ operator, operands }: LogicNode, scope: Scope): Outcome {
  return operands.reduce<Outcome | undefined>((left, operand) => {
    return left === undefined ? evaluate(operand, scope) : both(operator, left, () => evaluate(operand, scope));
  }, undefined) ?? unknown("nothing to combine");
}

/**
 * `left and right`, `left or right`, which in Python give one of the operands.
 * `unknown and false` is unknown with the certain truth false, not the value false: the first operand may be 0 or "" and come out.
 */
function both(operator: "and" | "or", left: Outcome, evaluateRight: () => Outcome): Outcome {
  const decided = operator === "or";
  const truth = truthiness(left);
  if (truth === "fails") return used(left);
  if (truth !== "unknown") return (truth === "true") === decided ? left : evaluateRight();
  const right = evaluateRight();
  const why = left.kind === "unknown" ? left.why : "whether a result has any field";
  const boolean = isBoolean(left) === true && isBoolean(right) === true ? { boolean: true } : {};
  return unknown(why, { ...boolean, ...(certainTruth(right) === decided ? { truthy: decided } : {}) });
}

function conditionalOutcome({ test, then, otherwise }: ConditionalNode, scope: Scope): Outcome {
  const condition = evaluate(test, scope);
  const truth = truthiness(condition);
  if (truth === "fails") return used(condition);
  const yes = (): Outcome => evaluate(then, scope);
  // Not the strict kind of undefined: it prints as nothing and counts as false (jinja2/compiler.py, cond_expr_undefined).
  const no = (): Outcome => (otherwise === undefined ? unknown("an if without else", { truthy: false }) : evaluate(otherwise, scope));
  if (truth !== "unknown") return truth === "true" ? yes() : no();
  return either(yes(), no(), condition.kind === "unknown" ? condition.why : "whether a result has any field");
}

/** One of two outcomes, it is not known which. */
function either(left: Outcome, right: Outcome, why: string): Outcome {
  const [truth, boolean] = [certainTruth(left), isBoolean(left)];
  return unknown(why, {
    ...(truth !== undefined && certainTruth(right) === truth ? { truthy: truth } : {}),
    ...(boolean !== "unknown" && isBoolean(right) === boolean ? { boolean } : {}),
  });
}

function listOutcome(items: readonly Expression[], scope: Scope, tuple: boolean): Outcome {
  const values: Plain[] = [];
  let loose = tuple;
  let open: Outcome | undefined;
  for (const item of items) {
    const outcome = evaluate(item, scope);
    const plain = isKnown(outcome) ? plainOf(outcome) : undefined;
    if (plain === undefined) open ??= outcome;
    else values.push(plain.value);
    loose ||= plain?.loose === true;
  }
  return open === undefined ? known(values, loose) : incomplete(open);
}

function dictOutcome({ pairs }: DictNode, scope: Scope): Outcome {
  const entries: [string, Plain][] = [];
  let loose = false;
  let open: Outcome | undefined;
  for (const pair of pairs) {
    const [key, value] = [evaluate(pair.key, scope), evaluate(pair.value, scope)];
    const plain = isKnown(value) ? plainOf(value) : undefined;
    if (plain === undefined || key.kind !== "value" || typeof key.value !== "string") open ??= plain === undefined ? value : key;
    else entries.push([key.value, plain.value]);
    loose ||= plain?.loose === true;
  }
  return open === undefined ? known(Object.fromEntries(entries), loose) : incomplete(open);
}

/**
 * A list or dictionary with an item that has no plain value. An undefined item need not fail before something looks at it:
 * `[a, b] | select('defined')` is a known idiom. 2.19 puts off the errors of filters and tests in the same way, 2.14 does not.
 */
function incomplete(item: Outcome): Outcome {
  if (item.kind === "error") return unknown(`an item that fails: ${item.message}`, { boolean: false });
  const why = item.kind === "undefined" ? `${item.name} is undefined` : "an item that is not known in full";
  const fails = item.kind === "undefined" && item.raised === true;
  return unknown(item.kind === "unknown" ? item.why : why, { boolean: false, ...(fails ? {} : { truthy: true }) });
}
