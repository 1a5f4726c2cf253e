import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { parseTemplate } from "./expression-template.ts";
import type { TemplatePart } from "../model/expression.ts";

// One seed, so that a run can be repeated; LONGHAUL_SEED=7 tries other texts.
fc.configureGlobal({ seed: Number(process.env["LONGHAUL_SEED"] ?? 1) });

/** Parts in short: text as it is printed, outputs as =kind or !fault. */
function outline(text: string): readonly string[] {
  return parseTemplate(text).map((part) => {
    if (part.kind === "text") return `'${part.text}'`;
    if (part.kind === "output") return part.reading.ok ? `=${part.reading.expression.kind}` : `!${part.reading.why}`;
    return part.fault === undefined ? part.kind : `${part.kind} (${part.fault})`;
  });
}

test("text, outputs, statements and comments come in order", () => {
  assert.deepEqual(outline("a {{ b }} c {% if d %}e{% endif %}{# f #}"), ["'a '", "=name", "' c '", "statement", "'e'", "statement", "comment"]);
  assert.deepEqual(outline("no template"), ["'no template'"]);
  assert.deepEqual(outline(""), []);
});

test("spans count from the start of the whole source, those of expressions too", () => {
  const [text, output] = parseTemplate("a {{ b.c }}", 100);
  assert.deepEqual(text?.span, { start: 100, end: 102 });
  assert.deepEqual(output?.span, { start: 102, end: 111 });
  assert.ok(output?.kind === "output" && output.reading.ok);
  assert.deepEqual(output.reading.expression.span, { start: 105, end: 108 });
});

test("quotes and braces inside an output do not end it", () => {
  assert.deepEqual(outline("{{ '}}' ~ \"{{\" }}x"), ["=binary", "'x'"]);
  assert.deepEqual(outline("{{ {'a': {'b': 1}} }}x"), ["=dict", "'x'"]);
  assert.deepEqual(outline("{% set a = '%}' %}x"), ["statement", "'x'"]);
});

test("a minus takes the white space away, a plus keeps it, and a block takes the newline after it", () => {
  assert.deepEqual(outline("a  {{- b -}}  c"), ["'a'", "=name", "'c'"]);
  assert.deepEqual(outline("a {{+ b }} c"), ["'a '", "=name", "' c'"]);
  assert.deepEqual(outline("{% x %}\n\na"), ["statement", "'\na'"]);
  assert.deepEqual(outline("{# x +#}\na"), ["comment", "'\na'"]);
  assert.deepEqual(outline("{{ x }}\na"), ["=name", "'\na'"]);
});

test("a raw block is text", () => {
  assert.deepEqual(outline("a{% raw %}{{ b }}{% endraw %}c"), ["'a'", "'{{ b }}'", "'c'"]);
  assert.deepEqual(outline("{%- raw -%} x {%- endraw -%} y"), ["'x'", "'y'"]);
  assert.deepEqual(outline("{% raw %}{{ b }}"), ["statement (the endraw is missing)"]);
});

test("an output that cannot be read is a part of its own, and reading goes on after it", () => {
  assert.deepEqual(outline("{{ a b }} {{ c }}"), ["!unexpected b", "' '", "=name"]);
  assert.deepEqual(outline("{{ 'a }} {{ c }}"), ["!the closing quote is missing", "' '", "=name"]);
  assert.deepEqual(outline("{{ (a }} {{ c }}"), ["!unexpected }, expected )", "' '", "=name"]);
  assert.deepEqual(outline("{{ }}"), ["!the expression is empty"]);
  assert.deepEqual(outline("x {{ a"), ["'x '", "!the closing }} is missing"]);
  assert.deepEqual(outline("{# a"), ["comment (the closing #} is missing)"]);
  assert.deepEqual(outline("{% a"), ["statement (the closing %} is missing)"]);
});

test("a comma makes a tuple, which bare conditions do not allow", () => {
  assert.deepEqual(outline("{{ a, b }}"), ["=tuple"]);
});

const pieces = fc.array(
  fc.constantFrom("{{", "}}", "{%", "%}", "{#", "#}", "-", "'", '"', "(", "{", "}", "a", " ", "\n", "raw", "endraw", "|", "\\", "é", "😀"),
  { maxLength: 40 },
);

test("for any text, the parts cover it in order without a gap", () => {
  fc.assert(
    fc.property(fc.oneof(pieces.map((all) => all.join("")), fc.string({ unit: "binary" })), (text) => {
      let at = 0;
      for (const part of parseTemplate(text) satisfies readonly TemplatePart[]) {
        assert.equal(part.span.start, at);
        assert.ok(part.span.end > at);
        at = part.span.end;
      }
      assert.equal(at, text.length);
    }),
    { numRuns: 3000 },
  );
});

test("long broken templates are read in a moment", () => {
  for (const piece of ["{{ ", "{{ '", "{{ ' }} ", "{{ ( }}", "{% raw %}", "{#", "{{ \"' }}", "}} ", "{{ a.", "{%     "]) {
    assert.ok(parseTemplate(piece.repeat(20_000)).length > 0);
  }
});
