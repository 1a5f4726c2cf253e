// The filters of Jinja2 and ansible.builtin that conditions and numbers in playbooks use. Every other filter is unknown.

import { certainTruth, failure, isBoolean, isKnown, known, presentFields, truthiness, unknown, used } from "./outcome.ts";
import { placesOf, shortName } from "./evaluate-arguments.ts";
import { arithmetic, isDict, isList, numberOf, numberOutcome, textOf, textSign, typeName } from "./python-values.ts";
import type { BoundArguments, Places } from "./evaluate-arguments.ts";
import type { Known, KnownValue, Outcome, Plain, UnknownOutcome } from "./outcome.ts";

interface Filter {
  readonly parameters: readonly string[];
  /** Set when 2.19 looks only at the arguments that it needs, so that a failing one need not fail. */
  readonly choosy?: true;
  /** Gets every input but errors. */
  readonly apply: (input: Outcome, places: Places) => Outcome;
}

/** `input | name(args)`. */
export function applyFilter(name: string, input: Outcome, args: BoundArguments): Outcome {
  const short = shortName(name);
  const filter = filters.get(short);
  const pending = input.kind === "unknown" ? input.pending : input.kind === "undefined" ? input : undefined;
  if (lazyFilters.has(short) && pending !== undefined) return unknown(`the filter ${name}`, { pending });
  if (input.kind === "unknown" && pending !== undefined && readingFilters.has(short)) return used(pending);
  if (filter === undefined) {
    const fails = (input.kind === "undefined" || input.kind === "error") && strictFilters.has(short);
    return fails ? used(input) : unknown(`the filter ${name}`);
  }
  if (input.kind === "error") return input;
  const places = placesOf(args, filter.parameters);
  if (places === undefined) return unknown(`the arguments of ${name}`);
  if (!("kind" in places)) return filter.apply(input, places);
  if (filter.choosy !== true) return places;
  // `default` may rescue an undefined input, `ternary` fails on it whatever its arguments are.
  return input.kind === "undefined" && short === "ternary" ? used(input) : unknown(`the arguments of ${name}`);
}

/** Jinja's generators: up to 2.18 they fail on an undefined input when something reads what they give, from 2.19 on at once. */
const lazyFilters: ReadonlySet<string> = new Set(["map", "reject", "rejectattr", "select", "selectattr"]);
const readingFilters: ReadonlySet<string> = new Set(["count", "first", "join", "last", "length", "list", "max", "min", "sort", "sum"]);

// These fail on undefined input on every version; their values are not worked out here.
const strictFilters: ReadonlySet<string> = new Set([
  "b64decode",
  "from_json",
  "regex_findall",
  "regex_replace",
  "regex_search",
  "split",
]);

interface Traits {
  readonly parameters?: readonly string[];
  /** Whether the result is a boolean, where that is certain. */
  readonly boolean?: boolean;
}

/** A filter that needs a value: undefined fails, unknown stays unknown, and so does everything with an argument that is not known. */
function strict({ parameters = [], ...traits }: Traits, apply: (input: Known, places: readonly (Plain | undefined)[]) => Outcome): Filter {
  return {
    parameters,
    apply(input, places) {
      // An argument such as the `true` of `int(true)` may come out itself.
      const hints = places.length === 0 ? traits : {};
      if (!isKnown(input)) return input.kind === "unknown" ? unknown(input.why, hints) : used(input);
      const values = places.map((place) => (place?.kind === "value" && place.loose !== true ? place.value : undefined));
      const open = places.find((place, at) => place !== undefined && values[at] === undefined);
      if (open !== undefined) return unknown(open.kind === "unknown" ? open.why : "an argument of a filter", hints);
      return apply(input, values);
    },
  };
}

const text = (apply: (input: string) => Outcome): Filter => {
  return strict({ boolean: false }, (input) => {
    const printed = input.kind === "value" ? textOf(input) : undefined;
    return printed === undefined ? unknown("the text of a value", { boolean: false }) : apply(printed);
  });
};

