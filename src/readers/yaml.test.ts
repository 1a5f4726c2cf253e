import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { YamlNode } from "../model/yaml.ts";
import { fieldOf } from "../model/yaml.ts";
import { readYaml, typedScalar } from "./yaml.ts";

// One seed, so that a run can be repeated; LONGHAUL_SEED=7 tries other texts.
fc.configureGlobal({ seed: Number(process.env["LONGHAUL_SEED"] ?? 1) });

function first(text: string): YamlNode {
  const reading = readYaml(text);
  assert.ok(reading.ok, "the text is YAML");
  const [document] = reading.documents;
  assert.ok(document !== undefined, "there is a document");
  return document;
}

function valueAt(node: YamlNode, key: string): YamlNode {
  assert.equal(node.kind, "map");
  const field = node.kind === "map" ? fieldOf(node, key) : undefined;
  assert.ok(field !== undefined, `${key} is there`);
  return field.value;
}

test("plain scalars are typed as PyYAML types them", () => {
  const typed: readonly (readonly [string, unknown])[] = [
    ["yes", true], ["Off", false], ["y", "y"], ["n", "n"], ["~", null], ["", null], ["0644", 420], ["0x1F", 31], ["0b11", 3],
    ["1_000", 1000], ["1:30", 90], ["1:00:00", 3600], ["1.9", 1.9], ["1e3", "1e3"], ["1.5e+2", 150], ["-5", -5], ["1h", "1h"],
    ["08", "08"], ["0o14", "0o14"], ["1,000", "1,000"],
  ];
  for (const [raw, expected] of typed) assert.deepEqual(typedScalar(raw), expected, raw);
});

test("quoted scalars stay text, and every span slices to what was written", () => {
  const text = 'async: "60"\npoll: yes # comment\nname: a b\n';
  const node = first(text);
  const limit = valueAt(node, "async");
  assert.equal(limit.kind === "scalar" && limit.value, "60");
  assert.equal(text.slice(limit.span.start, limit.span.end), '"60"');
  const poll = valueAt(node, "poll");
  assert.equal(text.slice(poll.span.start, poll.span.end), "yes");
});

test("the span of a block scalar ends before the line breaks after it", () => {
  const text = "shell: |\n  a\n  b\n\nasync: 5\n";
  const shell = valueAt(first(text), "shell");
  assert.equal(text.slice(shell.span.start, shell.span.end), "|\n  a\n  b");
});

test("of a key that stands twice the last value counts, as in Ansible", () => {
  const poll = valueAt(first("poll: 1\npoll: 2\n"), "poll");
  assert.equal(poll.kind === "scalar" && poll.value, 2);
});

test("merge keys and aliases are resolved and marked as shared", () => {
  const node = first("base: &b {async: 60, poll: 5}\nuse:\n  <<: *b\n  poll: 0\n");
  const use = valueAt(node, "use");
  assert.equal(use.kind, "map");
  if (use.kind !== "map") return;
  assert.deepEqual(use.fields.map((field) => [field.key, field.merged, field.value.kind === "scalar" && field.value.value]), [
    ["poll", false, 0],
    ["async", true, 60],
  ]);
});

test("vault and unsafe values keep their tag and are no values to reason about", () => {
  const node = first("a: !vault |\n  $ANSIBLE_VAULT;1.1\nb: !unsafe '{{ x }}'\n");
  const [a, b] = [valueAt(node, "a"), valueAt(node, "b")];
  assert.equal(a.kind === "scalar" && a.tag, "vault");
  assert.equal(b.kind === "scalar" && b.tag, "unsafe");
});

