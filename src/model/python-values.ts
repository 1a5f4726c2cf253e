// Python's rules for values: equality, order, text, numbers. Where JavaScript cannot follow exactly the answer is unknown.

import { failure, isKnown, known, plainOf, presentFields, unknown, used } from "./outcome.ts";
import type { BinaryOperator, CompareOperator } from "./expression.ts";
import type { Known, KnownValue, Outcome, Plain } from "./outcome.ts";

type Dict = { readonly [key: string]: Plain };

export function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

export function isDict(value: Plain): value is Dict {
  return typeof value === "object" && value !== null && !isList(value);
}

/** A number or a boolean as a number: Python's booleans are 0 and 1. */
export function numberOf(value: Plain): number | undefined {
  return typeof value === "number" || typeof value === "boolean" ? Number(value) : undefined;
}

/** Python's name for the type of a value, for error messages. */
export function typeName(outcome: Known): string {
  if (outcome.kind === "record") return "dict";
  const { value } = outcome;
  if (value === null) return "NoneType";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return isList(value) ? "list" : "dict";
}

/** The failure among some outcomes that are used together, else the unknown one; undefined when all are known. */
export function obstacle(...outcomes: readonly Outcome[]): Outcome | undefined {
  const failing = outcomes.find((outcome) => outcome.kind === "undefined" || outcome.kind === "error");
  return failing === undefined ? outcomes.find((outcome) => outcome.kind === "unknown") : used(failing);
}

/** A whole number that JavaScript may have rounded is unknown. Whether it is a float is in doubt when an operand was one. */
export function numberOutcome(value: number, mayBeFloat: boolean): Outcome {
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    return unknown("a number too large to be exact", { boolean: false });
  }
  return known(value === 0 ? 0 : value, mayBeFloat && Number.isInteger(value));
}

/** A value as `str()` prints it; undefined where that is not certain. */
export function textOf({ value, loose }: KnownValue): string | undefined {
  if (typeof value === "string") return value;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "number" || loose === true) return undefined;
  // Python changes to exponents below 1e-4, JavaScript below 1e-6.
  return Number.isInteger(value) || Math.abs(value) >= 1e-4 ? String(value) : undefined;
}

/** `==` as Python has it; undefined where it is not certain. */
export function equal(left: Known, right: Known): boolean | undefined {
  const plain = { left: plainOf(left), right: plainOf(right) };
  if (plain.left === undefined || plain.right === undefined) {
    const bothDicts = typeName(left) === "dict" && typeName(right) === "dict";
    return bothDicts ? undefined : false;
  }
  return equalPlain(plain.left.value, plain.right.value, plain.left.loose === true || plain.right.loose === true);
}

function equalPlain(left: Plain, right: Plain, loose: boolean): boolean | undefined {
  if (isList(left) && isList(right)) {
    if (left.length !== right.length) return false;
    const same = every(left.map((item, index) => equalPlain(item, right[index] ?? null, loose)));
    return same === true && loose ? undefined : same;
  }
  if (isDict(left) && isDict(right)) {
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length || !keys.every((key) => Object.hasOwn(right, key))) return false;
    return every(keys.map((key) => equalPlain(left[key] ?? null, right[key] ?? null, loose)));
  }
  const numbers = [numberOf(left), numberOf(right)];
  if (numbers[0] !== undefined && numbers[1] !== undefined) return numbers[0] === numbers[1];
  return left === right;
}

