// Steps into values as Jinja2 takes them: `a.b` prefers Python's attributes, `a['b']` the item (jinja2/environment.py, getattr and getitem).

import { isDict, isList, numberOf, typeName } from "./python-values.ts";
import { isKnown, known, unknown, used } from "./outcome.ts";
import type { Known, Outcome } from "./outcome.ts";

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const dictMethods = words("clear copy fromkeys get items keys pop popitem setdefault update values");
const listMethods = words("append clear copy count extend index insert pop remove reverse sort");
const numberMethods = words(
  "as_integer_ratio bit_count bit_length conjugate denominator from_bytes fromhex hex imag is_integer numerator real to_bytes",
);
const textMethods = words(
  "capitalize casefold center count encode endswith expandtabs find format format_map index isalnum isalpha isascii isdecimal " +
    "isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip maketrans partition " +
    "removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase " +
    "title translate upper zfill",
);

/**
 * `target.name`.
 * In: the target, the step and the whole path as text, for the name of what is undefined. Undefined targets stay what they are.
 */
export function attributeOf(target: Outcome, name: string, path: string): Outcome {
  if (!isKnown(target)) return passedOn(target);
  return hasMethod(target, name) ? unknown(`the method ${name}`) : itemOf(target, name, path);
}

/** `target[index]`; the step may itself be unknown or undefined. */
export function indexOf(target: Outcome, index: Outcome, path: string): Outcome {
  if (!isKnown(target)) return passedOn(target);
  if (index.kind === "error") return index;
  // A step into a list that is undefined itself is put off by 2.14, not by 2.19.
  if (index.kind === "undefined") return typeName(target) === "dict" ? used(index) : unknown(`${index.name} is undefined`);
  if (index.kind !== "value") return unknown(index.kind === "unknown" ? index.why : "a step that is no text or number");
  if (typeof index.value !== "string") return elementOf(target, index, path);
  const item = itemOf(target, index.value, path);
  return item.kind === "undefined" && hasMethod(target, index.value) ? unknown(`the method ${index.value}`) : item;
}

/** What a step into something without a known value gives: a step into an unknown says nothing on its truth. */
function passedOn(target: Exclude<Outcome, Known>): Outcome {
  return target.kind === "unknown" ? unknown(target.why) : target;
}

function hasMethod(target: Known, name: string): boolean {
  if (name.startsWith("_")) return true;
  if (target.kind === "record") return dictMethods.has(name);
  const { value } = target;
  if (value === null) return false;
  if (typeof value === "string") return textMethods.has(name);
  if (isList(value)) return listMethods.has(name);
  return isDict(value) ? dictMethods.has(name) : numberMethods.has(name);
}

function itemOf(target: Known, key: string, path: string): Outcome {
  if (target.kind === "record") {
    const field = target.fields.get(key);
    if (field?.kind === "undefined" || (field === undefined && !target.open)) return { kind: "undefined", name: path };
    return field ?? unknown(`whether there is a ${path}`);
  }
  const { value, loose } = target;
  if (isDict(value) && Object.hasOwn(value, key)) return known(value[key] ?? null, loose === true);
  return { kind: "undefined", name: path };
}

function elementOf(target: Known, index: Known & { kind: "value" }, path: string): Outcome {
  if (target.kind === "record" || isDict(target.value)) return unknown("a key that is no text");
  const at = numberOf(index.value);
  const { value, loose } = target;
  const items = typeof value === "string" ? [...value] : value;
  if (typeof items === "object" && items !== null && isList(items) && at !== undefined && Number.isInteger(at)) {
    if (index.loose === true) return unknown("an index that may be a float");
    const item = items.at(at);
    if (item !== undefined) return known(item, loose === true);
  }
  return { kind: "undefined", name: path };
}

/** `target[from:to]`; an absent bound is undefined here, a step is not worked out. */
export function sliceOf(target: Outcome, from: Outcome | undefined, to: Outcome | undefined): Outcome {
  if (!isKnown(target)) return used(passedOn(target));
  const bounds = [from, to].map((bound) => (bound === undefined ? undefined : boundOf(bound)));
  const value = target.kind === "value" ? target.value : undefined;
  if (value === undefined || bounds.includes("unclear")) return unknown("a slice");
  const [start, end] = bounds.map((bound) => (typeof bound === "number" ? bound : undefined));
  if (typeof value === "string") return known([...value].slice(start ?? 0, end).join(""));
  return isList(value) ? known(value.slice(start ?? 0, end), target.kind === "value" && target.loose === true) : unknown("a slice");
}

function boundOf(bound: Outcome): number | "unclear" | undefined {
  if (bound.kind !== "value" || bound.loose === true) return "unclear";
  if (bound.value === null) return undefined;
  return typeof bound.value === "number" && Number.isInteger(bound.value) ? bound.value : "unclear";
}

/** `target.name(args)` for the few methods that conditions use; every other call is unknown. */
export function callMethod(target: Outcome, name: string, args: readonly Outcome[]): Outcome {
  const [first, second] = args;
  if (name === "get" && isKnown(target) && (target.kind === "record" || isDict(target.value))) {
    if (first?.kind !== "value" || typeof first.value !== "string" || args.length > 2) return unknown("a call of get");
    const item = itemOf(target, first.value, first.value);
    if (item.kind !== "undefined") return item;
    return second?.kind === "undefined" ? unknown("a call of get") : (second ?? known(null));
  }
  const text = target.kind === "value" ? target.value : undefined;
  const part = first?.kind === "value" && args.length === 1 ? first.value : undefined;
  const boolean = name === "startswith" || name === "endswith";
  if (typeof text !== "string" || typeof part !== "string") return unknown(`a call of ${name}`, boolean ? { boolean } : {});
  if (name === "startswith") return known(text.startsWith(part));
  if (name === "endswith") return known(text.endsWith(part));
  if (name !== "find") return unknown(`a call of ${name}`);
  const at = text.indexOf(part);
  return known(at === -1 ? -1 : [...text.slice(0, at)].length);
}