test("an alias bomb and an alias in its own anchor end at once", () => {
  const bomb = ["a0: &a0 [x, x]", ...Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} [${"*a".concat(String(n), ", ").repeat(9)}]`)];
  assert.ok(readYaml(bomb.join("\n")).ok);
  assert.ok(readYaml("a: &a\n  b: *a\n").ok);
});

test("a quoted text may go on at any indentation, as in PyYAML, and spans stay", () => {
  const text = "- b:\n    c: \"one\n  two \\\" \nthree\"\n    d: 'it''s\n  so'\n    async: 5\n";
  const node = first(text);
  assert.equal(node.kind, "list");
  const map = node.kind === "list" ? valueAt(node.items[0] ?? node, "b") : node;
  const limit = valueAt(map, "async");
  assert.equal(text.slice(limit.span.start, limit.span.end), "5");
  const c = valueAt(map, "c");
  assert.equal(c.kind === "scalar" && c.raw.replaceAll(/ +/g, " "), 'one two " three');
});

const CONTINUED: readonly (readonly [string, string, unknown])[] = [
  ["a list at the column of its key", 'a:\n  b: ["x",\n  "y"]\n  async: 5\n', ["x", "y"]],
  ["a list left of its key", 'a:\n  b: ["x",\n"y"\n]\n  async: 5\n', ["x", "y"]],
  ["a map at the column of its key", "a:\n  b: {x: 1,\n  y: 2}\n  async: 5\n", { x: 1, y: 2 }],
  ["a comment with a bracket, and CRLF", "a:\r\n  b: [1, # ]\r\n# it's\r\n  2]\r\n  async: 5\r\n", [1, 2]],
  ["a quoted text in a list", "a:\n  b: ['x\n  y',\n  {z: \"]\n\"}]\n  async: 5\n", ["x y", { z: "] " }]],
  ["an escaped quote at the end of a line", 'a:\n  b: "<x y=\\"z\\"\n  v=\\"w\\">"\n  async: 5\n', '<x y="z" v="w">'],
  ["two single quotes at the end of a line", "a:\n  b: 'it''\n  s'\n  async: 5\n", "it' s"],
  ["an escaped line break and an empty line", 'a:\n  b: "x\\\n  y\n\n  z"\n  async: 5\n', "xy\nz"],
  ["several, one after the other", 'a:\n  c: [1,\n  2]\n  b: {x: "y\n  z"}\n  async: 5\n', { x: "y z" }],
];

/** What PyYAML makes of a node. */
function plainValue(node: YamlNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plainValue);
  return Object.fromEntries(node.fields.map((field) => [field.key, plainValue(field.value)]));
}

for (const [title, text, expected] of CONTINUED) {
  test(`flow collections and quoted texts go on at any indentation, as in PyYAML: ${title}`, () => {
    const map = valueAt(first(text), "a");
    assert.deepEqual(plainValue(valueAt(map, "b")), expected);
    const { span } = valueAt(map, "b");
    assert.match(text.slice(span.start, span.end), /^(?:\[[^]*\]|\{[^]*\}|"[^]*"|'[^]*')$/);
    const limit = valueAt(map, "async");
    assert.equal(text.slice(limit.span.start, limit.span.end), "5");
  });
}

test("what PyYAML refuses of them stays refused", () => {
  const refused = [
    "a:\n  b: [1,\n  c: 2\n", "a:\n  b: {x: 1,\n  c: 2\n", 'a: "x\nb: "y"\n', "a:\n  b: [1,\n---\n  2]\n", 'a: "x\n---\ny"\n', "a:\n  b: [1,\n  2]]\n",
    'a:\n  "x\n  y": 1\n', "a:\n  [x,\n  y]: 1\n", "a:\n  b: [1,\n  2\n", 'a:\n  b: "x\\"\n  c: 1\n',
  ];
  for (const text of refused) assert.equal(readYaml(text).ok, false, text);
});

test("a byte order mark is passed over, as in PyYAML, and spans are those of the whole text", () => {
  const text = "\ufeff- async: 5\n";
  const node = first(text);
  const item = node.kind === "list" ? node.items[0] : undefined;
  assert.ok(item !== undefined);
  const limit = valueAt(item, "async");
  assert.equal(text.slice(limit.span.start, limit.span.end), "5");
});

test("what is no YAML is said with its reason and place", () => {
  assert.equal(readYaml("a: [1\nb: 2\n").ok, false);
  const deep = readYaml("[".repeat(20_000));
  assert.ok(!deep.ok && deep.why !== "");
});

test("any text is read without a throw, and spans lie in the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const reading = readYaml(text);
      if (!reading.ok) return reading.why !== "";
      return reading.documents.every((node) => node.span.start >= 0 && node.span.end <= text.length);
    }),
    { numRuns: 500 },
  );
});
