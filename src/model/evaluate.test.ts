import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";

import { evaluate, evaluateTemplate } from "./evaluate.ts";
import { isBoolean, known, truthiness, unknown } from "./outcome.ts";
import { parseExpression } from "../readers/expression.ts";
import { parseTemplate } from "../readers/expression-template.ts";
import type { KnownRecord, Outcome, Plain, Scope } from "./outcome.ts";

// One seed, so that a run can be repeated; LONGHAUL_SEED=7 tries other texts.
fc.configureGlobal({ seed: Number(process.env["LONGHAUL_SEED"] ?? 1) });

function record(fields: Readonly<Record<string, Outcome | Plain>>, open = false): KnownRecord {
  const isOutcome = (field: Outcome | Plain): field is Outcome => typeof field === "object" && field !== null && "kind" in field;
  return { kind: "record", open, fields: new Map(Object.entries(fields).map(([name, field]) => [name, isOutcome(field) ? field : known(field)])) };
}

// `q` and every name that is not listed are unknown.
const variables: Readonly<Record<string, Outcome>> = {
  s: record({ finished: 0, started: 1, failed: false, changed: false, ansible_job_id: "j1.2", msg: unknown("the module's words") }),
  done: record({ finished: true, rc: 0, stdout: "all done\n", failed: 0, changed: true }),
  part: record({ started: 1 }, true),
  un: { kind: "undefined", name: "un" },
  flag: unknown("flag", { boolean: true }),
  n: known(5),
  text: known("100"),
  list: known([3, 1, 2]),
  dict: known({ k: "v", items: 1 }),
};
const scope: Scope = (name) => variables[name] ?? unknown(name);

function outcome(text: string): Outcome {
  const reading = parseExpression(text);
  assert.ok(reading.ok, `${text}: ${reading.ok ? "" : reading.why}`);
  return evaluate(reading.expression, scope);
}

/** Values as JSON (`~` where Python's type is in doubt); else the kind, with what is certain. */
function short(result: Outcome): string {
  switch (result.kind) {
    case "value":
      return JSON.stringify(result.value) + (result.loose === true ? "~" : "");
    case "record":
      return "record";
    case "unknown":
      return `?${result.truthy === undefined ? "" : result.truthy ? "T" : "F"}${result.boolean === undefined ? "" : result.boolean ? "b" : "n"}`;
    case "undefined":
      return `undefined ${result.name}${result.raised === true ? " (used)" : ""}`;
    case "error":
      return `error ${result.message}`;
  }
}

function check(cases: Readonly<Record<string, string>>): void {
  for (const [text, expected] of Object.entries(cases)) assert.equal(short(outcome(text)), expected, text);
}

describe("values", () => {
  test("sums keep Python's types apart and refuse to mix text and numbers", () => {
    check({
      "2 * 60 * 60": "7200",
      "7200 + x | default(3600)": "?n",
      "7 // 2": "3",
      "-7 // 2": "-4",
      "10 / 2": "5~",
      "7 / 2": "3.5",
      "2 ** 10": "1024",
      "1 + true": "2",
      "'a' + 'b'": '"ab"',
      "'a' ~ 1 ~ none ~ true": '"a1NoneTrue"',
      "10 / 2 ~ ''": "?Tn",
      "n + '1'": "error unsupported operand type(s) for +: 'int' and 'str'",
      "'1' + n": 'error can only concatenate str (not "int") to str',
      "1 / 0": "error division by zero",
      "-'a'": "error bad operand type for unary -: 'str'",
      "9007199254740991 + 1": "?n",
    });
  });

  test("comparisons are Python's", () => {
    check({
      "1 == true": "true",
      "'1' == 1": "false",
      "'100' > '20'": "false",
      "100 > 20": "true",
      "n > '4'": "error '>' not supported between instances of 'int' and 'str'",
      "none < 1": "error '<' not supported between instances of 'NoneType' and 'int'",
      "1 < n <= 5": "true",
      "[1, 'a'] == [1, 'a']": "true",
      "(1, 2) == [1, 2]": "?b",
      "{'a': 1} == {'a': 1.0}": "true",
      "'done' in done.stdout": "true",
      "n not in [0, 2]": "true",
      "'k' in dict": "true",
      "'rc' in s": "false",
      "'rc' in part": "?b",
      "1 in 'a'": "error 'in <string>' requires string as left operand, not int",
    });
  });

  test("logic gives one of its operands and stops early", () => {
    check({
      "0 or 'a'": '"a"',
      "n and 'a'": '"a"',
      "false and un": "false",
      "true or un.x": "true",
      "true and un": "undefined un",
      "un and true": "undefined un (used)",
      "not []": "true",
      "'a' if n else un": '"a"',
      "un if 0 else 'b'": '"b"',
      "'a' if false": "?F",
    });
  });

  test("steps prefer Python's methods after a dot and items in brackets", () => {
    check({
      "dict.k": '"v"',
      "dict.items": "?",
      "dict['items']": "1",
      "dict.none": "undefined dict.none",
      "dict.get('k')": '"v"',
      "dict.get('x', 3)": "3",
      "list[0]": "3",
      "list[7]": "undefined list[7]",
      "list[1:]": "[1,2]",
      "text.upper": "?",
      "text.rc": "undefined text.rc",
      "done.stdout.find('done')": "4",
      "done.stdout.startswith('all')": "true",
      "n(1)": "error 'int' object is not callable",
    });
  });
});

