import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyEdits } from "./edit.ts";

// One seed, so that a run can be repeated; LONGHAUL_SEED=7 tries other texts.
fc.configureGlobal({ seed: Number(process.env["LONGHAUL_SEED"] ?? 1) });

const edit = (start: number, end: number, text: string): { file: string; span: { start: number; end: number }; text: string } => ({ file: "a.yml", span: { start, end }, text });

test("edits change what they cover and nothing else", () => {
  assert.deepEqual(applyEdits("0123456789", [edit(8, 9, ""), edit(1, 3, "xyz"), edit(5, 5, "-")]), { text: "0xyz34-5679", skipped: [] });
});

test("of two edits that touch one place the first counts", () => {
  const second = edit(2, 4, "b");
  assert.deepEqual(applyEdits("0123456", [edit(1, 3, "a"), second]), { text: "0a3456", skipped: [second] });
  const same = edit(1, 1, "b");
  assert.deepEqual(applyEdits("01", [edit(1, 1, "a"), same]).skipped, [same]);
});

test("edits outside the text are left out", () => {
  assert.equal(applyEdits("01", [edit(1, 9, "x"), edit(2, 1, "y")]).text, "01");
});

test("every character outside the edits is kept, in order", () => {
  const edits = fc.array(fc.tuple(fc.nat(60), fc.nat(6)), { maxLength: 8 }).map((pairs) => pairs.map(([start, length]) => edit(start, start + length, "")));
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), edits, (text, list) => {
      const { text: after, skipped } = applyEdits(text, list);
      const taken = list.filter((each) => !skipped.includes(each));
      const kept = [...text.split("").entries()].filter(([at]) => !taken.some((each) => at >= each.span.start && at < each.span.end));
      return after === kept.map(([, character]) => character).join("");
    }),
  );
});