// Beyond ASCII the two languages do not agree on every letter.
const ascii = (apply: (input: string) => string): Filter => {
  return text((input) => (isAscii(input) ? known(apply(input)) : unknown("letters beyond ASCII", { boolean: false })));
};

function isAscii(input: string): boolean {
  return [...input].every((character) => character <= "\x7f");
}

/** What Python's `iter` gives; a message for what cannot be gone through. */
function itemsOf(input: Known): { readonly items: readonly Plain[]; readonly loose: boolean } | Outcome {
  if (input.kind === "record") return unknown("the order of a result's fields");
  const { value, loose } = input;
  if (typeof value === "string") return { items: [...value], loose: false };
  if (isList(value)) return { items: value, loose: loose === true };
  if (!isDict(value)) return failure(`'${typeName(input)}' object is not iterable`);
  const keys = Object.keys(value);
  // JavaScript puts keys that look like numbers first.
  return keys.some((key) => /^\d+$/.test(key)) ? unknown("the order of keys") : { items: keys, loose: false };
}

const overItems = (traits: Traits, apply: (items: readonly Plain[], loose: boolean, places: readonly (Plain | undefined)[]) => Outcome): Filter => {
  return strict(traits, (input, places) => {
    const found = itemsOf(input);
    return "kind" in found ? found : apply(found.items, found.loose, places);
  });
};

const pick = (name: "first" | "last", at: 0 | -1): Filter => {
  return overItems({}, (items, loose) => {
    const item = items.at(at);
    return item === undefined ? { kind: "undefined", name: `${name} of nothing` } : known(item, loose);
  });
};

const extreme = (name: "min" | "max"): Filter => {
  return overItems({ parameters: ["case_sensitive", "attribute"] }, (items, loose, places) => {
    const [first, ...rest] = items;
    if (first === undefined) return { kind: "undefined", name: `${name} of nothing` };
    if (places.some((place) => place !== undefined)) return unknown(`the arguments of ${name}`);
    const numbers = items.map(numberOf);
    const texts = items.filter((item) => typeof item === "string");
    const better = (sign: number): boolean => (name === "max" ? sign > 0 : sign < 0);
    if (!numbers.includes(undefined)) {
      return known(rest.reduce((best, item) => (better(Number(item) - Number(best)) ? item : best), first), loose);
    }
    if (texts.length === items.length) {
      if (!texts.every(isAscii)) return unknown("letters beyond ASCII", { boolean: false });
      // Case does not count; of equal ones the first wins.
      const sign = (a: string, b: string): number => textSign(a.toLowerCase(), b.toLowerCase());
      return known(texts.reduce((best, item) => (better(sign(item, best)) ? item : best)));
    }
    if (items.length === 1) return known(first, loose);
    const scalar = items.every((item) => item === null || typeof item !== "object");
    return scalar ? failure("values of different types cannot be put in order") : unknown("the order of lists");
  });
};

function toInt(input: Known, fallback: Plain | undefined): Outcome {
  const otherwise = fallback === undefined ? known(0) : known(fallback);
  if (input.kind === "record") return otherwise;
  const { value } = input;
  if (typeof value === "number" || typeof value === "boolean") return numberOutcome(Math.trunc(Number(value)), false);
  if (typeof value !== "string") return otherwise;
  const number = numberIn(value);
  if (number === undefined || !isKnown(number)) return number ?? otherwise;
  return numberOutcome(Math.trunc(Number(number.value)), false);
}

function toFloat(input: Known, fallback: Plain | undefined): Outcome {
  const otherwise = fallback === undefined ? known(0, true) : known(fallback);
  if (input.kind === "record") return otherwise;
  const { value } = input;
  if (typeof value === "number" || typeof value === "boolean") return numberOutcome(Number(value), true);
  if (typeof value !== "string") return otherwise;
  if (/^\s*[-+]?(?:inf|infinity|nan)\s*$/i.test(value)) return unknown("a number without an end", { boolean: false });
  return numberIn(value) ?? otherwise;
}

