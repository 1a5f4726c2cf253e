// The tests (`x is name`) of Jinja2 and ansible.builtin that conditions in playbooks use. Every other test is unknown.

import { placesOf, shortName } from "./evaluate-arguments.ts";
import { certainTruth, failure, isKnown, known, unknown, used } from "./outcome.ts";
import { arithmetic, compare, equal, isDict, isList, numberOf, typeName } from "./python-values.ts";
import type { BoundArguments, Places } from "./evaluate-arguments.ts";
import type { Known, Outcome, Plain, UnknownOutcome } from "./outcome.ts";
import type { CompareOperator } from "./expression.ts";

interface Test {
  readonly parameters: readonly string[];
  /** Gets every subject but errors. */
  readonly apply: (subject: Outcome, places: Places) => Outcome;
}

const open = (why: string): UnknownOutcome => unknown(why, { boolean: true });

/** `subject is name(args)`, not yet negated. Out: a boolean, or why there is none. */
export function applyTest(name: string, subject: Outcome, args: BoundArguments): Outcome {
  const short = shortName(name);
  const test = tests.get(short);
  if (test === undefined) {
    if ((subject.kind === "undefined" || subject.kind === "error") && strictTests.has(short)) return used(subject);
    return strictTests.has(short) || otherTests.has(short) ? open(`the test ${name}`) : unknown(`the test ${name}`);
  }
  if (subject.kind === "error") return subject;
  const places = placesOf(args, test.parameters);
  if (places === undefined) return open(`the arguments of ${name}`);
  return "kind" in places ? places : test.apply(subject, places);
}

// Tests that give booleans but are not worked out here; the strict ones fail on undefined subjects on every version.
const strictTests: ReadonlySet<string> = new Set(["timedout", "version", "version_compare"]);
const otherTests: ReadonlySet<string> = new Set(
  ("abs all any callable contains directory exists file isnan issubset issuperset link link_exists lower mount nan same_file " +
    "subset superset upper uri url urn vault_encrypted vaulted_file").split(" "),
);

const defined = (wanted: boolean): Test => ({
  parameters: [],
  apply(subject) {
    if (subject.kind === "unknown") return open(subject.why);
    if (subject.kind !== "undefined") return known(wanted);
    return subject.raised === true ? open(`${subject.name} is undefined, which older versions report at once`) : known(!wanted);
  },
});

/** A test of the type. On undefined subjects 2.14 answers false or fails, test by test; 2.19 always fails. */
const ofType = (holds: (subject: Known) => boolean | undefined): Test => ({
  parameters: [],
  apply(subject) {
    if (subject.kind === "undefined") return subject.raised === true ? subject : open(`${subject.name} is undefined`);
    if (!isKnown(subject)) return subject.kind === "unknown" ? open(subject.why) : subject;
    const answer = holds(subject);
    return answer === undefined ? open("the type of a number") : known(answer);
  },
});

const ofValue = (holds: (value: Plain) => boolean): Test => ofType((subject) => subject.kind === "value" && holds(subject.value));

const ofNumber = (float: boolean): Test => {
  return ofType((subject) => {
    if (subject.kind === "record" || typeof subject.value !== "number") return false;
    if (subject.loose === true && Number.isInteger(subject.value)) return undefined;
    return Number.isInteger(subject.value) !== float;
  });
};

const comparing = (operator: CompareOperator): Test => ({
  parameters: [operator === "in" ? "seq" : "b"],
  apply: (subject, [other]) => (other === undefined ? failure("the test needs an argument") : compare(operator, subject, other)),
});

/** A test on the remainder of a division. */
const remainder = (divisor: Outcome | undefined, wanted: number): Test => ({
  parameters: divisor === undefined ? ["num"] : [],
  apply(subject, [argument]) {
    const by = divisor ?? argument;
    if (by === undefined) return failure("the test needs an argument");
    const rest = arithmetic("%", subject, by);
    return rest.kind === "unknown" ? open(rest.why) : compare("==", rest, known(wanted));
  },
});

/** A test on a field of a task's result; what is no dictionary fails. */
const onResult = (name: string, holds: (field: (key: string) => Outcome | undefined) => Outcome): Test => ({
  parameters: [],
  apply(subject) {
    if (!isKnown(subject)) return subject.kind === "unknown" ? open(subject.why) : used(subject);
    if (subject.kind === "record") {
      const { fields, open: mayHaveMore } = subject;
      return holds((key) => {
        const field = fields.get(key);
        if (field === undefined) return mayHaveMore ? open(`whether there is a ${key}`) : undefined;
        return field.kind === "undefined" ? undefined : field;
      });
    }
    const { value } = subject;
    if (!isDict(value)) return failure(`The '${name}' test expects a dictionary`);
    return holds((key) => (Object.hasOwn(value, key) ? known(value[key] ?? null) : undefined));
  },
});

/** 2.14 gives the field itself, 2.19 its truth; here it is its truth. */
const flag = (name: string, key: string, wanted = true): Test => {
  return onResult(name, (field) => {
    const outcome = field(key);
    if (outcome === undefined) return known(!wanted);
    const truth = certainTruth(outcome);
    if (isKnown(outcome) && truth !== undefined) return known(truth === wanted);
    if (outcome.kind === "error" || outcome.kind === "undefined") return used(outcome);
    return unknown(`the field ${key}`, { boolean: true, ...(truth === undefined ? {} : { truthy: truth === wanted }) });
  });
};

