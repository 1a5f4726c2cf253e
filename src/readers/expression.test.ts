import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";

import { childrenOf, namesIn, pathsIn } from "../model/expression.ts";
import { parseExpression } from "./expression.ts";
import type { Arguments, Expression } from "../model/expression.ts";

// One seed, so that a run can be repeated; LONGHAUL_SEED=7 tries other texts.
fc.configureGlobal({ seed: Number(process.env["LONGHAUL_SEED"] ?? 1) });

function parse(text: string): Expression {
  const reading = parseExpression(text);
  assert.ok(reading.ok, `${text}: ${reading.ok ? "" : reading.why}`);
  return reading.expression;
}

/** The tree with every bracket written out. */
function shape(node: Expression): string {
  switch (node.kind) {
    case "literal":
      return JSON.stringify(node.value);
    case "name":
      return node.name;
    case "attribute":
      return `${shape(node.target)}.${node.name}`;
    case "index":
      return `${shape(node.target)}[${shape(node.index)}]`;
    case "slice":
      return `${shape(node.target)}[${[node.from, node.to, node.step].map((part) => (part ? shape(part) : "")).join(":")}]`;
    case "call":
      return `${shape(node.target)}${args(node.args)}`;
    case "filter":
      return `(${shape(node.target)}|${node.name}${args(node.args)})`;
    case "test":
      return `(${shape(node.target)} is${node.negated ? " not" : ""} ${node.name}${args(node.args)})`;
    case "unary":
      return `(${node.operator} ${shape(node.operand)})`;
    case "binary":
      return `(${shape(node.left)} ${node.operator} ${shape(node.right)})`;
    case "compare":
      return `(${shape(node.first)}${node.rest.map((part) => ` ${part.operator} ${shape(part.operand)}`).join("")})`;
    case "logic":
      return `(${node.operands.map(shape).join(` ${node.operator} `)})`;
    case "conditional":
      return `(${shape(node.then)} if ${shape(node.test)} else ${node.otherwise ? shape(node.otherwise) : "nothing"})`;
    case "list":
      return `[${node.items.map(shape).join(", ")}]`;
    case "tuple":
      return `tuple(${node.items.map(shape).join(", ")})`;
    case "dict":
      return `{${node.pairs.map((pair) => `${shape(pair.key)}: ${shape(pair.value)}`).join(", ")}}`;
  }
}

function args({ positional, named, spread }: Arguments): string {
  const all = [
    ...positional.map(shape),
    ...named.map((argument) => `${argument.name}=${shape(argument.value)}`),
    ...spread.map((value) => `*${shape(value)}`),
  ];
  return `(${all.join(", ")})`;
}

function check(cases: Readonly<Record<string, string>>): void {
  for (const [text, expected] of Object.entries(cases)) assert.equal(shape(parse(text)), expected, text);
}

describe("precedence", () => {
  test("logic binds weaker than not, not weaker than comparison, comparison weaker than sums", () => {
    check({
      "a or b and not c == 1 + 2": "(a or (b and (not (c == (1 + 2)))))",
      "not a and b": "((not a) and b)",
      "not not a in b": "(not (not (a in b)))",
      "a if b or c else d if e else f": "(a if (b or c) else (d if e else f))",
      "a if b": "(a if b else nothing)",
      "a and b and c or d": "((a and b and c) or d)",
    });
  });

  test("the tilde binds tighter than plus and looser than times", () => {
    check({
      "a + b ~ c * d": "(a + (b ~ (c * d)))",
      "1 - 2 - 3": "((1 - 2) - 3)",
      "2 * 60 * 60": "((2 * 60) * 60)",
      "7 // 2 % 3 / 4": "(((7 // 2) % 3) / 4)",
    });
  });

  test("powers group to the left and signs bind tighter, as Jinja2 has it", () => {
    check({ "2 ** 3 ** 2": "((2 ** 3) ** 2)", "-2 ** 2": "((- 2) ** 2)", "- -a": "(- (- a))" });
  });

  test("filters and tests bind tighter than operators but looser than a sign", () => {
    check({
      "7200 + x | default(3600)": "(7200 + (x|default(3600)))",
      "-x | abs": "((- x)|abs())",
      "-x.y": "(- x.y)",
      "a.b.c | int + 10": "((a.b.c|int()) + 10)",
      "not x | bool": "(not (x|bool()))",
      "x is not defined | bool": "((x is not defined())|bool())",
      "a == b is none": "(a == (b is none()))",
    });
  });

  test("comparisons make one chain", () => {
    check({ "1 < a <= 3 != b": "(1 < a <= 3 != b)", "a not in b == c": "(a not in b == c)" });
  });
});