/** `str.strip` for ASCII; a loop, since a pattern would take square time on long runs of spaces. */
function trim(written: string): string {
  let [start, end] = [0, written.length];
  while (start < end && isSpace(written.charCodeAt(start))) start += 1;
  while (end > start && isSpace(written.charCodeAt(end - 1))) end -= 1;
  return written.slice(start, end);
}

function isSpace(code: number): boolean {
  return (code >= 9 && code <= 13) || (code >= 28 && code <= 32);
}

/** The number that Python's `float` reads in a text; undefined where there is none. */
function numberIn(written: string): KnownValue | UnknownOutcome | undefined {
  if (!isAscii(written)) return unknown("letters beyond ASCII", { boolean: false });
  const trimmed = trim(written);
  if (!/^[-+]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[-+]?\d+(?:_\d+)*)?$/i.test(trimmed)) return undefined;
  const outcome = numberOutcome(Number(trimmed.replaceAll("_", "")), true);
  return outcome.kind === "value" ? outcome : unknown("a number too large to be exact", { boolean: false });
}

/** 2.14 leaves None alone, 2.19 makes it false; all else that is no well-known word is false. */
function toBool(input: Known): Outcome {
  if (input.kind === "record") return known(false);
  const { value } = input;
  if (value === null) return unknown("none | bool", { truthy: false });
  if (typeof value === "string") return known(["yes", "on", "1", "true"].includes(value.toLowerCase()));
  return known(numberOf(value) === 1);
}

/** Python rounds halves to the even neighbour. */
function round({ value, loose }: KnownValue, method: Plain): Outcome {
  const number = numberOf(value);
  if (number === undefined) return failure(`type ${typeName(known(value))} doesn't define __round__ method`);
  if (method === "ceil") return numberOutcome(Math.ceil(number), true);
  if (method === "floor") return numberOutcome(Math.floor(number), true);
  if (method !== "common") return failure("method must be common, ceil or floor");
  const down = Math.floor(number);
  const rest = number - down;
  const up = rest > 0.5 || (rest === 0.5 && down % 2 !== 0);
  return numberOutcome(up ? down + 1 : down, loose === true || !Number.isInteger(number));
}

function applyDefault(input: Outcome, [fallback = known(""), boolean = known(false)]: Places): Outcome {
  const whenFalse = certainTruth(boolean);
  // 2.19 takes nothing but a boolean.
  if (isBoolean(boolean) !== true) return unknown("the arguments of default");
  if (input.kind === "undefined") {
    return input.raised === true ? unknown(`${input.name} is undefined, which older versions report at once`) : fallback;
  }
  // Older versions fail on an argument that did something with an undefined value, even where it is not needed.
  const brittle = fallback.kind === "undefined" && fallback.raised === true;
  if (whenFalse === undefined || brittle) return unknown("the arguments of default");
  const truth = truthiness(input);
  if (isKnown(input) && (!whenFalse || truth === "true")) return input;
  if (whenFalse && truth === "false" && isKnown(input)) return fallback;
  const why = input.kind === "unknown" ? input.why : "whether a result has any field";
  const [sure, type] = [certainTruth(fallback), isBoolean(fallback)];
  // With the second argument only a true value or the fallback can come out; without it, the input's truth need not hold.
  const truthy = sure === true && whenFalse ? { truthy: true } : {};
  return unknown(why, { ...truthy, ...(type !== "unknown" && isBoolean(input) === type ? { boolean: type } : {}) });
}

function applyTernary(input: Outcome, [yes, no, none = known(null)]: Places): Outcome {
  if (input.kind === "undefined") return used(input);
  if (yes === undefined || no === undefined) return failure("ternary needs a value for true and one for false");
  const truth = certainTruth(input);
  const noneCounts = !(none.kind === "value" && none.value === null);
  const mayBeNone = noneCounts && truth !== true && (!isKnown(input) || (input.kind === "value" && input.value === null));
  if (truth !== undefined && (!mayBeNone || isKnown(input))) {
    const chosen = mayBeNone ? none : truth ? yes : no;
    // 2.19 does not look at the arguments that are not chosen; 2.14 has failed by then if something was done with an undefined one.
    const brittle = [yes, no, none].some((place) => place !== chosen && place.kind === "undefined" && place.raised === true);
    return brittle ? unknown("the arguments of ternary") : chosen;
  }
  const places = mayBeNone ? [yes, no, none] : [yes, no];
  const [sure, type] = [certainTruth(yes), isBoolean(yes)];
  return unknown(input.kind === "unknown" ? input.why : "whether a result has any field", {
    ...(sure !== undefined && places.every((place) => certainTruth(place) === sure) ? { truthy: sure } : {}),
    ...(type !== "unknown" && places.every((place) => isBoolean(place) === type) ? { boolean: type } : {}),
  });
}

