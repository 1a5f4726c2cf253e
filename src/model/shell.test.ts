import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readShell } from "./shell.ts";

// One seed, so that a run can be repeated; LONGHAUL_SEED=7 tries other texts.
fc.configureGlobal({ seed: Number(process.env["LONGHAUL_SEED"] ?? 1) });

/** The commands of a line, each with its words and what ends it. */
function read(text: string): readonly string[] {
  return readShell(text).commands.map(({ words, operator }) => [...words.map((word) => word.text), operator === "\n" ? "newline" : operator].join(" "));
}

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ["nohup ./a > log 2>&1 &", ["nohup ./a &"]],
  ["a && b || c; sleep 5", ["a &&", "b ||", "c ;", "sleep 5 end"]],
  ["a &> log; b >&2 |& c", ["a ;", "b |", "c end"]],
  ["cat <<EOF &\nx & y\nEOF\nwait", ["cat &", "wait end"]],
  ["echo 'a & b' \"c & $(d & e)\" `f & g`", ["echo a & b c & $(d & e) `f & g` end"]],
  ["a # b &\nc", ["a newline", "c end"]],
  ["(sleep 5; reboot) &", ["(", "sleep 5 ;", "reboot )", "&"]],
  ["X=1 Y=2 nohup {{ a & b }} &", ["nohup {{ a & b }} &"]],
  ["a\\ b \\\n  c", ["a b c end"]],
  ["", []],
];

for (const [text, commands] of CASES) {
  test(`${JSON.stringify(text)} is read as ${commands.length} commands`, () => {
    assert.deepEqual(read(text), commands);
  });
}

test("a sequence has neither pipe nor background, group, choice or loop", () => {
  for (const text of ["a", "a; b && c\nd", "a > x"]) assert.equal(readShell(text).sequence, true, text);
  for (const text of ["a &", "a | b", "a || b", "(a)", "if a; then b; fi", "for x in y; do z; done", "{ a; }"]) assert.equal(readShell(text).sequence, false, text);
});

test("what Ansible takes out of a free-form line is no word", () => {
  const line = readShell("source x executable=/bin/bash chdir='/a b'");
  assert.deepEqual(line.commands[0]?.words.map((word) => word.text), ["source", "x"]);
  assert.deepEqual([...line.options], [["executable", "/bin/bash"], ["chdir", "/a b"]]);
});

test("any text is read to its end, with words in order and inside it", () => {
  const pieces = fc.array(fc.constantFrom("a", " ", "\n", "&", "|", ";", "'", '"', "\\", "$(", ")", "{{", "}}", "`", "<<", ">", "2>&1", "#", "(", "é"), { maxLength: 30 });
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = parts.join("");
      let last = 0;
      for (const word of readShell(text).commands.flatMap(({ words }) => words)) {
        assert.ok(word.span.start >= last && word.span.end > word.span.start && word.span.end <= text.length);
        last = word.span.end;
      }
    }),
  );
});