/** Without the field the answer is yes, with a warning. 2.14 asks whether the field equals 1, 2.19 for its truth. */
const asyncFlag = (name: string): Test => {
  return onResult(name, (field) => {
    const outcome = field(name);
    if (outcome === undefined) return known(true);
    if (outcome.kind === "error" || outcome.kind === "undefined") return used(outcome);
    if (outcome.kind === "unknown") {
      return unknown(`the field ${name}`, { boolean: true, ...(outcome.truthy === false ? { truthy: false } : {}) });
    }
    const truth = certainTruth(outcome);
    const isOne = equal(outcome, known(1));
    return truth === isOne && truth !== undefined ? known(truth) : open(`a field ${name} that is neither 0 nor 1`);
  });
};

/** Without the field, the loop's results count. */
const changed: Test = onResult("changed", (field) => {
  const own = field("changed");
  if (own !== undefined) {
    const truth = certainTruth(own);
    return isKnown(own) && truth !== undefined ? known(truth) : open("the field changed");
  }
  const results = field("results");
  if (results === undefined) return known(false);
  if (results.kind !== "value" || !isList(results.value)) return open("the field results");
  const items = results.value;
  if (items.length === 0 || !items.every(isDict)) return open("the field results");
  return known(items.some((item) => certainTruth(known(item["changed"] ?? null)) === true));
});

const truth = (wanted: boolean): Test => ({
  parameters: ["convert_bool"],
  apply(subject, [convert]) {
    if (subject.kind === "undefined") return used(subject);
    const answer = certainTruth(subject);
    if (answer === undefined || convert !== undefined) return open("whether a value counts as true");
    return isKnown(subject) ? known(answer === wanted) : unknown("a value", { boolean: true, truthy: answer === wanted });
  },
});

/** Python's `is`: certain for true, false and none, of which there is one each. */
const sameAs: Test = {
  parameters: ["other"],
  apply(subject, [other]) {
    if (other === undefined) return failure("the test needs an argument");
    if (subject.kind === "undefined" && subject.raised === true) return subject;
    if (!isKnown(subject) || !isKnown(other)) return open("whether two values are the same one");
    const single = [subject, other].map((side) => side.kind === "value" && (side.value === null || typeof side.value === "boolean"));
    if (!single.includes(true)) return open("whether two values are the same one");
    return known(subject.kind === "value" && other.kind === "value" && subject.value === other.value);
  },
};

/** Runs no pattern: plain text with an optional ^ and $ is looked up, all else is unknown. */
const pattern = (anchored: boolean): Test => ({
  parameters: ["pattern", "ignorecase", "multiline", "match_type"],
  apply(subject, [sought, ...flags]) {
    if (subject.kind === "undefined") return used(subject);
    if (sought?.kind !== "value" || subject.kind !== "value" || flags.some((given) => given !== undefined)) return open("a pattern");
    if (typeof sought.value !== "string" || typeof subject.value !== "string") return open("a pattern");
    const fromStart = sought.value.startsWith("^");
    const toEnd = sought.value.endsWith("$");
    const plain = sought.value.slice(fromStart ? 1 : 0, toEnd ? -1 : undefined);
    if (/[\\^$.|?*+(){}[\]]/.test(plain)) return open("a pattern");
    return known(occurs(plain, subject.value, { fromStart: anchored || fromStart, toEnd }));
  },
});

function occurs(plain: string, text: string, { fromStart, toEnd }: { readonly fromStart: boolean; readonly toEnd: boolean }): boolean {
  if (!toEnd) return fromStart ? text.startsWith(plain) : text.includes(plain);
  // Python's $ also stands before a newline that ends the text.
  const ends = text.endsWith("\n") ? [text, text.slice(0, -1)] : [text];
  return ends.some((end) => (fromStart ? end === plain : end.endsWith(plain)));
}

const succeeded = flag("failed", "failed", false);
const failed = flag("failed", "failed");
const skipped = flag("skipped", "skipped");
const search = pattern(false);
const [equals, differs] = [comparing("=="), comparing("!=")];
const [above, atLeast, below, atMost] = [comparing(">"), comparing(">="), comparing("<"), comparing("<=")];
const sized = ofValue((value) => typeof value === "string" || (typeof value === "object" && value !== null));
const sizedResult: Test = { parameters: [], apply: (subject, places) => (subject.kind === "record" ? known(true) : sized.apply(subject, places)) };

const tests: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["defined", defined(true)],
  ["undefined", defined(false)],
  ["none", ofValue((value) => value === null)],
  ["true", ofValue((value) => value === true)],
  ["false", ofValue((value) => value === false)],
  ["boolean", ofValue((value) => typeof value === "boolean")],
  ["integer", ofNumber(false)],
  ["float", ofNumber(true)],
  ["number", ofValue((value) => numberOf(value) !== undefined)],
  ["string", ofValue((value) => typeof value === "string")],
  ["mapping", ofType((subject) => typeName(subject) === "dict")],
  ["sequence", sizedResult],
  ["iterable", sizedResult],
  ["sameas", sameAs],
  ["in", comparing("in")],
  ["eq", equals],
  ["equalto", equals],
  ["ne", differs],
  ["gt", above],
  ["greaterthan", above],
  ["ge", atLeast],
  ["lt", below],
  ["lessthan", below],
  ["le", atMost],
  ["odd", remainder(known(2), 1)],
  ["even", remainder(known(2), 0)],
  ["divisibleby", remainder(undefined, 0)],
  ["truthy", truth(true)],
  ["falsy", truth(false)],
  ["finished", asyncFlag("finished")],
  ["started", asyncFlag("started")],
  ["failed", failed],
  ["failure", failed],
  ["succeeded", succeeded],
  ["success", succeeded],
  ["successful", succeeded],
  ["changed", changed],
  ["change", changed],
  ["skipped", skipped],
  ["skip", skipped],
  ["unreachable", flag("unreachable", "unreachable")],
  ["reachable", flag("unreachable", "unreachable", false)],
  ["match", pattern(true)],
  ["search", search],
  ["regex", search],
]);