describe("undefined and unknown", () => {
  test("a missing field of a closed result is undefined, of an open one unknown", () => {
    check({
      "s.rc": "undefined s.rc",
      "s['rc']": "undefined s['rc']",
      "s.a.b[0]": "undefined s.a",
      "s.rc == 0": "undefined s.rc (used)",
      "part.rc": "?",
      "part.rc == 0": "?b",
      "s.msg": "?",
    });
  });

  test("default and defined take what is undefined, nothing else does", () => {
    check({
      "s.rc is defined": "false",
      "s.rc is not defined and true": "true",
      "s.rc is undefined": "true",
      "s.rc | default(7)": "7",
      "s.rc.x | d": '""',
      "s.rc | default(un)": "undefined un",
      "'' | default(7)": '""',
      "'' | default(7, true)": "7",
      "s.rc | int": "undefined s.rc (used)",
      "s.rc | mandatory": "error Mandatory variable 's.rc' not defined.",
      "not s.rc": "undefined s.rc (used)",
      "s.rc is match('a')": "undefined s.rc (used)",
      "(s.rc | int) | default(1)": "?",
      "(s.rc | int) is defined": "?b",
      "s.rc is none": "?b",
      "s.rc | selfmade": "?",
      "[s.rc, 1] | select('defined')": "?",
    });
  });

  test("an unknown operand leaves certain what the other one decides, but not the value", () => {
    check({
      "q and false": "?F",
      "false and q": "false",
      "q or true": "?T",
      "q and true": "?",
      "flag and false": "?Fb",
      "flag or q == 1": "?b",
      "not q": "?b",
      "not (q and 0)": "?Tb",
      "q or s.rc": "?",
      "1 if q else 2": "?Tn",
      "true if q else false": "?b",
      "q == 1 and s.finished": "?F",
      "q + s.rc": "undefined s.rc (used)",
      "[q]": "?Tn",
      "q | default('x', true)": "?T",
    });
  });

  test("truthiness and isBoolean tell what a condition with the outcome does", () => {
    const ways = (text: string): readonly unknown[] => [truthiness(outcome(text)), isBoolean(outcome(text))];
    assert.deepEqual(ways("s.finished"), ["false", false]);
    assert.deepEqual(ways("done.finished"), ["true", true]);
    assert.deepEqual(ways("'false'"), ["true", false]);
    assert.deepEqual(ways("s is finished"), ["false", true]);
    assert.deepEqual(ways("s"), ["true", false]);
    assert.deepEqual(ways("part.rc == 0"), ["unknown", true]);
    assert.deepEqual(ways("s.rc == 0"), ["fails", "unknown"]);
    assert.deepEqual(ways("1 < 'a'"), ["fails", "unknown"]);
    assert.equal(truthiness(record({}, true)), "unknown");
    assert.equal(truthiness(record({})), "false");
  });
});