describe("every kind of node", () => {
  test("literals", () => {
    check({
      "'a' \"b\"": '"ab"',
      "'it''s'": '"its"',
      "1_000": "1000",
      "0x1F": "31",
      "0b11": "3",
      "0o17": "15",
      "1.5e3": "1500",
      "[true, True, false, none, None]": "[true, true, false, null, null]",
    });
    assert.deepEqual(parse("5.0"), { kind: "literal", value: 5, float: true, span: { start: 0, end: 3 } });
    assert.deepEqual(parse(String.raw`'\'a\n'`), { kind: "literal", value: "'a\n", escapes: true, span: { start: 0, end: 7 } });
  });

  test("steps, slices and calls", () => {
    check({
      "a.b['c'][0].1": 'a.b["c"][0][1]',
      "a[1:2]": "a[1:2:]",
      "a[:]": "a[::]",
      "a[::2]": "a[::2]",
      "a[-1:]": "a[(- 1)::]",
      "f(a, k=1, *b, **c)": "f(a, k=1, *b, *c)",
      "lookup('env', 'HOME')": 'lookup("env", "HOME")',
      "a.b().c": "a.b().c",
    });
  });

  test("lists, tuples and dictionaries, with a comma at the end or not", () => {
    check({
      "[]": "[]",
      "[1, a,]": "[1, a]",
      "()": "tuple()",
      "(1,)": "tuple(1)",
      "(1, 2)": "tuple(1, 2)",
      "(1)": "1",
      "{}": "{}",
      "{'a': {'b': 1},}": '{"a": {"b": 1}}',
    });
  });

  test("tests take their argument with or without parentheses", () => {
    check({
      "x is match('^j')": '(x is match("^j"))',
      "x is version('2.9', '>=')": '(x is version("2.9", ">="))',
      "x is sameas true": "(x is sameas(true))",
      "x is in [1, 2]": "(x is in([1, 2]))",
      "x is not in [1]": "(x is not in([1]))",
      "x is divisibleby 3": "(x is divisibleby(3))",
      "x is ansible.builtin.finished and y": "((x is ansible.builtin.finished()) and y)",
      "x is sameas y.z[0] or w": "((x is sameas(y.z[0])) or w)",
    });
  });

  test("words that are operators elsewhere are names where Jinja2 takes them for one", () => {
    check({ "and": "and", "a + not": "(a + not)", "x is eq if": "(x is eq(if))" });
  });
});

describe("expressions of real playbooks", () => {
  const seen = [
    "s.finished", "s.finished | bool", "s is finished", "s is ansible.builtin.finished", "s.s is defined and s.finished",
    "s.finished != 1", "item.failed == True", "(not s.finished) or (s.rc is defined and s.rc not in [0, 2])",
    "s.finished != 1 or s.rc != 0", "(not s.finished) or s.rc != 0", "not ansible_check_mode",
    "ansible_check_mode | ternary(0, 1000)", "(not ansible_check_mode | bool) | ternary('60', omit)", "2 * 60 * 60",
    "7200 + x | default(3600)", "(x | regex_replace('s$', '') | int) + 120", "d['key'] | default(600)", "a.b.c | int + 10",
    "[x | int, 60] | max", "item['ansible_job_id']", "item.results[0].ansible_job_id",
    "r.results | selectattr('ansible_job_id', 'defined')", "not r.changed", "r.changed if ansible_check_mode else false",
    "r.rc == 0", "async_value | default(0) > poll_value | default(0)", "'done' in s.stdout", "s.stdout.find('ready') != -1",
    "inventory_hostname == groups['all'][0]", "ansible_facts['os_family'] in ['Debian', 'RedHat']",
    "hostvars[inventory_hostname]['x'] | default(omit)", "x is defined and x | length > 0",
    "r is failed and 'timed out' not in (r.msg | default(''))", "lookup('env', 'CI') | bool", "(a | int) // 60 ~ ' min'",
    "ansible_version.full is version('2.19', '>=')", "query('sequence', start=1, end=3)", "a\n  and b",
  ];
  for (const text of seen) test(`reads ${text}`, () => void parse(text));
});