function every(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

function some(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

/** One comparison. Out: a boolean, an error that Python raises, or unknown (which is a boolean all the same). */
export function compare(operator: CompareOperator, left: Outcome, right: Outcome): Outcome {
  const blocked = obstacle(left, right);
  // Looking for a failing value in an empty list finds nothing on some versions and fails on others.
  const maybeEmpty = right.kind === "unknown" || (right.kind === "value" && isList(right.value) && right.value.length === 0);
  if (operator.endsWith("in") && maybeEmpty && (left.kind === "undefined" || left.kind === "error")) {
    return unknown("whether a list is empty", { boolean: true });
  }
  if (blocked?.kind === "unknown") return unknown(blocked.why, { boolean: true });
  if (blocked !== undefined) return blocked;
  if (!isKnown(left) || !isKnown(right)) return unknown("an operand is unknown", { boolean: true });
  switch (operator) {
    case "==":
    case "!=":
      return verdict(equal(left, right), operator === "!=");
    case "in":
    case "not in":
      return contains(right, left, operator === "not in");
    default:
      return order(operator, left, right);
  }
}

function verdict(answer: boolean | undefined, negated: boolean): Outcome {
  if (answer === undefined) return unknown("not certain whether the two are equal", { boolean: true });
  return known(answer !== negated);
}

function contains(container: Known, item: Known, negated: boolean): Outcome {
  if (container.kind === "record") {
    if (item.kind === "record" || isList(item.value) || isDict(item.value)) return unknown("a key that is no text", { boolean: true });
    if (typeof item.value !== "string") return known(negated);
    if (container.open && !container.fields.has(item.value)) return unknown(`whether there is a ${item.value}`, { boolean: true });
    return known(presentFields(container).includes(item.value) !== negated);
  }
  const { value } = container;
  if (typeof value === "string") {
    if (item.kind === "value" && typeof item.value === "string") return known(value.includes(item.value) !== negated);
    return failure(`'in <string>' requires string as left operand, not ${typeName(item)}`);
  }
  if (isList(value)) {
    const answers = value.map((element) => equal(known(element, container.loose === true), item));
    return verdict(some(answers), negated);
  }
  if (isDict(value)) {
    if (item.kind === "value" && typeof item.value === "string") return known(Object.hasOwn(value, item.value) !== negated);
    return unknown("a key that is no text", { boolean: true });
  }
  return failure(`argument of type '${typeName(container)}' is not iterable`);
}

function order(operator: "<" | "<=" | ">" | ">=", left: Known, right: Known): Outcome {
  const sign = signOf(left, right);
  if (sign === "never") {
    return failure(`'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`);
  }
  if (sign === undefined) return unknown("the order of two lists", { boolean: true });
  switch (operator) {
    case "<":
      return known(sign < 0);
    case "<=":
      return known(sign <= 0);
    case ">":
      return known(sign > 0);
    case ">=":
      return known(sign >= 0);
  }
}

/** Below, at or above zero as left is below, at or above right; `never` where Python refuses. */
function signOf(left: Known, right: Known): number | "never" | undefined {
  if (left.kind === "record" || right.kind === "record") return "never";
  if (typeof left.value === "string" && typeof right.value === "string") return textSign(left.value, right.value);
  const numbers = [numberOf(left.value), numberOf(right.value)];
  if (numbers[0] !== undefined && numbers[1] !== undefined) return numbers[0] - numbers[1];
  return isList(left.value) && isList(right.value) ? undefined : "never";
}

/** Python compares code points, JavaScript UTF-16 units: they differ beyond the surrogates. */
export function textSign(left: string, right: string): number {
  const others = [...right];
  let index = 0;
  for (const character of left) {
    const difference = (character.codePointAt(0) ?? 0) - (others[index]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
    index += 1;
  }
  return index - others.length;
}

/** `left operator right`. Out: the value, the error that Python raises, or unknown. */
export function arithmetic(operator: BinaryOperator, left: Outcome, right: Outcome): Outcome {
  const blocked = obstacle(left, right);
  // In old-style formatting, `'%s' % x`, even an undefined or failing x may do.
  const formats = operator === "%" && (isKnown(left) ? typeName(left) === "str" : left.kind === "unknown");
  if (formats) return unknown("old-style text formatting", { boolean: false });
  if (blocked !== undefined) return blocked.kind === "unknown" ? unknown(blocked.why, { boolean: false }) : blocked;
  if (!isKnown(left) || !isKnown(right)) return unknown("an operand is unknown");
  if (operator === "~") return concatenation(left, right);
  if (left.kind === "value" && right.kind === "value") {
    const numbers = [numberOf(left.value), numberOf(right.value)];
    if (numbers[0] !== undefined && numbers[1] !== undefined) {
      const mayBeFloat = [left, right].some(({ value, loose }) => loose === true || !Number.isInteger(Number(value)));
      return calculate(operator, [numbers[0], numbers[1]], mayBeFloat);
    }
    const sequence = sequenceArithmetic(operator, left, right);
    if (sequence !== undefined) return sequence;
  }
  const shown = operator === "**" ? "** or pow()" : operator;
  return failure(`unsupported operand type(s) for ${shown}: '${typeName(left)}' and '${typeName(right)}'`);
}

function concatenation(left: Known, right: Known): Outcome {
  const texts = [left, right].map((side) => (side.kind === "value" ? textOf(side) : undefined));
  if (texts[0] === undefined || texts[1] === undefined) return unknown("the text of a value", { truthy: true, boolean: false });
  return known(texts[0] + texts[1]);
}

function sequenceArithmetic(operator: BinaryOperator, left: KnownValue, right: KnownValue): Outcome | undefined {
  const isText = typeof left.value === "string";
  if (operator === "*" && [left, right].some(({ value }) => typeof value === "string" || isList(value))) {
    const repeats = [left, right].some(({ value }) => numberOf(value) !== undefined);
    return repeats ? unknown("a repeated text or list", { boolean: false }) : failure("can't multiply sequence by non-int");
  }
  if (operator !== "+" || (!isText && !isList(left.value))) return undefined;
  if (isText && typeof right.value === "string") return known(left.value + right.value);
  if (isList(left.value) && isList(right.value)) {
    if (left.loose === true || right.loose === true) return unknown("a list that may be a tuple", { boolean: false });
    return known([...left.value, ...right.value]);
  }
  const kind = typeName(left);
  return failure(`can only concatenate ${kind} (not "${typeName(right)}") to ${kind}`);
}

function calculate(operator: Exclude<BinaryOperator, "~">, [a, b]: readonly [number, number], mayBeFloat: boolean): Outcome {
  switch (operator) {
    case "+":
      return numberOutcome(a + b, mayBeFloat);
    case "-":
      return numberOutcome(a - b, mayBeFloat);
    case "*":
      return numberOutcome(a * b, mayBeFloat);
    case "/":
      return b === 0 ? failure("division by zero") : numberOutcome(a / b, true);
    case "//":
    case "%": {
      if (b === 0) return failure("integer division or modulo by zero");
      if (!Number.isInteger(a) || !Number.isInteger(b)) return unknown("the remainder of a float", { boolean: false });
      const rest = a % b;
      const remainder = rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
      if (!Number.isSafeInteger(a - remainder)) return unknown("a number too large to be exact", { boolean: false });
      return numberOutcome(operator === "%" ? remainder : (a - remainder) / b, mayBeFloat);
    }
    case "**":
      return raise(a, b, mayBeFloat);
  }
}

function raise(base: number, exponent: number, mayBeFloat: boolean): Outcome {
  // 64 keeps the exact sum small: every larger result is beyond exact numbers anyway, but for the bases -1, 0 and 1.
  if (mayBeFloat || exponent < 0 || exponent > 64) return unknown("a power that is not a small whole number", { boolean: false });
  return numberOutcome(Number(BigInt(base) ** BigInt(exponent)), false);
}