describe("filters", () => {
  test("numbers", () => {
    check({
      "'42' | int": "42",
      "' 4.9 ' | int": "4",
      "'1_000' | int": "1000",
      "'1h' | int": "0",
      "'1h' | int(30)": "30",
      "none | int": "0",
      "true | ansible.builtin.int": "1",
      "'2.5' | float": "2.5",
      "'x' | float": "0~",
      "-3 | abs": "3",
      "2.5 | round": "2~",
      "2.1 | round(0, 'ceil') | int": "3",
      "[text | int, 60] | max": "100",
      "['b', 'A'] | min": '"A"',
      "[1, 'a'] | max": "error values of different types cannot be put in order",
      "[] | max": "undefined max of nothing",
      "list | sum": "6",
      "1 | length": "error object of type 'int' has no len()",
    });
  });

  test("bool follows both generations of Ansible and is unknown where they differ", () => {
    for (const yes of ["'yes'", "'ON'", "'1'", "'True'", "1", "true"]) assert.equal(short(outcome(`${yes} | bool`)), "true", yes);
    for (const no of ["'y'", "'no'", "''", "2", "0", "[]", "s"]) assert.equal(short(outcome(`${no} | bool`)), "false", no);
    check({ "none | bool": "?F", "q | bool": "?b" });
  });

  test("ternary picks by truth", () => {
    check({
      "true | ternary('60', q)": '"60"',
      "(not false | bool) | ternary('60', omit)": '"60"',
      "0 | ternary(1, 2)": "2",
      "none | ternary(1, 2, 3)": "3",
      "q | ternary(0, 1000)": "?n",
      "q | ternary(10, 1000)": "?Tn",
      "true | ternary(1, un)": "1",
      "true | ternary(1, un | int)": "?",
      "true | ternary(1)": "error ternary needs a value for true and one for false",
      "true | ternary(true_val=1, false_val=2)": "1",
    });
  });

  test("texts and lists", () => {
    check({
      "' aB ' | trim | upper": '"AB"',
      "true | string": '"True"',
      "'É' | lower": "?n",
      "list | first": "3",
      "'abc' | list": '["a","b","c"]',
      "'😀' | length": "1",
      "list | join('-')": '"3-1-2"',
      "'aXbX' | replace('X', '$&')": '"a$&b$&"',
      "list | map('string')": "?",
      "s.rc | map('string')": "?",
      "s.rc | selectattr('a') | map(attribute='b') | list | length": "undefined s.rc (used)",
      "s.rc | map('string') | default([])": "?",
      "'x' | regex_search('x')": "?",
      "s.rc | regex_search('x')": "undefined s.rc (used)",
    });
  });
});

describe("tests", () => {
  test("finished and started say yes without the field and fail on what is no dictionary", () => {
    check({
      "s is finished": "false",
      "s is ansible.builtin.started": "true",
      "done is finished": "true",
      "done is started": "true",
      "{} is finished": "true",
      "{'finished': '1'} is finished": "?b",
      "part is finished": "?b",
      "n is finished": "error The 'finished' test expects a dictionary",
      "un is finished": "undefined un (used)",
      "q is not finished": "?b",
    });
  });

  test("results tell how they ended", () => {
    check({
      "done is succeeded": "true",
      "done is failed": "false",
      "{'failed': 1} is failed": "true",
      "done is changed": "true",
      "{'results': [{}, {'changed': true}]} is changed": "true",
      "s is skipped": "false",
      "part is skipped": "?b",
      "s is reachable": "true",
      "s is unreachable": "false",
      "s is timedout": "?b",
    });
  });

  test("types and comparisons", () => {
    check({
      "none is none": "true",
      "1 is boolean": "false",
      "true is integer": "false",
      "5.0 is integer": "?b",
      "2.5 is float": "true",
      "s is mapping": "true",
      "'a' is sequence": "true",
      "1 is iterable": "false",
      "done.finished is sameas true": "true",
      "s.finished is sameas false": "false",
      "n is in [5]": "true",
      "n is ge 5": "true",
      "n is odd": "true",
      "6 is divisibleby 3": "true",
      "n is selfmade": "?",
      "text is version('9', '>')": "?b",
      "[] is falsy": "true",
    });
  });

  test("patterns are looked up as plain text only", () => {
    check({
      "'j12' is match('j')": "true",
      "'aj' is match('j')": "false",
      "'aj' is search('j')": "true",
      "'aj' is search('^j')": "false",
      "done.stdout is search('done$')": "true",
      "'aj' is regex('^aj$')": "true",
      "'aj' is match('a.')": "?b",
      "'a' is match('(a+)+$')": "?b",
      "'a' is match('A', ignorecase=true)": "?b",
      "q is match('a')": "?b",
    });
  });
});