function lengthOf(input: Known): Outcome {
  if (input.kind === "record") return input.open ? unknown("the number of fields") : known(presentFields(input).length);
  const { value } = input;
  if (typeof value === "string") return known([...value].length);
  if (isList(value)) return known(value.length);
  return isDict(value) ? known(Object.keys(value).length) : failure(`object of type '${typeName(input)}' has no len()`);
}

const length = strict({ boolean: false }, lengthOf);
const fallback: Filter = { parameters: ["default_value", "boolean"], choosy: true, apply: applyDefault };

const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ["int", strict({ parameters: ["default", "base"], boolean: false }, (input, [otherwise, base]) => {
    return base === undefined || base === 10 ? toInt(input, otherwise) : unknown("int with a base");
  })],
  ["float", strict({ parameters: ["default"], boolean: false }, (input, [otherwise]) => toFloat(input, otherwise))],
  ["bool", strict({ boolean: true }, toBool)],
  ["default", fallback],
  ["d", fallback],
  ["ternary", { parameters: ["true_val", "false_val", "none_val"], choosy: true, apply: applyTernary }],
  ["mandatory", { parameters: ["msg"], apply: (input) => {
    if (input.kind !== "undefined") return input;
    return input.raised === true ? input : failure(`Mandatory variable '${input.name}' not defined.`);
  } }],
  ["string", text(known)],
  ["lower", ascii((input) => input.toLowerCase())],
  ["upper", ascii((input) => input.toUpperCase())],
  ["trim", ascii(trim)],
  ["length", length],
  ["count", length],
  ["abs", strict({ boolean: false }, (input) => {
    const number = input.kind === "value" ? numberOf(input.value) : undefined;
    if (number === undefined) return failure(`bad operand type for abs(): '${typeName(input)}'`);
    return numberOutcome(Math.abs(number), input.kind === "value" && input.loose === true);
  })],
  ["round", strict({ parameters: ["precision", "method"], boolean: false }, (input, [precision = 0, method = "common"]) => {
    return input.kind === "value" && precision === 0 ? round(input, method) : unknown("a rounded value", { boolean: false });
  })],
  ["min", extreme("min")],
  ["max", extreme("max")],
  ["first", pick("first", 0)],
  ["last", pick("last", -1)],
  ["list", overItems({ boolean: false }, (items, loose) => known(items, loose))],
  ["sum", overItems({ parameters: ["attribute", "start"], boolean: false }, (items, loose, places) => {
    if (places.some((place) => place !== undefined)) return unknown("the arguments of sum", { boolean: false });
    return items.reduce<Outcome>((total, item) => arithmetic("+", total, known(item, loose)), known(0));
  })],
  ["join", overItems({ parameters: ["d", "attribute"], boolean: false }, (items, loose, [separator = "", attribute]) => {
    const [mark, ...texts] = [separator, ...items].map((item) => textOf(known(item, loose)));
    if (attribute !== undefined || mark === undefined || texts.includes(undefined)) return unknown("a joined text", { boolean: false });
    return known(texts.join(mark));
  })],
  ["replace", strict({ parameters: ["old", "new", "count"], boolean: false }, (input, [old, replacement, count]) => {
    const whole = input.kind === "value" && typeof input.value === "string" && count === undefined ? input.value : undefined;
    if (whole === undefined || typeof old !== "string" || typeof replacement !== "string" || old === "") {
      return unknown("a replaced text", { boolean: false });
    }
    return known(whole.replaceAll(old, () => replacement));
  })],
]);