describe("faults", () => {
  const faults: readonly (readonly [string, RegExp, number])[] = [
    ["", /empty/, 0],
    ["   ", /empty/, 3],
    ["a b", /unexpected b/, 2],
    ["a ==", /ends too early/, 4],
    ["(a", /ends too early, expected \)/, 2],
    ["a)", /unexpected \)/, 1],
    ["[1, 2", /ends too early, expected , or \]/, 5],
    ["(a]", /unexpected \], expected \)/, 2],
    ["'abc", /closing quote/, 0],
    ["a ! b", /unexpected character "!"/, 2],
    ["a & b", /unexpected character "&"/, 2],
    ["a = b", /unexpected =/, 2],
    ["x is a is b", /chained/, 7],
    ["f(k=1, 2)", /wrong order/, 7],
    ["{1 2}", /unexpected 2, expected :/, 3],
    ["a.", /a name or a number/, 2],
    ["a |", /a filter's name/, 3],
    ["a is", /a test's name/, 4],
    ["a[1, 2]", /unexpected ,, expected \]/, 3],
    ["a, b", /unexpected ,/, 1],
    ["007", /unexpected 7/, 2],
  ];
  for (const [text, why, at] of faults) {
    test(`tells what is wrong with ${JSON.stringify(text)}`, () => {
      const reading = parseExpression(text, 100);
      assert.ok(!reading.ok);
      assert.match(reading.why, why);
      assert.equal(reading.at, at + 100);
    });
  }

  test("nesting and chains have a bound with a clear message", () => {
    const why = (text: string): string => {
      const reading = parseExpression(text);
      return reading.ok ? "fine" : reading.why;
    };
    assert.equal(why("(".repeat(90) + "a" + ")".repeat(90)), "fine");
    for (const open of ["(", "[", "not ", "-", "{'a':", "f(", "a[", "a if b else "]) {
      assert.match(why(`${open.repeat(200_000)}a`), /nested more than 100 deep|ends too early|missing/, open);
    }
    assert.match(why(Array(5000).fill("a").join(" + ")), /more than 300 operations in a row/);
    assert.match(why(`a${".b".repeat(5000)}`), /more than 300 operations in a row/);
    assert.equal(why(Array(5000).fill("a").join(" and ")), "fine");
    assert.equal(why(`[${Array(5000).fill("a").join(", ")}]`), "fine");
  });
});

describe("spans", () => {
  test("count from the start of the whole source and leave out the node's own parentheses", () => {
    const reading = parseExpression("(a.b) + f(1) | int", 10);
    assert.ok(reading.ok && reading.expression.kind === "binary");
    assert.deepEqual(reading.expression.span, { start: 10, end: 28 });
    assert.deepEqual(reading.expression.left.span, { start: 11, end: 14 });
    assert.ok(reading.expression.right.kind === "filter");
    assert.deepEqual(reading.expression.right.span, { start: 18, end: 28 });
    assert.deepEqual(reading.expression.right.nameSpan, { start: 25, end: 28 });
  });

  test("name the test, the filter and the attribute", () => {
    const node = parse("s.x is not ansible.builtin.finished");
    assert.ok(node.kind === "test" && node.target.kind === "attribute");
    assert.deepEqual(node.nameSpan, { start: 11, end: 35 });
    assert.deepEqual(node.target.nameSpan, { start: 2, end: 3 });
  });
});

describe("names and paths", () => {
  test("names are the roots of all chains, arguments and functions included", () => {
    assert.deepEqual([...namesIn(parse("a.b | default(c[d]) if lookup('x') else e is eq(f)"))].sort(), ["a", "c", "d", "e", "f", "lookup"]);
  });

  test("paths are the longest fixed chains with their spans", () => {
    const paths = pathsIn(parse("s.results[0]['rc'] == 1 and a[b].c | bool"));
    assert.deepEqual(paths.map((path) => path.steps), [["s", "results", 0, "rc"], ["a"], ["b"]]);
    assert.deepEqual(paths[0]?.span, { start: 0, end: 18 });
  });
});

const words = fc.constantFrom(
  ..."a b s.rc x 1 0 1.5 'q' \"w\" true none and or not in is if else + - * / // % ** ~ ( ) [ ] { } , : . | == != <= = defined bool default( '".split(" "),
);
const soup = fc.oneof(fc.string({ unit: "binary" }), fc.array(words, { maxLength: 30 }).map((all) => all.join(" ")));

function everyNode(node: Expression): readonly Expression[] {
  return [node, ...childrenOf(node).flatMap(everyNode)];
}

describe("for any text", () => {
  test("reading never throws and a fault stands inside the text", () => {
    fc.assert(
      fc.property(soup, fc.nat(50), (text, offset) => {
        const reading = parseExpression(text, offset);
        if (!reading.ok) assert.ok(reading.at >= offset && reading.at <= offset + text.length && reading.why !== "");
      }),
      { numRuns: 3000 },
    );
  });

  test("spans nest, and every slice reads as the same tree", () => {
    fc.assert(
      fc.property(soup, (text) => {
        const reading = parseExpression(text);
        if (!reading.ok) return;
        for (const node of everyNode(reading.expression)) {
          for (const child of childrenOf(node)) assert.ok(child.span.start >= node.span.start && child.span.end <= node.span.end);
          const slice = text.slice(node.span.start, node.span.end);
          // `x is eq not` and `a == not - b` hold a variable called `not`, which reads otherwise where an expression begins.
          if (node.kind === "name" || (slice.startsWith("not") && node.kind !== "unary")) continue;
          const again = parseExpression(slice);
          assert.ok(again.ok, text);
          assert.equal(shape(again.expression), shape(node));
        }
      }),
      { numRuns: 3000 },
    );
  });
});