describe("templates", () => {
  const cases: Readonly<Record<string, string>> = {
    "{{ 2 * 60 }}": "120",
    " {{ n }}\n": "5",
    "{# why #}{{ n }}": "5",
    "a {{ n }} b": '"a 5 b"',
    "{{ n }}{{ n }}": '"55"',
    "a{{ none }}": '"a"',
    "": '""',
    "a {{ q }}": "?T",
    "a {{ s.rc }}": "undefined s.rc (used)",
    "{{ s.rc }}": "undefined s.rc",
    "[{{ n }}]": "?",
    "{% if n %}a{% endif %}": "?",
    "{{ a b }}": "?",
  };
  for (const [text, expected] of Object.entries(cases)) {
    test(`${JSON.stringify(text)} comes to ${expected}`, () => assert.equal(short(evaluateTemplate(parseTemplate(text), scope)), expected));
  }
});

const operand = fc.constantFrom(
  ..."s s.finished s.rc done part part.rc un q flag n text list dict dict.k 0 1 60 2.5 10/2 'a' '1' '' true none [] [1] {} (1,) [un] un[0] list[q]".split(" "),
);
const grow = (inner: fc.Arbitrary<string>): fc.Arbitrary<string> => {
  const filter = fc.constantFrom("int", "float", "bool", "string", "upper", "length", "abs", "round", "max", "first", "list", "sum", "join", "d", "mandatory", "odd");
  const name = fc.constantFrom("defined", "undefined", "none", "number", "string", "iterable", "odd", "finished", "failed", "changed", "truthy", "x");
  const operator = fc.constantFrom("+", "-", "*", "/", "//", "%", "**", "~", "==", "<", "in", "not in", "and", "or");
  return fc.oneof(
    fc.tuple(inner, operator, inner).map(([a, o, b]) => `(${a}) ${o} (${b})`),
    fc.tuple(inner, filter).map(([a, f]) => `(${a}) | ${f}`),
    fc.tuple(inner, name).map(([a, t]) => `(${a}) is not ${t}`),
    fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a}) if (${b}) else (${c})`),
    fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a}) | ternary(${b}, ${c})`),
    fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a}) | default(${b}, ${c})`),
    fc.tuple(inner, inner).map(([a, b]) => `[(${a}), ${b}][${b}]`),
    inner.map((a) => `not (${a})`),
    inner.map((a) => `-(${a})`),
  );
};
const expressions = grow(grow(fc.oneof(operand, grow(operand))));

describe("for any expression", () => {
  test("working it out never throws and gives the same twice", () => {
    fc.assert(
      fc.property(expressions, (text) => assert.deepEqual(outcome(text), outcome(text))),
      { numRuns: 5000 },
    );
  });

  test("learning what was unknown never overturns what was certain", () => {
    const learned: Scope = (name) => (name === "q" || name === "flag" ? known(name === "flag") : scope(name));
    fc.assert(
      fc.property(expressions, (text) => {
        const reading = parseExpression(text);
        assert.ok(reading.ok);
        const [before, after] = [evaluate(reading.expression, scope), evaluate(reading.expression, learned)];
        const [was, is] = [truthiness(before), truthiness(after)];
        if (was === "unknown" || is === "unknown" || (is === "fails" && was !== "fails")) return;
        assert.equal(is, was, text);
        if (before.kind === "value" && after.kind === "value") assert.deepEqual(after.value, before.value, text);
      }),
      { numRuns: 5000 },
    );
  });
});
